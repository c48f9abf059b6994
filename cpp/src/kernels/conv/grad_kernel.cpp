#include "kernels/conv/grad_kernel.h"

#include "kernels/conv/source.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

namespace {

// The work, fixed by the shape alone. The images' blocks of output rows are dealt to `parts` sums, which are added in
// order at the end; a part is cut into `pieces`, each of which owns some of the tiles of dw.
template <class T>
struct Work {
  Reader reader;
  Index group_out;
  Index rows, row_blocks, blocks;  // output rows of a block, blocks of a plane, blocks in all
  Index runs, length;              // rows of dw: `length` (tap, channel) follow each other in the source
  bool whole_rows;
  Index run_tiles, panels;
  Index parts, pieces;
  Index dw_elements;
  Index slab_elements, dy_elements, offset_elements;  // of one worker

  Index worker_elements() const { return slab_elements + dy_elements + offset_elements; }
  Index elements() const {
    return (parts > 1 ? parts * aligned_elements<T>(dw_elements) : 0) + max_threads() * worker_elements();
  }
};

}  // namespace

constexpr Index kPartElements = 1 << 20;  // of all the sums together
constexpr Index kMostParts = 16;
constexpr Index kWantedUnits = 32;
constexpr Index kBlockPixels = 512;

template <class T>
static Work<T> work_of(const ConvShape& shape) {
  Work<T> work;
  Reader& reader = work.reader;
  for (int i = 0; i < 3; ++i) reader.axis[i] = forward_axis(shape, i);
  reader.image_channels = shape.channels;
  reader.channels = shape.channels / shape.groups;
  reader.pixel = reader.channels;
  reader.direct = all_inside(reader.axis);
  const Axis& width = reader.axis[2];
  const Index pixel = reader.direct ? reader.image_channels : reader.pixel;

  work.group_out = shape.filters / shape.groups;
  const Index most = min_of(most_rows(reader), max_of(kBlockPixels / max_of(width.out, Index(1)), Index(1)));
  work.row_blocks = max_of(ceil_div(reader.axis[1].out, most), Index(1));
  work.rows = ceil_div(reader.axis[1].out, work.row_blocks);
  work.blocks = shape.batch * reader.axis[0].out * work.row_blocks;

  work.whole_rows = width.taps == 1 || width.spacing * pixel == reader.channels;
  work.runs = reader.axis[0].taps * reader.axis[1].taps * (work.whole_rows ? 1 : width.taps);
  work.length = reader.channels * (work.whole_rows ? width.taps : 1);
  work.run_tiles = ceil_div(work.length, Index(kTileRows));
  work.panels = ceil_div(work.group_out, Index(kTileColumns<T>));

  work.dw_elements = shape.taps() * reader.channels * shape.filters;
  work.parts = max_of(min_of(min_of(kPartElements / work.dw_elements, kMostParts), work.blocks), Index(1));
  work.pieces = min_of(ceil_div(kWantedUnits, work.parts), work.runs * work.run_tiles * work.panels);

  work.slab_elements = aligned_elements<T>(reader.slab_elements(work.rows));
  work.dy_elements =
      aligned_elements<T>(work.rows * width.out * padded_columns<T>(work.group_out));
  work.offset_elements = aligned_elements<T>(work.rows * Index(sizeof(Index) / sizeof(T)));
  return work;
}

// Adds one block of rows to the tiles [first, last) of one group of `sum`; tiles are counted panel by panel.
template <class T>
static void add_block(const Work<T>& work, const Source<T>& source, const T* dy, Index filters, Index pixels,
                      Index rows, const Index* offsets, Index first, Index last, bool accumulate, T* sum, T* packed) {
  constexpr Index kColumns = kTileColumns<T>;
  const Axis& height = work.reader.axis[1];
  const Axis& width = work.reader.axis[2];
  const Index tiles = work.runs * work.run_tiles;
  const Index taps_across = work.whole_rows ? 1 : width.taps;
  Tile<T> tile;
  tile.a_row = 1;
  tile.a_step = width.step * source.pixel;
  tile.offsets = offsets;
  tile.runs = rows;
  tile.length = width.out;
  tile.c_row = filters;
  tile.accumulate = accumulate;
  Index packed_panel = -1;
  for (Index index = first; index < last; ++index) {
    const Index panel = index / tiles;
    const Index column = panel * kColumns;
    if (panel != packed_panel) {
      tile.columns = min_of(work.group_out - column, kColumns);
      tile.b_step = padded_columns<T>(tile.columns);
      tile.b = packed;
      pack_panel(dy + column, filters, false, pixels, tile.columns, tile.b_step, packed);
      packed_panel = panel;
    }
    const Index run = index % tiles / work.run_tiles;
    const Index begin = piece_begin(work.length, work.run_tiles, index % work.run_tiles);
    tile.rows = piece_begin(work.length, work.run_tiles, index % work.run_tiles + 1) - begin;
    const Index tap_row = run / taps_across;
    tile.a = source.first + tap_row / height.taps * source.plane +
             tap_row % height.taps * height.spacing * source.row +
             run % taps_across * width.spacing * source.pixel + begin;
    tile.c = sum + (run * work.length + begin) * filters + column;
    run_tile(tile);
  }
}

