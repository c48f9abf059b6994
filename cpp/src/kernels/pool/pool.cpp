// Pooling, vectorized over the channels of one output. A forward pass works on output rows. The gradient of the
// average gathers over the inputs. The gradient of the maximum scatters from the outputs, on disjoint slabs of input
// rows: each input sums its outputs in output order, wherever the slabs are cut.
#include "kernels/pool/pool.h"

#include "kernels/families.h"
#include "kernels/pool/mask.h"
#include "kernels/reduce/lanes.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

using lanes::As;
using lanes::Packet;
namespace ei = Eigen::internal;

// Elements of work below which another thread does not pay.
constexpr Index kGrainElements = 1 << 15;

inline Index row_grain(Index work_per_row) { return grain_for(kGrainElements, work_per_row); }

// The taps of one output along one axis that lie inside the input: tap t reads position first + (t - begin) * dilation.
struct Taps {
  Index begin, end, first;
  Index count() const { return end - begin; }
};

inline Taps taps_inside(const Window& window, int axis, Index out) {
  const Index start = out * window.stride[axis] - window.pad[axis], dilation = window.dilation[axis];
  const Index reach = (window.kernel[axis] - 1) * dilation;
  if (start >= 0 && start + reach < window.in[axis]) return {0, window.kernel[axis], start};
  const Index begin = start < 0 ? ceil_div(-start, dilation) : 0;
  const Index room = window.in[axis] - start;
  const Index end = room <= 0 ? 0 : min_of(window.kernel[axis], ceil_div(room, dilation));
  return {begin, max_of(begin, end), start + begin * dilation};
}

// The outputs whose window, holes included, covers one of the inputs [first, last].
struct Outputs {
  Index begin, end;
};

inline Outputs outputs_over(const Window& window, int axis, Index first, Index last) {
  const Index reach = (window.kernel[axis] - 1) * window.dilation[axis];
  const Index lowest = first + window.pad[axis] - reach;
  const Index begin = lowest <= 0 ? 0 : ceil_div(lowest, window.stride[axis]);
  const Index end = min_of(window.out[axis], (last + window.pad[axis]) / window.stride[axis] + 1);
  return {begin, max_of(begin, end)};
}

// The inputs of one window: up to three nested steps from a first pixel. Steps count elements.
struct Patch {
  Index origin;
  Index count[3], step[3];
  Index taps() const { return count[0] * count[1] * count[2]; }
};

inline Patch patch_of(const PoolShape& s, const Taps& depth, const Taps& height, const Taps& width) {
  const Index row = s.in[2] * s.channels;
  return {(depth.first * s.in[1] + height.first) * row + width.first * s.channels,
          {depth.count(), height.count(), width.count()},
          {s.dilation[0] * s.in[1] * row, s.dilation[1] * row, s.dilation[2] * s.channels}};
}

struct Max {
  template <class T>
  static T neutral() {
    return -Eigen::NumTraits<T>::infinity();
  }
  template <class P>
  static P combine(const P& a, const P& b) {
    return lanes::max_with_nan(a, b);
  }
  template <class P>
  static P finish(const P& value, Index) {
    return value;
  }
};

struct Average {
  template <class T>
  static T neutral() {
    return T(0);
  }
  template <class P>
  static P combine(const P& a, const P& b) {
    return ei::padd(a, b);
  }
  template <class P>
  static P finish(const P& value, Index taps) {
    using T = lanes::ElementOf<P>;
    return ei::pdiv(value, lanes::splat<P>(static_cast<T>(max_of<Index>(1, taps))));
  }
};

