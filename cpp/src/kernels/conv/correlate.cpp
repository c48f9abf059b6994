#include "kernels/conv/correlate.h"

#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

// The runs of a tile: where the values that one tap, or one row of taps, reads from a pixel begin.
struct Runs {
  Index count, length;
  bool whole_rows;  // the taps of a row and their channels follow each other
};

// Whether runs that leave out one pixel at each end of a row read nothing outside of the image.
static bool reads_inside(const Axis axis[3]) {
  const Axis& width = axis[2];
  if (axis[0].taps != 1) return false;
  if (width.out <= 1) return true;
  if (width.first_tap(1) > 0 || width.last_tap(width.out - 2) < width.taps) return false;
  return width.first_tap(0) <= width.last_tap(width.out - 1);  // a run leaves out one end only
}

// In short rows the pixels at the border matter: there the taps are runs of their own, which leave those pixels out.
// So are those of many channels, whose rows then need no copy.
constexpr Index kShortRow = 32;
constexpr Index kManyChannels = 32;

static bool leaves_border_out(const Axis axis[3], Index channels) {
  const Axis& width = axis[2];
  if (width.taps <= 1 || width.inside()) return false;
  return width.out <= kShortRow ? channels >= 16 : channels >= kManyChannels && reads_inside(axis);
}

template <class T>
static Reader reader_of(const Correlation<T>& conv) {
  Reader reader;
  for (int i = 0; i < 3; ++i) reader.axis[i] = conv.axis[i];
  reader.image_channels = conv.group_in * conv.groups;
  reader.channels = conv.group_in;
  reader.pixel = conv.group_in;
  reader.direct = all_inside(conv.axis) || (leaves_border_out(conv.axis, conv.group_in) && reads_inside(conv.axis));
  return reader;
}

static Runs runs_of(const Axis axis[3], Index channels, Index pixel) {
  // A phase of a strided gradient may have no taps at all.
  if (axis[0].taps * axis[1].taps * axis[2].taps == 0) return {0, 0, false};
  const bool whole_rows =
      axis[2].taps == 1 || (axis[2].spacing * pixel == channels && !leaves_border_out(axis, channels));
  const Index rows = axis[0].taps * axis[1].taps;
  return whole_rows ? Runs{rows, axis[2].taps * channels, true} : Runs{rows * axis[2].taps, channels, false};
}

template <class T>
static void fill_offsets(const Axis axis[3], const Runs& runs, const Source<T>& source, Index* offsets) {
  for (Index d = 0; d < axis[0].taps; ++d) {
    for (Index h = 0; h < axis[1].taps; ++h) {
      const Index row = d * source.plane + h * axis[1].spacing * source.row;
      for (Index w = 0; w < (runs.whole_rows ? 1 : axis[2].taps); ++w) {
        *offsets++ = row + w * axis[2].spacing * source.pixel;
      }
    }
  }
}

// The rows of taps, counted through the planes of the kernel, that an output row needs: all rows of the planes that
// fall inside, and of a single plane only those rows that do.
struct Range {
  Index begin, end;
};

static Range tap_rows(const Axis axis[3], Index plane, Index row) {
  const Index first = axis[0].first_tap(plane), last = axis[0].last_tap(plane);
  const Index rows = axis[1].taps;
  if (last - first != 1) return {first * rows, last * rows};
  return {first * rows + axis[1].first_tap(row), first * rows + axis[1].last_tap(row)};
}

// Which pixels of the tiles at the border take part in the runs: three tables, for the first tile of a row, the last,
// and one that is both.
enum Border { kFirstTile, kLastTile, kOnlyTile, kBorders };

static void fill_run_rows(const Axis axis[3], RunRows* run_rows) {
  const Index taps = axis[0].taps * axis[1].taps * axis[2].taps;
  const Axis& width = axis[2];
  for (Index run = 0; run < taps; ++run) {
    const Index tap = run % width.taps;
    const bool left = tap < width.first_tap(0) || tap >= width.last_tap(0);
    const bool right = tap < width.first_tap(width.out - 1) || tap >= width.last_tap(width.out - 1);
    const RunRows first = left ? RunRows::all_but_first : RunRows::all;
    const RunRows last = right ? RunRows::all_but_last : RunRows::all;
    run_rows[kFirstTile * taps + run] = first;
    run_rows[kLastTile * taps + run] = last;
    run_rows[kOnlyTile * taps + run] = left ? first : last;
  }
}

// Scratch for the offsets of the runs, and for which pixels they add to.
template <class T>
static Index table_elements(const Correlation<T>& conv) {
  const Index bytes = conv.taps() * Index(sizeof(Index) + kBorders * sizeof(RunRows));
  return aligned_elements<T>(ceil_div(bytes, Index(sizeof(T))));
}

template <class T>
Index packed_elements(const Correlation<T>& conv) {
  return conv.groups * conv.inner() * padded_columns<T>(conv.group_out);
}

template <class T>
Index correlate_elements(const Correlation<T>& conv) {
  const Reader reader = reader_of(conv);
  return table_elements(conv) + max_threads() * aligned_elements<T>(reader.slab_elements(most_rows(reader)));
}

