// Batch normalization of rows x channels, channels last. Rows of few channels are folded (see lanes.h): everything
// below sees `rows` rows of `lanes` lanes, and a last row that may be incomplete.
//
// Statistics are accurate for data far from zero: a block of rows sums differences from the block's first row,
//   s1[l] = sum of x - shift,  s2[l] = sum of (x - shift)^2
// and the blocks are combined, in order and in double, through their means and centred squares.
#pragma once

#include <limits>

#include "kernels/norm/norm.h"
#include "kernels/reduce/lanes.h"

namespace lamina::kernels::LAMINA_LEVEL::norm {

using lanes::As;
using lanes::Packet;
namespace ei = Eigen::internal;

constexpr Index kGrainElements = 1 << 15;
// The rows and lanes of one task.
constexpr Index kRowBlock = 128;
constexpr Index kTile = 1024;
// Channels whose blocks are combined by one task.
constexpr Index kCombined = 64;

struct Rows {
  Index channels, fold, lanes;
  Index rows;      // the incomplete one included
  Index last_row;  // lanes of the last row
  Index blocks, tiles;

  Index first_row(Index block) const { return block * kRowBlock; }
  // The last block takes what would be too few rows for another one.
  Index end_row(Index block) const { return block + 1 == blocks ? rows : (block + 1) * kRowBlock; }
  Index tile_width(Index tile) const { return min_of(kTile, lanes - tile * kTile); }
  Index grain() const { return grain_for(kGrainElements, min_of(kRowBlock, rows) * min_of(kTile, lanes)); }
  // Rows of the block that a lane takes part in.
  Index rows_of_lane(Index block, Index lane) const {
    return end_row(block) - first_row(block) - (block + 1 == blocks && lane >= last_row ? 1 : 0);
  }
};

inline Rows rows_of(Index rows, Index channels) {
  Rows r;
  r.channels = channels;
  r.fold = lanes::fold_of(rows, channels, 64);
  r.lanes = channels * r.fold;
  r.rows = ceil_div(rows, r.fold);
  r.last_row = rows * channels - (r.rows - 1) * r.lanes;
  r.blocks = max_of<Index>(1, r.rows / kRowBlock);
  r.tiles = ceil_div(r.lanes, kTile);
  return r;
}

// Calls body(block, tile) for every task.
template <class Body>
inline void for_each_task(const Rows& r, const Body& body) {
  parallel(r.blocks * r.tiles, r.grain(), [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) body(task / r.tiles, task % r.tiles);
  });
}

// In reverse order within a thread: a pass that follows another one begins with what the other left in the cache.
template <class Body>
inline void for_each_task_backwards(const Rows& r, const Body& body) {
  parallel(r.blocks * r.tiles, r.grain(), [&](Index begin, Index end, int) {
    for (Index task = end - 1; task >= begin; --task) body(task / r.tiles, task % r.tiles);
  });
}

// Calls body(row, count, width) for groups of rows of a task: `rows_at_once` complete rows, then single ones; width
// is that of the tile, or what the incomplete row has of it.
template <int rows_at_once, class Body>
inline void for_each_group(const Rows& r, Index block, Index tile, const Body& body) {
  const Index end = r.end_row(block), width = r.tile_width(tile);
  const Index complete = end == r.rows && r.last_row < r.lanes ? end - 1 : end;
  Index row = r.first_row(block);
  for (; row + rows_at_once <= complete; row += rows_at_once)
    body(std::integral_constant<int, rows_at_once>(), row, width);
  for (; row < complete; ++row) body(std::integral_constant<int, 1>(), row, width);
  if (complete < end)
    body(std::integral_constant<int, 1>(), complete, max_of<Index>(0, min_of(width, r.last_row - tile * kTile)));
}

// The parameters of the channels, repeated for each lane.
template <class T>
inline void expand(const Rows& r, const T* values, T* lanes_out) {
  for (Index lane = 0; lane < r.lanes; lane += r.channels)
    for (Index c = 0; c < r.channels; ++c) lanes_out[lane + c] = values[c];
}

// Sums over the channel's lanes and the blocks, in double: totals[i] = sum of term(block, lane, i).
template <class Term>
inline void sum_lanes(const Rows& r, Index channel, Index count, double* totals, const Term& term) {
  for (Index i = 0; i < count; ++i) totals[i] = 0;
  for (Index block = 0; block < r.blocks; ++block)
    for (Index lane = channel; lane < r.lanes; lane += r.channels)
      for (Index i = 0; i < count; ++i) totals[i] += term(block, lane + i, i);
}

// ---- statistics ----

