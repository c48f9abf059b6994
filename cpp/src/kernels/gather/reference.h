// Gather straight from their formulas (see gather.h).
#pragma once

#include <cstdint>

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
