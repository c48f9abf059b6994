// Reductions straight from their definitions (see reduce.h). Sums, means and products of floating types are taken in
// double; those of integers wrap.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/reduce/reduce.h"

namespace lamina::reference {

template <class T>
using ReduceAccumulator = std::conditional_t<std::is_floating_point_v<T>, double,
                                             std::conditional_t<std::is_same_v<T, bool>, bool, std::uint64_t>>;

// Calls body(offset in x, offset in y) for every element of x.
template <class Body>
void for_each_reduced(const kernels::ReduceShape& s, const Body& body) {
  std::int64_t count = 1;
  for (int d = 0; d < s.rank; ++d) count *= s.shape[d];
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = i, y = 0, stride = 1;
    for (int d = s.rank - 1; d >= 0; --d) {
      if (!s.reduced[d]) {
        y += rest % s.shape[d] * stride;
        stride *= s.shape[d];
      }
      rest /= s.shape[d];
    }
    body(i, y);
  }
}

// y holds the accumulator type: the results of sums and means before they are rounded to T.
template <class T>
void reduce(kernels::Reduce operation, const kernels::ReduceShape& s, const T* x, ReduceAccumulator<T>* y) {
  using kernels::Reduce;
  using A = ReduceAccumulator<T>;
  std::int64_t results = 1, count = 1;
  for (int d = 0; d < s.rank; ++d) (s.reduced[d] ? count : results) *= s.shape[d];
  constexpr bool infinite = std::numeric_limits<T>::has_infinity;
  A neutral = A(0);
  if (operation == Reduce::product || operation == Reduce::all) neutral = A(1);
  if (operation == Reduce::max)
    neutral = static_cast<A>(infinite ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest());
  if (operation == Reduce::min)
    neutral = static_cast<A>(infinite ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max());
  for (std::int64_t i = 0; i < results; ++i) y[i] = neutral;
  for_each_reduced(s, [&](std::int64_t from, std::int64_t to) {
    const T value = x[from], before = static_cast<T>(y[to]);
    switch (operation) {
      case Reduce::sum:
      case Reduce::mean:
        y[to] = static_cast<A>(y[to] + static_cast<A>(value));
        break;
      case Reduce::product:
        y[to] = static_cast<A>(y[to] * static_cast<A>(value));
        break;
      case Reduce::max:
        if (value > before || value != value) y[to] = static_cast<A>(value);
        break;
      case Reduce::min:
        if (value < before || value != value) y[to] = static_cast<A>(value);
        break;
      case Reduce::any:
        y[to] = y[to] || value;
        break;
      case Reduce::all:
        y[to] = y[to] && value;
        break;
    }
  });
  if (operation == Reduce::mean)
    for (std::int64_t i = 0; i < results; ++i) y[i] = static_cast<A>(y[i] / static_cast<A>(count));
}

// The first index of the largest (smallest) element along the middle axis; the first NaN goes before all.
template <class T>
void arg_extreme(bool largest, std::int64_t outer, std::int64_t size, std::int64_t inner, const T* x, std::int64_t* y) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      const T* column = x + o * size * inner + i;
      std::int64_t best = 0;
      for (std::int64_t k = 1; k < size; ++k) {
        const T a = column[best * inner], b = column[k * inner];
        if (a == a && ((largest ? b > a : b < a) || b != b)) best = k;
      }
      y[o * inner + i] = best;
    }
}

}  // namespace lamina::reference
