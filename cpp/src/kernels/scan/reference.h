// Scans straight from their formulas (see scan.h).
#pragma once

#include <cstdint>

#include "kernels/scan/scan.h"

namespace lamina::reference {

// f(before, x) over each column; the result before the first entry is `neutral`.
template <class T, class F>
void cumulative(const kernels::ScanShape& s, T neutral, const F& f, const T* x, T* y) {
  for (std::int64_t o = 0; o < s.outer; ++o)
    for (std::int64_t i = 0; i < s.inner; ++i) {
      T last = neutral;
      for (std::int64_t j = 0; j < s.size; ++j) {
        const std::int64_t at = (o * s.size + (s.reverse ? s.size - 1 - j : j)) * s.inner + i;
        const T next = f(last, x[at]);
        y[at] = s.exclusive ? last : next;
        last = next;
      }
    }
}

template <class T>
void linear_scan(const kernels::ScanShape& s, const T* a, const T* b, T* y) {
  for (std::int64_t o = 0; o < s.outer; ++o)
    for (std::int64_t i = 0; i < s.inner; ++i) {
      T last = 0;
      for (std::int64_t j = 0; j < s.size; ++j) {
        const std::int64_t at = (o * s.size + (s.reverse ? s.size - 1 - j : j)) * s.inner + i;
        y[at] = last = a[at] * last + b[at];
      }
    }
}

}  // namespace lamina::reference
