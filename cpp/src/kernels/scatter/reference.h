// Gathering and scattering straight from their formulas (see scatter.h).
#pragma once

#include <cstdint>
#include <type_traits>

namespace lamina::reference {

template <class T, class I>
void take_along(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const T* x,
                const I* indices, T* y) {
  for (std::int64_t e = 0; e < outer * count * inner; ++e) {
    const std::int64_t k = indices[e] < 0 ? indices[e] + size : indices[e];
    y[e] = x[(e / (count * inner) * size + k) * inner + e % inner];
  }
}

// Integers wrap; bool is `or`.
template <class T, class I>
void add_along(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const T* dy,
               const I* indices, T* x) {
  for (std::int64_t e = 0; e < outer * size * inner; ++e) x[e] = T(0);
  for (std::int64_t e = 0; e < outer * count * inner; ++e) {
    const std::int64_t k = indices[e] < 0 ? indices[e] + size : indices[e];
    T& sum = x[(e / (count * inner) * size + k) * inner + e % inner];
    if constexpr (std::is_floating_point_v<T>)
      sum += dy[e];
    else if constexpr (std::is_same_v<T, bool>)
      sum = sum || dy[e];
    else
      sum = static_cast<T>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(dy[e]));
  }
}

// f(target, update) in the order of the updates.
template <class T, class I, class F>
void scatter(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const I* indices,
             const T* updates, const F& f, T* y) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = 0; i < inner; ++i) {
        T& target = y[(o * size + (indices[j] < 0 ? indices[j] + size : indices[j])) * inner + i];
        target = f(target, updates[(o * count + j) * inner + i]);
      }
}

}  // namespace lamina::reference
