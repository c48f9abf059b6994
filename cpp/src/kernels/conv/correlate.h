// The dense convolution kernel, which is also the gradient of the input (a convolution of dy with the transposed
// kernel, one for each phase of the stride):
//   y[n, o, g, f] = activation(bias[g, f] + addend[n, o, g, f] + sum over taps t, channels c of x[n, o * step + first +
//   t * spacing, g, c] *
//                   weights[g, t, c, f])
// An implicit matrix product: the rows are the pixels of an output row, read where they lie.
#pragma once

#include "kernels/activation.h"
#include "kernels/conv/source.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
struct Correlation {
  Axis axis[3];
  Index batch = 1, groups = 1;
  Index group_in = 1, group_out = 1;  // channels of a group
  const T* x = nullptr;
  const T* weights = nullptr;  // for each group, panels of taps * group_in rows (see tile.h)
  Index weights_row = 0;       // elements between the rows of weights that are no panels, but where the caller has them
  const T* bias = nullptr;
  const T* addend = nullptr;  // laid out as y
  Activation activation = Activation::linear;
  T* y = nullptr;
  Index y_image = 0, y_axis[3] = {0, 0, 0};  // elements between outputs

  Index taps() const { return axis[0].taps * axis[1].taps * axis[2].taps; }
  Index inner() const { return taps() * group_in; }  // the length of the sums
};

template <class T>
Index packed_elements(const Correlation<T>&);

template <class T>
Index correlate_elements(const Correlation<T>&);  // of scratch

template <class T>
void correlate(const Correlation<T>&, T* scratch);

}  // namespace lamina::kernels::LAMINA_LEVEL
