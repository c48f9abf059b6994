// Sorting along the middle axis of x[outer][size][inner], the largest entries of rows, and binary search.
//   sort:           y[o, :, i]  = the entries of x[o, :, i] in order
//   argsort:        y[o, :, i]  = their positions, equal ones in the order they had
//   top_k:          values[o, j], positions[o, j] = the j-th largest of row o of x[outer][size] and where it stands,
//                   the first of equals first
//   search_sorted:  y[j] = the number of entries of `sorted` below values[j] (right: not above it)
// NaN counts as larger than every number, -0 equals 0. `size` is below 2^31. Compiled once: these are comparisons and
// moves, which no vector instruction speeds up.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::kernels {

struct OrderShape {
  std::int64_t outer, size, inner;
};

// T: float, double, int32_t, int64_t, uint8_t, bool.
template <class T>
std::size_t sort_scratch(const OrderShape& shape);
template <class T>
void sort(const OrderShape& shape, bool descending, const T* x, T* y, void* scratch);

template <class T>
std::size_t argsort_scratch(const OrderShape& shape);
template <class T>
void argsort(const OrderShape& shape, bool descending, const T* x, std::int32_t* y, void* scratch);

// 0 <= k <= size.
template <class T>
std::size_t top_k_scratch(std::int64_t outer, std::int64_t size, std::int64_t k);
template <class T>
void top_k(std::int64_t outer, std::int64_t size, std::int64_t k, const T* x, T* values, std::int32_t* positions,
           void* scratch);

template <class T>
void search_sorted(std::int64_t size, const T* sorted, std::int64_t count, const T* values, bool right,
                   std::int32_t* y);

}  // namespace lamina::kernels
