// Optimizer updates, one pass over a variable and its slots, in place (Keras' formulas; see each field).
// Scalars are read through pointers, since they are variables of the program.
#pragma once

#include <cstdint>

namespace lamina::kernels {

template <class T>
struct Update {
  // momentum == 0: p -= lr * g ; else m = momentum * m - lr * g, p += nesterov ? momentum * m - lr * g : m
  void (*sgd)(std::int64_t n, T learning_rate, T momentum, bool nesterov, const T* g, T* p,
              T* m /* null if no momentum */);
  // m += (g - m) * (1 - beta_1); v += (g^2 - v) * (1 - beta_2); v_hat = max(v_hat, v) if amsgrad;
  // p -= alpha * m / (sqrt(v) + epsilon), alpha = lr * sqrt(1 - beta_2^t) / (1 - beta_1^t) is given
  void (*adam)(std::int64_t n, T alpha, T beta_1, T beta_2, T epsilon, const T* g, T* p, T* m, T* v,
               T* v_hat /* null unless amsgrad */);
  // v = rho * v + (1 - rho) * g^2; a = rho * a + (1 - rho) * g if centered; d = v - a^2 (or v) + epsilon
  // i = lr * g / sqrt(d); momentum > 0: b = momentum * b + i, p -= b ; else p -= i
  void (*rmsprop)(std::int64_t n, T learning_rate, T rho, T momentum, T epsilon, const T* g, T* p, T* v,
                  T* a /* null unless centered */, T* b /* null if no momentum */);
};

}  // namespace lamina::kernels
