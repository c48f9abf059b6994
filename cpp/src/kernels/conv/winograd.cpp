#include "kernels/conv/winograd.h"

#include "kernels/epilogue.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

using Eigen::internal::padd;
using Eigen::internal::ploadu;
using Eigen::internal::pmul;
using Eigen::internal::pset1;
using Eigen::internal::pstoreu;
using Eigen::internal::psub;

constexpr Index kPlanes = 16;  // the products of a tile

namespace {

// The planes of one operand begin a line beyond a multiple of what maps to one set of the cache: all 16 are written
// together.
template <class T>
Index plane_elements(Index rows, Index width) {
  return aligned_elements<T>(rows * width) + 64 / Index(sizeof(T));
}

template <class T>
struct Work {
  Index tiles_high, tiles_wide, tiles;  // of an image, and of all images
  Index block;                          // tiles that are transformed at a time
  Index panels, width;                  // of the weights, and the channels rounded up to whole lines of the cache
  Index weights_plane, input_plane, product_plane;

  Index weights_elements() const { return panels * kPlanes * weights_plane; }
  Index worker_elements() const { return width + kPlanes * (input_plane + product_plane); }
};

}  // namespace

constexpr Index kBlockTiles = 56;               // enough uses of weights that come from the last cache
constexpr Index kMostWeights = Index(1) << 22;  // what the last cache holds

template <class T>
static Work<T> work_of(const Correlation<T>& conv) {
  Work<T> work;
  work.tiles_high = ceil_div(conv.axis[1].out, 2);
  work.tiles_wide = ceil_div(conv.axis[2].out, 2);
  work.tiles = conv.batch * work.tiles_high * work.tiles_wide;
  work.panels = ceil_div(conv.group_out, Index(kTileColumns<T>));
  work.width = aligned_elements<T>(conv.group_in);
  work.block = min_of(work.tiles, kBlockTiles);
  work.weights_plane = plane_elements<T>(conv.group_in, kTileColumns<T>);
  work.input_plane = plane_elements<T>(work.block, work.width);
  work.product_plane = plane_elements<T>(work.block, kTileColumns<T>);
  return work;
}

// ---- The transforms

// The weights of one panel: rows of `width` for each channel, as those of the panel.
template <class T>
static void transform_weights(const Correlation<T>& conv, const T* weights, Index step, Index width, Index begin,
                              Index end, T* out, Index plane) {
  using P = TilePacket<T>;
  const P half = pset1<P>(T(0.5));
  for (Index c = begin; c < end; ++c) {
    for (Index j = 0; j < width; j += kLanes<T>) {
      P columns[4][3];
      unroll<3>([&](auto q) LAMINA_INLINE_LAMBDA {
        const auto at = [&](Index row) { return ploadu<P>(weights + ((3 * row + q) * conv.group_in + c) * step + j); };
        const P first = at(0), middle = pmul(half, at(1)), last = at(2);
        const P sides = pmul(half, padd(first, last));
        columns[0][q] = first;
        columns[1][q] = padd(sides, middle);
        columns[2][q] = psub(sides, middle);
        columns[3][q] = last;
      });
      T* const to = out + c * width + j;
      unroll<4>([&](auto r) LAMINA_INLINE_LAMBDA {
        const P middle = pmul(half, columns[r][1]);
        const P sides = pmul(half, padd(columns[r][0], columns[r][2]));
        pstoreu(to + (4 * r + 0) * plane, columns[r][0]);
        pstoreu(to + (4 * r + 1) * plane, padd(sides, middle));
        pstoreu(to + (4 * r + 2) * plane, psub(sides, middle));
        pstoreu(to + (4 * r + 3) * plane, columns[r][2]);
      });
    }
  }
}

