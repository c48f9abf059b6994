// The transcendental activations of the epilogue (see kernels/epilogue.h).
#include "kernels/epilogue.h"

#include <cmath>

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
static T activated(Activation activation, T x) {
  switch (activation) {
    case Activation::sigmoid: return T(1) / (T(1) + T(::exp(double(-x))));
    case Activation::tanh: return T(::tanh(double(x)));
    case Activation::silu: return x / (T(1) + T(::exp(double(-x))));
    case Activation::gelu: return T(0.5) * x * T(::erfc(double(x) * -0.70710678118654752440));
    default: return x;
  }
}

template <class T>
void activate(Activation activation, T* c, Index c_row, Index rows, Index columns) {
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) c[i * c_row + j] = activated(activation, c[i * c_row + j]);
  }
}

template void activate(Activation, float*, Index, Index, Index);
template void activate(Activation, double*, Index, Index, Index);

}  // namespace lamina::kernels::LAMINA_LEVEL
