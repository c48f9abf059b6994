// Discrete Fourier transforms of rows of any length n, not scaled. A complex number is an entry of each of two arrays.
//   complex:       y_k = sum over j of x_j exp(-2 pi i j k / n)
//   real_forward:  the same for real x, bins 0 ... n/2, those that stand for two (0 < k < n/2) times `interior`
//   real_inverse:  y_j = sum over k of c_k Re(x_k exp(2 pi i j k / n)), k = 0 ... n/2, c_k = `interior` where 0 < k <
//   n/2,
//                  else 1; with interior = 2 it turns back real_forward with 1, but for the factor n
// Exchanging the two arrays of the input, and those of the output, makes `complex` its own inverse (times n). Each of
// the real ones is the gradient of the other one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::kernels {

// T: float, double; n >= 1.
template <class T>
struct Fourier {
  std::size_t (*scratch)(std::int64_t rows, std::int64_t n);  // of each of the three
  void (*complex)(std::int64_t rows, std::int64_t n, const T* x_real, const T* x_imag, T* y_real, T* y_imag,
                  void* scratch);
  void (*real_forward)(std::int64_t rows, std::int64_t n, T interior, const T* x, T* y_real, T* y_imag, void* scratch);
  void (*real_inverse)(std::int64_t rows, std::int64_t n, T interior, const T* x_real, const T* x_imag, T* y,
                       void* scratch);
};

}  // namespace lamina::kernels
