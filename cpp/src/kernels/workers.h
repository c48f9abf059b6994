// How work and scratch memory are shared by the workers of a parallel loop.
#pragma once

#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL {

// Work worth a worker of its own: about 17 microseconds.
constexpr Index kWorkerFlops = 2'000'000;
constexpr Index kWorkerElements = 100'000;  // copied or added

// The grain that gives every worker the same share of `count` units, and at least `worth` of what a unit costs.
inline Index shared_grain(Index count, Index unit_cost, Index worth) {
  const Index workers = min_of(Index(num_threads()), count * unit_cost / worth);
  return ceil_div(count, max_of(workers, Index(1)));
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
