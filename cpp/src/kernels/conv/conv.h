// Convolution and its two gradients, channels last.
//   y[n, o, f]    = activation(bias[f] + addend[n, o, f]
//                     + sum_{tap, c} x[n, o*stride - pad + tap*dilation, g*C/G + c] * w[tap, c, f])
//   dx[n, i, c]   = sum over the (o, tap, f) that read x[n, i, c] of dy[n, o, f] * w[tap, c, f]
//   dw[tap, c, f] = sum_{n, o} x[n, o*stride - pad + tap*dilation, g*C/G + c] * dy[n, o, f]
// with g = f / (F/G) the group of filter f. w is [kernel...][channels / groups][filters].
// With groups == channels and filters == channels * multiplier this is the depthwise convolution (its own kernel).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/activation.h"
#include "kernels/window.h"

namespace lamina::kernels {

struct ConvShape : Window {
  std::int64_t channels = 1;
  std::int64_t filters = 1;
  std::int64_t groups = 1;
};

template <class T>
struct Conv {
  // Constant weights are packed once: `pack` fills packed_bytes from w, and `forward` then takes them in place of w.
  // Both look at the kernel, the channels, the filters and the groups only; 0 bytes: such weights are used as they are.
  std::size_t (*packed_bytes)(const ConvShape&);
  void (*pack)(const ConvShape&, const T* w, void* packed);

  std::size_t (*forward_scratch)(const ConvShape&, bool is_packed);
  void (*forward)(const ConvShape&, const T* x, const T* w, const void* packed /* or null */,
                  const T* bias /* or null */, const T* addend /* or null; not y */, Activation, T* y, void* scratch);

  std::size_t (*grad_input_scratch)(const ConvShape&);
  void (*grad_input)(const ConvShape&, const T* dy, const T* w, T* dx, void* scratch);

  std::size_t (*grad_kernel_scratch)(const ConvShape&);
  void (*grad_kernel)(const ConvShape&, const T* x, const T* dy, T* dw, void* scratch);
};

}  // namespace lamina::kernels
