// How much work is worth handing over to the workers.
//
// A job costs what it takes to tell the workers and to hear from them, and the way of the data from one processor's
// cache to another's: from a third of a microsecond between neighbours to many between sockets. So it is measured,
// once, when the first workers start.
#pragma once

#include <cstdint>

namespace lamina {

// What handing over `work` costs beside the work itself, both in nanoseconds; at least two thousand, which is what it
// says of work that cannot be worth it. For other work it starts the workers when they have not been started yet.
double handing_over(double work);

// The grain for this machine, where `grain` is the right one if handing over costs two microseconds. Stays a multiple
// of 64 if it is one.
std::int64_t measured_grain(std::int64_t grain);

// For units of which each costs `unit`, where `grain` is right for units of cost one.
std::int64_t grain_for(std::int64_t grain, std::int64_t unit);

// Called by the first team, from within it.
void measure_handing_over();

}  // namespace lamina
