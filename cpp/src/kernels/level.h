// What every kernel source includes first. A kernel source is compiled once per instruction set level; the build
// defines LAMINA_LEVEL (v2, v3, v4 or neon) and renames Eigen's namespace to match (-DEigen=eigen_v3), so that no
// inline function compiled for one level can be linked into another.
//
// Rules: everything defined here and in the kernel sources lives in lamina::kernels::LAMINA_LEVEL; no std:: templates
// and no heap in kernels; only plain structs of pointers and sizes cross the border.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/grain.h"
#include "core/parallel_for.h"

#ifndef LAMINA_LEVEL
#error "kernel sources are compiled once per level: define LAMINA_LEVEL"
#endif

namespace lamina::kernels::LAMINA_LEVEL {

using Index = std::int64_t;

template <class T>
inline T min_of(T a, T b) {
  return b < a ? b : a;
}

template <class T>
inline T max_of(T a, T b) {
  return a < b ? b : a;
}

inline Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }

// parallel_for over a lambda (begin, end, worker).
template <class Body>
inline void parallel(Index count, Index grain, const Body& body) {
  parallel_for(
      count, grain,
      [](void* context, Index begin, Index end, int worker) {
        (*static_cast<const Body*>(context))(begin, end, worker);
      },
      const_cast<Body*>(&body));
}

}  // namespace lamina::kernels::LAMINA_LEVEL
