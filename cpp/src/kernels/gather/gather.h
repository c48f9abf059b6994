// Taking slices by index along the middle axis of x[outer][size][inner]; `scatter` has the other way.
//   take:     y[o, j, i]  = x[o, indices[j], i]
//   one_hot:  y[j, k]     = (indices[j] == k)                                   (all zero when out of range)
// Indices are in [0, size); negative ones count from the end. The caller checks the range first with `check`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::kernels {

// T: float, double, int32_t, int64_t, uint8_t, bool; I: int32_t, int64_t.
template <class T, class I>
struct Gather {
  void (*take)(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const T* x,
               const I* indices, T* y);
  void (*one_hot)(std::int64_t count, std::int64_t classes, const I* indices, T* y);
  // The position of the first index outside [-size, size), or -1.
  std::int64_t (*check)(std::int64_t size, std::int64_t count, const I* indices);
};

}  // namespace lamina::kernels
