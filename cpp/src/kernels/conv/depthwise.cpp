// Forward and gradient of the input; the gradient of the kernel is in depthwise_grad_kernel.cpp.
#include "kernels/conv/depthwise.h"

#include "kernels/conv/source.h"
#include "kernels/epilogue.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

using Eigen::internal::padd;
using Eigen::internal::ploadu;
using Eigen::internal::pmadd;
using Eigen::internal::pset1;
using Eigen::internal::pstoreu;

constexpr int kPixels = 8;  // of a tile, at most

// y[n, o, f] = activation(bias[f] + addend[n, o, f] + sum over taps t of x[n, o * step + first + t * spacing, f] *
// weights[t, f]), where channels of x are repeated `repeat` times side by side, and `fold` neighbouring filters are
// added into one of y.
template <class T>
struct Depthwise {
  Axis axis[3];
  Index batch = 1, image_channels = 1, repeat = 1, fold = 1;
  const T* x = nullptr;
  const T* weights = nullptr;  // rows of padded_columns(filters)
  const T* bias = nullptr;
  const T* addend = nullptr;  // laid out as y; only without `fold`
  Activation activation = Activation::linear;
  T* y = nullptr;
  Index y_image = 0, y_axis[3] = {0, 0, 0};

  Index filters() const { return image_channels * repeat; }
  Index taps() const { return axis[0].taps * axis[1].taps * axis[2].taps; }
};

// Whole packets of channels are read where they lie, clipped to the taps that fall inside: a slab would cost as much as
// the few multiply-adds. Otherwise the slab pads and repeats the channels, and no tap falls outside of it.
template <class T>
static Reader reader_of(const Depthwise<T>& conv) {
  Reader reader;
  for (int i = 0; i < 3; ++i) reader.axis[i] = conv.axis[i];
  reader.image_channels = reader.channels = conv.image_channels;
  reader.repeat = conv.repeat;
  reader.pixel = padded_columns<T>(conv.filters());
  reader.direct = reader.pixel == reader.image_channels;
  return reader;
}

template <class T>
static Index largest_block(const Reader& reader) {
  return reader.direct ? max_of(reader.axis[1].out, Index(1)) : most_rows(reader);
}

// Scratch, for each worker: its slab, a tile of results before they are folded, and the list of the taps in use.
template <class T>
static Index unfolded_elements(const Depthwise<T>& conv) {
  return conv.fold > 1 ? kPixels * padded_columns<T>(conv.filters()) : 0;
}

template <class T>
static Index tap_elements(const Depthwise<T>& conv) {
  return aligned_elements<T>(2 * conv.taps() * Index(sizeof(Index) / sizeof(T)));
}

template <class T>
static Index elements_of(const Depthwise<T>& conv) {
  const Reader reader = reader_of(conv);
  const Index slab = aligned_elements<T>(reader.slab_elements(largest_block<T>(reader)));
  return max_threads() * (slab + unfolded_elements(conv) + tap_elements(conv));
}

// What the tiles of a row have in common.
template <class T>
struct Row {
  const Depthwise<T>& conv;
  Source<T> source;
  const T* x;  // of the first output and the first tap, which may fall outside
  bool ahead;  // whether to fetch ahead
  Index taps;  // in use, with where each reads x and the weights
  Index* x_offsets;
  Index* weight_offsets;

  void take(Index plane, Index row, Index first, Index last) {
    taps = take_taps(conv.axis, source, padded_columns<T>(conv.filters()), plane, row, first, last, x_offsets,
                     weight_offsets);
  }
};

