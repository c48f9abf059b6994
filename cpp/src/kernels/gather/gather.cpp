// Slices move by row. The sum of scatter_add is turned into one list of sources per target row (a counting sort of
// the indices), so that each target row is written by one thread, in the order of its sources.
#include "kernels/gather/gather.h"

#include "kernels/families.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

constexpr Index kGrainBytes = 1 << 17;

template <class T>
inline Index grain_of(Index row_elements) {
  return max_of<Index>(1, kGrainBytes / (16 + row_elements * static_cast<Index>(sizeof(T))));
}

template <class I>
inline Index position(I index, Index size) {
  return index < 0 ? static_cast<Index>(index) + size : static_cast<Index>(index);
}

// Rows of a few elements are not worth a call of memcpy.
template <class T>
inline void copy_row(const T* from, Index n, T* to) {
  if (n * static_cast<Index>(sizeof(T)) <= 32) {
    for (Index i = 0; i < n; ++i) to[i] = from[i];
  } else {
    __builtin_memcpy(to, from, static_cast<std::size_t>(n) * sizeof(T));
  }
}

template <class T, class I>
void take(Index outer, Index size, Index inner, Index count, const T* x, const I* indices, T* y) {
  parallel(outer * count, grain_of<T>(inner), [&](Index begin, Index end, int) {
    Index o = begin / max_of<Index>(1, count), j = begin % max_of<Index>(1, count);
    for (Index r = begin; r < end; ++r) {
      copy_row(x + (o * size + position(indices[j], size)) * inner, inner, y + r * inner);
      if (++j == count) j = 0, ++o;
    }
  });
}

// The scratch of scatter_add: sources[starts[k]] ... sources[starts[k + 1] - 1] are the j with indices[j] == k.
std::size_t scatter_scratch(Index size, Index count) {
  return static_cast<std::size_t>(size + 1 + count) * sizeof(Index);
}

template <class I>
void sort_by_target(Index size, Index count, const I* indices, Index* starts, Index* sources) {
  for (Index k = 0; k <= size; ++k) starts[k] = 0;
  for (Index j = 0; j < count; ++j) ++starts[position(indices[j], size)];
  Index total = 0;
  for (Index k = 0; k <= size; ++k) starts[k] = total += starts[k];
  // Filling each list from its end backwards leaves every start in place.
  for (Index j = count - 1; j >= 0; --j) sources[--starts[position(indices[j], size)]] = j;
}

template <class T>
inline T add(T a, T b) {
  return a + b;
}
template <>
inline std::int32_t add(std::int32_t a, std::int32_t b) {  // wraps
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}
template <>
inline std::int64_t add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
template <>
inline std::uint8_t add(std::uint8_t a, std::uint8_t b) {
  return static_cast<std::uint8_t>(a + b);
}
template <>
inline bool add(bool a, bool b) {
  return a || b;
}

// row[i] = sum over the sources of dy[source * stride + i], `width` elements of a row.
template <class T>
inline void sum_rows(const Index* sources, Index num_sources, const T* dy, Index stride, Index width,
                     T* __restrict row) {
  if (num_sources == 0) {
    for (Index i = 0; i < width; ++i) row[i] = T(0);
    return;
  }
  copy_row(dy + sources[0] * stride, width, row);
  Index s = 1;
  for (; s + 4 <= num_sources; s += 4) {
    const T *a = dy + sources[s] * stride, *b = dy + sources[s + 1] * stride;
    const T *c = dy + sources[s + 2] * stride, *d = dy + sources[s + 3] * stride;
    for (Index i = 0; i < width; ++i) row[i] = add(add(add(add(row[i], a[i]), b[i]), c[i]), d[i]);
  }
  for (; s < num_sources; ++s) {
    const T* a = dy + sources[s] * stride;
    for (Index i = 0; i < width; ++i) row[i] = add(row[i], a[i]);
  }
}

template <class T, class I>
void scatter_add(Index outer, Index size, Index inner, Index count, const T* dy, const I* indices, T* x,
                 void* scratch) {
  Index* starts = static_cast<Index*>(scratch);
  Index* sources = starts + size + 1;
  sort_by_target(size, count, indices, starts, sources);
  // Long rows are cut, so that few rows give work to many threads.
  const Index piece = 4096, pieces = max_of<Index>(1, ceil_div(inner, piece));
  const Index sums_per_row = 1 + count / max_of<Index>(1, size);
  const Index grain = grain_of<T>(min_of(inner, piece) * sums_per_row);
  parallel(outer * size * pieces, grain, [&](Index begin, Index end, int) {
    for (Index r = begin; r < end; ++r) {
      const Index row = r / pieces, o = row / size, k = row % size, first = r % pieces * piece;
      sum_rows(sources + starts[k], starts[k + 1] - starts[k], dy + o * count * inner + first, inner,
               min_of(piece, inner - first), x + row * inner + first);
    }
  });
}

template <class T, class I>
void one_hot(Index count, Index classes, const I* indices, T* y) {
  parallel(count, grain_of<T>(classes), [&](Index begin, Index end, int) {
    T* row = y + begin * classes;
    __builtin_memset(row, 0, static_cast<std::size_t>((end - begin) * classes) * sizeof(T));
    for (Index j = begin; j < end; ++j, row += classes)
      if (indices[j] >= 0 && static_cast<Index>(indices[j]) < classes) row[indices[j]] = T(1);
  });
}

template <class I>
Index check(Index size, Index count, const I* indices) {
  constexpr Index block = 1024;
  for (Index begin = 0; begin < count; begin += block) {
    const Index end = min_of(count, begin + block);
    bool bad = false;
    for (Index j = begin; j < end; ++j) {
      const Index index = indices[j];
      bad |= (index < -size) | (index >= size);
    }
    if (!bad) continue;
    for (Index j = begin; j < end; ++j)
      if (indices[j] < -size || indices[j] >= size) return j;
  }
  return -1;
}

}  // namespace

template <class T, class I>
Gather<T, I> make_gather() {
  return {take<T, I>, scatter_scratch, scatter_add<T, I>, one_hot<T, I>, check<I>};
}

template Gather<float, std::int32_t> make_gather();
template Gather<float, std::int64_t> make_gather();
template Gather<double, std::int32_t> make_gather();
template Gather<double, std::int64_t> make_gather();
template Gather<std::int32_t, std::int32_t> make_gather();
template Gather<std::int32_t, std::int64_t> make_gather();
template Gather<std::int64_t, std::int32_t> make_gather();
template Gather<std::int64_t, std::int64_t> make_gather();
template Gather<std::uint8_t, std::int32_t> make_gather();
template Gather<std::uint8_t, std::int64_t> make_gather();
template Gather<bool, std::int32_t> make_gather();
template Gather<bool, std::int64_t> make_gather();

}  // namespace lamina::kernels::LAMINA_LEVEL
