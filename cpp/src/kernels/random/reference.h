// Random numbers element by element, from the definition in random.h.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/random/philox.h"

namespace lamina::reference {

// The random bits of element i, 24 for float and 53 for double.
template <class T>
std::uint64_t random_bits(std::uint64_t key, std::uint64_t counter, std::int64_t i) {
  namespace philox = kernels::philox;
  if constexpr (sizeof(T) == 4) return philox::generate(key, counter, std::uint64_t(i / 4)).words[i % 4] >> 8;
  return philox::long_word(philox::generate(key, counter, std::uint64_t(i / 2)), int(i % 2)) >> 11;
}

// In [0, 1), exactly
template <class T>
T random_unit(std::uint64_t key, std::uint64_t counter, std::int64_t i) {
  return T(std::ldexp(double(random_bits<T>(key, counter, i)), sizeof(T) == 4 ? -24 : -53));
}

// Box-Muller: u in (0, 1], angle in turns, for the pair that element i belongs to
template <class T>
long double random_normal(std::uint64_t key, std::uint64_t counter, std::int64_t i) {
  namespace philox = kernels::philox;
  long double u, turns;
  if constexpr (sizeof(T) == 4) {
    const auto block = philox::generate(key, counter, std::uint64_t(i / 4));
    const int pair = int(i % 4 / 2);
    u = T(T(block.words[2 * pair]) * T(0x1p-32) + T(0x1p-33));  // rounded to float, as everything from here on
    turns = std::ldexp((long double)(T(std::int32_t(block.words[2 * pair + 1]))), -32);
  } else {
    const auto block = philox::generate(key, counter, std::uint64_t(i / 2));
    u = std::ldexp((long double)(philox::long_word(block, 0) >> 12) + 0.5L, -52);
    turns = std::ldexp((long double)(std::int64_t(philox::long_word(block, 1)) >> 11), -53);
  }
  const long double angle = 2 * std::acos(-1.0L) * turns;
  return std::sqrt(-2 * std::log(u)) * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

inline double normal_cdf(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

}  // namespace lamina::reference
