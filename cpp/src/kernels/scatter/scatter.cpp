// Threads own targets: each looks at all indices and takes those of its own, so that the order of the sources of a
// target is theirs for any number of threads. Long rows are cut into columns instead, which share the work evenly also
// where most sources have one target.
#include "kernels/scatter/scatter.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels/once.h"

namespace lamina::kernels {
namespace {

constexpr Index kGrainEntries = 1 << 14;
constexpr Index kStrip = 1024;  // columns

template <class I>
inline Index position(I index, Index size) {
  return index < 0 ? static_cast<Index>(index) + size : static_cast<Index>(index);
}

template <class T>
inline T add(T a, T b) {
  if constexpr (std::is_same_v<T, bool>)
    return a || b;
  else if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  else
    return a + b;
}

template <class T>
inline T multiply(T a, T b) {
  if constexpr (std::is_same_v<T, bool>)
    return a && b;
  else if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  else
    return a * b;
}

// scan(o, first, width) over strips of columns.
template <class Scan>
void for_strips(Index outer, Index count, Index inner, const Scan& scan) {
  const Index strips = (inner + kStrip - 1) / kStrip, width = std::min(inner, kStrip);
  parallel(outer * strips, grain_for(kGrainEntries, count * width), [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) {
      const Index first = task % strips * kStrip;
      scan(task / strips, first, std::min(kStrip, inner - first));
    }
  });
}

}  // namespace

template <class T, class I>
void take_along(Index outer, Index size, Index inner, Index count, const T* x, const I* indices, T* y) {
  if (inner <= 0 || count <= 0) return;
  parallel(outer * count, grain_for(kGrainEntries, inner), [&](Index begin, Index end, int) {
    Index j = begin % count;
    const T* from = x + begin / count * size * inner;
    for (Index r = begin; r < end; ++r) {
      for (Index i = 0; i < inner; ++i) y[r * inner + i] = from[position(indices[r * inner + i], size) * inner + i];
      if (++j == count) j = 0, from += size * inner;
    }
  });
}

template <class T, class I>
void add_along(Index outer, Index size, Index inner, Index count, const T* dy, const I* indices, T* x) {
  for_strips(outer, std::max(size, count), inner, [&](Index o, Index first, Index width) {
    T* to = x + o * size * inner + first;
    if (inner == 1) {
      std::fill_n(to, size, T(0));
      const I* at = indices + o * count;
      for (Index j = 0; j < count; ++j) {
        T& sum = to[position(at[j], size)];
        sum = add(sum, dy[o * count + j]);
      }
      return;
    }
    for (Index k = 0; k < size; ++k) std::fill_n(to + k * inner, width, T(0));
    for (Index j = 0; j < count; ++j) {
      const Index row = (o * count + j) * inner + first;
      for (Index i = 0; i < width; ++i) {
        T& sum = to[position(indices[row + i], size) * inner + i];
        sum = add(sum, dy[row + i]);
      }
    }
  });
}

namespace {

constexpr Index kPiece = 64;  // columns

// Rows [row, row_end), columns [column, column_end) of the targets.
struct Part {
  Index row, row_end, column, column_end;
};

template <class T, class I, class F>
void scatter_part(const Part& part, Index size, Index inner, Index count, const T* x, const I* indices,
                  const T* updates, T* y, const F& combine) {
  const bool whole_rows = part.column_end - part.column == inner;
  const Index blocks = whole_rows ? 1 : part.row_end - part.row;
  const Index width = whole_rows ? (part.row_end - part.row) * inner : part.column_end - part.column;
  for (Index k = 0; k < blocks && x != y; ++k) {
    const Index first = (part.row + k) * inner + part.column;
    if (x == nullptr)
      std::memset(y + first, 0, static_cast<std::size_t>(width) * sizeof(T));
    else
      std::memcpy(y + first, x + first, static_cast<std::size_t>(width) * sizeof(T));
  }
  for (Index j = 0; j < count; ++j) {
    const Index target = position(indices[j], size);
    if (target < part.row || target >= part.row_end) continue;
    T* to = y + target * inner;
    const T* from = updates + j * inner;
    for (Index i = part.column; i < part.column_end; ++i) to[i] = combine(to[i], from[i]);
  }
}

template <class T, class I, class F>
void scatter_with(Index outer, Index size, Index inner, Index count, const T* x, const I* indices, const T* updates,
                  T* y, const F& combine) {
  const bool by_columns = inner >= 2 * kPiece;
  const Index pieces = by_columns ? inner / kPiece : size;
  const Index work = std::max<Index>(1, (size + count) * inner / pieces);
  parallel(outer * pieces, grain_for(kGrainEntries, work), [&](Index begin, Index end, int) {
    for (Index o = begin / pieces; o * pieces < end; ++o) {
      const Index first = std::max<Index>(begin - o * pieces, 0), last = std::min(end - o * pieces, pieces);
      const Part part =
          by_columns ? Part{0, size, first * inner / pieces, last * inner / pieces} : Part{first, last, 0, inner};
      const Index targets = o * size * inner;
      scatter_part(part, size, inner, count, x == nullptr ? x : x + targets, indices, updates + o * count * inner,
                   y + targets, combine);
    }
  });
}

}  // namespace

template <class T, class I>
void scatter(Scatter kind, Index outer, Index size, Index inner, Index count, const T* x, const I* indices,
             const T* updates, T* y) {
  if (outer * size * inner <= 0) return;
  const auto with = [&](const auto& combine) {
    scatter_with(outer, size, inner, count, x, indices, updates, y, combine);
  };
  switch (kind) {
    case Scatter::set:
      return with([](T, T b) { return b; });
    case Scatter::add:
      return with([](T a, T b) { return add(a, b); });
    case Scatter::max:  // NaN wins
      return with([](T a, T b) { return a > b || a != a ? a : b; });
    case Scatter::min:
      return with([](T a, T b) { return a < b || a != a ? a : b; });
    default:
      return with([](T a, T b) { return multiply(a, b); });
  }
}

#define LAMINA_SCATTER(T, I)                                                    \
  template void take_along(Index, Index, Index, Index, const T*, const I*, T*); \
  template void add_along(Index, Index, Index, Index, const T*, const I*, T*);  \
  template void scatter(Scatter, Index, Index, Index, Index, const T*, const I*, const T*, T*);
LAMINA_FOR_ALL_PAIRS(LAMINA_SCATTER)

}  // namespace lamina::kernels
