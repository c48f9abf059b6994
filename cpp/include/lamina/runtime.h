// The engine's settings for the whole process.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/export.h"

namespace lamina {

LAMINA_API const char* version();  // "0.1.0"

// The number of threads a run may use; results do not depend on it. Starts as
// LAMINA_NUM_THREADS, else OMP_NUM_THREADS, else the processors of the process.
LAMINA_API int num_threads();
LAMINA_API void set_num_threads(int count);  // throws Error (value) below 1

// The instruction set level of the kernels in use: "v2", "v3" (AVX2), "v4"
// (AVX-512) or "neon". The environment variable LAMINA_ISA chooses another
// before the first use.
LAMINA_API const char* isa_level();

}  // namespace lamina
