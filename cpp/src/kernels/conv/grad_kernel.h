// The gradient of the kernel of a dense convolution:
//   dw[t, c, g, f] = sum over images n, outputs o of x[n, o * stride - pad + t * dilation, g, c] * dy[n, o, g, f]
// The rows of the tiles are the (tap, channel) that follow each other in the source; the sums run over the pixels.
#pragma once

#include "kernels/conv/conv.h"
#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
Index grad_kernel_elements(const ConvShape& shape);  // of scratch

template <class T>
void grad_kernel(const ConvShape& shape, const T* x, const T* dy, T* dw, T* scratch);

}  // namespace lamina::kernels::LAMINA_LEVEL