template <class T>
void correlate(const Correlation<T>& conv, T* scratch) {
  constexpr Index kColumns = kTileColumns<T>;
  const Reader reader = reader_of(conv);
  const Index planes = conv.axis[0].out, height = conv.axis[1].out, width = conv.axis[2].out;
  if (conv.batch * planes * height * width == 0) return;

  const Index largest = most_rows(reader);
  const Index slab_elements = aligned_elements<T>(reader.slab_elements(largest));
  Index* const offsets = reinterpret_cast<Index*>(scratch);
  T* const slabs = scratch + table_elements(conv);
  const Source<T> strides = source_strides<T>(reader, largest);
  const Runs runs = runs_of(conv.axis, conv.group_in, strides.pixel);
  fill_offsets(conv.axis, runs, strides, offsets);
  const bool clip = !runs.whole_rows && leaves_border_out(conv.axis, conv.group_in);
  RunRows* const run_rows = reinterpret_cast<RunRows*>(offsets + conv.taps());
  if (clip) fill_run_rows(conv.axis, run_rows);

  // Units of work: blocks of output rows, and parts of the panels if there are too few blocks.
  const Index wanted = 8 * Index(num_threads());
  const Index all_rows = conv.batch * planes * height;
  const Index row_blocks = ceil_div(height, min_of(largest, max_of(all_rows / wanted, Index(1))));
  const Index panels = ceil_div(conv.group_out, kColumns);
  const Index blocks = conv.batch * planes * row_blocks;
  const Index parts = blocks >= wanted ? 1 : min_of(panels, ceil_div(wanted, blocks));
  const Index tiles = ceil_div(width, Index(kTileRows));
  const Index runs_per_row = runs.whole_rows ? 1 : conv.axis[2].taps;
  const bool in_place = conv.weights_row > 0;
  const Index weights_group = in_place ? conv.group_out : conv.inner() * padded_columns<T>(conv.group_out);
  const Index weights_column = in_place ? 1 : conv.inner();

  const auto run_unit = [&](Index unit, T* slab) {
    const Index part = unit % parts;
    const Index block = unit / parts % row_blocks;
    const Index plane = unit / parts / row_blocks % planes;
    const Index image = unit / parts / row_blocks / planes;
    const Index row = piece_begin(height, row_blocks, block);
    const Index row_end = piece_begin(height, row_blocks, block + 1);
    const T* const x = conv.x + image * conv.axis[0].in * conv.axis[1].in * conv.axis[2].in * reader.image_channels;
    for (Index group = 0; group < conv.groups; ++group) {
      const Source<T> source = open_block(reader, x + group * conv.group_in, plane, row, row_end - row, largest, slab);
      T* const y = conv.y + image * conv.y_image + plane * conv.y_axis[0] + group * conv.group_out;
      Tile<T> tile;
      tile.a_row = conv.axis[2].step * source.pixel;
      tile.a_step = 1;
      tile.length = runs.length;
      tile.c_row = conv.y_axis[2];
      tile.activation = conv.activation;
      for (Index panel = piece_begin(panels, parts, part); panel < piece_begin(panels, parts, part + 1); ++panel) {
        const Index column = panel * kColumns;
        tile.columns = min_of(conv.group_out - column, kColumns);
        tile.b_step = in_place ? conv.weights_row : padded_columns<T>(tile.columns);
        tile.bias = conv.bias ? conv.bias + group * conv.group_out + column : nullptr;
        const T* const weights = conv.weights + group * weights_group + column * weights_column;
        for (Index h = row; h < row_end; ++h) {
          const Range taps = tap_rows(conv.axis, plane, h);
          tile.offsets = offsets + taps.begin * runs_per_row;
          tile.runs = (taps.end - taps.begin) * runs_per_row;
          tile.b = weights + taps.begin * runs_per_row * runs.length * tile.b_step;
          const T* const a = source.first + (h - row) * conv.axis[1].step * source.row;
          T* const c = y + h * conv.y_axis[1] + column;
          for (Index i = 0; i < tiles; ++i) {
            const Index pixel = piece_begin(width, tiles, i);
            tile.rows = piece_begin(width, tiles, i + 1) - pixel;
            tile.a = a + pixel * tile.a_row;
            if (clip) {
              const bool first = i == 0, last = i + 1 == tiles;
              const Border border = first && last ? kOnlyTile : first ? kFirstTile : kLastTile;
              tile.run_rows = first || last ? run_rows + border * conv.taps() + taps.begin * runs_per_row : nullptr;
            }
            tile.c = c + pixel * tile.c_row;
            tile.addend = conv.addend ? conv.addend + (tile.c - conv.y) : nullptr;
            run_tile(tile);
          }
        }
      }
    }
  };
  const Index unit_flops = 2 * ceil_div(height, row_blocks) * width * max_of(conv.inner(), Index(1)) *
                           ceil_div(conv.group_out, parts) * conv.groups;
  const Index units = blocks * parts;
  parallel(units, shared_grain(units, unit_flops, kWorkerFlops), [&](Index begin, Index end, int worker) {
    for (Index unit = begin; unit < end; ++unit) run_unit(unit, slabs + worker * slab_elements);
  });
}

template Index packed_elements(const Correlation<float>&);
template Index packed_elements(const Correlation<double>&);
template Index correlate_elements(const Correlation<float>&);
template Index correlate_elements(const Correlation<double>&);
template void correlate(const Correlation<float>&, float*);
template void correlate(const Correlation<double>&, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
