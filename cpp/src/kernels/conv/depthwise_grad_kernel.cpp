// dw[t, f] = sum over images n, outputs o of x[n, o * stride - pad + t * dilation, f / multiplier] * dy[n, o, f].
// Blocks of output rows are dealt to a number of sums that the shape alone fixes; these are added in order.
#include "kernels/conv/depthwise.h"
#include "kernels/conv/source.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

using Eigen::internal::padd;
using Eigen::internal::ploadu;
using Eigen::internal::pmadd;
using Eigen::internal::pset1;
using Eigen::internal::pstoreu;

constexpr Index kMostParts = 32;
constexpr Index kShortRow = 16;
constexpr int kTaps = 9;  // summed at a time

namespace {

template <class T>
struct Work {
  Reader x, dy;
  Axis reach[3];  // of x, with the outputs whose taps fall outside
  Index rows, row_blocks, blocks, parts;
  Index taps, padded;
  Index sum_elements, x_elements, dy_elements, offset_elements;

  Index worker_elements() const { return x_elements + dy_elements + offset_elements; }
  Index elements() const { return parts * sum_elements + max_threads() * worker_elements(); }
};

}  // namespace

template <class T>
static Work<T> work_of(const ConvShape& shape) {
  Work<T> work;
  work.padded = padded_columns<T>(shape.filters);
  work.taps = shape.taps();
  for (int i = 0; i < 3; ++i) {
    work.x.axis[i] = forward_axis(shape, i);
    work.dy.axis[i].in = work.dy.axis[i].out = shape.out[i];
  }
  work.x.image_channels = work.x.channels = shape.channels;
  work.x.repeat = shape.filters / shape.channels;
  work.dy.image_channels = work.dy.channels = shape.filters;
  work.x.pixel = work.dy.pixel = work.padded;
  // Images are read in place, and taps that fall outside left out, unless the border is much of a short row.
  work.x.direct = shape.channels == work.padded && (all_inside(work.x.axis) || shape.out[2] > kShortRow);
  for (int i = 0; i < 3; ++i) {
    work.reach[i] = work.x.axis[i];
    if (work.x.direct) continue;
    work.reach[i].first = 0;  // nothing is outside of the slab
    work.reach[i].in = work.reach[i].extent(shape.out[i]);
  }
  work.dy.direct = shape.filters == work.padded;
  work.row_blocks = max_of(ceil_div(shape.out[1], most_rows(work.x)), Index(1));
  work.rows = ceil_div(shape.out[1], work.row_blocks);
  work.blocks = shape.batch * shape.out[0] * work.row_blocks;
  work.parts = min_of(work.blocks, kMostParts);
  work.sum_elements = aligned_elements<T>(work.taps * work.padded);
  work.x_elements = aligned_elements<T>(work.x.slab_elements(work.rows));
  work.dy_elements = aligned_elements<T>(work.dy.slab_elements(work.rows));
  work.offset_elements = aligned_elements<T>(2 * work.taps * Index(sizeof(Index) / sizeof(T)));
  return work;
}

// Adds the products of a rectangle of outputs for `Taps` taps and one packet of filters to their sums.
template <class T, int Taps>
static void add_taps(const T* x, Index x_row, Index x_pixel, const Index* offsets, const T* dy, Index dy_row,
                     Index dy_pixel, Index rows, Index pixels, T* sum, const Index* sum_offsets) {
  using P = TilePacket<T>;
  P total[Taps];
  Index offset[Taps];
  unroll<Taps>([&](auto t) LAMINA_INLINE_LAMBDA {
    total[t] = ploadu<P>(sum + sum_offsets[t]);
    offset[t] = offsets[t];
  });
  for (Index r = 0; r < rows; ++r) {
    const T* from = x + r * x_row;
    const T* gradient = dy + r * dy_row;
    for (Index i = 0; i < pixels; ++i) {
      const P value = ploadu<P>(gradient);
      unroll<Taps>([&](auto t)
                       LAMINA_INLINE_LAMBDA { total[t] = pmadd(ploadu<P>(from + offset[t]), value, total[t]); });
      from += x_pixel;
      gradient += dy_pixel;
    }
  }
  unroll<Taps>([&](auto t) LAMINA_INLINE_LAMBDA { pstoreu(sum + sum_offsets[t], total[t]); });
}

template <class T, int Taps = kTaps>
static void add_some_taps(Index taps, const T* x, Index x_row, Index x_pixel, const Index* offsets, const T* dy,
                          Index dy_row, Index dy_pixel, Index rows, Index pixels, T* sum, const Index* sum_offsets) {
  if (taps == Taps) {
    add_taps<T, Taps>(x, x_row, x_pixel, offsets, dy, dy_row, dy_pixel, rows, pixels, sum, sum_offsets);
  } else if constexpr (Taps > 1) {
    add_some_taps<T, Taps - 1>(taps, x, x_row, x_pixel, offsets, dy, dy_row, dy_pixel, rows, pixels, sum, sum_offsets);
  }
}

