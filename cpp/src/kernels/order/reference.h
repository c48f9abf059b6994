// Orders straight from their definitions (see order.h), of one row whose entries lie `stride` apart.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace lamina::reference {

template <class T>
bool comes_before(T a, T b) {
  return a < b || (a == a && b != b);
}

// The positions of the entries in order, the first of equals first.
template <class T>
std::vector<std::int64_t> order_of(std::int64_t size, std::int64_t stride, bool descending, const T* x) {
  std::vector<std::int64_t> positions(static_cast<std::size_t>(size));
  std::iota(positions.begin(), positions.end(), 0);
  std::stable_sort(positions.begin(), positions.end(), [&](std::int64_t a, std::int64_t b) {
    return descending ? comes_before(x[b * stride], x[a * stride]) : comes_before(x[a * stride], x[b * stride]);
  });
  return positions;
}

template <class T>
std::int64_t search_sorted(std::int64_t size, const T* sorted, T value, bool right) {
  std::int64_t n = 0;
  while (n < size && (comes_before(sorted[n], value) || (right && !comes_before(value, sorted[n])))) ++n;
  return n;
}

}  // namespace lamina::reference
