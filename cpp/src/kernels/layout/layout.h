// Moving elements without computing: one strided copy serves transpose, slice, pad, concatenate, broadcast, tile, flip.
//   dst[sum i_d * dst_strides[d]] = src[sum i_d * src_strides[d]]   for every index i in `shape`
// Strides count elements; a source stride may be 0 (broadcast) or negative (flip). Pointers are to the first element.
#pragma once

#include <cstdint>

namespace lamina::kernels {

struct StridedCopy {
  std::int32_t rank = 0;  // <= 8
  std::int64_t shape[8] = {};
  std::int64_t dst_strides[8] = {};
  std::int64_t src_strides[8] = {};
};

struct Layout {
  void (*copy)(const StridedCopy&, std::int32_t element_bytes /* 1, 2, 4 or 8 */, const void* src, void* dst);
};

}  // namespace lamina::kernels
