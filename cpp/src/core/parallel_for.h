// The one parallel construct of the library.
#pragma once

#include <cstdint>

namespace lamina {

// Called with a half-open range of indices and the worker that runs it, 0 <= worker < num_threads().
using RangeFunction = void (*)(void* context, std::int64_t begin, std::int64_t end, int worker);

// Splits [0, count) into contiguous ranges, each a multiple of `grain` long (but for the last), and runs them on
// at most num_threads() workers, each of which may run several; runs inline when count <= grain. Results must not
// depend on where the ranges are cut: a kernel that reduces across the range works on fixed blocks and combines them in
// block order afterwards. Nested calls run inline.
void parallel_for(std::int64_t count, std::int64_t grain, RangeFunction function, void* context);

// Calls body(context) with the workers at hand: they are woken once, and the calls of parallel_for within it find them
// ready. What body throws is thrown on.
void with_workers(void (*body)(void*), void* context);

// How often this thread has given work to workers.
std::uint64_t jobs_for_workers();

// The number of workers, at least 1: what set_num_threads() gave, else LAMINA_NUM_THREADS, else OMP_NUM_THREADS, else
// the processors this process may use; in a forked child always 1. Scratch that is cut per worker is booked for
// max_threads(), which never changes: set_num_threads() takes at most that many, and throws Error (value) below 1.
int num_threads();
int max_threads();
void set_num_threads(int count);

}  // namespace lamina
