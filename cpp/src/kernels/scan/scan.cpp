// Rows are scanned four at a time, as each is one chain of dependent operations; columns in strips that stay in the
// cache.
#include "kernels/scan/scan.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "kernels/once.h"

namespace lamina::kernels {
namespace {

constexpr Index kStrip = 512;  // columns
constexpr Index kRows = 4;     // at a time
constexpr Index kGrainEntries = 1 << 14;

// Integers wrap.
template <class T>
using Wrapping =
    typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::enable_if<true, T>>::type;

template <class T>
struct Sum {
  static constexpr T neutral = 0;
  T operator()(T a, T b) const { return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b)); }
};
template <class T>
struct Product {
  static constexpr T neutral = 1;
  T operator()(T a, T b) const {
    if constexpr (sizeof(T) == 1)
      return static_cast<T>(unsigned(a) * unsigned(b));
    else
      return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
  }
};
template <class T>
struct Max {
  static constexpr T neutral =
      std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  T operator()(T a, T b) const { return a > b || a != a ? a : b; }
};
template <class T>
struct Min {
  static constexpr T neutral =
      std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  T operator()(T a, T b) const { return a < b || a != a ? a : b; }
};

// scan(rows, offset, width): `width` columns that begin at `offset`, or `rows` rows of one column.
template <class Scan>
void for_strips(const ScanShape& s, const Scan& scan) {
  if (s.outer * s.size * s.inner <= 0) return;
  if (s.inner == 1) {
    const Index groups = (s.outer + kRows - 1) / kRows;
    parallel(groups, grain_for(kGrainEntries, s.size * kRows), [&](Index begin, Index end, int) {
      for (Index group = begin; group < end; ++group)
        scan(std::min(kRows, s.outer - group * kRows), group * kRows * s.size, 1);
    });
    return;
  }
  const Index strips = (s.inner + kStrip - 1) / kStrip, width = std::min(s.inner, kStrip);
  parallel(s.outer * strips, grain_for(kGrainEntries, s.size * width), [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) {
      const Index first = task % strips * kStrip;
      scan(1, task / strips * s.size * s.inner + first, std::min(kStrip, s.inner - first));
    }
  });
}

template <class T, class F>
void scan_with(const ScanShape& s, const T* all_x, T* all_y) {
  const F combine;
  const Index n = s.size, step = s.reverse ? -s.inner : s.inner, start = s.reverse ? (n - 1) * s.inner : 0;
  for_strips(s, [&](Index rows, Index offset, Index width) {
    const T* x = all_x + offset + start;
    T* y = all_y + offset + start;
    if (s.inner == 1) {
      T last[kRows];
      for (Index r = 0; r < kRows; ++r) last[r] = F::neutral;
      const auto run = [&](auto count) {
        for (Index j = 0; j < n; ++j)
          for (Index r = 0; r < count; ++r) {
            const T next = combine(last[r], x[r * n + j * step]);
            y[r * n + j * step] = s.exclusive ? last[r] : next;
            last[r] = next;
          }
      };
      if (rows == kRows)
        run(std::integral_constant<Index, kRows>());
      else
        run(rows);
      return;
    }
    for (Index i = 0; i < width; ++i) y[i] = s.exclusive ? F::neutral : combine(F::neutral, x[i]);
    for (Index j = 1; j < n; ++j) {
      const T* from = x + (s.exclusive ? j - 1 : j) * step;
      const T* before = y + (j - 1) * step;
      T* to = y + j * step;
      for (Index i = 0; i < width; ++i) to[i] = combine(before[i], from[i]);
    }
  });
}

}  // namespace

template <class T>
void cumulative(Cumulative kind, const ScanShape& s, const T* x, T* y) {
  switch (kind) {
    case Cumulative::sum:
      return scan_with<T, Sum<T>>(s, x, y);
    case Cumulative::product:
      return scan_with<T, Product<T>>(s, x, y);
    case Cumulative::max:
      return scan_with<T, Max<T>>(s, x, y);
    default:
      return scan_with<T, Min<T>>(s, x, y);
  }
}

template <class T>
void linear_scan(const ScanShape& s, const T* a, const T* b, T* y) {
  const Index n = s.size, step = s.reverse ? -s.inner : s.inner, start = s.reverse ? (n - 1) * s.inner : 0;
  for_strips(s, [&](Index rows, Index offset, Index width) {
    const Index first = offset + start;
    for (Index r = 0; r < rows; ++r) {
      const Index row = first + r * n;
      for (Index i = 0; i < width; ++i) y[row + i] = b[row + i];
      for (Index j = 1; j < n; ++j) {
        const Index now = row + j * step;
        for (Index i = 0; i < width; ++i) y[now + i] = a[now + i] * y[now - step + i] + b[now + i];
      }
    }
  });
}

#define LAMINA_CUMULATIVE(T) template void cumulative(Cumulative, const ScanShape&, const T*, T*);
LAMINA_CUMULATIVE(float)
LAMINA_CUMULATIVE(double)
LAMINA_CUMULATIVE(std::int32_t)
LAMINA_CUMULATIVE(std::int64_t)
LAMINA_CUMULATIVE(std::uint8_t)
template void linear_scan(const ScanShape&, const float*, const float*, float*);
template void linear_scan(const ScanShape&, const double*, const double*, double*);

}  // namespace lamina::kernels
