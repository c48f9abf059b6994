// Running results along the middle axis of x[outer][size][inner].
//   cumulative:   y[o, j, i] = x[o, 0, i] . ... . x[o, j, i]            (exclusive: without x[o, j, i], from the
//   neutral) linear_scan:  y[o, j, i] = a[o, j, i] * y[o, j - 1, i] + b[o, j, i]  (from 0)
// reverse: from the last entry to the first. One entry after the other, so the same bits for any number of threads.
// Integers wrap; NaN wins in max and min. Compiled once: each entry waits for the one before it, or for memory.
#pragma once

#include <cstdint>

namespace lamina::kernels {

enum class Cumulative : std::uint8_t { sum, product, max, min };

struct ScanShape {
  std::int64_t outer, size, inner;
  bool reverse, exclusive;
};

// T: float, double, int32_t, int64_t, uint8_t.
template <class T>
void cumulative(Cumulative kind, const ScanShape& shape, const T* x, T* y);

// T: float, double.
template <class T>
void linear_scan(const ScanShape& shape, const T* a, const T* b, T* y);

}  // namespace lamina::kernels
