// Which gradients are formulas of the output (compiled once: it belongs to no level).
#include "kernels/elementwise/elementwise.h"

namespace lamina::kernels {

bool unary_grad_uses_output(Unary function) {
  switch (function) {
    case Unary::exp:
    case Unary::sqrt:
    case Unary::rsqrt:
    case Unary::reciprocal:
    case Unary::tanh:
    case Unary::sigmoid:
    case Unary::relu:
    case Unary::relu6:
    case Unary::elu:
    case Unary::leaky_relu:
    case Unary::selu:
    case Unary::celu:
      return true;
    default:
      return false;
  }
}

}  // namespace lamina::kernels
