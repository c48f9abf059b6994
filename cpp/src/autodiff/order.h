// The order in which nodes are made.
#pragma once

#include <cstdint>

namespace lamina {

// Above all that were given out before, in all threads.
std::uint64_t next_number();

}  // namespace lamina
