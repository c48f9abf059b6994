// Which steps of a plan run side by side.
//
// Ops divide their work among the workers themselves, which does not help where they are small, or one thing after the
// other by nature, such as a recurrence. There the workers take a branch each: among neighbouring steps, those that
// lead to each other are a part, and parts that do not are run at once, each by one worker from beginning to end.
#pragma once

#include <vector>

#include "program/work.h"

namespace lamina {

struct Task {
  Work work;
  std::vector<int> after;  // tasks before it that it must be run after
  bool by_itself = false;  // nothing may run at the same time
};

struct Section {
  int first = 0, last = 0;              // of the tasks [first, last)
  std::vector<std::vector<int>> parts;  // which is each of them in, in order; two or more
};

// The sections that make the whole shortest, in order. `handing_over` is what one costs, in nanoseconds.
std::vector<Section> find_branches(const std::vector<Task>& tasks, int workers, double handing_over);

}  // namespace lamina
