// How often this program has taken memory from the heap with `new`, containers included.
#pragma once

#include <cstdint>

std::int64_t heap_allocations();
