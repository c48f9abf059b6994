// Max and average pooling and their gradients, channels last.
//   max:      y[n, o, c] = max over the taps inside the input ; the gradient goes to the first maximum in tap order
//   average:  y[n, o, c] = sum over the taps inside the input / their number (padding does not count)
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/window.h"

namespace lamina::kernels {

struct PoolShape : Window {
  std::int64_t channels = 1;
};

template <class T>
struct Pool {
  void (*max)(const PoolShape&, const T* x, T* y);
  void (*max_grad)(const PoolShape&, const T* x, const T* y, const T* dy, T* dx);
  void (*average)(const PoolShape&, const T* x, T* y);
  void (*average_grad)(const PoolShape&, const T* dy, T* dx);
};

}  // namespace lamina::kernels