// All filters of `Pixels` pixels, from output `pixel` on.
template <class T, int Pixels>
static void pixel_tile(const Row<T>& row, Index pixel, T* y, Index y_pixel) {
  using P = TilePacket<T>;
  constexpr Index kLane = kLanes<T>;
  const Depthwise<T>& conv = row.conv;
  const Index filters = conv.filters();
  const Index taps = row.taps;
  const Index x_pixel = conv.axis[2].step * row.source.pixel;
  const T* const x = row.x + pixel * x_pixel;
  // What the next output row reads for the first time at this place.
  const T* const next = row.x + pixel * x_pixel + ((conv.axis[1].taps - 1) * conv.axis[1].spacing + 1) * row.source.row;
  for (Index filter = 0; filter < filters; filter += kLane) {
    if (row.ahead) {
      unroll<Pixels>([&](auto i) LAMINA_INLINE_LAMBDA {
        __builtin_prefetch(next + i * x_pixel + filter, 0, 2);
        __builtin_prefetch(y + (Pixels + i) * y_pixel + filter, 1);
      });
    }
    P sum[Pixels];
    unroll<Pixels>([&](auto i) LAMINA_INLINE_LAMBDA { sum[i] = pset1<P>(T(0)); });
    for (Index t = 0; t < taps; ++t) {
      const P weight = ploadu<P>(conv.weights + row.weight_offsets[t] + filter);
      const T* from = x + row.x_offsets[t] + filter;
      unroll<Pixels>([&](auto i)
                         LAMINA_INLINE_LAMBDA { sum[i] = pmadd(ploadu<P>(from + i * x_pixel), weight, sum[i]); });
    }
    const Index count = min_of(filters - filter, kLane);
    const bool whole = count == kLane;
    if (conv.bias) {
      const P bias = whole ? ploadu<P>(conv.bias + filter) : load_first(conv.bias + filter, count);
      unroll<Pixels>([&](auto i) LAMINA_INLINE_LAMBDA { sum[i] = padd(sum[i], bias); });
    }
    if (conv.addend) {
      const T* const addend = conv.addend + (y - conv.y) + filter;
      unroll<Pixels>([&](auto i) LAMINA_INLINE_LAMBDA {
        const T* const from = addend + i * y_pixel;
        sum[i] = padd(sum[i], whole ? ploadu<P>(from) : load_first(from, count));
      });
    }
    if (is_clamp(conv.activation)) {
      const P low = low_bound<T>();
      const P high = high_bound<T>(conv.activation);
      unroll<Pixels>([&](auto i) LAMINA_INLINE_LAMBDA { sum[i] = clamp(sum[i], low, high); });
    }
    if (whole) {
      unroll<Pixels>([&](auto i) LAMINA_INLINE_LAMBDA { pstoreu(y + i * y_pixel + filter, sum[i]); });
    } else {
      unroll<Pixels>([&](auto i) LAMINA_INLINE_LAMBDA { store_first(y + i * y_pixel + filter, sum[i], count); });
    }
  }
}

template <class T, int Pixels = kPixels>
static void pixel_tile_of(Index pixels, const Row<T>& row, Index pixel, T* y, Index y_pixel) {
  if (pixels == Pixels) {
    pixel_tile<T, Pixels>(row, pixel, y, y_pixel);
  } else if constexpr (Pixels > 1) {
    pixel_tile_of<T, Pixels - 1>(pixels, row, pixel, y, y_pixel);
  }
}

template <class T>
static void fold_pixels(const T* from, Index from_pixel, Index pixels, Index channels, Index fold, T* y,
                        Index y_pixel) {
  for (Index i = 0; i < pixels; ++i) {
    for (Index c = 0; c < channels; ++c) {
      T sum = from[i * from_pixel + c * fold];
      for (Index q = 1; q < fold; ++q) sum += from[i * from_pixel + c * fold + q];
      y[i * y_pixel + c] = sum;
    }
  }
}

// Outputs [begin, end) of a row, which read the same taps.
template <class T>
static void run_pixels(const Row<T>& row, Index begin, Index end, T* y_row, T* unfolded) {
  const Depthwise<T>& conv = row.conv;
  const Index filters = conv.filters(), padded = padded_columns<T>(filters);
  const Index tiles = ceil_div(end - begin, Index(kPixels));
  for (Index tile = 0; tile < tiles; ++tile) {
    const Index pixel = begin + piece_begin(end - begin, tiles, tile);
    const Index pixels = begin + piece_begin(end - begin, tiles, tile + 1) - pixel;
    T* const to = y_row + pixel * conv.y_axis[2];
    T* const y = conv.fold > 1 ? unfolded : to;
    const Index y_pixel = conv.fold > 1 ? padded : conv.y_axis[2];
    pixel_tile_of<T>(pixels, row, pixel, y, y_pixel);
    if (conv.fold > 1) {
      fold_pixels(unfolded, padded, pixels, filters / conv.fold, conv.fold, to, conv.y_axis[2]);
    } else if (is_transcendental(conv.activation)) {
      activate(conv.activation, y, y_pixel, pixels, filters);
    }
  }
}

