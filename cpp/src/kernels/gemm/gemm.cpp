// The choice of a path for a product, and the general path: packed panels, register tiles, blocks of the caches.
//
// general path, for each block of (n, k, m) that keeps the packed operands within kPackedElements:
//   pack what must be packed, in parallel over panels;
//   then in parallel over (block of rows, panel of b): for each block of depth, one register tile per kTileRows rows
#include "kernels/gemm/gemm.h"

#include "kernels/epilogue.h"
#include "kernels/families.h"
#include "kernels/gemm/few_rows.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

constexpr Index kPackedElements = Index(1) << 21;  // of one operand at a time
constexpr Index kBlockDepth = 512;                 // k of one pass over the tiles: panels stay in the second cache
constexpr Index kBlockElements = 64 * 1024;        // of a that pass over: stays in the second cache
constexpr Index kWorkerFlops = 3'000'000;          // worth a worker of its own (about 25 microseconds)
constexpr Index kWorkerElements = 100'000;         // the same for copies
constexpr Index kSplitTiles = 8;                   // fewer tiles than this: the depth is split instead
constexpr Index kSplitDepth = 1024;                // at least this deep each
constexpr Index kSplitParts = 16;

template <class T>
static Index aligned(Index elements) {
  constexpr Index kAlignment = 64 / sizeof(T);
  return ceil_div(elements, kAlignment) * kAlignment;
}

// ---- The general path

template <class T>
struct Blocks {
  Index depth, columns, rows;  // of one block
  bool pack_a, pack_b;
  Index a_elements, b_elements;  // of scratch
};

template <class T>
static Blocks<T> blocks_of(const GemmArgs<T>& args, bool packed_b) {
  Blocks<T> blocks;
  // Equal pieces, in whole panels and tiles.
  const auto limited = [](Index total, Index limit, Index unit) {
    const Index pieces = max_of(ceil_div(total, max_of(limit, unit)), Index(1));
    return min_of(total, ceil_div(ceil_div(total, pieces), unit) * unit);
  };
  blocks.depth = limited(args.k, 8 * kBlockDepth, 1);
  blocks.columns = limited(args.n, kPackedElements / max_of(blocks.depth, Index(1)), kTileColumns<T>);
  blocks.rows = limited(args.m, kPackedElements / max_of(blocks.depth, Index(1)), kTileRows);
  const Index row_tiles = ceil_div(args.m, Index(kTileRows));
  const Index panels = ceil_div(args.n, Index(kTileColumns<T>));
  blocks.pack_b = !packed_b && (args.transpose_b || row_tiles > 3);
  blocks.pack_a = !args.transpose_a && row_tiles > 1 && panels > 4;
  blocks.a_elements =
      blocks.pack_a ? ceil_div(blocks.rows, Index(kTileRows)) * kPanelRows * blocks.depth : 0;
  if (packed_b) {
    blocks.b_elements = 0;
  } else if (blocks.pack_b) {
    blocks.b_elements = padded_columns<T>(blocks.columns) * blocks.depth;
  } else {
    blocks.b_elements = args.n % kLanes<T> ? kTileColumns<T> * blocks.depth : 0;  // its last panel
  }
  return blocks;
}

// The right operand of one block: where panel j begins, and the distance between its rows.
template <class T>
struct Right {
  const T* first;
  Index panel_stride;
  Index step;        // 0: the padded width of the panel
  const T* last;     // the packed copy of the last panel when the others are read where they lie; or null
};

