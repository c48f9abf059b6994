// Reductions over any set of axes. The summation order is fixed (blocked, pairwise across blocks): the same bits for
// any number of threads. An empty reduction gives the neutral element (max and min: the lowest and highest value).
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::kernels {

enum class Reduce : std::uint8_t {
  sum,
  mean,
  product,
  max,
  min,
  any,
  all
};  // any, all: bool only; NaN wins in max, min

struct ReduceShape {
  std::int32_t rank = 0;  // <= 8
  std::int64_t shape[8] = {};
  bool reduced[8] = {};
};

// T: float, double, int32_t, int64_t, uint8_t, bool (bool: any and all only).
template <class T>
struct Reductions {
  std::size_t (*scratch)(const ReduceShape&);
  void (*reduce)(Reduce, const ReduceShape&, const T* x, T* y, void* scratch);
  // Over the middle axis of [outer][size][inner]; the first of equals; NaN counts as the extreme.
  void (*argmax)(std::int64_t outer, std::int64_t size, std::int64_t inner, const T* x, std::int64_t* y);
  void (*argmin)(std::int64_t outer, std::int64_t size, std::int64_t inner, const T* x, std::int64_t* y);
};

}  // namespace lamina::kernels