// `count` packets of channels of one output.
template <class Operation, class P, int count, class T>
inline void pool_lanes(const Patch& patch, Index taps, const T* x, T* y) {
  constexpr Index width = lanes::width_of<P>();
  const P neutral = lanes::splat<P>(Operation::template neutral<T>());
  P a = neutral, b = neutral, c = neutral, d = neutral;
  for (Index i = 0; i < patch.count[0]; ++i) {
    for (Index j = 0; j < patch.count[1]; ++j) {
      const T* tap = x + i * patch.step[0] + j * patch.step[1];
      for (Index k = 0; k < patch.count[2]; ++k, tap += patch.step[2]) {
        a = Operation::combine(a, lanes::load<P>(tap));
        if constexpr (count > 1) b = Operation::combine(b, lanes::load<P>(tap + width));
        if constexpr (count > 2) c = Operation::combine(c, lanes::load<P>(tap + 2 * width));
        if constexpr (count > 3) d = Operation::combine(d, lanes::load<P>(tap + 3 * width));
      }
    }
  }
  lanes::store(y, Operation::finish(a, taps));
  if constexpr (count > 1) lanes::store(y + width, Operation::finish(b, taps));
  if constexpr (count > 2) lanes::store(y + 2 * width, Operation::finish(c, taps));
  if constexpr (count > 3) lanes::store(y + 3 * width, Operation::finish(d, taps));
}

template <class Operation, class T>
void pool_row(const PoolShape& s, const Taps& depth, const Taps& height, const T* x, T* y) {
  using P = Packet<T>;
  constexpr Index block = 4 * lanes::width_of<P>();
  for (Index o = 0; o < s.out[2]; ++o, y += s.channels) {
    const Patch patch = patch_of(s, depth, height, taps_inside(s, 2, o));
    const Index taps = patch.taps();
    const T* first = x + patch.origin;
    Index c = 0;
    for (; c + block <= s.channels; c += block) pool_lanes<Operation, P, 4>(patch, taps, first + c, y + c);
    lanes::cover<T>(c, s.channels, [&](auto as, Index i) {
      pool_lanes<Operation, typename decltype(as)::type, 1>(patch, taps, first + i, y + i);
    });
  }
}

// With few channels the lanes run along the width instead: the rows of the window are combined into one row on the
// stack, which is then pooled along the width.
constexpr Index kFewChannels = 3;
constexpr Index kBufferElements = 2048;

template <class Operation, class T>
void pool_row_of_few_channels(const PoolShape& s, const Taps& depth, const Taps& height, const T* x, T* y) {
  const Index channels = s.channels, reach = (s.kernel[2] - 1) * s.dilation[2] + 1;
  const Index outs_per_tile = (kBufferElements / channels - reach) / s.stride[2] + 1;
  const Index rows = depth.count() * height.count();
  T buffer[kBufferElements];
  for (Index o0 = 0; o0 < s.out[2]; o0 += outs_per_tile) {
    const Index o1 = min_of(s.out[2], o0 + outs_per_tile);
    const Taps first = taps_inside(s, 2, o0), last = taps_inside(s, 2, o1 - 1);
    const Index begin = first.first, end = max_of(begin, last.first + (last.count() - 1) * s.dilation[2] + 1);
    const Patch column = patch_of(s, depth, height, {0, 1, begin});
    lanes::cover<T>(0, (end - begin) * channels, [&](auto as, Index i) {
      using P = typename decltype(as)::type;
      P value = lanes::splat<P>(Operation::template neutral<T>());
      for (Index d = 0; d < column.count[0]; ++d)
        for (Index h = 0; h < column.count[1]; ++h)
          value = Operation::combine(value,
                                     lanes::load<P>(x + column.origin + d * column.step[0] + h * column.step[1] + i));
      lanes::store(buffer + i, value);
    });
    for (Index o = o0; o < o1; ++o) {
      const Taps width = taps_inside(s, 2, o);
      const T* from = buffer + (width.first - begin) * channels;
      for (Index c = 0; c < channels; ++c) {
        T value = Operation::template neutral<T>();
        for (Index k = 0; k < width.count(); ++k)
          value = Operation::combine(value, from[k * s.dilation[2] * channels + c]);
        y[o * channels + c] = Operation::finish(value, rows * width.count());
      }
    }
  }
}

