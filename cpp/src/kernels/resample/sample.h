// Samples at any places: the corners of the cell around each point, with their weights.
#pragma once

#include "kernels/level.h"
#include "kernels/resample/resample.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace sampling {

constexpr Index kGrainPoints = 1 << 12;

inline Index floor_mod(Index a, Index n) {
  const Index r = a % n;
  return r < 0 ? r + n : r;
}

inline Index mirrored(Index i, Index size) {
  if (size <= 1) return 0;
  const Index s = size - 1, m = floor_mod(i + s, 2 * s) - s;
  return m < 0 ? -m : m;
}

// The index that stands for i, or -1 outside.
inline Index index_inside(Index i, Index size, FillMode mode) {
  if (i >= 0 && i < size) return i;
  switch (mode) {
    case FillMode::constant:
      return -1;
    case FillMode::nearest:
      return i < 0 ? 0 : size - 1;
    case FillMode::wrap:
      return floor_mod(i, size);
    case FillMode::mirror:
      return mirrored(i, size);
    default:
      if (i < 0 && i >= -size) return -1 - i;  // the first repetition on each side, without a division
      if (i >= size && i < 2 * size) return 2 * size - 1 - i;
      return (mirrored(2 * i + 1, 2 * size + 1) - 1) / 2;
  }
}

inline float rounded_down(float x) { return __builtin_floorf(x); }
inline double rounded_down(double x) { return __builtin_floor(x); }
inline float whole_part(float x) { return __builtin_truncf(x); }
inline double whole_part(double x) { return __builtin_trunc(x); }

// Halves away from zero. No instruction does that, and a call of round() would cost more than the sample.
template <class T>
inline T rounded(T x) {
  const T t = whole_part(x), rest = x - t;
  return t + static_cast<T>((rest >= T(0.5)) - (rest <= T(-0.5)));
}

// A whole number as an integer; far away ones and NaN become some number that fits.
template <class T>
inline Index whole(T x) {
  if (!(x > T(-1e9))) return x != x ? 0 : -1000000000;
  return x < T(1e9) ? static_cast<Index>(x) : 1000000000;
}

// The offset of each end of a cell along one axis (negative outside), and its weight.
template <class T>
struct Ends {
  Index offset[2];
  T weight[2];
};

template <class T>
struct Cell {
  Ends<T> ends[kMaxGridRank];
};

// kRank axes, or grid.rank if 0.
template <int kRank, class T>
inline Cell<T> cell_of(const Grid& g, const Index* strides, const T* coordinates) {
  Cell<T> cell;
  const int rank = kRank > 0 ? kRank : g.rank;
  for (int d = 0; d < rank; ++d) {
    const T c = coordinates[d * g.points];
    Ends<T>& e = cell.ends[d];
    const bool derived = (g.derived >> d & 1) != 0;
    if (g.linear) {
      const T lower = rounded_down(c), fraction = c - lower;
      const Index first = whole(lower);
      for (int k = 0; k < 2; ++k) {
        const Index i = index_inside(first + k, g.size[d], g.mode);
        e.offset[k] = i < 0 ? i : i * strides[d];
      }
      e.weight[0] = derived ? T(-1) : T(1) - fraction;
      e.weight[1] = derived ? T(1) : fraction;
    } else {
      const Index i = index_inside(whole(rounded(c)), g.size[d], g.mode);
      e.offset[0] = i < 0 ? i : i * strides[d];
      e.weight[0] = derived ? T(0) : T(1);
    }
  }
  return cell;
}

// body(offset or -1 outside, weight) for every corner, the first axis slowest.
template <int kRank, class T, class Body>
inline void for_corners(const Grid& g, const Cell<T>& cell, const Body& body) {
  const int rank = kRank > 0 ? kRank : g.rank;
  const int corners = g.linear ? 1 << rank : 1;
  for (int k = 0; k < corners; ++k) {
    Index offset = 0;
    bool inside = true;
    T weight = T(1);
    for (int d = 0; d < rank; ++d) {
      const int end = k >> (rank - 1 - d) & 1;
      inside &= cell.ends[d].offset[end] >= 0;
      offset += cell.ends[d].offset[end];
      weight *= cell.ends[d].weight[end];
    }
    body(inside ? offset : Index{-1}, weight);
  }
}

// Fills the distance between neighbours along each axis; returns the elements of an image.
inline Index fill_strides(const Grid& g, Index* strides) {
  Index stride = g.channels;
  for (int d = g.rank - 1; d >= 0; --d) {
    strides[d] = stride;
    stride *= g.size[d];
  }
  return stride;
}

// Points [begin, end) of one image, whose coordinates begin at `coordinates`.
template <int kRank, class T>
void sample_points(const Grid& g, const Index* strides, Index begin, Index end, const T* from, const T* coordinates,
                   T* __restrict y) {
  const T value = static_cast<T>(g.value);
  for (Index p = begin; p < end; ++p) {
    T* __restrict to = y + p * g.channels;
    for (Index c = 0; c < g.channels; ++c) to[c] = T(0);
    for_corners<kRank>(g, cell_of<kRank>(g, strides, coordinates + p), [&](Index offset, T weight) {
      if (offset < 0) {
        for (Index c = 0; c < g.channels; ++c) to[c] += weight * value;
      } else {
        for (Index c = 0; c < g.channels; ++c) to[c] += weight * from[offset + c];
      }
    });
  }
}