// One tile of inputs.
template <class T>
static void transform_inputs(const T* const (&pixels)[4][4], Index channels, T* out, Index plane) {
  using P = TilePacket<T>;
  const auto transform = [&](Index c, const auto& load) LAMINA_INLINE_LAMBDA {
    P columns[4][4];
    unroll<4>([&](auto q) LAMINA_INLINE_LAMBDA {
      const P x0 = load(pixels[0][q] + c), x1 = load(pixels[1][q] + c), x2 = load(pixels[2][q] + c),
              x3 = load(pixels[3][q] + c);
      columns[0][q] = psub(x0, x2);
      columns[1][q] = padd(x1, x2);
      columns[2][q] = psub(x2, x1);
      columns[3][q] = psub(x1, x3);
    });
    T* const to = out + c;
    unroll<4>([&](auto r) LAMINA_INLINE_LAMBDA {
      pstoreu(to + (4 * r + 0) * plane, psub(columns[r][0], columns[r][2]));
      pstoreu(to + (4 * r + 1) * plane, padd(columns[r][1], columns[r][2]));
      pstoreu(to + (4 * r + 2) * plane, psub(columns[r][2], columns[r][1]));
      pstoreu(to + (4 * r + 3) * plane, psub(columns[r][1], columns[r][3]));
    });
  };
  Index c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>)
    transform(c, [](const T* from) LAMINA_INLINE_LAMBDA { return ploadu<P>(from); });
  if (c < channels) transform(c, [&](const T* from) LAMINA_INLINE_LAMBDA { return load_first(from, channels - c); });
}

// The sums of one tile, from the products of one panel. Returns whether all of them are finite.
template <class T>
static bool transform_products(const T* products, Index plane, TilePacket<T> (&sums)[2][2]) {
  using P = TilePacket<T>;
  P rows[2][4];
  unroll<4>([&](auto q) LAMINA_INLINE_LAMBDA {
    const auto at = [&](Index row) { return ploadu<P>(products + (4 * row + q) * plane); };
    const P middle = at(1), next = at(2);
    rows[0][q] = padd(padd(at(0), middle), next);
    rows[1][q] = psub(psub(middle, next), at(3));
  });
  unroll<2>([&](auto r) LAMINA_INLINE_LAMBDA {
    sums[r][0] = padd(padd(rows[r][0], rows[r][1]), rows[r][2]);
    sums[r][1] = psub(psub(rows[r][1], rows[r][2]), rows[r][3]);
  });
  const P all = padd(padd(sums[0][0], sums[0][1]), padd(sums[1][0], sums[1][1]));
  const T zero = Eigen::internal::predux(pmul(all, pset1<P>(T(0))));
  return zero == T(0);
}

// ---- The run

template <class T>
Index winograd_elements(const Correlation<T>& conv) {
  const Work<T> work = work_of(conv);
  return work.weights_elements() + max_threads() * work.worker_elements();
}

namespace {

// One tile of outputs.
struct Place {
  Index image, row, column;  // of its first output
};

template <class T>
struct Run {
  const Correlation<T>& conv;
  const Work<T> work;
  const T* weights;  // transformed

  // The weights as they came, from a panel on, and the distance between their rows.
  Index columns_of(Index panel) const {
    return min_of(conv.group_out - panel * kTileColumns<T>, Index(kTileColumns<T>));
  }
  Index step_of(Index panel) const {
    return conv.weights_row > 0 ? conv.weights_row : padded_columns<T>(columns_of(panel));
  }
  const T* given_weights(Index panel) const {
    return conv.weights + panel * kTileColumns<T> * (conv.weights_row > 0 ? 1 : conv.inner());
  }

  Place place_of(Index tile) const {
    const Index of_image = tile % (work.tiles_high * work.tiles_wide);
    return {tile / (work.tiles_high * work.tiles_wide), 2 * (of_image / work.tiles_wide),
            2 * (of_image % work.tiles_wide)};
  }
  const T* pixel(Index image, Index row, Index column) const {
    return conv.x + ((image * conv.axis[1].in + row) * conv.axis[2].in + column) * conv.group_in;
  }
  Index output(const Place& at, Index row, Index column) const {
    return at.image * conv.y_image + (at.row + row) * conv.y_axis[1] + (at.column + column) * conv.y_axis[2];
  }

