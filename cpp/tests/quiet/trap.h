// Counts what takes memory or waits for others, in the whole process: malloc and its kin, new, mutexes, conditions.
#pragma once

#include <cstdint>

namespace trap {

struct Counts {
  std::int64_t allocations, locks;
};

void arm();  // from zero
Counts disarm();

}  // namespace trap
