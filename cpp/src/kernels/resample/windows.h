// Weighted windows along one axis. Wide rows are combined lane by lane; rows of a few elements (the channels of
// pixels) one element at a time, with the number of elements known to the compiler where it is a usual one.
#pragma once

#include "kernels/level.h"
#include "kernels/reduce/lanes.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace windows {

constexpr Index kNarrow = 16;              // rows below this many elements are narrow
constexpr Index kGrainProducts = 1 << 15;  // multiply-adds worth a thread

template <class T>
inline void wide_row(Index inner, Index taps, const T* x, const T* weights, T* y) {
  lanes::cover<T>(0, inner, [&](auto as, Index i) {
    using P = typename decltype(as)::type;
    P sum = lanes::splat<P>(T(0));
    for (Index t = 0; t < taps; ++t)
      sum = lanes::multiply_add(lanes::splat<P>(weights[t]), lanes::load<P>(x + t * inner + i), sum);
    lanes::store(y + i, sum);
  });
}

// The outputs [begin, end) of one row of pixels of kInner elements (0: of `inner`, at most kNarrow), kTaps likewise.
template <int kInner, int kTaps, class T>
inline void narrow_rows(Index begin, Index end, Index inner, Index taps, const T* __restrict x,
                        const Index* __restrict starts, const T* __restrict weights, T* __restrict y) {
  if constexpr (kInner > 0) inner = kInner;
  if constexpr (kTaps > 0) taps = kTaps;
  for (Index j = begin; j < end; ++j) {
    const T* from = x + starts[j] * inner;
    const T* w = weights + j * taps;
    T sum[kInner > 0 ? kInner : kNarrow] = {};
    for (Index t = 0; t < taps; ++t)
      for (Index i = 0; i < inner; ++i) sum[i] = lanes::multiply_add(w[t], from[t * inner + i], sum[i]);
    for (Index i = 0; i < inner; ++i) y[j * inner + i] = sum[i];
  }
}

template <class T>
using NarrowRows = void (*)(Index, Index, Index, Index, const T*, const Index*, const T*, T*);

template <int kInner, class T>
NarrowRows<T> narrow_with(Index taps) {
  return taps == 2 ? narrow_rows<kInner, 2, T> : taps == 4 ? narrow_rows<kInner, 4, T> : narrow_rows<kInner, 0, T>;
}

template <class T>
NarrowRows<T> narrow_of(Index inner, Index taps) {
  switch (inner) {
    case 1:
      return narrow_with<1, T>(taps);
    case 3:
      return narrow_with<3, T>(taps);
    case 4:
      return narrow_with<4, T>(taps);
    default:
      return narrow_with<0, T>(taps);
  }
}

template <class T>
void windows(Index outer, Index size, Index inner, Index count, Index taps, const T* x, const Index* starts,
             const T* weights, T* y) {
  const bool narrow = inner < kNarrow;
  const auto rows = narrow_of<T>(inner, taps);
  const Index grain = grain_for(kGrainProducts, inner * taps);
  parallel(outer * count, grain, [&](Index begin, Index end, int) {
    while (begin < end) {
      const Index o = begin / count, j = begin % count, stop = min_of(count, j + end - begin);
      const T* from = x + o * size * inner;
      T* to = y + o * count * inner;
      if (narrow)
        rows(j, stop, inner, taps, from, starts, weights, to);
      else
        for (Index k = j; k < stop; ++k)
          wide_row(inner, taps, from + starts[k] * inner, weights + k * taps, to + k * inner);
      begin += stop - j;
    }
  });
}

// A thread owns pieces of the rows of x, and adds to them in the order of the sum.
template <class T>
void windows_transposed(Index outer, Index size, Index inner, Index count, Index taps, const T* y, const Index* starts,
                        const T* weights, T* x) {
  if (outer * size * inner <= 0) return;
  const Index pieces = outer >= 16 || inner < 128 ? 1 : min_of<Index>(16, inner / 64);
  const Index grain = grain_for(kGrainProducts, count * taps * (inner / pieces));
  parallel(outer * pieces, grain, [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) {
      const Index o = task / pieces, piece = task % pieces;
      const Index first = piece * inner / pieces, width = (piece + 1) * inner / pieces - first;
      T* to = x + o * size * inner + first;
      const T* from = y + o * count * inner + first;
      for (Index k = 0; k < size; ++k) __builtin_memset(to + k * inner, 0, static_cast<std::size_t>(width) * sizeof(T));
      for (Index j = 0; j < count; ++j, from += inner)
        for (Index t = 0; t < taps; ++t) {
          T* row = to + (starts[j] + t) * inner;
          const T weight = weights[j * taps + t];
          lanes::cover<T>(0, width, [&](auto as, Index i) {
            using P = typename decltype(as)::type;
            lanes::store(row + i, lanes::multiply_add(lanes::splat<P>(weight), lanes::load<P>(from + i),
                                                      lanes::load<P>(row + i)));
          });
        }
    }
  });
}

}  // namespace windows
}  // namespace lamina::kernels::LAMINA_LEVEL
