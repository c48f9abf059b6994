#include "kernels/conv/few_channels.h"

#include "kernels/conv/source.h"
#include "kernels/panels.h"

namespace lamina::kernels::LAMINA_LEVEL {

namespace {

// Products of successive outputs, one row each; then the rows of dx that they reach.
template <class T>
struct Work {
  Index columns, width;  // (tap, channel), and these rounded up to whole packets
  Index pixels;          // outputs at a time
  Index packed_elements, product_elements, reached_elements;

  Index worker_elements() const { return product_elements + reached_elements; }
  Index elements() const { return packed_elements + max_threads() * worker_elements(); }
};

// A row of dx, at the place of the first output's first tap across (which may fall outside), and the first column of
// the taps that reach it.
template <class T>
struct Reached {
  T* row;
  Index column;
};

}  // namespace

constexpr Index kProductElements = 16 * 1024;  // stay in the second cache

template <class T>
static Work<T> work_of(const ConvShape& shape) {
  Work<T> work;
  work.columns = shape.taps() * shape.channels;
  work.width = padded_columns<T>(work.columns);
  work.pixels = min_of(shape.out[2], max_of(kProductElements / work.width, Index(kTileRows)));
  work.packed_elements = panel_elements<T>(shape.filters, work.columns);
  work.product_elements = aligned_elements<T>(work.pixels * work.width);
  const Index bytes = shape.kernel[0] * shape.kernel[1] * Index(sizeof(Reached<T>));
  work.reached_elements = aligned_elements<T>(ceil_div(bytes, Index(sizeof(T))));
  return work;
}

// to[0, count) += from[0, count)
template <class T>
static void add(const T* from, Index count, T* to) {
  using Eigen::internal::padd;
  using Eigen::internal::ploadu;
  using P = TilePacket<T>;
  constexpr Index kLane = kLanes<T>;
  Index i = 0;
  for (; i + kLane <= count; i += kLane) Eigen::internal::pstoreu(to + i, padd(ploadu<P>(to + i), ploadu<P>(from + i)));
  if (i < count) store_first(to + i, padd(load_first(to + i, count - i), load_first(from + i, count - i)), count - i);
}

// Adds the products of outputs [first, last) of a row. The outputs are the outer loop: the taps of one reach rows of
// their own, while what is written for an output is read again for the next.
template <class T>
static void add_outputs(const ConvShape& shape, const Work<T>& work, const T* products, Index first, Index last,
                        const Reached<T>* reached, Index count) {
  const bool together = shape.dilation[2] == 1;  // the taps of a row lie side by side
  const Index runs = together ? 1 : shape.kernel[2];
  const Index length = together ? shape.kernel[2] * shape.channels : shape.channels;
  const Index row_elements = shape.in[2] * shape.channels;
  for (Index o = first; o < last; ++o, products += work.width) {
    for (Index run = 0; run < runs; ++run) {
      const Index place = (o * shape.stride[2] - shape.pad[2] + run * shape.dilation[2]) * shape.channels;
      const Index begin = max_of(-place, Index(0)), end = min_of(row_elements - place, length);
      for (Index i = 0; i < count; ++i) {
        add(products + reached[i].column + run * length + begin, end - begin, reached[i].row + place + begin);
      }
    }
  }
}

template <class T>
const char* few_channels_refusal(const ConvShape& shape) {
  if (shape.groups != 1) return "groups";
  return 2 * shape.channels > kLanes<T> ? "channels fill packets" : nullptr;
}

template <class T>
Index few_channels_elements(const ConvShape& shape) {
  return work_of<T>(shape).elements();
}

// The outputs come in order, so that an element of dx is the same sum however its rows are dealt to the workers.
template <class T>
void few_channels_grad_input(const ConvShape& shape, const T* dy, const T* w, T* dx, T* scratch) {
  const Work<T> work = work_of<T>(shape);
  pack_panels(w, shape.filters, true, shape.filters, work.columns, scratch);
  const Right<T> weights = {scratch};

  // Units of work: images, or blocks of their rows (planes, if there are several) if these are too few.
  const int cut = shape.in[0] > 1 ? 0 : 1;
  const Index blocks =
      max_of(min_of(shape.in[cut], ceil_div(2 * Index(num_threads()), max_of(shape.batch, Index(1)))), Index(1));
  const Index units = shape.batch * blocks;
  const Index row_elements = shape.in[2] * shape.channels;
  const auto run_unit = [&](Index unit, T* products) {
    Reached<T>* const reached = reinterpret_cast<Reached<T>*>(products + work.product_elements);
    const Index image = unit / blocks;
    Index begin[2] = {0, 0}, end[2] = {shape.in[0], shape.in[1]};
    begin[cut] = piece_begin(shape.in[cut], blocks, unit % blocks);
    end[cut] = piece_begin(shape.in[cut], blocks, unit % blocks + 1);
    const auto row_at = [&](Index z, Index y) {
      return dx + ((image * shape.in[0] + z) * shape.in[1] + y) * row_elements;
    };
    for (Index z = begin[0]; z < end[0]; ++z) fill_zero(row_at(z, begin[1]), (end[1] - begin[1]) * row_elements);

    // The outputs whose taps may reach the block.
    Index first[2], last[2];
    for (int i = 0; i < 2; ++i) {
      const Index reach = (shape.kernel[i] - 1) * shape.dilation[i];
      first[i] = max_of(ceil_div(begin[i] + shape.pad[i] - reach, shape.stride[i]), Index(0));
      last[i] = min_of((end[i] - 1 + shape.pad[i]) / shape.stride[i] + 1, shape.out[i]);
    }
    for (Index plane = first[0]; plane < last[0]; ++plane) {
      for (Index row = first[1]; row < last[1]; ++row) {
        Index count = 0;
        for (Index d = 0; d < shape.kernel[0]; ++d) {
          const Index z = plane * shape.stride[0] - shape.pad[0] + d * shape.dilation[0];
          for (Index h = 0; h < shape.kernel[1]; ++h) {
            const Index y = row * shape.stride[1] - shape.pad[1] + h * shape.dilation[1];
            if (z < begin[0] || z >= end[0] || y < begin[1] || y >= end[1]) continue;
            reached[count++] = {row_at(z, y), (d * shape.kernel[1] + h) * shape.kernel[2] * shape.channels};
          }
        }
        if (count == 0) continue;
        const Index line = ((image * shape.out[0] + plane) * shape.out[1] + row) * shape.out[2];
        for (Index o = 0; o < shape.out[2]; o += work.pixels) {
          const Index stop = min_of(o + work.pixels, shape.out[2]);
          multiply(stop - o, work.width, shape.filters, Left<T>{dy + (line + o) * shape.filters, shape.filters, 1},
                   weights, products, work.width, false);
          add_outputs(shape, work, products, o, stop, reached, count);
        }
      }
    }
  };
  const Index unit_flops = 2 * shape.out_size() / blocks * work.width * (shape.filters + 16) + 1;
  T* const workers = scratch + work.packed_elements;
  parallel(units, shared_grain(units, unit_flops, kWorkerFlops), [&](Index from, Index to, int worker) {
    for (Index unit = from; unit < to; ++unit) run_unit(unit, workers + worker * work.worker_elements());
  });
}

template const char* few_channels_refusal<float>(const ConvShape&);
template const char* few_channels_refusal<double>(const ConvShape&);
template Index few_channels_elements<float>(const ConvShape&);
template Index few_channels_elements<double>(const ConvShape&);
template void few_channels_grad_input(const ConvShape&, const float*, const float*, float*, float*);
template void few_channels_grad_input(const ConvShape&, const double*, const double*, double*, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