// The rows of block `block` of `row_blocks` in one plane of an image.
template <class T>
static void run_block(const Depthwise<T>& conv, Index image, Index plane, Index block, Index row_blocks, T* own) {
  const Reader reader = reader_of(conv);
  const Index height = conv.axis[1].out, width = conv.axis[2].out;
  if (plane >= conv.axis[0].out) return;
  const Index largest = largest_block<T>(reader);
  // Outputs [inner_begin, inner_end) of a row read all taps across; so do all when there is a slab.
  const Index inner_begin = reader.direct ? conv.axis[2].whole_begin() : 0;
  const Index inner_end = reader.direct ? conv.axis[2].whole_end() : width;
  const Index first_row = piece_begin(height, row_blocks, block), last_row = piece_begin(height, row_blocks, block + 1);
  const T* const x = conv.x + image * conv.axis[0].in * conv.axis[1].in * conv.axis[2].in * conv.image_channels;
  const Source<T> source = open_block(reader, x, plane, first_row, last_row - first_row, largest, own);
  T* const unfolded = own + aligned_elements<T>(reader.slab_elements(largest));
  Index* const offsets = reinterpret_cast<Index*>(unfolded + unfolded_elements(conv));
  // Many channels put every tile on pages of its own, which the processor does not foresee.
  const bool ahead = reader.direct && conv.fold == 1 && conv.axis[1].step == 1 && conv.axis[2].step == 1;
  Row<T> row = {conv, source, nullptr, ahead, 0, offsets, offsets + conv.taps()};
  for (Index h = first_row; h < last_row; ++h) {
    T* const y = conv.y + image * conv.y_image + plane * conv.y_axis[0] + h * conv.y_axis[1];
    row.x = source.first + (h - first_row) * conv.axis[1].step * source.row;
    const auto run_edge = [&](Index pixel) {
      row.take(plane, h, conv.axis[2].first_tap(pixel), conv.axis[2].last_tap(pixel));
      run_pixels(row, pixel, pixel + 1, y, unfolded);
    };
    for (Index pixel = 0; pixel < inner_begin; ++pixel) run_edge(pixel);
    row.take(plane, h, 0, conv.axis[2].taps);
    run_pixels(row, inner_begin, inner_end, y, unfolded);
    for (Index pixel = inner_end; pixel < width; ++pixel) run_edge(pixel);
  }
}

// Runs every convolution that `each` calls its argument with. They take turns block by block, so that those of the
// phases of a stride, which read the same rows and write between each other's, find these in the cache.
template <class T, class Each>
static void run(const Each& each, T* scratch) {
  Index count = 0, batch = 0, planes = 0, height = 0, largest = 0;
  Index worker_elements = 0, row_elements = 0, row_flops = 0;
  each([&](const Depthwise<T>& conv) {
    const Index rows = largest_block<T>(reader_of(conv));
    ++count;
    batch = conv.batch;
    planes = max_of(planes, conv.axis[0].out);
    height = max_of(height, conv.axis[1].out);
    largest = largest == 0 ? rows : min_of(largest, rows);
    worker_elements = max_of(worker_elements, elements_of(conv) / max_threads());
    row_elements += conv.axis[2].out * conv.filters();
    // A tap costs about four times what its arithmetic would: the loads bound it.
    row_flops += 8 * conv.axis[2].out * conv.filters() * max_of(conv.taps(), Index(1));
  });
  if (batch * planes * height * row_flops == 0) return;
  if (count > 1) largest = min_of(largest, max_of(kSlabElements / row_elements, Index(1)));
  const Index wanted = 4 * Index(num_threads());
  const Index row_blocks = ceil_div(height, min_of(largest, max_of(batch * planes * height / wanted, Index(1))));
  const Index units = batch * planes * row_blocks;
  const Index unit_flops = ceil_div(height, row_blocks) * row_flops;
  parallel(units, shared_grain(units, unit_flops, kWorkerFlops), [&](Index begin, Index end, int worker) {
    for (Index unit = begin; unit < end; ++unit) {
      each([&](const Depthwise<T>& conv) {
        run_block(conv, unit / row_blocks / planes, unit / row_blocks % planes, unit % row_blocks, row_blocks,
                  scratch + worker * worker_elements);
      });
    }
  });
}

// The taps that the axes choose, as rows of padded width.
template <class T>
static void pack_taps(const ConvShape& shape, const Axis axis[3], const T* w, T* packed) {
  const Index width = padded_columns<T>(shape.filters);
  for (Index d = 0; d < axis[0].taps; ++d) {
    for (Index h = 0; h < axis[1].taps; ++h) {
      for (Index q = 0; q < axis[2].taps; ++q) {
        const Index tap =
            ((axis[0].tap_first + d * axis[0].tap_step) * shape.kernel[1] + axis[1].tap_first + h * axis[1].tap_step) *
                shape.kernel[2] +
            axis[2].tap_first + q * axis[2].tap_step;
        std::memcpy(packed, w + tap * shape.filters, static_cast<std::size_t>(shape.filters) * sizeof(T));
        fill_zero(packed + shape.filters, width - shape.filters);
        packed += width;
      }
    }
  }
}

template <class T>
static Index weight_elements(const ConvShape& shape) {
  return aligned_elements<T>(shape.taps() * padded_columns<T>(shape.filters));
}