template <class Operation, class T>
void pool(const PoolShape& s, const T* x, T* y) {
  const Index image = s.in_size() * s.channels, row = s.out[2] * s.channels;
  const bool few = s.channels <= kFewChannels &&
                   ((s.kernel[2] - 1) * s.dilation[2] + s.stride[2]) * s.channels <= kBufferElements / 4;
  parallel(s.batch * s.out[0] * s.out[1], row_grain(row * s.taps()), [&](Index begin, Index end, int) {
    for (Index r = begin; r < end; ++r) {
      const Index n = r / (s.out[0] * s.out[1]), plane = r % (s.out[0] * s.out[1]);
      const Taps depth = taps_inside(s, 0, plane / s.out[1]), height = taps_inside(s, 1, plane % s.out[1]);
      if (few)
        pool_row_of_few_channels<Operation>(s, depth, height, x + n * image, y + r * row);
      else
        pool_row<Operation>(s, depth, height, x + n * image, y + r * row);
    }
  });
}

template <class T>
void max(const PoolShape& s, const T* x, T* y) {
  pool<Max>(s, x, y);
}

template <class T>
void average(const PoolShape& s, const T* x, T* y) {
  pool<Average>(s, x, y);
}

template <class T>
inline void set_zero(T* x, Index n) {
  if (n > 0) __builtin_memset(x, 0, static_cast<std::size_t>(n) * sizeof(T));
}

// ---- gradient of the average ----
// For one input row, the rows of dy above it are first added up, each divided by its number of taps in depth and
// height; the sum is then spread along the width. Everything happens in the order of the outputs.

// The outputs of one axis above one input, with their number of taps along that axis.
template <class Body>
inline void for_outputs_above(const PoolShape& s, int axis, Index input, const Body& body) {
  const Outputs outputs = outputs_over(s, axis, input, input);
  for (Index o = outputs.begin; o < outputs.end; ++o) {
    const Index distance = input + s.pad[axis] - o * s.stride[axis];
    if (s.dilation[axis] == 1 || distance % s.dilation[axis] == 0) body(o, taps_inside(s, axis, o).count());
  }
}

// The channels [channel, channel + channels) of one input row.
template <class T>
void average_grad_row(const PoolShape& s, Index depth, Index height, Index channel, Index channels, const T* dy,
                      T* dx) {
  T buffer[kBufferElements];
  const Index outs_per_tile = kBufferElements / channels;
  const bool tiled = s.kernel[2] == s.stride[2] && s.dilation[2] == 1;  // along the width: nothing to add up
  const Index covered = tiled ? min_of(s.in[2], max_of<Index>(0, s.out[2] * s.stride[2] - s.pad[2])) : 0;
  if (channels == s.channels)
    set_zero(dx + covered * s.channels, (s.in[2] - covered) * s.channels);
  else
    for (Index w = covered; w < s.in[2]; ++w) set_zero(dx + w * s.channels + channel, channels);

  for (Index o0 = 0; o0 < s.out[2]; o0 += outs_per_tile) {
    const Index o1 = min_of(s.out[2], o0 + outs_per_tile);
    // Whole pixels follow each other in memory; parts of pixels are taken one by one.
    const Index runs = channels == s.channels ? 1 : o1 - o0,
                run = channels == s.channels ? (o1 - o0) * channels : channels;
    set_zero(buffer, (o1 - o0) * channels);
    for_outputs_above(s, 0, depth, [&](Index od, Index depth_taps) {
      for_outputs_above(s, 1, height, [&](Index oh, Index height_taps) {
        const T weight = T(1) / static_cast<T>(depth_taps * height_taps);
        const T* from = dy + ((od * s.out[1] + oh) * s.out[2] + o0) * s.channels + channel;
        for (Index r = 0; r < runs; ++r)
          lanes::cover<T>(0, run, [&](auto as, Index i) {
            using P = typename decltype(as)::type;
            T* sum = buffer + r * channels + i;
            const P more = lanes::load<P>(from + r * s.channels + i);
            lanes::store(sum, lanes::multiply_add(more, lanes::splat<P>(weight), lanes::load<P>(sum)));
          });
      });
    });
    for (Index o = o0; o < o1; ++o) {
      const Taps width = taps_inside(s, 2, o);
      const T weight = T(1) / static_cast<T>(max_of<Index>(1, width.count()));
      const T* from = buffer + (o - o0) * channels;
      T* to = dx + width.first * s.channels + channel;
      lanes::cover<T>(0, channels, [&](auto as, Index i) {
        using P = typename decltype(as)::type;
        const P share = ei::pmul(lanes::load<P>(from + i), lanes::splat<P>(weight));
        T* tap = to + i;
        for (Index k = 0; k < width.count(); ++k, tap += s.dilation[2] * s.channels)
          lanes::store(tap, tiled ? share : ei::padd(lanes::load<P>(tap), share));
      });
    }
  }
}

