// What kernel sources share that are compiled once, for every processor.
#pragma once

#include <cstdint>

#include "core/grain.h"
#include "core/parallel_for.h"

namespace lamina::kernels {

using Index = std::int64_t;

// parallel_for over a lambda (begin, end, worker).
template <class Body>
void parallel(Index count, Index grain, const Body& body) {
  parallel_for(
      count, grain,
      [](void* context, Index begin, Index end, int worker) {
        (*static_cast<const Body*>(context))(begin, end, worker);
      },
      const_cast<Body*>(&body));
}

// Scratch that is cut per worker, of which few tasks need less: how many pieces, and which one is for the worker that
// runs the tasks from `begin` on.
inline Index scratch_slots(Index tasks) { return tasks < max_threads() ? tasks : max_threads(); }
inline Index scratch_slot(Index tasks, Index begin, int worker) { return tasks < max_threads() ? begin : worker; }

}  // namespace lamina::kernels

// Explicit instantiations for every dtype, and for every dtype of values with both of indices.
#define LAMINA_FOR_ALL_TYPES(M) M(float) M(double) M(std::int32_t) M(std::int64_t) M(std::uint8_t) M(bool)
#define LAMINA_FOR_ALL_VALUES(M, I) \
  M(float, I) M(double, I) M(std::int32_t, I) M(std::int64_t, I) M(std::uint8_t, I) M(bool, I)
#define LAMINA_FOR_ALL_PAIRS(M) LAMINA_FOR_ALL_VALUES(M, std::int32_t) LAMINA_FOR_ALL_VALUES(M, std::int64_t)
