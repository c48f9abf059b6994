// Gather and scatter straight from their formulas (see gather.h).
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/gather/gather.h"

namespace lamina::reference {

template <class T, class I>
void take(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const T* x, const I* indices,
          T* y) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = 0; i < inner; ++i) {
        const std::int64_t k = indices[j] < 0 ? indices[j] + size : indices[j];
        y[(o * count + j) * inner + i] = x[(o * size + k) * inner + i];
      }
}

// Floating sums are taken in T and in the order of j, as the contract promises; integers wrap; bool is `or`.
template <class T, class I>
void scatter_add(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const T* dy,
                 const I* indices, T* x) {
  for (std::int64_t i = 0; i < outer * size * inner; ++i) x[i] = T(0);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = 0; i < inner; ++i) {
        const std::int64_t k = indices[j] < 0 ? indices[j] + size : indices[j];
        T& sum = x[(o * size + k) * inner + i];
        const T value = dy[(o * count + j) * inner + i];
        if constexpr (std::is_floating_point_v<T>)
          sum += value;
        else if constexpr (std::is_same_v<T, bool>)
          sum = sum || value;
        else
          sum = static_cast<T>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(value));
      }
}

template <class T, class I>
void one_hot(std::int64_t count, std::int64_t classes, const I* indices, T* y) {
  for (std::int64_t j = 0; j < count; ++j)
    for (std::int64_t k = 0; k < classes; ++k) y[j * classes + k] = static_cast<T>(indices[j] == k);
}

template <class I>
std::int64_t check(std::int64_t size, std::int64_t count, const I* indices) {
  for (std::int64_t j = 0; j < count; ++j)
    if (indices[j] < -size || indices[j] >= size) return j;
  return -1;
}

}  // namespace lamina::reference