template <class T>
void average_grad(const PoolShape& s, const T* dy, T* dx) {
  const Index image = s.out_size() * s.channels, row = s.in[2] * s.channels, rows = s.in[0] * s.in[1];
  parallel(s.batch * rows, row_grain(2 * row), [&](Index begin, Index end, int) {
    constexpr Index most = kBufferElements / 2;
    for (Index r = begin; r < end; ++r)
      for (Index c = 0; c < s.channels; c += most)
        average_grad_row(s, r % rows / s.in[1], r % s.in[1], c, min_of(most, s.channels - c), dy + r / rows * image,
                         dx + r * row);
  });
}

// ---- gradient of the maximum ----

// Sends dy of one output to the first maximum of its window. Rows of the window outside the slab are only looked at.
// `accumulate` is false where windows tile the input without overlap: every tap is then written once, zero or dy.
template <bool accumulate, class P, class T>
inline void max_grad_lanes(const PoolShape& s, const Patch& patch, const Taps& depth, const Taps& height, Index row0,
                           Index row1, const T* x, const T* y, const T* dy, T* dx) {
  const P maximum = lanes::load<P>(y), gradient = lanes::load<P>(dy);
  pooling::Mask<P> open = pooling::Mask<P>::all();
  for (Index i = 0; i < patch.count[0]; ++i) {
    for (Index j = 0; j < patch.count[1]; ++j) {
      const Index row = (depth.first + i * s.dilation[0]) * s.in[1] + height.first + j * s.dilation[1];
      const bool inside = !accumulate || (row >= row0 && row < row1);
      Index at = i * patch.step[0] + j * patch.step[1];
      for (Index k = 0; k < patch.count[2]; ++k, at += patch.step[2]) {
        const P hit = open.take_maximum(lanes::load<P>(x + at), maximum, gradient);
        if constexpr (accumulate) {
          if (inside) lanes::store(dx + at, ei::padd(lanes::load<P>(dx + at), hit));
        } else {
          lanes::store(dx + at, hit);
        }
      }
    }
  }
}

template <bool accumulate, class T>
void max_grad_row(const PoolShape& s, const Taps& depth, const Taps& height, Index row0, Index row1, const T* x,
                  const T* y, const T* dy, T* dx) {
  for (Index o = 0; o < s.out[2]; ++o, y += s.channels, dy += s.channels) {
    const Patch patch = patch_of(s, depth, height, taps_inside(s, 2, o));
    lanes::cover<T>(0, s.channels, [&](auto as, Index c) {
      max_grad_lanes<accumulate, typename decltype(as)::type>(s, patch, depth, height, row0, row1, x + patch.origin + c,
                                                              y + c, dy + c, dx + patch.origin + c);
    });
  }
}