  void read(const Place& at, const T* zeros, T* out) const;
  void write(const Place& at, Index panel, const T* products) const;
  void write_direct(const Place& at, Index panel) const;
  void run_block(Index first, Index count, T* own) const;
};

template <class T>
void Run<T>::read(const Place& at, const T* zeros, T* out) const {
  const T* pixels[4][4];
  for (Index r = 0; r < 4; ++r) {
    const Index row = at.row + conv.axis[1].first + r;
    for (Index q = 0; q < 4; ++q) {
      const Index column = at.column + conv.axis[2].first + q;
      const bool inside = row >= 0 && row < conv.axis[1].in && column >= 0 && column < conv.axis[2].in;
      pixels[r][q] = inside ? pixel(at.image, row, column) : zeros;
    }
  }
  transform_inputs(pixels, conv.group_in, out, work.input_plane);
}

// The outputs of one tile and panel straight from their taps.
template <class T>
void Run<T>::write_direct(const Place& at, Index panel) const {
  const Index first = panel * kTileColumns<T>;
  Index a_offsets[9], b_offsets[9];
  Tile<T> tile;
  tile.rows = 1;
  tile.columns = columns_of(panel);
  tile.a_step = 1;
  tile.length = conv.group_in;
  tile.offsets = a_offsets;
  tile.b = given_weights(panel);
  tile.b_step = step_of(panel);
  tile.b_offsets = b_offsets;
  tile.bias = conv.bias ? conv.bias + first : nullptr;
  tile.activation = conv.activation;
  for (Index r = 0; r < 2 && at.row + r < conv.axis[1].out; ++r) {
    for (Index q = 0; q < 2 && at.column + q < conv.axis[2].out; ++q) {
      tile.a = conv.x;
      tile.runs = 0;
      for (Index h = 0; h < 3; ++h) {
        const Index row = at.row + r + conv.axis[1].first + h;
        for (Index w = 0; w < 3; ++w) {
          const Index column = at.column + q + conv.axis[2].first + w;
          if (row < 0 || row >= conv.axis[1].in || column < 0 || column >= conv.axis[2].in) continue;
          a_offsets[tile.runs] = pixel(at.image, row, column) - conv.x;
          b_offsets[tile.runs++] = (3 * h + w) * conv.group_in * tile.b_step;
        }
      }
      const Index to = output(at, r, q) + first;
      tile.c = conv.y + to;
      tile.addend = conv.addend ? conv.addend + to : nullptr;
      run_tile(tile);
    }
  }
}

template <class T>
void Run<T>::write(const Place& at, Index panel, const T* products) const {
  using P = TilePacket<T>;
  const Index columns = columns_of(panel);
  const Index rows_left = conv.axis[1].out - at.row, columns_left = conv.axis[2].out - at.column;
  const P low = low_bound<T>(), high = high_bound<T>(conv.activation);
  const bool clamps = is_clamp(conv.activation);
  for (Index j = 0; j < columns; j += kLanes<T>) {
    const Index count = min_of(columns - j, Index(kLanes<T>));
    const Index column = panel * kTileColumns<T> + j;
    P sums[2][2];
    if (!transform_products(products + j, work.product_plane, sums)) return write_direct(at, panel);
    const auto load = [&](const T* from) LAMINA_INLINE_LAMBDA {
      return count == kLanes<T> ? ploadu<P>(from) : load_first(from, count);
    };
    const P bias = conv.bias ? load(conv.bias + column) : pset1<P>(T(0));
    unroll<2>([&](auto r) LAMINA_INLINE_LAMBDA {
      unroll<2>([&](auto q) LAMINA_INLINE_LAMBDA {
        if (r >= rows_left || q >= columns_left) return;
        const Index to = output(at, r, q) + column;
        P sum = sums[r][q];
        if (conv.bias) sum = padd(sum, bias);
        if (conv.addend) sum = padd(sum, load(conv.addend + to));
        if (clamps) sum = clamp(sum, low, high);
        if (count == kLanes<T>) {
          pstoreu(conv.y + to, sum);
        } else {
          store_first(conv.y + to, sum, count);
        }
      });
    });
  }
  if (is_transcendental(conv.activation)) {
    for (Index r = 0; r < 2 && r < rows_left; ++r)
      activate(conv.activation, conv.y + output(at, r, 0) + panel * kTileColumns<T>, conv.y_axis[2],
               min_of(columns_left, Index(2)), columns);
  }
}

template <class T>
void Run<T>::run_block(Index first, Index count, T* own) const {
  T* const zeros = own;
  T* const inputs = zeros + work.width;
  T* const products = inputs + kPlanes * work.input_plane;
  fill_zero(zeros, work.width);
  Place places[kBlockTiles];
  for (Index i = 0; i < count; ++i) {
    places[i] = place_of(first + i);
    read(places[i], zeros, inputs + i * work.width);
  }

  Tile<T> tile;
  tile.a_row = work.width;
  tile.a_step = 1;
  tile.length = conv.group_in;
  tile.c_row = kTileColumns<T>;
  const Index row_tiles = ceil_div(count, Index(kTileRows));
  for (Index panel = 0; panel < work.panels; ++panel) {
    tile.columns = tile.b_step = padded_columns<T>(columns_of(panel));
    for (Index p = 0; p < kPlanes; ++p) {
      tile.b = weights + (panel * kPlanes + p) * work.weights_plane;
      for (Index i = 0; i < row_tiles; ++i) {
        const Index row = piece_begin(count, row_tiles, i);
        tile.rows = piece_begin(count, row_tiles, i + 1) - row;
        tile.a = inputs + p * work.input_plane + row * work.width;
        tile.c = products + p * work.product_plane + row * tile.c_row;
        run_tile(tile);
      }
    }
    for (Index i = 0; i < count; ++i) write(places[i], panel, products + i * tile.c_row);
  }
}

}  // namespace

