// Optimizer updates: one pass over a variable and its slots, at the speed of memory. Every statement is one rounding
// per operation, so that the vectorized body and the tail give the same bits.
#include "kernels/update/update.h"

#include "kernels/elementwise/map.h"
#include "kernels/families.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

inline float root(float x) { return __builtin_sqrtf(x); }
inline double root(double x) { return __builtin_sqrt(x); }

// The number of arrays read or written decides how many elements are worth a thread.
template <class T, class Function>
void update(Index n, int accesses, const Function& f) {
  for_each_element(n, grain_of_bytes(accesses * Index(sizeof(T))), f);
}

template <class T>
void sgd(Index n, T learning_rate, T momentum, bool nesterov, const T* g, T* p, T* m) {
  if (m == nullptr) {
    update<T>(n, 3, [=](Index i) {
      const T step = learning_rate * g[i];
      p[i] = p[i] - step;
    });
  } else if (nesterov) {
    update<T>(n, 5, [=](Index i) {
      const T step = learning_rate * g[i], kept = momentum * m[i];
      const T velocity = kept - step;
      const T ahead = momentum * velocity;
      const T change = ahead - step;
      m[i] = velocity;
      p[i] = p[i] + change;
    });
  } else {
    update<T>(n, 5, [=](Index i) {
      const T step = learning_rate * g[i], kept = momentum * m[i];
      const T velocity = kept - step;
      m[i] = velocity;
      p[i] = p[i] + velocity;
    });
  }
}

template <class T>
void adam(Index n, T alpha, T beta_1, T beta_2, T epsilon, const T* g, T* p, T* m, T* v, T* v_hat) {
  const T rate_1 = T(1) - beta_1, rate_2 = T(1) - beta_2;
  const auto moments = [=](Index i, T & first, T & second) __attribute__((always_inline)) {
    const T gradient = g[i];
    const T difference_1 = gradient - m[i], square = gradient * gradient;
    const T difference_2 = square - v[i];
    const T change_1 = difference_1 * rate_1, change_2 = difference_2 * rate_2;
    first = m[i] + change_1;
    second = v[i] + change_2;
    m[i] = first;
    v[i] = second;
  };
  const auto step = [=](Index i, T first, T second) __attribute__((always_inline)) {
    const T scaled = alpha * first, deviation = root(second) + epsilon;
    const T change = scaled / deviation;
    p[i] = p[i] - change;
  };
  if (v_hat == nullptr) {
    update<T>(n, 7, [=](Index i) {
      T first, second;
      moments(i, first, second);
      step(i, first, second);
    });
  } else {
    update<T>(n, 9, [=](Index i) {
      T first, second;
      moments(i, first, second);
      const T before = v_hat[i];
      const T largest = before > second ? before : second;
      v_hat[i] = largest;
      step(i, first, largest);
    });
  }
}

template <class T, bool centered, bool with_momentum>
void rmsprop_of(Index n, T learning_rate, T rho, T momentum, T epsilon, const T* g, T* p, T* v, T* a, T* b) {
  const T rate = T(1) - rho;
  update<T>(n, 5 + 2 * centered + 2 * with_momentum, [=](Index i) {
    const T gradient = g[i];
    const T square = gradient * gradient;
    const T kept = rho * v[i], added = rate * square;
    const T velocity = kept + added;
    v[i] = velocity;
    T variance = velocity;
    if constexpr (centered) {
      const T kept_average = rho * a[i], added_average = rate * gradient;
      const T average = kept_average + added_average;
      a[i] = average;
      const T average_square = average * average;
      variance = velocity - average_square;
    }
    const T scaled = learning_rate * gradient;
    T step = scaled / root(variance + epsilon);
    if constexpr (with_momentum) {
      const T carried = momentum * b[i];
      step = carried + step;
      b[i] = step;
    }
    p[i] = p[i] - step;
  });
}

template <class T>
void rmsprop(Index n, T learning_rate, T rho, T momentum, T epsilon, const T* g, T* p, T* v, T* a, T* b) {
  const auto run = a != nullptr ? (b != nullptr ? rmsprop_of<T, true, true> : rmsprop_of<T, true, false>)
                                : (b != nullptr ? rmsprop_of<T, false, true> : rmsprop_of<T, false, false>);
  run(n, learning_rate, rho, momentum, epsilon, g, p, v, a, b);
}

}  // namespace

template <class T>
Update<T> make_update() {
  return {sgd<T>, adam<T>, rmsprop<T>};
}

template Update<float> make_update();
template Update<double> make_update();

}  // namespace lamina::kernels::LAMINA_LEVEL