template <class T>
static Depthwise<T> forward_of(const ConvShape& shape) {
  Depthwise<T> conv;
  for (int i = 0; i < 3; ++i) conv.axis[i] = forward_axis(shape, i);
  conv.batch = shape.batch;
  conv.image_channels = shape.channels;
  conv.repeat = shape.filters / shape.channels;
  conv.y_axis[2] = shape.filters;
  conv.y_axis[1] = shape.out[2] * conv.y_axis[2];
  conv.y_axis[0] = shape.out[1] * conv.y_axis[1];
  conv.y_image = shape.out[0] * conv.y_axis[0];
  return conv;
}

template <class T>
Index depthwise_packed_elements(const ConvShape& shape) {
  return shape.filters % kLanes<T> == 0 ? 0 : shape.taps() * padded_columns<T>(shape.filters);
}

template <class T>
void depthwise_pack(const ConvShape& shape, const T* w, T* packed) {
  pack_taps(shape, forward_of<T>(shape).axis, w, packed);
}

// Of the scratch, where the weights are packed.
template <class T>
static Index own_weights(const ConvShape& shape, bool is_packed) {
  return is_packed || depthwise_packed_elements<T>(shape) == 0 ? 0 : weight_elements<T>(shape);
}

template <class T>
Index depthwise_forward_elements(const ConvShape& shape, bool is_packed) {
  return own_weights<T>(shape, is_packed) + elements_of(forward_of<T>(shape));
}

template <class T>
void depthwise_forward(const ConvShape& shape, const T* x, const T* w, const T* packed, const T* bias, const T* addend,
                       Activation activation, T* y, T* scratch) {
  Depthwise<T> conv = forward_of<T>(shape);
  const Index own = own_weights<T>(shape, packed != nullptr);
  if (depthwise_packed_elements<T>(shape) == 0) {
    packed = w;
  } else if (!packed) {
    depthwise_pack(shape, w, scratch);
    packed = scratch;
  }
  conv.x = x;
  conv.weights = packed;
  conv.bias = bias;
  conv.addend = addend;
  conv.activation = activation;
  conv.y = y;
  run([&](const auto& body) { body(conv); }, scratch + own);
}

// The input positions of one phase of the strides.
template <class T>
static Depthwise<T> gradient_of(const ConvShape& shape, const Index phase[3]) {
  Depthwise<T> conv;
  for (int i = 0; i < 3; ++i) conv.axis[i] = gradient_axis(shape, i, phase[i]);
  conv.batch = shape.batch;
  conv.image_channels = shape.filters;
  conv.fold = shape.filters / shape.channels;
  const Index row = shape.in[2] * shape.channels;
  conv.y_axis[2] = shape.stride[2] * shape.channels;
  conv.y_axis[1] = shape.stride[1] * row;
  conv.y_axis[0] = shape.stride[0] * shape.in[1] * row;
  conv.y_image = shape.in[0] * shape.in[1] * row;
  return conv;
}

template <class T>
Index depthwise_grad_input_elements(const ConvShape& shape) {
  Index most = 0;
  for_each_phase(shape, [&](const Index phase[3]) { most = max_of(most, elements_of(gradient_of<T>(shape, phase))); });
  return weight_elements<T>(shape) + most;
}

template <class T>
void depthwise_grad_input(const ConvShape& shape, const T* dy, const T* w, T* dx, T* scratch) {
  const auto each_phase = [&](const auto& body) {
    T* weights = scratch;
    for_each_phase(shape, [&](const Index phase[3]) {
      Depthwise<T> conv = gradient_of<T>(shape, phase);
      conv.x = dy;
      conv.weights = weights;
      conv.y = dx + ((phase[0] * shape.in[1] + phase[1]) * shape.in[2] + phase[2]) * shape.channels;
      body(conv);
      weights += conv.taps() * padded_columns<T>(shape.filters);
    });
  };
  each_phase([&](const Depthwise<T>& conv) { pack_taps(shape, conv.axis, w, const_cast<T*>(conv.weights)); });
  run(each_phase, scratch + weight_elements<T>(shape));
}

template Index depthwise_packed_elements<float>(const ConvShape&);
template Index depthwise_packed_elements<double>(const ConvShape&);
template void depthwise_pack(const ConvShape&, const float*, float*);
template void depthwise_pack(const ConvShape&, const double*, double*);
template Index depthwise_forward_elements<float>(const ConvShape&, bool);
template Index depthwise_forward_elements<double>(const ConvShape&, bool);
template void depthwise_forward(const ConvShape&, const float*, const float*, const float*, const float*, const float*,
                                Activation, float*, float*);
template void depthwise_forward(const ConvShape&, const double*, const double*, const double*, const double*,
                                const double*, Activation, double*, double*);
template Index depthwise_grad_input_elements<float>(const ConvShape&);
template Index depthwise_grad_input_elements<double>(const ConvShape&);
template void depthwise_grad_input(const ConvShape&, const float*, const float*, float*, float*);
template void depthwise_grad_input(const ConvShape&, const double*, const double*, double*, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
