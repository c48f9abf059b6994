// Between float and the two 16-bit formats: float16 (5 bits of exponent) and bfloat16 (8 bits, the upper half of a
// float). Widening is exact; narrowing rounds to nearest, ties to even, overflows to infinity, and keeps NaN.
#pragma once

#include <cstdint>

namespace lamina::kernels {

enum class HalfKind : std::uint8_t { float16, bfloat16 };

struct Half {
  void (*widen)(HalfKind, std::int64_t n, const std::uint16_t* x, float* y);
  void (*narrow)(HalfKind, std::int64_t n, const float* x, std::uint16_t* y);
};

}  // namespace lamina::kernels
