// The passes over one row of scores that softmax and attention are made of.
#pragma once

#include "kernels/elementwise/packet_math.h"
#include "kernels/reduce/lanes.h"

namespace lamina::kernels::LAMINA_LEVEL::rows {

using lanes::Packet;
namespace ei = Eigen::internal;

template <class T>
inline T lowest() {
  return -Eigen::NumTraits<T>::infinity();
}

// NaN may get lost here; it comes back with the sum of the exponentials.
template <class T>
inline T maximum(const T* x, Index n) {
  using P = Packet<T>;
  constexpr Index width = lanes::width_of<P>();
  P a = lanes::splat<P>(lowest<T>()), b = a, c = a, d = a;
  Index i = 0;
  for (; i + 4 * width <= n; i += 4 * width) {
    a = ei::pmax(a, lanes::load<P>(x + i));
    b = ei::pmax(b, lanes::load<P>(x + i + width));
    c = ei::pmax(c, lanes::load<P>(x + i + 2 * width));
    d = ei::pmax(d, lanes::load<P>(x + i + 3 * width));
  }
  lanes::sweep<T>(i, n, [&](auto access, Index j) { a = ei::pmax(a, access.load(x + j, lowest<T>())); });
  return ei::predux_max(ei::pmax(ei::pmax(a, b), ei::pmax(c, d)));
}

// The sum of exp(x - maximum); keeps the exponentials in y. Sums are taken in T within blocks, over blocks in double.
template <bool keep, class T>
inline double sum_of_exponentials(const T* x, Index n, T maximum, T* y) {
  using P = Packet<T>;
  constexpr Index block = 1024;
  const P shift = lanes::splat<P>(maximum);
  double total = 0;
  for (Index begin = 0; begin < n; begin += block) {
    P sum = lanes::splat<P>(T(0));
    lanes::sweep<T>(begin, min_of(n, begin + block), [&](auto access, Index i) {
      const P value = math::exp(P(ei::psub(access.load(x + i, lowest<T>()), shift)));
      if constexpr (keep) access.store(y + i, value);
      sum = ei::padd(sum, value);
    });
    total += static_cast<double>(ei::predux(sum));
  }
  return total;
}

template <class T>
inline void scale(const T* x, Index n, T factor, T* y) {
  lanes::cover<T>(0, n, [&](auto as, Index i) {
    using P = typename decltype(as)::type;
    lanes::store(y + i, ei::pmul(lanes::load<P>(x + i), lanes::splat<P>(factor)));
  });
}

}  // namespace lamina::kernels::LAMINA_LEVEL::rows
