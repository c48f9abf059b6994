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
      return (mirrored(2 * i + 1, 2 * size + 1) - 1) / 2;
  }
}

inline float rounded_down(float x) { return __builtin_floorf(x); }
inline double rounded_down(double x) { return __builtin_floor(x); }
inline float rounded(float x) { return __builtin_roundf(x); }  // halves away from zero
inline double rounded(double x) { return __builtin_round(x); }

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

template <int kRank, class T>
void sample_rank(const Grid& g, const T* x, const T* coordinates, T* y) {
  Index strides[kMaxGridRank];
  const Index image = fill_strides(g, strides), set = g.shared ? 0 : g.rank * g.points;
  const T value = static_cast<T>(g.value);
  parallel(g.batch * g.points, kGrainPoints, [&](Index begin, Index end, int) {
    for (Index r = begin; r < end; ++r) {
      const Index n = r / g.points, p = r % g.points;
      const T* from = x + n * image;
      T* __restrict to = y + r * g.channels;
      for (Index c = 0; c < g.channels; ++c) to[c] = T(0);
      for_corners<kRank>(g, cell_of<kRank>(g, strides, coordinates + n * set + p), [&](Index offset, T weight) {
        if (offset < 0) {
          for (Index c = 0; c < g.channels; ++c) to[c] += weight * value;
        } else {
          for (Index c = 0; c < g.channels; ++c) to[c] += weight * from[offset + c];
        }
      });
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
