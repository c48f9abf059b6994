// The depthwise convolution: filter c * multiplier + q reads channel c alone. Vectors run over the filters.
#pragma once

#include "kernels/conv/conv.h"
#include "kernels/conv/source.h"

namespace lamina::kernels::LAMINA_LEVEL {

// The taps in use by outputs of a row: where each reads x, and its row of weights, which are `width` apart. Takes those
// that fall inside; across, those from `first` to `last`. Returns how many.
template <class T>
inline Index take_taps(const Axis axis[3], const Source<T>& source, Index width, Index plane, Index row, Index first,
                       Index last, Index* x_offsets, Index* weight_offsets) {
  Index taps = 0;
  for (Index d = axis[0].first_tap(plane); d < axis[0].last_tap(plane); ++d) {
    for (Index h = axis[1].first_tap(row); h < axis[1].last_tap(row); ++h) {
      for (Index w = first; w < last; ++w) {
        x_offsets[taps] = d * source.plane + h * axis[1].spacing * source.row + w * axis[2].spacing * source.pixel;
        weight_offsets[taps] = ((d * axis[1].taps + h) * axis[2].taps + w) * width;
        ++taps;
      }
    }
  }
  return taps;
}

inline bool is_depthwise(const ConvShape& shape) { return shape.groups > 1 && shape.groups == shape.channels; }

// Weights whose filters are not whole vectors are packed; 0 elements: they are read where they lie.
template <class T>
Index depthwise_packed_elements(const ConvShape&);
template <class T>
void depthwise_pack(const ConvShape&, const T* w, T* packed);

template <class T>
Index depthwise_forward_elements(const ConvShape&, bool is_packed);  // of scratch
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
