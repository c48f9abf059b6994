// The index of the largest or smallest element along the middle axis of [outer][size][inner].
#pragma once

#include "kernels/reduce/operations.h"

namespace lamina::kernels::LAMINA_LEVEL::reduction {

// Whether b takes the place of a, seen before it: ordered before it, or the first NaN.
template <bool largest, class T>
inline bool takes_over(T b, T a) {
  const bool ordered = largest ? b > a : b < a;
  if constexpr (is_floating<T>) {
    return ordered | ((b != b) & (a == a));
  } else {
    return ordered;
  }
}

// A contiguous run: its extreme value, one block at a time, and then the first place in the block that has it.
template <bool largest, class T>
inline Index arg_of_run(const T* x, Index n) {
  if (n <= 16) {
    Index first = 0;
    for (Index i = 1; i < n; ++i) first = takes_over<largest>(x[i], x[first]) ? i : first;
    return first;
  }
  using Operation = std::conditional_t<largest, Max<T>, Min<T>>;
  constexpr Index block = 4096;
  Index best_block = 0;
  T best = T();
  for (Index begin = 0; begin < n; begin += block) {
    const T value = reduce_run<Operation>(x + begin, min_of(block, n - begin));
    if (begin == 0 || takes_over<largest>(value, best)) {
      best = value;
      best_block = begin;
    }
  }
  constexpr Index step = 64;
  for (Index begin = best_block; begin < n; begin += step) {
    const Index end = min_of(n, begin + step);
    int found = 0;  // without an exit from the loop, which is then vectorized
    for (Index i = begin; i < end; ++i) found |= (x[i] == best) | (x[i] != x[i]);
    if (found == 0) continue;
    for (Index i = begin; i < end; ++i)
      if (x[i] == best || x[i] != x[i]) return i;
  }
  return best_block;
}

template <bool largest, class T>
void arg_along_runs(Index outer, Index size, const T* x, std::int64_t* y) {
  constexpr Index most = 64, piece = 1 << 14;
  const Index pieces = outer >= most ? 1 : max_of<Index>(1, min_of(most, size / piece));
  if (pieces == 1) {
    parallel(outer, grain_for(1 << 15, size), [&](Index begin, Index end, int) {
      for (Index o = begin; o < end; ++o) y[o] = arg_of_run<largest>(x + o * size, size);
    });
    return;
  }
  // Few long runs: each in pieces, compared in order afterwards.
  for (Index o = 0; o < outer; ++o) {
    const T* run = x + o * size;
    Index found[most];
    parallel(pieces, 1, [&](Index begin, Index end, int) {
      for (Index p = begin; p < end; ++p) {
        const Index first = p * size / pieces, last = (p + 1) * size / pieces;
        found[p] = first + arg_of_run<largest>(run + first, last - first);
      }
    });
    Index best = found[0];
    for (Index p = 1; p < pieces; ++p)
      if (takes_over<largest>(run[found[p]], run[best])) best = found[p];
    y[o] = best;
  }
}

// Results side by side, a tile of them at a time.
template <bool largest, class T>
void arg_along_columns(Index outer, Index size, Index inner, const T* x, std::int64_t* y) {
  constexpr Index tile = 256;
  const Index tiles = ceil_div(inner, tile);
  parallel(outer * tiles, grain_for(1 << 14, size * min_of(tile, inner)), [&](Index begin, Index end, int) {
    T best[tile];
    std::int64_t index[tile];
    for (Index task = begin; task < end; ++task) {
      const Index o = task / tiles, first = task % tiles * tile, width = min_of(tile, inner - first);
      const T* from = x + o * size * inner + first;
      for (Index i = 0; i < width; ++i) {
        best[i] = from[i];
        index[i] = 0;
      }
      for (Index k = 1; k < size; ++k) {
        from += inner;
        for (Index i = 0; i < width; ++i) {
          const bool better = takes_over<largest>(from[i], best[i]);
          best[i] = better ? from[i] : best[i];
          index[i] = better ? k : index[i];
        }
      }
      for (Index i = 0; i < width; ++i) y[o * inner + first + i] = index[i];
    }
  });
}

template <bool largest, class T>
inline void arg(Index outer, Index size, Index inner, const T* x, std::int64_t* y) {
  if (size == 0) return;  // has no index; the ops refuse it
  if constexpr (std::is_same_v<T, bool>)
    arg<largest>(outer, size, inner, reinterpret_cast<const std::uint8_t*>(x), y);
  else if (inner == 1)
    arg_along_runs<largest>(outer, size, x, y);
  else
    arg_along_columns<largest>(outer, size, inner, x, y);
}

template <class T>
void argmax(std::int64_t outer, std::int64_t size, std::int64_t inner, const T* x, std::int64_t* y) {
  arg<true>(outer, size, inner, x, y);
}

template <class T>
void argmin(std::int64_t outer, std::int64_t size, std::int64_t inner, const T* x, std::int64_t* y) {
  arg<false>(outer, size, inner, x, y);
}

}  // namespace lamina::kernels::LAMINA_LEVEL::reduction
