#include "kernels/conv/grad_kernel.h"

#include "kernels/conv/source.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

namespace {

// The work, fixed by the shape alone. Blocks of output rows, or of whole small images, are dealt to `parts` sums, which
// are added in order at the end; a part is cut into `pieces`, each of which owns some of the tiles of dw.
template <class T>
struct Work {
  Reader reader;
  Index group_out;
  Index images, rows;        // images of a block, output rows of each
  Index row_blocks, blocks;  // blocks of a plane, blocks in all
  Index runs, length;        // rows of dw: `length` (tap, channel) follow each other in the source
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

constexpr Index kPartElements = 5 << 18;  // of all the sums together
constexpr Index kMostParts = 16;
constexpr Index kShortRow = 16;
constexpr Index kBlockPixels = 512;
constexpr Index kBlockSlabElements = 4 * kSlabElements;  // of all images of a block

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
  const Index most =
      min_of(most_rows(reader, kBlockSlabElements), max_of(kBlockPixels / max_of(width.out, Index(1)), Index(1)));
  work.row_blocks = max_of(ceil_div(reader.axis[1].out, most), Index(1));
  work.rows = ceil_div(reader.axis[1].out, work.row_blocks);
  work.images = 1;
  if (work.row_blocks == 1 && reader.axis[0].out == 1) {
    const Index image_elements = max_of(reader.slab_elements(work.rows), Index(1));
    work.images = min_of(kBlockPixels / max_of(work.rows * width.out, Index(1)), kBlockSlabElements / image_elements);
    work.images = max_of(min_of(work.images, shape.batch), Index(1));
  }
  work.blocks = ceil_div(shape.batch, work.images) * reader.axis[0].out * work.row_blocks;

  // The taps of a row are taken together, unless the border is much of a short row: then one by one, without it.
  const bool short_row = !width.inside() && width.out <= kShortRow && reader.channels >= kTileRows;
  const bool many = !width.inside() && reader.channels >= 2 * kTileRows;
  work.whole_rows = width.taps == 1 || (width.spacing * pixel == reader.channels && !short_row && !many);
  if (!work.whole_rows) reader.direct = true;
  work.runs = reader.axis[0].taps * reader.axis[1].taps * (work.whole_rows ? 1 : width.taps);
  work.length = reader.channels * (work.whole_rows ? width.taps : 1);
  work.run_tiles = ceil_div(work.length, Index(kTileRows));
  work.panels = ceil_div(work.group_out, Index(kTileColumns<T>));

  work.dw_elements = shape.taps() * reader.channels * shape.filters;
  work.parts = max_of(min_of(min_of(kPartElements / work.dw_elements, kMostParts), work.blocks), Index(1));
  // Pieces of a part copy and pack the same blocks: no more than give all workers equal shares.
  const Index threads = num_threads();
  const Index wanted = work.parts % threads == 0 ? 1 : ceil_div(4 * threads, work.parts);
  work.pieces = min_of(wanted, work.runs * work.run_tiles * work.panels);

  work.slab_elements = aligned_elements<T>(work.images * reader.slab_elements(work.rows));
  work.dy_elements = aligned_elements<T>(work.images * work.rows * width.out * kTileColumns<T>);
  work.offset_elements = aligned_elements<T>(2 * work.images * work.rows * Index(sizeof(Index) / sizeof(T)));
  return work;
}

// One block: `images` images from `image` on, of each the output rows [row, row + rows) of output plane `plane`.
struct Block {
  Index image, images, plane, row, rows;
};

template <class T>
static Block block_of(const Work<T>& work, Index batch, Index index) {
  const Axis& height = work.reader.axis[1];
  const Index row_block = index % work.row_blocks;
  const Index groups = ceil_div(batch, work.images);  // of images
  const Index group = index / work.row_blocks / work.reader.axis[0].out;
  Block block;
  block.image = piece_begin(batch, groups, group);
  block.images = piece_begin(batch, groups, group + 1) - block.image;
  block.plane = index / work.row_blocks % work.reader.axis[0].out;
  block.row = piece_begin(height.out, work.row_blocks, row_block);
  block.rows = piece_begin(height.out, work.row_blocks, row_block + 1) - block.row;
  return block;
}

// What the next block will read for the first time, brought into the second cache while this one is added.
template <class T>
struct Ahead {
  const T* first = nullptr;
  Index count = 0;

