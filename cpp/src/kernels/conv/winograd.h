// Winograd's F(2x2, 3x3) for 3 x 3 taps side by side: 16 products for each 2 x 2 outputs in place of 36,
//   y = A' [ (G w G') * (B' x B) ] A  over tiles of 4 x 4 inputs, * summed over the channels,
//        | 1  0 -1  0 |        | 1    0    0   |        | 1  1  1  0 |
//   B' = | 0  1  1  0 |    G = | 1/2  1/2  1/2 |   A' = | 0  1 -1 -1 |
//        | 0 -1  1  0 |        | 1/2 -1/2  1/2 |
//        | 0  1  0 -1 |        | 0    0    1   |
// (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015). An output depends on no other inputs
// than its own, and its error stays below the direct kernel's bound; larger tiles would not. A tile with an output that
// is not finite is computed again directly, so that infinities stay what they are. What is lost: an input that is many
// orders larger than its neighbours rounds the outputs of its tile that do not see it, too.
//   For float32 alone: what trains in float64 asks for digits, not for speed, and programs stay small.
#pragma once

#include "kernels/conv/correlate.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
constexpr bool kHasWinograd = sizeof(T) == sizeof(float);

template <class T>
const char* winograd_refusal(const Correlation<T>&);  // null when it takes it; its steps must be 1

template <class T>
Index winograd_elements(const Correlation<T>&);  // of scratch

template <class T>
void winograd(const Correlation<T>&, T* scratch);

}  // namespace lamina::kernels::LAMINA_LEVEL