template <class T>
void winograd(const Correlation<T>& conv, T* scratch) {
  const Run<T> run = {conv, work_of(conv), scratch};
  const Work<T>& work = run.work;
  if (work.tiles == 0) return;

  // Some channels of a panel.
  const Index parts = ceil_div(conv.group_in, 32);
  const Index part_elements = kPlanes * ceil_div(conv.group_in, parts) * kTileColumns<T>;
  parallel(work.panels * parts, shared_grain(work.panels * parts, part_elements, kWorkerElements),
           [&](Index begin, Index end, int) {
             for (Index unit = begin; unit < end; ++unit) {
               const Index panel = unit / parts, part = unit % parts;
               transform_weights(conv, run.given_weights(panel), run.step_of(panel),
                                 padded_columns<T>(run.columns_of(panel)), piece_begin(conv.group_in, parts, part),
                                 piece_begin(conv.group_in, parts, part + 1),
                                 scratch + panel * kPlanes * work.weights_plane, work.weights_plane);
             }
           });

  const Index wanted = 4 * Index(num_threads());
  const Index blocks = max_of(ceil_div(work.tiles, work.block), min_of(work.tiles / kTileRows, wanted));
  const Index block_flops = 2 * kPlanes * (work.tiles / blocks) * conv.group_in * conv.group_out;
  T* const workers = scratch + work.weights_elements();
  parallel(blocks, shared_grain(blocks, block_flops, kWorkerFlops), [&](Index begin, Index end, int worker) {
    for (Index block = begin; block < end; ++block) {
      const Index first = piece_begin(work.tiles, blocks, block);
      run.run_block(first, piece_begin(work.tiles, blocks, block + 1) - first,
                    workers + worker * work.worker_elements());
    }
  });
}

// ---- The choice

// Pairs of an output and a tap that lies inside.
static Index pairs(const Axis& axis) {
  Index count = 0;
  for (Index first = axis.first; first < axis.first + axis.taps; ++first)
    count += max_of(min_of(axis.out, axis.in - first) - max_of(-first, Index(0)), Index(0));
  return count;
}

// Measured, in multiply-adds: the transforms of a tile cost about as much as 16 channels and 16 filters more; that of
// the weights as tiles, the more of them the farther from the first cache the weights lie.
template <class T>
static bool pays(const Correlation<T>& conv) {
  const Index channels = conv.group_in, filters = conv.group_out;
  const Index tiles = work_of(conv).tiles + (channels + filters) / 24;
  const Index direct = conv.batch * pairs(conv.axis[1]) * pairs(conv.axis[2]) * channels * filters;
  return 100 * direct >= 115 * kPlanes * tiles * (channels + 16) * (filters + 16);
}

template <class T>
const char* winograd_refusal(const Correlation<T>& conv) {
  if (conv.groups != 1) return "groups";
  const Axis* axis = conv.axis;
  if (axis[0].taps != 1 || axis[0].in != 1 || axis[0].out != 1 || axis[1].taps != 3 || axis[2].taps != 3)
    return "not 3 x 3 taps";
  if (axis[1].spacing != 1 || axis[2].spacing != 1) return "dilation";
  if (kPlanes * conv.group_in * conv.group_out > kMostWeights) return "the transformed weights are too large";
  return pays(conv) ? nullptr : "few channels, filters or outputs";
}

template const char* winograd_refusal(const Correlation<float>&);
template Index winograd_elements(const Correlation<float>&);
template void winograd(const Correlation<float>&, float*);

}  // namespace lamina::kernels::LAMINA_LEVEL