// The same for images (rank 2, no derivatives) of kChannels channels: no loops over axes, corners or channels. A corner
// outside of the image, where that has a value, is read from `outside`.
template <int kChannels, class T>
void sample_image(const Grid& g, const Index* strides, Index begin, Index end, const T* from, const T* coordinates,
                  T* __restrict y) {
  const Index height = g.size[0], width = g.size[1], row = strides[0];
  T outside[kChannels];
  for (int c = 0; c < kChannels; ++c) outside[c] = static_cast<T>(g.value);
  const auto corner = [&](Index i, Index j) {
    return i < 0 || j < 0 ? static_cast<const T*>(outside) : from + i * row + j * kChannels;
  };
  // Three channels are read as four, where there is a fourth number behind them.
  constexpr bool kFour = kChannels == 3 || kChannels == 4;
  typedef T Four __attribute__((vector_size(4 * sizeof(T)), aligned(alignof(T)), may_alias));
  const T last_row = static_cast<T>(height - 1);
  const T last_column = static_cast<T>(width - 1), last_four = static_cast<T>(width - (kChannels == 3 ? 2 : 1));
  for (Index p = begin; p < end; ++p) {
    const T r = coordinates[p], q = coordinates[g.points + p];
    T* __restrict to = y + p * kChannels;
    if (!g.linear) {
      const T* a =
          corner(index_inside(whole(rounded(r)), height, g.mode), index_inside(whole(rounded(q)), width, g.mode));
      for (int c = 0; c < kChannels; ++c) to[c] = a[c];
      continue;
    }
    const T top = rounded_down(r), left = rounded_down(q);
    const T down = r - top, right = q - left, up = T(1) - down, ahead = T(1) - right;
    const T w0 = up * ahead, w1 = up * right, w2 = down * ahead, w3 = down * right;
    if (kFour && top >= T(0) && top < last_row && left >= T(0) && left < last_four) {
      const T* a = from + static_cast<Index>(top) * row + static_cast<Index>(left) * kChannels;
      Four sum = w0 * *reinterpret_cast<const Four*>(a);
      sum += w1 * *reinterpret_cast<const Four*>(a + kChannels);
      sum += w2 * *reinterpret_cast<const Four*>(a + row);
      sum += w3 * *reinterpret_cast<const Four*>(a + row + kChannels);
      for (int c = 0; c < kChannels; ++c) to[c] = sum[c];
      continue;
    }
    const T *p0, *p1, *p2, *p3;
    if (top >= T(0) && top < last_row && left >= T(0) && left < last_column) {  // all corners inside; false for NaN
      p0 = from + static_cast<Index>(top) * row + static_cast<Index>(left) * kChannels;
      p1 = p0 + kChannels;
      p2 = p0 + row;
      p3 = p2 + kChannels;
    } else {
      const Index i = whole(top), j = whole(left);
      const Index i0 = index_inside(i, height, g.mode), i1 = index_inside(i + 1, height, g.mode);
      const Index j0 = index_inside(j, width, g.mode), j1 = index_inside(j + 1, width, g.mode);
      p0 = corner(i0, j0), p1 = corner(i0, j1), p2 = corner(i1, j0), p3 = corner(i1, j1);
    }
    for (int c = 0; c < kChannels; ++c) {
      T sum = T(0);
      sum += w0 * p0[c];
      sum += w1 * p1[c];
      sum += w2 * p2[c];
      sum += w3 * p3[c];
      to[c] = sum;
    }
  }
}

template <int kRank, class T>
void sample_rank(const Grid& g, const T* x, const T* coordinates, T* y) {
  Index strides[kMaxGridRank];
  const Index image = fill_strides(g, strides), set = g.shared ? 0 : g.rank * g.points;
  auto* points = &sample_points<kRank, T>;
  if constexpr (kRank == 2)
    if (g.derived == 0)
      points = g.channels == 1   ? &sample_image<1, T>
               : g.channels == 3 ? &sample_image<3, T>
               : g.channels == 4 ? &sample_image<4, T>
                                 : points;
  parallel(g.batch * g.points, measured_grain(kGrainPoints), [&](Index begin, Index end, int) {
    while (begin < end) {
      const Index n = begin / g.points, first = begin - n * g.points;
      const Index last = first + (end - begin) < g.points ? first + (end - begin) : g.points;
      points(g, strides, first, last, x + n * image, coordinates + n * set, y + n * g.points * g.channels);
      begin += last - first;
    }
  });
}

// Points fall anywhere, so one image is summed by one thread, in the order of its points.
template <int kRank, class T>
void transposed_rank(const Grid& g, const T* y, const T* coordinates, T* x) {
  Index strides[kMaxGridRank];
  const Index image = fill_strides(g, strides), set = g.shared ? 0 : g.rank * g.points;
  if (image <= 0) return;
  parallel(g.batch, 1, [&](Index begin, Index end, int) {
    for (Index n = begin; n < end; ++n) {
      T* to = x + n * image;
      __builtin_memset(to, 0, static_cast<std::size_t>(image) * sizeof(T));
      for (Index p = 0; p < g.points; ++p) {
        const T* __restrict from = y + (n * g.points + p) * g.channels;
        for_corners<kRank>(g, cell_of<kRank>(g, strides, coordinates + n * set + p), [&](Index offset, T weight) {
          if (offset < 0) return;
          T* __restrict row = to + offset;
          for (Index c = 0; c < g.channels; ++c) row[c] += weight * from[c];
        });
      }
    }
  });
}

template <class T>
void sample(const Grid& g, const T* x, const T* coordinates, T* y) {
  (g.rank == 2 ? sample_rank<2, T> : sample_rank<0, T>)(g, x, coordinates, y);
}

template <class T>
void sample_transposed(const Grid& g, const T* y, const T* coordinates, T* x) {
  (g.rank == 2 ? transposed_rank<2, T> : transposed_rank<0, T>)(g, y, coordinates, x);
}

}  // namespace sampling
}  // namespace lamina::kernels::LAMINA_LEVEL
