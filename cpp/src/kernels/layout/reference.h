// The strided copy straight from its definition (see layout.h).
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/layout/layout.h"

namespace lamina::reference {

inline void strided_copy(const kernels::StridedCopy& copy, std::int32_t element_bytes, const void* src, void* dst) {
  std::int64_t count = 1;
  for (int d = 0; d < copy.rank; ++d) count *= copy.shape[d];
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = i, from = 0, to = 0;
    for (int d = copy.rank - 1; d >= 0; --d) {
      const std::int64_t index = rest % copy.shape[d];
      rest /= copy.shape[d];
      from += index * copy.src_strides[d];
      to += index * copy.dst_strides[d];
    }
    std::memcpy(static_cast<char*>(dst) + to * element_bytes, static_cast<const char*>(src) + from * element_bytes,
                static_cast<std::size_t>(element_bytes));
  }
}

}  // namespace lamina::reference
