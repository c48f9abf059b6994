// Values between the points of a grid. Along one axis of x[outer][size][inner]:
//   windows:             y[o, j, i] = sum over t in [0, taps) of weights[j, t] * x[o, starts[j] + t, i]
//   windows_transposed:  x[o, k, i] = sum over (j, t) with starts[j] + t == k of weights[j, t] * y[o, j, i]
// with starts in [0, size - taps]. At any places of x[batch][size...][channels]:
//   sample:              y[n, p, c] = sum over the corners k of the cell of weight(k) * x[n, index(k), c]
//   sample_transposed:   x[n, m, c] = sum over (p, k) with index(k) == m of weight(k) * y[n, p, c]
// Every element is one chain of multiply-adds: over t, over the corners (the first axis slowest), over (j, t), (p, k).
#pragma once

#include <cstdint>

namespace lamina::kernels {

// What lies outside [0, size) along an axis. constant: a value; nearest: the edge; wrap: abcd|abcd|abcd;
// mirror: dcb|abcd|cba; reflect: dcba|abcd|dcba.
enum class FillMode : std::uint8_t { constant, nearest, wrap, mirror, reflect };

constexpr int kMaxGridRank = 8;

// coordinates[batch or 1][rank][points] in units of x's elements. Order 1: the cell's corners are floor and floor + 1
// along each axis, with weights 1 - fraction and fraction, or -1 and 1 along an axis that is derived by. Order 0: the
// one corner is the coordinate rounded, halves away from zero; derivatives are 0.
struct Grid {
  std::int64_t batch = 1, points = 0, channels = 1;
  int rank = 0;
  std::int64_t size[kMaxGridRank] = {};
  bool shared = false;   // one set of coordinates for the whole batch
  bool linear = true;    // order 1
  unsigned derived = 0;  // bit d: the derivative by the coordinate along axis d
  FillMode mode = FillMode::constant;
  double value = 0;  // of corners outside, if constant; taken as 0 by sample_transposed

  std::int64_t elements() const {
    std::int64_t n = channels;
    for (int d = 0; d < rank; ++d) n *= size[d];
    return n;
  }
};

// T: float, double.
template <class T>
struct Resample {
  void (*windows)(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, std::int64_t taps,
                  const T* x, const std::int64_t* starts, const T* weights, T* y);
  void (*windows_transposed)(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count,
                             std::int64_t taps, const T* y, const std::int64_t* starts, const T* weights, T* x);
  void (*sample)(const Grid&, const T* x, const T* coordinates, T* y);
  void (*sample_transposed)(const Grid&, const T* y, const T* coordinates, T* x);
};

}  // namespace lamina::kernels