// sums[block][0][lane] = s1, sums[block][1][lane] = s2.
template <class T>
void block_moments(const Rows& r, Index block, Index tile, const T* x, T* sums) {
  const Index first = tile * kTile;
  const T* shift = x + r.first_row(block) * r.lanes + first;
  T *s1 = sums + block * 2 * r.lanes + first, *s2 = s1 + r.lanes;
  for (Index i = 0; i < r.tile_width(tile); ++i) s1[i] = s2[i] = T(0);
  for_each_group<8>(r, block, tile, [&](auto count, Index row, Index width) {
    const T* from = x + row * r.lanes + first;
    lanes::cover<T>(0, width, [&](auto as, Index i) {
      using P = typename decltype(as)::type;
      const P centre = lanes::load<P>(shift + i);
      P a = lanes::load<P>(s1 + i), b = lanes::load<P>(s2 + i);
      P difference = ei::psub(lanes::load<P>(from + i), centre);
      P sum = difference, squares = ei::pmul(difference, difference);
      for (int k = 1; k < count; ++k) {
        difference = ei::psub(lanes::load<P>(from + k * r.lanes + i), centre);
        sum = ei::padd(sum, difference);
        squares = lanes::multiply_add(difference, difference, squares);
      }
      lanes::store(s1 + i, ei::padd(a, sum));
      lanes::store(s2 + i, ei::padd(b, squares));
    });
  });
}

template <class T>
void combine_moments(const Rows& r, Index channel, Index count, const T* x, const T* sums, T* mean, T* variance) {
  double centre[kCombined], squares[kCombined];
  const double total = static_cast<double>((r.rows - 1) * r.lanes + r.last_row) / static_cast<double>(r.channels);
  sum_lanes(r, channel, count, centre, [&](Index block, Index lane, Index i) {
    const double n = static_cast<double>(r.rows_of_lane(block, lane));
    const double shift = static_cast<double>(x[r.first_row(block) * r.lanes + lane]);
    return n * (shift - static_cast<double>(x[channel + i])) + static_cast<double>(sums[block * 2 * r.lanes + lane]);
  });
  for (Index i = 0; i < count; ++i) centre[i] = static_cast<double>(x[channel + i]) + centre[i] / total;
  sum_lanes(r, channel, count, squares, [&](Index block, Index lane, Index i) {
    const double n = static_cast<double>(r.rows_of_lane(block, lane));
    const double s1 = static_cast<double>(sums[block * 2 * r.lanes + lane]) / n;
    const double s2 = static_cast<double>(sums[(block * 2 + 1) * r.lanes + lane]);
    const double shift = static_cast<double>(x[r.first_row(block) * r.lanes + lane]);
    const double distance = (shift - centre[i]) + s1;  // both are small: little is lost
    return max_of(0.0, s2 - n * s1 * s1) + n * distance * distance;
  });
  for (Index i = 0; i < count; ++i) {
    mean[channel + i] = static_cast<T>(centre[i]);
    variance[channel + i] = static_cast<T>(squares[i] / total);
  }
}

template <class Body>
inline void for_each_channels(const Rows& r, const Body& body) {
  const Index work = kCombined * r.fold * r.blocks * 8;
  parallel(ceil_div(r.channels, kCombined), grain_for(kGrainElements, work), [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) body(i * kCombined, min_of(kCombined, r.channels - i * kCombined));
  });
}

template <class T>
void row_moments(const Rows& r, const T* x, T* mean, T* variance, T* scratch) {
  for_each_task(r, [&](Index block, Index tile) { block_moments(r, block, tile, x, scratch); });
  for_each_channels(
      r, [&](Index channel, Index count) { combine_moments(r, channel, count, x, scratch, mean, variance); });
}

// ---- y = finish((x - centre) * scale + offset), parameters per lane; null centre: zeros ----

// What follows the normalization: nothing, or a sum and a clamp.
struct Plain {
  template <class P>
  P operator()(const P& value, Index) const {
    return value;
  }
};

template <class T>
struct Finish {
  const T* addend;  // or null
  T low, high;
  template <class P>
  P operator()(P value, Index at) const {
    if (addend != nullptr) value = ei::padd(value, lanes::load<P>(addend + at));
    return lanes::min_with_nan(lanes::max_with_nan(value, lanes::splat<P>(low)), lanes::splat<P>(high));
  }
};

// Calls body with one of the two.
template <class T, class Body>
inline void with_finish(const T* addend, Activation activation, const Body& body) {
  if (addend == nullptr && activation == Activation::linear) return body(Plain());
  const T infinity = std::numeric_limits<T>::infinity();
  const T low = activation == Activation::linear ? -infinity : T(0);
  body(Finish<T>{addend, low, activation == Activation::relu6 ? T(6) : infinity});
}

