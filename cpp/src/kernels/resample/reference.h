// Resampling straight from its formulas (see resample.h).
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/resample/resample.h"

namespace lamina::reference {

template <class T, class Exact>
void windows(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, std::int64_t taps,
             const T* x, const std::int64_t* starts, const T* weights, Exact* y) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = 0; i < inner; ++i) {
        Exact sum = 0;
        for (std::int64_t t = 0; t < taps; ++t)
          sum += static_cast<Exact>(weights[j * taps + t]) * x[(o * size + starts[j] + t) * inner + i];
        y[(o * count + j) * inner + i] = sum;
      }
}

template <class T, class Exact>
void windows_transposed(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count,
                        std::int64_t taps, const T* y, const std::int64_t* starts, const T* weights, Exact* x) {
  for (std::int64_t i = 0; i < outer * size * inner; ++i) x[i] = 0;
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t t = 0; t < taps; ++t)
        for (std::int64_t i = 0; i < inner; ++i)
          x[(o * size + starts[j] + t) * inner + i] +=
              static_cast<Exact>(weights[j * taps + t]) * y[(o * count + j) * inner + i];
}

// The pattern that repeats outside, walked step by step.
inline std::int64_t inside(std::int64_t i, std::int64_t size, kernels::FillMode mode) {
  using kernels::FillMode;
  if (mode == FillMode::constant) return i >= 0 && i < size ? i : -1;
  if (mode == FillMode::nearest) return i < 0 ? 0 : i >= size ? size - 1 : i;
  if (size == 1) return 0;
  std::vector<std::int64_t> period;
  for (std::int64_t k = 0; k < size; ++k) period.push_back(k);
  if (mode == FillMode::mirror)
    for (std::int64_t k = size - 2; k > 0; --k) period.push_back(k);
  if (mode == FillMode::reflect)
    for (std::int64_t k = size - 1; k >= 0; --k) period.push_back(k);
  const auto n = static_cast<std::int64_t>(period.size());
  return period[static_cast<std::size_t>((i % n + n) % n)];
}

// body(batch, point, offset of the corner in an image or -1, weight) for every corner of every point.
template <class Exact, class T, class Body>
void for_each_corner(const kernels::Grid& g, const T* coordinates, const Body& body) {
  for (std::int64_t n = 0; n < g.batch; ++n)
    for (std::int64_t p = 0; p < g.points; ++p)
      for (int corner = 0; corner < (g.linear ? 1 << g.rank : 1); ++corner) {
        std::int64_t offset = 0;
        Exact weight = 1;
        for (int d = 0; d < g.rank; ++d) {
          const T c = coordinates[((g.shared ? 0 : n) * g.rank + d) * g.points + p];
          const bool derived = (g.derived >> d & 1) != 0;
          const int upper = corner >> (g.rank - 1 - d) & 1;
          std::int64_t i;
          if (g.linear) {
            i = static_cast<std::int64_t>(std::floor(c)) + upper;
            const Exact fraction = static_cast<Exact>(c) - std::floor(static_cast<Exact>(c));
            weight *= derived ? Exact(upper ? 1 : -1) : upper ? fraction : 1 - fraction;
          } else {
            i = static_cast<std::int64_t>(std::round(c));
            weight *= derived ? 0 : 1;
          }
          i = inside(i, g.size[d], g.mode);
          offset = offset < 0 || i < 0 ? -1 : offset * g.size[d] + i;
        }
        body(n, p, offset < 0 ? -1 : offset * g.channels, weight);
      }
}

template <class T, class Exact>
void sample(const kernels::Grid& g, const T* x, const T* coordinates, Exact* y) {
  for (std::int64_t i = 0; i < g.batch * g.points * g.channels; ++i) y[i] = 0;
  for_each_corner<Exact>(g, coordinates, [&](std::int64_t n, std::int64_t p, std::int64_t offset, Exact weight) {
    for (std::int64_t c = 0; c < g.channels; ++c)
      y[(n * g.points + p) * g.channels + c] +=
          weight * (offset < 0 ? static_cast<Exact>(g.value) : static_cast<Exact>(x[n * g.elements() + offset + c]));
  });
}

template <class T, class Exact>
void sample_transposed(const kernels::Grid& g, const T* y, const T* coordinates, Exact* x) {
  for (std::int64_t i = 0; i < g.batch * g.elements(); ++i) x[i] = 0;
  for_each_corner<Exact>(g, coordinates, [&](std::int64_t n, std::int64_t p, std::int64_t offset, Exact weight) {
    for (std::int64_t c = 0; c < g.channels && offset >= 0; ++c)
      x[n * g.elements() + offset + c] += weight * y[(n * g.points + p) * g.channels + c];
  });
}

}  // namespace lamina::reference