template <class T>
Index depthwise_grad_kernel_elements(const ConvShape& shape) {
  return work_of<T>(shape).elements();
}

template <class T>
void depthwise_grad_kernel(const ConvShape& shape, const T* x, const T* dy, T* dw, T* scratch) {
  const Work<T> work = work_of<T>(shape);
  const Axis* axis = work.reach;
  if (shape.batch * shape.out_size() == 0) return fill_zero(dw, work.taps * shape.filters);
  T* const sums = scratch;
  T* const workers = sums + work.parts * work.sum_elements;
  const auto run_part = [&](Index part, T* own) {
    T* const sum = sums + part * work.sum_elements;
    fill_zero(sum, work.sum_elements);
    Index* const offsets = reinterpret_cast<Index*>(own + work.x_elements + work.dy_elements);
    Index* const sum_offsets = offsets + work.taps;
    for (Index block = piece_begin(work.blocks, work.parts, part);
         block < piece_begin(work.blocks, work.parts, part + 1); ++block) {
      const Index image = block / work.row_blocks / shape.out[0];
      const Index plane = block / work.row_blocks % shape.out[0];
      const Index row = piece_begin(shape.out[1], work.row_blocks, block % work.row_blocks);
      const Index rows = piece_begin(shape.out[1], work.row_blocks, block % work.row_blocks + 1) - row;
      const Source<T> from =
          open_block(work.x, x + image * shape.in_size() * shape.channels, plane, row, rows, work.rows, own);
      const Source<T> gradient = open_block(work.dy, dy + image * shape.out_size() * shape.filters, plane, row, rows,
                                            work.rows, own + work.x_elements);
      // Rectangles of outputs that read the same taps: at the border single rows and pixels.
      const auto add_rectangle = [&](Index first, Index count, Index pixel, Index pixels) {
        const Index taps = take_taps(axis, from, work.padded, plane, first, axis[2].first_tap(pixel),
                                     axis[2].last_tap(pixel), offsets, sum_offsets);
        const T* const source =
            from.first + (first - row) * axis[1].step * from.row + pixel * axis[2].step * from.pixel;
        const T* const given = gradient.first + (first - row) * gradient.row + pixel * gradient.pixel;
        for (Index filter = 0; filter < shape.filters; filter += kLanes<T>) {
          for (Index tap = 0; tap < taps; tap += kTaps) {
            add_some_taps(min_of(taps - tap, Index(kTaps)), source + filter, axis[1].step * from.row,
                          axis[2].step * from.pixel, offsets + tap, given + filter, gradient.row, gradient.pixel, count,
                          pixels, sum + filter, sum_offsets + tap);
          }
        }
      };
      const auto add_rows = [&](Index first, Index count) {
        const Index begin = axis[2].whole_begin(), end = max_of(axis[2].whole_end(), begin);
        for (Index pixel = 0; pixel < begin; ++pixel) add_rectangle(first, count, pixel, 1);
        if (begin < end) add_rectangle(first, count, begin, end - begin);
        for (Index pixel = end; pixel < shape.out[2]; ++pixel) add_rectangle(first, count, pixel, 1);
      };
      const Index begin = min_of(max_of(axis[1].whole_begin(), row), row + rows);
      const Index end = min_of(max_of(axis[1].whole_end(), begin), row + rows);
      for (Index r = row; r < begin; ++r) add_rows(r, 1);
      if (begin < end) add_rows(begin, end - begin);
      for (Index r = end; r < row + rows; ++r) add_rows(r, 1);
    }
  };
  const Index part_flops = 8 * shape.batch * shape.out_size() * shape.filters * work.taps / work.parts + 1;
  parallel(work.parts, shared_grain(work.parts, part_flops, kWorkerFlops), [&](Index begin, Index end, int worker) {
    for (Index part = begin; part < end; ++part) run_part(part, workers + worker * work.worker_elements());
  });
  for (Index tap = 0; tap < work.taps; ++tap) {
    for (Index f = 0; f < shape.filters; ++f) {
      T sum = sums[tap * work.padded + f];
      for (Index part = 1; part < work.parts; ++part) sum += sums[part * work.sum_elements + tap * work.padded + f];
      dw[tap * shape.filters + f] = sum;
    }
  }
}

template Index depthwise_grad_kernel_elements<float>(const ConvShape&);
template Index depthwise_grad_kernel_elements<double>(const ConvShape&);
template void depthwise_grad_kernel(const ConvShape&, const float*, const float*, float*, float*);
template void depthwise_grad_kernel(const ConvShape&, const double*, const double*, double*, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
