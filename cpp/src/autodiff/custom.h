// Values whose gradient somebody else computes.
#pragma once

#include <functional>

#include "autodiff/gradient.h"

namespace lamina {

// The gradients of the inputs from those of the outputs: one per input, empty where nothing flows.
using Pull = std::function<Values(const Vjp&)>;

// `outputs`, which were computed from `inputs`, as values whose gradient is what `pull` makes of it. It sees the inputs
// as they are then: where the outputs are computed again, also the inputs were. Programs do not see it.
Values with_gradient(const Values& outputs, const Values& inputs, Pull pull);

// The value behind `with_gradient`, or the value itself.
Value without_gradient(Value value);

}  // namespace lamina