// One block of the product: depth [first, first + args.k). packed_b, if given, has panels of `whole` rows.
template <class T>
static void multiply_block(const GemmArgs<T>& args, const Blocks<T>& blocks, const T* packed_b, Index whole,
                           Index first, T* scratch) {
  constexpr Index kColumns = kTileColumns<T>;
  const Index m = args.m, n = args.n, k = args.k;
  const Index panels = ceil_div(n, kColumns);
  const Index row_tiles = ceil_div(m, Index(kTileRows));
  T* const packed_a = scratch;
  T* const own_b = scratch + aligned<T>(blocks.a_elements);
  const auto width_of = [&](Index j) { return padded_columns<T>(min_of(n - j * kColumns, kColumns)); };
  const auto row_of = [&](Index tile) { return piece_begin(m, row_tiles, tile); };

  Right<T> right = {packed_b, whole * kColumns, 0, nullptr};
  const Index b_first = packed_b ? first : 0;  // the row of the panels that the block begins with
  Index b_panels = 0, first_b_panel = 0;
  if (blocks.pack_b) {
    right = {own_b, k * kColumns, 0, nullptr};
    b_panels = panels;
  } else if (!packed_b) {
    right = {args.b, kColumns, args.ldb, nullptr};
    if (n % kLanes<T>) {
      right.last = own_b;
      b_panels = 1;
      first_b_panel = panels - 1;
    }
  }
  const Index a_panels = blocks.pack_a ? row_tiles : 0;
  const auto pack = [&](Index begin, Index end, int) {
    for (Index unit = begin; unit < end; ++unit) {
      if (unit < b_panels) {
        const Index j = first_b_panel + unit;
        const T* source = args.b + j * kColumns * (args.transpose_b ? args.ldb : 1);
        pack_panel(source, args.ldb, args.transpose_b, k, min_of(n - j * kColumns, kColumns), width_of(j),
                   own_b + unit * kColumns * k);
      } else {
        const Index tile = unit - b_panels;
        const Index row = row_of(tile);
        pack_panel(args.a + row * args.lda, args.lda, true, k, row_of(tile + 1) - row, Index(kPanelRows),
                   packed_a + tile * kPanelRows * k);
      }
    }
  };
  if (b_panels + a_panels) parallel(b_panels + a_panels, max_of(kWorkerElements / (k * kColumns + 1), Index(1)), pack);

  // Rows are blocked so that their part of a stays in the second cache, and finer if the workers need more units.
  const Index depth_blocks = max_of(ceil_div(k, kBlockDepth), Index(1));
  const Index tiles_per_block = max_of(kBlockElements / (ceil_div(k, depth_blocks) + 1) / kTileRows, Index(1));
  Index row_blocks = ceil_div(row_tiles, tiles_per_block);
  const Index wanted = 4 * Index(num_threads());
  if (row_blocks * panels < wanted) row_blocks = min_of(row_tiles, ceil_div(wanted, panels));

  const auto multiply_tiles = [&](Index row_block, Index first_panel, Index last_panel) {
    const Index first_tile = piece_begin(row_tiles, row_blocks, row_block);
    const Index last_tile = piece_begin(row_tiles, row_blocks, row_block + 1);
    for (Index depth = 0; depth < depth_blocks; ++depth) {
      const Index p = piece_begin(k, depth_blocks, depth);
      Tile<T> tile;
      tile.length = piece_begin(k, depth_blocks, depth + 1) - p;
      tile.accumulate = first > 0 || depth > 0;
      const bool last = depth + 1 == depth_blocks;
      tile.activation = last ? args.activation : Activation::linear;
      tile.c_row = args.ldc;
      for (Index j = first_panel; j < last_panel; ++j) {
        const bool copied = right.last && j == panels - 1;
        tile.b_step = right.step && !copied ? right.step : width_of(j);
        tile.b = (copied ? right.last : right.first + j * right.panel_stride) + (b_first + p) * tile.b_step;
        tile.columns = min_of(n - j * kColumns, kColumns);
        tile.bias = last && args.bias ? args.bias + j * kColumns : nullptr;
        for (Index i = first_tile; i < last_tile; ++i) {
          const Index row = row_of(i);
          tile.rows = row_of(i + 1) - row;
          if (blocks.pack_a) {
            tile.a = packed_a + i * kPanelRows * k + p * kPanelRows;
            tile.a_row = 1;
            tile.a_step = kPanelRows;
          } else if (args.transpose_a) {
            tile.a = args.a + row + p * args.lda;
            tile.a_row = 1;
            tile.a_step = args.lda;
          } else {
            tile.a = args.a + row * args.lda + p;
            tile.a_row = args.lda;
            tile.a_step = 1;
          }
          tile.c = args.c + row * args.ldc + j * kColumns;
          run_tile(tile);
        }
      }
    }
  };
  const Index unit_flops = 2 * ceil_div(m, row_blocks) * min_of(n, kColumns) * max_of(k, Index(1));
  parallel(row_blocks * panels, max_of(kWorkerFlops / unit_flops, Index(1)), [&](Index begin, Index end, int) {
    while (begin < end) {
      const Index row_block = begin / panels;
      const Index stop = min_of(end, (row_block + 1) * panels);
      multiply_tiles(row_block, begin - row_block * panels, stop - row_block * panels);
      begin = stop;
    }
  });
}

template <class T>
static void multiply(const GemmArgs<T>& args, const T* packed_b, T* scratch) {
  const Blocks<T> blocks = blocks_of(args, packed_b != nullptr);
  for (Index j = 0; j < args.n; j += blocks.columns) {
    Index p = 0;
    do {
      for (Index i = 0; i < args.m; i += blocks.rows) {
        GemmArgs<T> block = args;
        block.m = min_of(args.m - i, blocks.rows);
        block.n = min_of(args.n - j, blocks.columns);
        block.k = min_of(args.k - p, blocks.depth);
        block.a = args.a + (args.transpose_a ? p * args.lda + i : i * args.lda + p);
        if (!packed_b) block.b = args.b + (args.transpose_b ? j * args.ldb + p : p * args.ldb + j);
        block.c = args.c + i * args.ldc + j;
        const bool last = p + block.k == args.k;
        block.bias = last && args.bias ? args.bias + j : nullptr;
        if (!last) block.activation = Activation::linear;
        multiply_block(block, blocks, packed_b ? packed_b + j * args.k : nullptr, args.k, p, scratch);
      }
      p += blocks.depth;
    } while (p < args.k);
  }
}