  void fetch(Index parts, Index part) const {
    constexpr Index kLine = 64 / sizeof(T);
    for (Index i = piece_begin(count, parts, part); i < piece_begin(count, parts, part + 1); i += kLine)
      __builtin_prefetch(first + i, 0, 2);
  }
};

// Adds a block to the tiles [first, last) of one group of `sum`; tiles are counted panel by panel.
template <class T>
static void add_block(const Work<T>& work, const Block& block, const Source<T>& source, Index image_stride, const T* dy,
                      Index filters, Index first, Index last, bool accumulate, const Ahead<T> (&ahead)[2], T* sum,
                      T* packed, Index* offsets) {
  constexpr Index kColumns = kTileColumns<T>;
  const Axis& height = work.reader.axis[1];
  const Axis& width = work.reader.axis[2];
  const Index tiles = work.runs * work.run_tiles;
  const Index taps_across = work.whole_rows ? 1 : width.taps;
  Index* const a_offsets = offsets;
  Index* const b_offsets = offsets + work.images * work.rows;
  Tile<T> tile;
  tile.a_row = 1;
  tile.a_step = width.step * source.pixel;
  tile.offsets = a_offsets;
  tile.b_offsets = b_offsets;
  tile.c_row = filters;
  tile.accumulate = accumulate;
  Index current_panel = -1, current_tap_row = -1;
  for (Index index = first; index < last; ++index) {
    const Index panel = index / tiles;
    const Index column = panel * kColumns;
    if (panel != current_panel) {
      current_panel = panel;
      current_tap_row = -1;
      tile.columns = min_of(work.group_out - column, kColumns);
      tile.b_step = padded_columns<T>(tile.columns);
      pack_panel(dy + column, filters, false, block.images * block.rows * width.out, tile.columns, tile.b_step, packed);
    }
    const Index run = index % tiles / work.run_tiles;
    const Index tap_row = run / taps_across;
    const Index tap_plane = tap_row / height.taps;
    if (tap_row != current_tap_row) {
      // The output rows that this row of taps meets inside the image.
      current_tap_row = tap_row;
      const Index z =
          block.plane * work.reader.axis[0].step + work.reader.axis[0].first + tap_plane * work.reader.axis[0].spacing;
      const bool inside = z >= 0 && z < work.reader.axis[0].in;
      tile.runs = 0;
      for (Index image = 0; inside && image < block.images; ++image) {
        for (Index r = 0; r < block.rows; ++r) {
          const Index y = (block.row + r) * height.step + height.first + tap_row % height.taps * height.spacing;
          if (y < 0 || y >= height.in) continue;
          a_offsets[tile.runs] = image * image_stride + r * height.step * source.row;
          b_offsets[tile.runs] = (image * block.rows + r) * width.out * tile.b_step;
          ++tile.runs;
        }
      }
    }
    const Index begin = piece_begin(work.length, work.run_tiles, index % work.run_tiles);
    tile.rows = piece_begin(work.length, work.run_tiles, index % work.run_tiles + 1) - begin;
    // The outputs of a row that this tap meets inside the image.
    const Index tap = run % taps_across;
    Index left = 0, right = width.out;
    if (!work.whole_rows) {
      while (left < right && left * width.step + width.first + tap * width.spacing < 0) ++left;
      while (left < right && (right - 1) * width.step + width.first + tap * width.spacing >= width.in) --right;
    }
    tile.length = right - left;
    tile.a = source.first + tap_plane * source.plane + tap_row % height.taps * height.spacing * source.row +
             tap * width.spacing * source.pixel + left * tile.a_step + begin;
    tile.b = packed + left * tile.b_step;
    tile.c = sum + (run * work.length + begin) * filters + column;
    for (const Ahead<T>& next : ahead) next.fetch(last - first, index - first);
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
  const Index group_tiles = work.runs * work.run_tiles * work.panels;

  const auto run_unit = [&](Index unit, T* own) {
    const Index part = unit / work.pieces;
    const Index piece = unit % work.pieces;
    T* const sum = work.parts > 1 ? scratch + part * sum_elements : dw;
    T* const slab = own;
    T* const packed = slab + work.slab_elements;
    Index* const offsets = reinterpret_cast<Index*>(packed + work.dy_elements);
    const Index x_slab = work.reader.slab_elements(work.rows);
    const Index image_stride = work.reader.direct ? x_image : x_slab;
    const Index first_block = piece_begin(work.blocks, work.parts, part);
    const Index last_block = piece_begin(work.blocks, work.parts, part + 1);
    for (Index index = first_block; index < last_block; ++index) {
      const Block block = block_of(work, shape.batch, index);
      const T* const gradient =
          dy + ((block.image * depth.out + block.plane) * height.out + block.row) * width.out * shape.filters;
      for (Index group = 0; group < shape.groups; ++group) {
        Source<T> source;
        for (Index i = block.images - 1; i >= 0; --i) {
          source = open_block(work.reader, x + (block.image + i) * x_image + group * work.reader.channels, block.plane,
                              block.row, block.rows, work.rows, slab + i * x_slab);
        }
        const Index column = group * work.group_out;
        Ahead<T> ahead[2];
        if (!work.reader.direct && group + 1 == shape.groups && index + 1 < last_block) {
          const auto next = [&](const T* all, Index size) -> Ahead<T> {
            const Index begin = piece_begin(size, work.blocks, index + 1);
            return {all + begin, piece_begin(size, work.blocks, index + 2) - begin};
          };
          ahead[0] = next(x, shape.batch * x_image);
          ahead[1] = next(dy, shape.batch * shape.out_size() * shape.filters);
        }
        add_block(work, block, source, image_stride, gradient + column, shape.filters,
                  piece_begin(group_tiles, work.pieces, piece), piece_begin(group_tiles, work.pieces, piece + 1),
                  index > first_block, ahead, sum + column, packed, offsets);
      }
    }
  };
  const Index unit_flops = 2 * work.dw_elements * shape.batch * shape.out_size() / (work.parts * work.pieces) + 1;
  const Index units = work.parts * work.pieces;
  parallel(units, shared_grain(units, unit_flops, kWorkerFlops), [&](Index begin, Index end, int worker) {
    for (Index unit = begin; unit < end; ++unit) run_unit(unit, workers + worker * work.worker_elements());
  });
  if (work.parts == 1) return;
  parallel(work.dw_elements, shared_grain(work.dw_elements, work.parts, kWorkerElements),
           [&](Index begin, Index end, int) {
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