template <class T>
Index grad_kernel_elements(const ConvShape& shape) {
  return work_of<T>(shape).elements();
}

template <class T>
void grad_kernel(const ConvShape& shape, const T* x, const T* dy, T* dw, T* scratch) {
  const Work<T> work = work_of<T>(shape);
  if (work.blocks * work.reader.axis[1].out * work.reader.axis[2].out == 0) {
    fill_zero(dw, work.dw_elements);
    return;
  }
  const Axis& depth = work.reader.axis[0];
  const Axis& height = work.reader.axis[1];
  const Axis& width = work.reader.axis[2];
  const Index sum_elements = aligned_elements<T>(work.dw_elements);
  T* const workers = scratch + (work.parts > 1 ? work.parts * sum_elements : 0);
  const Index x_image = shape.in_size() * shape.channels;
  const Index dy_row = width.out * shape.filters;
  const Index group_tiles = work.runs * work.run_tiles * work.panels;

  const auto run_unit = [&](Index unit, T* own) {
    const Index part = unit / work.pieces;
    const Index piece = unit % work.pieces;
    T* const sum = work.parts > 1 ? scratch + part * sum_elements : dw;
    T* const slab = own;
    T* const packed = slab + work.slab_elements;
    Index* const offsets = reinterpret_cast<Index*>(packed + work.dy_elements);
    const Index row_step = height.step * source_strides<T>(work.reader, work.rows).row;
    for (Index r = 0; r < work.rows; ++r) offsets[r] = r * row_step;
    const Index first_block = piece_begin(work.blocks, work.parts, part);
    const Index last_block = piece_begin(work.blocks, work.parts, part + 1);
    for (Index block = first_block; block < last_block; ++block) {
      const Index plane = block / work.row_blocks % depth.out;
      const Index image = block / work.row_blocks / depth.out;
      const Index row = piece_begin(height.out, work.row_blocks, block % work.row_blocks);
      const Index rows = piece_begin(height.out, work.row_blocks, block % work.row_blocks + 1) - row;
      for (Index group = 0; group < shape.groups; ++group) {
        const Source<T> source = open_block(work.reader, x + image * x_image + group * work.reader.channels, plane, row,
                                            rows, work.rows, slab);
        const Index column = group * work.group_out;
        add_block(work, source, dy + ((image * depth.out + plane) * height.out + row) * dy_row + column, shape.filters,
                  rows * width.out, rows, offsets, piece_begin(group_tiles, work.pieces, piece),
                  piece_begin(group_tiles, work.pieces, piece + 1), block > first_block, sum + column, packed);
      }
    }
  };
  const Index unit_flops =
      2 * work.dw_elements * shape.batch * shape.out_size() / (work.parts * work.pieces) + 1;
  parallel(work.parts * work.pieces, max_of(kWorkerFlops / unit_flops, Index(1)),
           [&](Index begin, Index end, int worker) {
             for (Index unit = begin; unit < end; ++unit) run_unit(unit, workers + worker * work.worker_elements());
           });
  if (work.parts == 1) return;
  parallel(work.dw_elements, kWorkerElements / work.parts, [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) {
      T sum = scratch[i];
      for (Index part = 1; part < work.parts; ++part) sum += scratch[part * sum_elements + i];
      dw[i] = sum;
    }
  });
}

template Index grad_kernel_elements<float>(const ConvShape&);
template Index grad_kernel_elements<double>(const ConvShape&);
template void grad_kernel(const ConvShape&, const float*, const float*, float*, float*);
template void grad_kernel(const ConvShape&, const double*, const double*, double*, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