template <bool centred, class T, class F>
void normalize_rows(const Rows& r, const T* x, const T* centre, const T* scale, const T* offset, const F& finish,
                    T* y) {
  // Forwards, and few rows at once: large inputs and outputs stream through the caches.
  for_each_task(r, [&](Index block, Index tile) {
    const Index first = tile * kTile;
    for_each_group<2>(r, block, tile, [&](auto count, Index row, Index width) {
      const Index at = row * r.lanes + first;
      lanes::cover<T>(0, width, [&](auto as, Index i) {
        using P = typename decltype(as)::type;
        const P a = lanes::load<P>(scale + first + i), b = lanes::load<P>(offset + first + i);
        P c = a;
        if constexpr (centred) c = lanes::load<P>(centre + first + i);
        for (int k = 0; k < count; ++k) {
          const Index j = at + k * r.lanes + i;
          P value = lanes::load<P>(x + j);
          if constexpr (centred) value = ei::psub(value, c);
          lanes::store(y + j, finish(lanes::multiply_add(value, a, b), j));
        }
      });
    });
  });
}

// ---- gradient ----

// What a clamp behind the normalization leaves of its gradient: what is clamped is computed again from x, so that
// nothing more has to be read.
struct Unclamped {
  template <class P>
  P operator()(const P& dy, const P&, const P&, const P&) const {
    return dy;
  }
};

template <class T, bool has_upper_bound>
struct Clamped {
  T high;
  template <class P>
  P operator()(const P& dy, const P& centred, const P& scale, const P& offset) const {
    const P value = lanes::multiply_add(centred, scale, offset);
    const P above = lanes::keep_where_less(lanes::splat<P>(T(0)), value, dy);
    if constexpr (!has_upper_bound) return above;
    return lanes::keep_where_less(value, lanes::splat<P>(high), above);
  }
};

// Calls body with one of them.
template <class T, class Body>
inline void with_clamp(Activation activation, const Body& body) {
  if (activation == Activation::linear) return body(Unclamped());
  if (activation == Activation::relu) return body(Clamped<T, false>());
  body(Clamped<T, true>{T(6)});
}

// sums[block][0][lane] = sum of dy, sums[block][1][lane] = sum of dy * (x - mean), dy being what the clamp leaves.
template <class T, class C>
void block_gradient_sums(const Rows& r, Index block, Index tile, const T* dy, const T* x, const T* mean, const T* scale,
                         const T* offset, const C& clamp, T* sums) {
  const Index first = tile * kTile;
  T *s1 = sums + block * 2 * r.lanes + first, *s2 = s1 + r.lanes;
  for (Index i = 0; i < r.tile_width(tile); ++i) s1[i] = s2[i] = T(0);
  for_each_group<4>(r, block, tile, [&](auto count, Index row, Index width) {
    const T *from = x + row * r.lanes + first, *gradient = dy + row * r.lanes + first;
    lanes::cover<T>(0, width, [&](auto as, Index i) {
      using P = typename decltype(as)::type;
      const P centre = lanes::load<P>(mean + first + i);
      const P slope = lanes::load<P>(scale + first + i), height = lanes::load<P>(offset + first + i);
      const P a = lanes::load<P>(s1 + i), b = lanes::load<P>(s2 + i);
      P centred = ei::psub(lanes::load<P>(from + i), centre);
      P g = clamp(lanes::load<P>(gradient + i), centred, slope, height);
      P sum = g, product = ei::pmul(g, centred);
      for (int k = 1; k < count; ++k) {
        centred = ei::psub(lanes::load<P>(from + k * r.lanes + i), centre);
        g = clamp(lanes::load<P>(gradient + k * r.lanes + i), centred, slope, height);
        sum = ei::padd(sum, g);
        product = lanes::multiply_add(g, centred, product);
      }
      lanes::store(s1 + i, ei::padd(a, sum));
      lanes::store(s2 + i, ei::padd(b, product));
    });
  });
}

// dx = a * dy + b * (x - mean) + c, parameters per lane; a is also the scale of the normalization.
template <class T, class C>
void input_gradient(const Rows& r, const T* dy, const T* x, const T* mean, const T* a, const T* b, const T* c,
                    const T* offset, const C& clamp, T* dx) {
  for_each_task_backwards(r, [&](Index block, Index tile) {
    const Index first = tile * kTile;
    for_each_group<4>(r, block, tile, [&](auto count, Index row, Index width) {
      const Index at = row * r.lanes + first;
      lanes::cover<T>(0, width, [&](auto as, Index i) {
        using P = typename decltype(as)::type;
        const P centre = lanes::load<P>(mean + first + i), pa = lanes::load<P>(a + first + i);
        const P pb = lanes::load<P>(b + first + i), pc = lanes::load<P>(c + first + i);
        const P height = lanes::load<P>(offset + first + i);
        for (int k = 0; k < count; ++k) {
          const Index j = at + k * r.lanes + i;
          const P centred = ei::psub(lanes::load<P>(x + j), centre);
          const P g = clamp(lanes::load<P>(dy + j), centred, pa, height);
          lanes::store(dx + j, lanes::multiply_add(g, pa, lanes::multiply_add(centred, pb, pc)));
        }
      });
    });
  });
}

}  // namespace lamina::kernels::LAMINA_LEVEL::norm
