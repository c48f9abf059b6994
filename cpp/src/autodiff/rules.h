// The gradients of single ops.
#pragma once

#include "autodiff/gradient.h"

namespace lamina {

bool differentiable(const Op& op);
// The gradients of the inputs, made by calling ops; empty where nothing flows. Throws Error (value) for an op that has
// none.
Values vjp(const Op& op, const Vjp& v);

// An op that is not in ops.def and brings its gradient along.
class OpWithGradient : public Op {
 public:
  virtual Values vjp(const Vjp& v) const = 0;
};

}  // namespace lamina
