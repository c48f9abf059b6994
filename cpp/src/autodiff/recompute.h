// Values that are not kept for their gradient.
#pragma once

#include <cstdint>

#include "autodiff/value.h"

namespace lamina {

// `outputs` as values whose gradient computes again, when it reaches them, what led to them by nodes with numbers from
// `since` on: nothing between is kept for it. Random ops draw the same numbers again, since their seeds are inputs.
// What the trace has assigned to variables counts as made before, so that state changes once and gradients may be asked
// of it. Outputs that are older than `since`, or nobody records, stay what they are.
Values recomputed(const Values& outputs, std::uint64_t since);

}  // namespace lamina