// ---- The choice

enum class Path { few_rows, few_rows_transposed, one_column, split_depth, general };

template <class T>
static Path path_of(const GemmArgs<T>& args, bool packed_b) {
  if (!packed_b) {
    if (args.n == 1) return Path::one_column;
    if (args.m <= kFewRows && !args.transpose_b) return Path::few_rows;
    if (args.m <= kFewRows && args.k >= kLanes<T>) return Path::few_rows_transposed;
    const Index tiles = ceil_div(args.m, Index(kTileRows)) * ceil_div(args.n, Index(kTileColumns<T>));
    if (tiles <= kSplitTiles && args.k >= 2 * kSplitDepth) return Path::split_depth;
  }
  return Path::general;
}

static Index split_parts(Index k) { return min_of(k / kSplitDepth, kSplitParts); }

template <class T>
static Index general_elements(const GemmArgs<T>& args, bool packed_b) {
  const Blocks<T> blocks = blocks_of(args, packed_b);
  return aligned<T>(blocks.a_elements) + aligned<T>(blocks.b_elements);
}

// bias and activation of a row of c that holds the whole sum.
template <class T>
static void finish_row(const GemmArgs<T>& args, T* c) {
  using P = TilePacket<T>;
  if (args.bias || is_clamp(args.activation)) {
    for (Index j = 0; j < args.n; j += kLanes<T>) {
      const Index count = min_of(args.n - j, Index(kLanes<T>));
      P sum = load_first(c + j, count);
      if (args.bias) sum = Eigen::internal::padd(sum, load_first(args.bias + j, count));
      if (is_clamp(args.activation)) sum = clamp(sum, low_bound<T>(), high_bound<T>(args.activation));
      store_first(c + j, sum, count);
    }
  }
  if (is_transcendental(args.activation)) activate(args.activation, c, args.n, 1, args.n);
}

// One part of a depth that is split.
template <class T>
static GemmArgs<T> depth_part(const GemmArgs<T>& args, Index parts, Index part) {
  const Index p = piece_begin(args.k, parts, part);
  GemmArgs<T> piece = args;
  piece.k = piece_begin(args.k, parts, part + 1) - p;
  piece.a = args.a + (args.transpose_a ? p * args.lda : p);
  piece.b = args.b + (args.transpose_b ? p : p * args.ldb);
  piece.bias = nullptr;
  piece.activation = Activation::linear;
  return piece;
}

// The longest part: what scratch is booked for.
template <class T>
static Index part_elements(const GemmArgs<T>& args) {
  GemmArgs<T> longest = args;
  longest.k = ceil_div(args.k, split_parts(args.k));
  return aligned<T>(general_elements(longest, false));
}

template <class T>
static Index elements_of(const GemmArgs<T>& args, bool packed_b) {
  switch (path_of(args, packed_b)) {
    case Path::few_rows: return 0;
    case Path::few_rows_transposed: return args.m * args.k;
    case Path::one_column: return args.m + args.k;
    case Path::split_depth:
      return split_parts(args.k) * aligned<T>(args.m * args.n) + max_threads() * part_elements(args);
    case Path::general: return general_elements(args, packed_b);
  }
  return 0;
}

// The parts of the depth side by side, each into its own sum; then the sums in order.
template <class T>
static void split_depth(const GemmArgs<T>& args, T* scratch) {
  const Index parts = split_parts(args.k);
  const Index sum_elements = aligned<T>(args.m * args.n);
  const Index worker_elements = part_elements(args);
  T* const workers = scratch + parts * sum_elements;
  const Index part_flops = 2 * args.m * args.n * (args.k / parts);
  parallel(parts, max_of(kWorkerFlops / part_flops, Index(1)), [&](Index begin, Index end, int worker) {
    for (Index part = begin; part < end; ++part) {
      GemmArgs<T> piece = depth_part(args, parts, part);
      piece.c = scratch + part * sum_elements;
      piece.ldc = args.n;
      multiply<T>(piece, nullptr, workers + worker * worker_elements);
    }
  });
  parallel(args.m, max_of(kWorkerElements / (args.n * parts), Index(1)), [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) {
      T* const c = args.c + i * args.ldc;
      for (Index j = 0; j < args.n; ++j) {
        T sum = scratch[i * args.n + j];
        for (Index part = 1; part < parts; ++part) sum += scratch[part * sum_elements + i * args.n + j];
        c[j] = sum;
      }
      finish_row(args, c);
    }
  });
}

