// Taking and adding slices by index along the middle axis of x[outer][size][inner].
//   take:         y[o, j, i]  = x[o, indices[j], i]
//   scatter_add:  x[o, k, i]  = sum over j with indices[j] == k of dy[o, j, i]     (in the order of j)
//   one_hot:      y[j, k]     = (indices[j] == k)                                   (all zero when out of range)
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
  std::size_t (*scatter_scratch)(std::int64_t size, std::int64_t count);
  void (*scatter_add)(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const T* dy,
                      const I* indices, T* x, void* scratch);
  void (*one_hot)(std::int64_t count, std::int64_t classes, const I* indices, T* y);
  // The position of the first index outside [-size, size), or -1.
  std::int64_t (*check)(std::int64_t size, std::int64_t count, const I* indices);
};

}  // namespace lamina::kernels
