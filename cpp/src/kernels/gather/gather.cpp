// Slices move by row. For scatter_add the sources are sorted by their target, so that each target row is summed by
// one thread, in the order of its sources.
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

constexpr int kDigitBits = 11;
constexpr Index kDigits = Index{1} << kDigitBits;

// Two lists of sources, between which the digits of their targets are sorted, and the counts of one digit.
std::size_t scatter_scratch(Index, Index count) {
  return static_cast<std::size_t>(2 * count + kDigits) * sizeof(Index);
}

// The positions j of the indices, ordered by target, those of one target in their order: a stable sort, least digit
// first. Its cost grows with `size` only through the number of digits.
template <class I>
const Index* sorted_sources(Index size, Index count, const I* indices, Index* scratch) {
  Index *from = scratch, *to = from + count, *starts = to + count;
  int shift = 0;
  do {
    const auto digit = [&](Index j) { return position(indices[j], size) >> shift & (kDigits - 1); };
    for (Index d = 0; d < kDigits; ++d) starts[d] = 0;
    for (Index j = 0; j < count; ++j) ++starts[digit(j)];
    Index total = 0;
    for (Index d = 0; d < kDigits; ++d) {
      const Index n = starts[d];
      starts[d] = total;
      total += n;
    }
    for (Index i = 0; i < count; ++i) {
      const Index j = shift == 0 ? i : from[i];
      to[starts[digit(j)]++] = j;
    }
    Index* sorted = to;
    to = from;
    from = sorted;
    shift += kDigitBits;
  } while ((size - 1) >> shift > 0);
  return from;
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

// row[i] = sum over the sources of dy[source * stride + i], `width` elements of a row; at least one source.
template <class T>
inline void sum_rows(const Index* sources, Index count, const T* dy, Index stride, Index width, T* __restrict row) {
  copy_row(dy + sources[0] * stride, width, row);
  Index s = 1;
  for (; s + 4 <= count; s += 4) {
    const T *a = dy + sources[s] * stride, *b = dy + sources[s + 1] * stride;
    const T *c = dy + sources[s + 2] * stride, *d = dy + sources[s + 3] * stride;
    for (Index i = 0; i < width; ++i) row[i] = add(add(add(add(row[i], a[i]), b[i]), c[i]), d[i]);
  }
  for (; s < count; ++s) {
    const T* a = dy + sources[s] * stride;
    for (Index i = 0; i < width; ++i) row[i] = add(row[i], a[i]);
  }
}

// The pieces that long rows are cut into. They are the slowest index of the tasks, so that threads share the work
// evenly even where most sources have one target.
inline Index pieces_of(Index inner) { return inner < 128 ? 1 : min_of<Index>(16, inner / 64); }

template <class T, class I>
void scatter_add(Index outer, Index size, Index inner, Index count, const T* dy, const I* indices, T* x,
                 void* scratch) {
  if (outer * size * inner <= 0) return;
  parallel(outer * size, grain_of<T>(inner), [&](Index begin, Index end, int) {
    __builtin_memset(x + begin * inner, 0, static_cast<std::size_t>((end - begin) * inner) * sizeof(T));
  });
  if (count <= 0) return;
  const Index* sources = sorted_sources(size, count, indices, static_cast<Index*>(scratch));
  const auto target_of = [&](Index s) { return position(indices[sources[s]], size); };
  const Index pieces = pieces_of(inner);
  parallel(pieces * outer * count, grain_of<T>(inner / pieces), [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) {
      // The task of a target's first source sums all of them.
      const Index s = task % count, target = target_of(s);
      if (s > 0 && target_of(s - 1) == target) continue;
      Index last = s + 1;
      while (last < count && target_of(last) == target) ++last;
      const Index o = task / count % outer, piece = task / count / outer;
      const Index first = piece * inner / pieces, width = (piece + 1) * inner / pieces - first;
      sum_rows(sources + s, last - s, dy + o * count * inner + first, inner, width,
               x + (o * size + target) * inner + first);
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
