// Values whose gradient somebody else computes.
#pragma once

#include <functional>

#include "autodiff/value.h"

namespace lamina {

// `outputs`, which were computed from `inputs`, as values whose gradient is what `pull` makes of the gradients of the
// outputs (none of them empty): one per input, empty where nothing flows. Programs do not see it.
Values with_gradient(const Values& outputs, const Values& inputs, std::function<Values(const Values&)> pull);

// The value behind `with_gradient`, or the value itself.
Value without_gradient(Value value);

}  // namespace lamina
