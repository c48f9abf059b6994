// How long a step will take, about: enough to see which steps are worth running side by side.
#pragma once

#include "ops/op.h"

namespace lamina {

// In nanoseconds.
struct Work {
  double alone = 0;   // on one worker
  double shared = 0;  // on all of them, if the op divides it
};

Work work_of(const Op& op, const Run& run, int workers);

}  // namespace lamina
