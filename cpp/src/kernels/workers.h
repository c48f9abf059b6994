// How work and scratch memory are shared by the workers of a parallel loop.
#pragma once

#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL {

// Work worth handing over: about 2 microseconds, where handing over costs as much (core/grain.h). What one worker does
// alone lies in its cache, out of which the others have to fetch it afterwards.
constexpr Index kWorkerFlops = 250'000;
constexpr Index kWorkerElements = 10'000;  // copied or added

// The grain that cuts `count` units into equal pieces, two for each worker, and each at least `worth` of what a unit
// costs.
inline Index shared_grain(Index count, Index unit_cost, Index worth) {
  const Index pieces = min_of(2 * Index(num_threads()), count * unit_cost / measured_grain(worth));
  return ceil_div(count, max_of(pieces, Index(1)));
}

// A range cut into `parts` pieces of nearly equal length: where piece `i` begins (and piece i - 1 ends).
inline Index piece_begin(Index total, Index parts, Index i) { return i * total / parts; }

// Rounded up to whole lines of the cache, so that what follows is aligned and no two workers write to one line.
template <class T>
inline Index aligned_elements(Index elements) {
  constexpr Index kLine = 64 / sizeof(T);
  return ceil_div(elements, kLine) * kLine;
}

}  // namespace lamina::kernels::LAMINA_LEVEL