template <class T>
static void run_one(const GemmArgs<T>& args, const T* packed_b, T* scratch) {
  const Index a_row = args.transpose_a ? 1 : args.lda;
  const Index a_step = args.transpose_a ? args.lda : 1;
  switch (path_of(args, packed_b != nullptr)) {
    case Path::few_rows: return few_rows(args, a_row, a_step);
    case Path::few_rows_transposed: return few_rows_transposed(args, a_row, a_step, scratch);
    case Path::one_column: return one_column(args, scratch);
    case Path::split_depth: return split_depth(args, scratch);
    case Path::general: return multiply(args, packed_b, scratch);
  }
}

// ---- Batches

// A batch that shares b is one taller product, if its matrices follow each other.
template <class T>
static GemmArgs<T> merged(GemmArgs<T> args) {
  if (args.batch > 1 && args.stride_b == 0 && !args.transpose_a && args.stride_a == args.m * args.lda &&
      args.stride_c == args.m * args.ldc) {
    args.m *= args.batch;
    args.batch = 1;
  }
  return args;
}

// Whether each worker takes whole products.
template <class T>
static bool one_worker_each(const GemmArgs<T>& args) {
  return args.batch > 1 && 2 * args.m * args.n * args.k < 8 * kWorkerFlops;
}

template <class T>
static std::size_t bytes_of(const GemmArgs<T>& given, bool packed_b) {
  const GemmArgs<T> args = merged(given);
  if (args.m <= 0 || args.n <= 0) return 0;
  const Index elements = aligned<T>(elements_of(args, packed_b));
  return static_cast<std::size_t>(elements * (one_worker_each(args) ? max_threads() : 1)) * sizeof(T);
}

template <class T>
static void run_batch(const GemmArgs<T>& given, const T* packed_b, T* scratch) {
  const GemmArgs<T> args = merged(given);
  if (args.m <= 0 || args.n <= 0) return;
  if (args.batch == 1) return run_one(args, packed_b, scratch);
  const Index elements = aligned<T>(elements_of(args, packed_b != nullptr));
  const auto run_range = [&](Index begin, Index end, int worker) {
    for (Index i = begin; i < end; ++i) {
      GemmArgs<T> one = args;
      one.batch = 1;
      one.a += i * args.stride_a;
      if (!packed_b) one.b += i * args.stride_b;
      one.c += i * args.stride_c;
      run_one(one, packed_b, scratch + worker * elements);
    }
  };
  if (one_worker_each(args)) {
    const Index flops = 2 * args.m * args.n * max_of(args.k, Index(1));
    parallel(args.batch, max_of(kWorkerFlops / flops, Index(1)), run_range);
  } else {
    run_range(0, args.batch, 0);
  }
}

// ---- The contract

template <class T>
static std::size_t scratch_bytes(const GemmArgs<T>& args) {
  return bytes_of(args, false);
}

template <class T>
static void run(const GemmArgs<T>& args, void* scratch) {
  run_batch<T>(args, nullptr, static_cast<T*>(scratch));
}

template <class T>
static std::size_t packed_bytes(Index k, Index n) {
  return static_cast<std::size_t>(k * padded_columns<T>(n)) * sizeof(T);
}

template <class T>
static void pack(const GemmArgs<T>& args, void* packed) {
  constexpr Index kColumns = kTileColumns<T>;
  parallel(ceil_div(args.n, kColumns), max_of(kWorkerElements / (args.k * kColumns + 1), Index(1)),
           [&](Index begin, Index end, int) {
             for (Index j = begin; j < end; ++j) {
               const Index columns = min_of(args.n - j * kColumns, kColumns);
               pack_panel(args.b + j * kColumns * (args.transpose_b ? args.ldb : 1), args.ldb, args.transpose_b, args.k,
                          columns, padded_columns<T>(columns), static_cast<T*>(packed) + j * kColumns * args.k);
             }
           });
}

template <class T>
static void run_packed(const GemmArgs<T>& args, const void* packed, void* scratch) {
  run_batch(args, static_cast<const T*>(packed), static_cast<T*>(scratch));
}

template <class T>
Gemm<T> make_gemm() {
  return {scratch_bytes<T>, run<T>, packed_bytes<T>, pack<T>, run_packed<T>};
}

template Gemm<float> make_gemm();
template Gemm<double> make_gemm();

}  // namespace lamina::kernels::LAMINA_LEVEL
