// Slices move by row.
#include "kernels/gather/gather.h"

#include "kernels/families.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

constexpr Index kGrainBytes = 1 << 17;

template <class T>
inline Index grain_of(Index row_elements) {
  return grain_for(kGrainBytes, 16 + row_elements * static_cast<Index>(sizeof(T)));
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
  return {take<T, I>, one_hot<T, I>, check<I>};
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
