// The engine's settings for the whole process. Any thread may call these functions at any time.
//
//   lamina::set_num_threads(1);                       // everything in the calling thread
//   lamina::set_seed(7);
//   lamina::set_log_topics("kernels");
//   lamina::set_log([](const std::string& topic, const std::string& line) { my_log(topic, line); });
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lamina/export.h"

namespace lamina {

LAMINA_API const char* version();  // "0.1.0"

// The number of threads a run may use; results do not depend on it. Starts as
// LAMINA_NUM_THREADS, else OMP_NUM_THREADS, else the processors of the process.
LAMINA_API int num_threads();
LAMINA_API void set_num_threads(int count);  // throws Error (value) below 1

// Seeds for what is drawn without a seed of its own: initial values, the order of samples. The same program draws the
// same ones at each run; `set_seed` starts another series. Both may be called from any thread.
LAMINA_API void set_seed(std::int64_t seed);
LAMINA_API std::int64_t next_seed();  // above 0

// The instruction set level of the kernels in use: "v2", "v3" (AVX2), "v4"
// (AVX-512) or "neon". The environment variable LAMINA_ISA chooses another
// before the first use.
LAMINA_API const char* isa_level();

// ---- The log

// Takes a line and its topic, in whichever thread has something to say.
using LogFunction = std::function<void(const std::string& topic, const std::string& line)>;

// What is said, topics separated by commas: "kernels" (which kernel each shape takes and why others were refused, once
// per shape) and "programs" (what is planned: the entry, its input shapes, steps and memory). Starts as the environment
// variable LAMINA_LOG; "" is nothing, which costs nothing. Throws Error (value) for an unknown topic.
LAMINA_API void set_log_topics(const std::string& topics);
LAMINA_API std::string log_topics();  // those in force, "" for none
// Where it goes; nullptr, as at the start: to stderr. The function may be called by several threads at once, and should
// not compute with the engine, which waits for it; the line of one that throws goes to stderr.
LAMINA_API void set_log(LogFunction function);

}  // namespace lamina
