// The gradient of the input when it has few channels: tiles whose columns are channels would be mostly empty. Here the
// columns are all (tap, channel), and the products of each output are added to dx where its taps lie:
//   dx[n, o * stride - pad + t * dilation, c] += sum over filters f of dy[n, o, f] * w[t, c, f]
#pragma once

#include "kernels/conv/conv.h"
#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
const char* few_channels_refusal(const ConvShape& shape);  // null when it takes them

template <class T>
Index few_channels_elements(const ConvShape& shape);  // of scratch

template <class T>
void few_channels_grad_input(const ConvShape& shape, const T* dy, const T* w, T* dx, T* scratch);

}  // namespace lamina::kernels::LAMINA_LEVEL
