// Random numbers from Philox4x32-10 (Salmon et al., 2011): element i is a pure function of (key, counter, i), so a
// value does not depend on threads, vector width or what was drawn before. Block b = i / 4 uses the 128-bit counter (b,
// counter); element i takes word i % 4 (float and integers; double takes 53 bits from two words, block b = i / 2).
#pragma once

#include <cstdint>

namespace lamina::kernels {

template <class T>
struct Random {
  void (*uniform)(std::int64_t n, std::uint64_t key, std::uint64_t counter, T low, T high, T* y);  // in [low, high)
  void (*normal)(std::int64_t n, std::uint64_t key, std::uint64_t counter, T mean, T stddev,
                 T* y);  // Box-Muller on pairs
  void (*truncated_normal)(std::int64_t n, std::uint64_t key, std::uint64_t counter, T mean, T stddev,
                           T* y);  // within 2 stddev, by the inverse CDF
  // y = x * keep / (1 - rate), keep = uniform >= rate, one draw per element; y may be x
  void (*dropout)(std::int64_t n, std::uint64_t key, std::uint64_t counter, double rate, const T* x, T* y);
};

// y in [low, high), by multiply-shift on 64 random bits.
void random_integers(std::int64_t n, std::uint64_t key, std::uint64_t counter, std::int64_t low, std::int64_t high,
                     std::int64_t* y);
// A permutation of 0 ... n-1 that is a pure function of (key, counter): Fisher-Yates over Philox words.
void random_permutation(std::int64_t n, std::uint64_t key, std::uint64_t counter, std::int64_t* y);
// y[i] from the gamma distribution of shape alpha[i] and scale 1, or its logarithm; NaN unless alpha[i] > 0. Element i
// draws as often as it needs from blocks i 2^22 ... (i + 1) 2^22 - 1.
template <class T>
void random_gamma(std::int64_t n, std::uint64_t key, std::uint64_t counter, bool logarithm, const T* alpha, T* y);
// y[i] successes in counts[i] trials; NaN unless counts[i] >= 0 and 0 <= probabilities[i] <= 1. Blocks as in gamma.
template <class T>
void random_binomial(std::int64_t n, std::uint64_t key, std::uint64_t counter, const T* counts, const T* probabilities,
                     T* y);

}  // namespace lamina::kernels
