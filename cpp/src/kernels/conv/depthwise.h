// The depthwise convolution: filter c * multiplier + q reads channel c alone. Vectors run over the filters.
#pragma once

#include "kernels/conv/conv.h"
#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL {

inline bool is_depthwise(const ConvShape& shape) { return shape.groups > 1 && shape.groups == shape.channels; }

// Weights whose filters are not whole vectors are packed; 0 elements: they are read where they lie.
template <class T>
Index depthwise_packed_elements(const ConvShape&);
template <class T>
void depthwise_pack(const ConvShape&, const T* w, T* packed);

template <class T>
Index depthwise_forward_elements(const ConvShape&);  // of scratch
template <class T>
void depthwise_forward(const ConvShape&, const T* x, const T* w, const T* packed /* or null */, const T* bias,
                       const T* addend, Activation, T* y, T* scratch);

template <class T>
Index depthwise_grad_input_elements(const ConvShape&);
template <class T>
void depthwise_grad_input(const ConvShape&, const T* dy, const T* w, T* dx, T* scratch);

template <class T>
Index depthwise_grad_kernel_elements(const ConvShape&);
template <class T>
void depthwise_grad_kernel(const ConvShape&, const T* x, const T* dy, T* dw, T* scratch);

}  // namespace lamina::kernels::LAMINA_LEVEL