// Input rows [row0, row1) of one image, rows counted over depth and height.
template <class T>
void max_grad_slab(const PoolShape& s, Index row0, Index row1, const T* x, const T* y, const T* dy, T* dx) {
  const Index row = s.in[2] * s.channels, out_row = s.out[2] * s.channels;
  const Index depth0 = row0 / s.in[1], depth1 = (row1 - 1) / s.in[1];
  const Outputs depths = outputs_over(s, 0, depth0, depth1);
  const Outputs heights =
      depth0 == depth1 ? outputs_over(s, 1, row0 % s.in[1], (row1 - 1) % s.in[1]) : Outputs{0, s.out[1]};
  Index cleared = row0;  // rows are set to zero shortly before their first sum, while that brings them into the cache
  for (Index od = depths.begin; od < depths.end; ++od) {
    const Taps depth = taps_inside(s, 0, od);
    if (depth.count() == 0) continue;
    for (Index oh = heights.begin; oh < heights.end; ++oh) {
      const Taps height = taps_inside(s, 1, oh);
      if (height.count() == 0) continue;
      const Index last_depth = depth.first + (depth.count() - 1) * s.dilation[0];
      const Index first_row = depth.first * s.in[1] + height.first;
      const Index end_row = last_depth * s.in[1] + height.first + (height.count() - 1) * s.dilation[1] + 1;
      if (end_row <= row0 || first_row >= row1) continue;
      const Index clear = min_of(row1, end_row);
      if (clear > cleared) {
        set_zero(dx + cleared * row, (clear - cleared) * row);
        cleared = clear;
      }
      const Index out = (od * s.out[1] + oh) * out_row;
      max_grad_row<true>(s, depth, height, row0, row1, x, y + out, dy + out, dx);
    }
  }
  set_zero(dx + cleared * row, (row1 - cleared) * row);
}

inline bool windows_tile(const PoolShape& s) {
  for (int axis = 0; axis < 3; ++axis)
    if (s.kernel[axis] != s.stride[axis] || s.dilation[axis] != 1) return false;
  return true;
}

// What lies behind the last window of tiled pooling.
template <class T>
void clear_rest(const PoolShape& s, T* dx) {
  Index covered[3];
  for (int axis = 0; axis < 3; ++axis)
    covered[axis] = min_of(s.in[axis], max_of<Index>(0, s.out[axis] * s.stride[axis] - s.pad[axis]));
  if (covered[0] == s.in[0] && covered[1] == s.in[1] && covered[2] == s.in[2]) return;
  const Index row = s.in[2] * s.channels;
  for (Index r = 0; r < s.batch * s.in[0] * s.in[1]; ++r) {
    const bool behind = r / s.in[1] % s.in[0] >= covered[0] || r % s.in[1] >= covered[1];
    const Index from = behind ? 0 : covered[2] * s.channels;
    set_zero(dx + r * row + from, row - from);
  }
}

template <class T>
void max_grad(const PoolShape& s, const T* x, const T* y, const T* dy, T* dx) {
  const Index image = s.in_size() * s.channels, out_image = s.out_size() * s.channels;
  if (windows_tile(s)) {
    const Index out_rows = s.out[0] * s.out[1], out_row = s.out[2] * s.channels;
    clear_rest(s, dx);
    parallel(s.batch * out_rows, row_grain(2 * out_row * s.taps()), [&](Index begin, Index end, int) {
      for (Index r = begin; r < end; ++r) {
        const Index n = r / out_rows, plane = r % out_rows;
        const Taps depth = taps_inside(s, 0, plane / s.out[1]), height = taps_inside(s, 1, plane % s.out[1]);
        max_grad_row<false>(s, depth, height, 0, 0, x + n * image, y + r * out_row, dy + r * out_row, dx + n * image);
      }
    });
    return;
  }
  const Index rows = s.in[0] * s.in[1];
  const Index work = 2 * s.out_size() * s.taps() * s.channels / max_of<Index>(1, rows);
  parallel(s.batch * rows, row_grain(work), [&](Index begin, Index end, int) {
    while (begin < end) {
      const Index n = begin / rows, row0 = begin % rows, row1 = min_of(rows, row0 + end - begin);
      max_grad_slab(s, row0, row1, x + n * image, y + n * out_image, dy + n * out_image, dx + n * image);
      begin += row1 - row0;
    }
  });
}

}  // namespace

template <class T>
Pool<T> make_pool() {
  return {max<T>, max_grad<T>, average<T>, average_grad<T>};
}
template Pool<float> make_pool<float>();
template Pool<double> make_pool<double>();

}  // namespace lamina::kernels::LAMINA_LEVEL
