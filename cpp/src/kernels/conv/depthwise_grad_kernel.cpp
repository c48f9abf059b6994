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
constexpr int kTaps = 9;  // summed at a time

namespace {

template <class T>
struct Work {
  Reader x, dy;
  Index rows, row_blocks, blocks, parts;
  Index taps, padded;
  Index sum_elements, x_elements, dy_elements, offset_elements;

  Index worker_elements() const { return x_elements + dy_elements; }
  Index elements() const { return offset_elements + parts * sum_elements + max_threads() * worker_elements(); }
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
  work.x.direct = all_inside(work.x.axis) && shape.channels == work.padded;
  work.dy.direct = shape.filters == work.padded;
  work.row_blocks = max_of(ceil_div(shape.out[1], most_rows(work.x)), Index(1));
  work.rows = ceil_div(shape.out[1], work.row_blocks);
  work.blocks = shape.batch * shape.out[0] * work.row_blocks;
  work.parts = min_of(work.blocks, kMostParts);
  work.sum_elements = aligned_elements<T>(work.taps * work.padded);
  work.x_elements = aligned_elements<T>(work.x.slab_elements(work.rows));
  work.dy_elements = aligned_elements<T>(work.dy.slab_elements(work.rows));
  work.offset_elements = aligned_elements<T>(work.taps * Index(sizeof(Index) / sizeof(T)));
  return work;
}

// Adds the products of a block for `Taps` taps and one packet of filters to sum (rows `padded` apart).
template <class T, int Taps>
static void add_taps(const T* x, Index x_row, Index x_pixel, const Index* offsets, const T* dy, Index dy_row,
                     Index dy_pixel, Index rows, Index pixels, T* sum, Index padded) {
  using P = TilePacket<T>;
  P total[Taps];
  Index offset[Taps];
  unroll<Taps>([&](auto t) LAMINA_INLINE_LAMBDA {
    total[t] = ploadu<P>(sum + t * padded);
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
  unroll<Taps>([&](auto t) LAMINA_INLINE_LAMBDA { pstoreu(sum + t * padded, total[t]); });
}

template <class T, int Taps = kTaps>
static void add_some_taps(Index taps, const T* x, Index x_row, Index x_pixel, const Index* offsets, const T* dy,
                          Index dy_row, Index dy_pixel, Index rows, Index pixels, T* sum, Index padded) {
  if (taps == Taps) {
    add_taps<T, Taps>(x, x_row, x_pixel, offsets, dy, dy_row, dy_pixel, rows, pixels, sum, padded);
  } else if constexpr (Taps > 1) {
    add_some_taps<T, Taps - 1>(taps, x, x_row, x_pixel, offsets, dy, dy_row, dy_pixel, rows, pixels, sum, padded);
  }
}

template <class T>
Index depthwise_grad_kernel_elements(const ConvShape& shape) {
  return work_of<T>(shape).elements();
}

template <class T>
void depthwise_grad_kernel(const ConvShape& shape, const T* x, const T* dy, T* dw, T* scratch) {
  const Work<T> work = work_of<T>(shape);
  const Axis* axis = work.x.axis;
  if (shape.batch * shape.out_size() == 0) return fill_zero(dw, work.taps * shape.filters);
  Index* const offsets = reinterpret_cast<Index*>(scratch);
  T* const sums = scratch + work.offset_elements;
  T* const workers = sums + work.parts * work.sum_elements;
  const Source<T> strides = source_strides<T>(work.x, work.rows);
  Index next = 0;
  for (Index d = 0; d < axis[0].taps; ++d) {
    for (Index h = 0; h < axis[1].taps; ++h) {
      for (Index w = 0; w < axis[2].taps; ++w) {
        offsets[next++] = d * strides.plane + h * axis[1].spacing * strides.row + w * axis[2].spacing * strides.pixel;
      }
    }
  }
  const auto run_part = [&](Index part, T* own) {
    T* const sum = sums + part * work.sum_elements;
    fill_zero(sum, work.sum_elements);
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
      for (Index filter = 0; filter < shape.filters; filter += kLanes<T>) {
        for (Index tap = 0; tap < work.taps; tap += kTaps) {
          add_some_taps(min_of(work.taps - tap, Index(kTaps)), from.first + filter, axis[1].step * from.row,
                        axis[2].step * from.pixel, offsets + tap, gradient.first + filter, gradient.row, gradient.pixel,
                        rows, shape.out[2], sum + tap * work.padded + filter, work.padded);
        }
      }
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
