// Fourier transforms straight from their formulas (see fourier.h), in R.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/fourier/fourier.h"

namespace lamina::reference {

template <class R>
R turn(std::int64_t j, std::int64_t k, std::int64_t n) {
  return R(2) * R(3.14159265358979323846264338327950288L) * static_cast<R>(j * k % n) / static_cast<R>(n);
}

template <class T, class R>
void complex_transform(std::int64_t rows, std::int64_t n, const T* x_real, const T* x_imag, R* y_real, R* y_imag) {
  for (std::int64_t i = 0; i < rows * n; ++i) {
    const std::int64_t first = i / n * n;
    y_real[i] = y_imag[i] = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      const R c = std::cos(turn<R>(j, i % n, n)), s = -std::sin(turn<R>(j, i % n, n));
      y_real[i] += x_real[first + j] * c - x_imag[first + j] * s;
      y_imag[i] += x_real[first + j] * s + x_imag[first + j] * c;
    }
  }
}

inline bool stands_for_two(std::int64_t k, std::int64_t n) { return k > 0 && 2 * k < n; }

template <class T, class R>
void real_forward(std::int64_t rows, std::int64_t n, R interior, const T* x, R* y_real, R* y_imag) {
  const std::int64_t bins = n / 2 + 1;
  for (std::int64_t i = 0; i < rows * bins; ++i) {
    y_real[i] = y_imag[i] = 0;
    const R factor = stands_for_two(i % bins, n) ? interior : 1;
    for (std::int64_t j = 0; j < n; ++j) {
      y_real[i] += factor * x[i / bins * n + j] * std::cos(turn<R>(j, i % bins, n));
      y_imag[i] -= factor * x[i / bins * n + j] * std::sin(turn<R>(j, i % bins, n));
    }
  }
}

template <class T, class R>
void real_inverse(std::int64_t rows, std::int64_t n, R interior, const T* x_real, const T* x_imag, R* y) {
  const std::int64_t bins = n / 2 + 1;
  for (std::int64_t i = 0; i < rows * n; ++i) {
    y[i] = 0;
    for (std::int64_t k = 0; k < bins; ++k) {
      const R angle = turn<R>(i % n, k, n), factor = stands_for_two(k, n) ? interior : 1;
      const std::int64_t at = i / n * bins + k;
      y[i] += factor * (x_real[at] * std::cos(angle) - x_imag[at] * std::sin(angle));
    }
  }
}

}  // namespace lamina::reference
