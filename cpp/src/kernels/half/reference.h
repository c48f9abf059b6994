// The formats, bit by bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "kernels/half/half.h"

namespace lamina::reference {

// sign, exponent, fraction -> the number; `bits` of the exponent, then of the fraction.
inline double value_of(kernels::HalfKind kind, std::uint16_t x) {
  const bool is_float16 = kind == kernels::HalfKind::float16;
  const int fraction_bits = is_float16 ? 10 : 7, bias = is_float16 ? 15 : 127;
  const int exponent = (x & 0x7fff) >> fraction_bits, fraction = x & ((1 << fraction_bits) - 1);
  const int largest = is_float16 ? 31 : 255;
  double value = 0;
  if (exponent == largest)
    value = fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  else if (exponent == 0)
    value = std::ldexp(fraction, 1 - bias - fraction_bits);
  else
    value = std::ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
  return x & 0x8000 ? -value : value;
}

// The nearest of all 2^15 magnitudes, the one with an even last bit of two that are as near.
inline std::uint16_t narrow(kernels::HalfKind kind, float x) {
  const std::uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const std::uint16_t infinity = kind == kernels::HalfKind::float16 ? 0x7c00 : 0x7f80;
  if (std::isnan(x)) return static_cast<std::uint16_t>(infinity | 1);
  const double size = std::abs(static_cast<double>(x));
  int low = 0, high = infinity;  // the largest magnitude not above, by halving
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (value_of(kind, static_cast<std::uint16_t>(middle)) <= size ? low : high) = middle;
  }
  if (std::isinf(x)) return static_cast<std::uint16_t>(sign | infinity);
  const double below = value_of(kind, static_cast<std::uint16_t>(low));
  // Beyond the largest number the next step would have the same length as the last one.
  const double above = high == infinity ? 2 * below - value_of(kind, static_cast<std::uint16_t>(low - 1))
                                        : value_of(kind, static_cast<std::uint16_t>(high));
  const double down = size - below, up = above - size;
  const int nearest = down < up || (down == up && low % 2 == 0) ? low : high;
  return static_cast<std::uint16_t>(sign | nearest);
}

}  // namespace lamina::reference
