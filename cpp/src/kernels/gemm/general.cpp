// Two ways through a block of the product.
//   by panels, when all of a stays in the second cache: in parallel over (panel of b, block of rows); a worker packs
//   the
//     panels that it takes just before their use, because one that another worker packed would have to come out of that
//     worker's cache;
//   by rows: all panels are packed first, then in parallel over (block of rows, panel of b).
// Within both, one register tile per kTileRows rows for each block of the depth.
#include "kernels/gemm/general.h"

#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

constexpr Index kPackedElements = Index(1) << 21;  // of one packed operand at a time
constexpr Index kBlockDepth = 512;                 // k of one pass over the tiles
constexpr Index kBlockElements = 64 * 1024;        // of an operand that stays in the second cache with room for others
constexpr Index kSharedElements = 256 * 1024;      // of a when it streams from the last cache, once for each panel
constexpr Index kSharedTiles = 8;                  // of rows, when there is nothing to pack
constexpr Index kPackedTiles = 20;                 // of rows: so many must use a panel of b, or packing it costs more
constexpr Index kFetchElements = 256 * 1024;       // operands beyond this are fetched ahead

// ---- The blocks of an operand that is too large to be packed at once

template <class T>
struct Plan {
  Index depth, columns, rows;  // of one block
  bool by_panels, pack_a, pack_b;
  Index a_elements, b_elements;  // of scratch; by panels, b's are for each worker
};

// Equal pieces of at most `limit`, in whole units.
static Index piece_limit(Index total, Index limit, Index unit) {
  const Index pieces = max_of(ceil_div(total, max_of(limit, unit)), Index(1));
  return min_of(total, ceil_div(ceil_div(total, pieces), unit) * unit);
}

template <class T>
static Plan<T> plan_of(const GemmArgs<T>& args, bool packed_b) {
  Plan<T> plan;
  const Index row_tiles = ceil_div(args.m, Index(kTileRows));
  const Index panels = ceil_div(args.n, Index(kTileColumns<T>));
  // A b that few rows reuse is packed in pieces that stay in the second cache.
  const Index most_depth = 8 * kBlockDepth;
  const bool few_rows = !packed_b && row_tiles < 16;
  const Index cached_depth = max_of(2 * kBlockElements / max_of(args.n, Index(1)), kBlockDepth);
  plan.depth = piece_limit(args.k, few_rows ? min_of(cached_depth, most_depth) : most_depth, 1);
  const Index depth = max_of(plan.depth, Index(1));
  plan.columns = piece_limit(args.n, kPackedElements / depth, kTileColumns<T>);
  plan.rows = piece_limit(args.m, kPackedElements / depth, kTileRows);

  // Rows of a that lie a multiple of a page apart share one set of the first cache: a tile's would evict each other.
  const bool a_collides = !args.transpose_a && row_tiles > 1 && args.lda * Index(sizeof(T)) % 4096 == 0;
  // Without packing, rows are the better shares: the next op mostly shares rows too, and finds them in its cache.
  const bool share_rows = packed_b && row_tiles >= kSharedTiles;
  plan.by_panels = plan.rows * plan.depth <= kSharedElements && !(a_collides && panels > 4) && !share_rows;
  plan.pack_b = !packed_b && (args.transpose_b || row_tiles > kPackedTiles);
  plan.pack_a = !plan.by_panels && a_collides;
  plan.a_elements = plan.pack_a ? ceil_div(plan.rows, Index(kTileRows)) * kPanelRows * plan.depth : 0;
  const bool pack_last = !packed_b && args.n % kLanes<T> != 0;
  const Index panel_elements = kTileColumns<T> * plan.depth;
  if (plan.pack_b && !plan.by_panels) {
    plan.b_elements = padded_columns<T>(plan.columns) * plan.depth;
  } else {
    plan.b_elements = plan.pack_b || pack_last ? panel_elements : 0;
  }
  return plan;
}

template <class T>
Index general_elements(const GemmArgs<T>& args, bool packed_b) {
  const Plan<T> plan = plan_of(args, packed_b);
  return aligned_elements<T>(plan.a_elements) +
         aligned_elements<T>(plan.b_elements) * (plan.by_panels ? max_threads() : 1);
}

template <class T>
void pack_panel_of_b(const GemmArgs<T>& args, Index j, T* out) {
  const Index column = j * kTileColumns<T>;
  const Index columns = min_of(args.n - column, Index(kTileColumns<T>));
  pack_panel(args.b + column * (args.transpose_b ? args.ldb : 1), args.ldb, args.transpose_b, args.k, columns,
             padded_columns<T>(columns), out);
}

// ---- One block

// Rows [first_row, first_row + args.k) of the whole depth.
template <class T>
struct Block {
  GemmArgs<T> args;
  Index first_row;
  const T* packed_a;
  Index panels, row_tiles, depth_blocks;

  Index row(Index tile) const { return piece_begin(args.m, row_tiles, tile); }
  Index depth(Index block) const { return piece_begin(args.k, depth_blocks, block); }
};

// One panel of b: its first row of the block, and the distance between the rows.
template <class T>
struct Panel {
  const T* first;
  Index step;
};

template <class T>
static void take_depth(const Block<T>& block, Index depth_block, Tile<T>& tile) {
  tile.length = block.depth(depth_block + 1) - block.depth(depth_block);
  tile.accumulate = block.first_row > 0 || depth_block > 0;
  const bool last = depth_block + 1 == block.depth_blocks;
  tile.activation = last ? block.args.activation : Activation::linear;
  tile.c_row = block.args.ldc;
}

template <class T>
static void take_rows(const Block<T>& block, Index i, Index p, Tile<T>& tile) {
  const GemmArgs<T>& args = block.args;
  const Index row = block.row(i);
  tile.rows = block.row(i + 1) - row;
  if (block.packed_a) {
    tile.a = block.packed_a + (i * args.k + p) * kPanelRows;
    tile.a_row = 1;
    tile.a_step = kPanelRows;
  } else {
    tile.a_row = args.transpose_a ? 1 : args.lda;
    tile.a_step = args.transpose_a ? args.lda : 1;
    tile.a = args.a + row * tile.a_row + p * tile.a_step;
  }
}

template <class T>
static void take_panel(const Block<T>& block, Index j, const Panel<T>& panel, Index depth_block, Tile<T>& tile) {
  const Index column = j * kTileColumns<T>;
  tile.b = panel.first + block.depth(depth_block) * panel.step;
  tile.b_step = panel.step;
  tile.columns = min_of(block.args.n - column, Index(kTileColumns<T>));
  const bool last = depth_block + 1 == block.depth_blocks;
  tile.bias = last && block.args.bias ? block.args.bias + column : nullptr;
}

template <class T>
static void run_at(const Block<T>& block, Index i, Index j, Index depth_block, Tile<T>& tile) {
  const Index at = block.row(i) * block.args.ldc + j * kTileColumns<T>;
  tile.c = block.args.c + at;
  const bool last = depth_block + 1 == block.depth_blocks;
  tile.addend = last && block.args.addend ? block.args.addend + at : nullptr;
  run_tile(tile);
}

// The tiles [first_tile, last_tile) of one panel.
template <class T>
static void multiply_panel(const Block<T>& block, Index j, const Panel<T>& panel, Index first_tile, Index last_tile) {
  Tile<T> tile;
  for (Index depth = 0; depth < block.depth_blocks; ++depth) {
    take_depth(block, depth, tile);
    take_panel(block, j, panel, depth, tile);
    for (Index i = first_tile; i < last_tile; ++i) {
      take_rows(block, i, block.depth(depth), tile);
      run_at(block, i, j, depth, tile);
    }
  }
}

// Writing an element of c costs about as much as eight multiply-adds.
template <class T>
static Index unit_flops(const Block<T>& block, Index row_blocks) {
  const Index columns = min_of(padded_columns<T>(block.args.n), Index(kTileColumns<T>));
  return 2 * ceil_div(block.args.m, row_blocks) * columns * (block.args.k + 8);
}

// Panels of b that need no packing: `packed` ones, or b itself.
template <class T>
static Panel<T> panel_in_place(const Block<T>& block, const T* packed, Index packed_depth, Index j) {
  const GemmArgs<T>& args = block.args;
  const Index column = j * kTileColumns<T>;
  if (!packed) return {args.b + column, args.ldb};
  const Index width = padded_columns<T>(min_of(args.n - column, Index(kTileColumns<T>)));
  return {packed + column * packed_depth + block.first_row * width, width};
}

template <class T>
static bool must_pack(const Block<T>& block, const Plan<T>& plan, const T* packed, Index j) {
  return plan.pack_b || (!packed && j + 1 == block.panels && block.args.n % kLanes<T> != 0);
}

template <class T>
static void multiply_by_panels(const Block<T>& block, const Plan<T>& plan, const T* packed, Index packed_depth,
                               T* scratch) {
  const Index own_elements = aligned_elements<T>(plan.b_elements);
  // Enough blocks of rows for even shares.
  const Index row_blocks = min_of(block.row_tiles, ceil_div(16 * Index(num_threads()), block.panels));
  const Index units = block.panels * row_blocks;
  parallel(units, shared_grain(units, unit_flops(block, row_blocks), kWorkerFlops),
           [&](Index begin, Index end, int worker) {
             Panel<T> panel = {nullptr, 0};
             Index current = -1;
             for (Index unit = begin; unit < end;) {
               const Index j = unit / row_blocks;
               const Index stop = min_of(end, (j + 1) * row_blocks);
               if (j != current && must_pack(block, plan, packed, j)) {
                 T* const own = scratch + worker * own_elements;
                 pack_panel_of_b(block.args, j, own);
                 panel = {own, padded_columns<T>(min_of(block.args.n - j * kTileColumns<T>, Index(kTileColumns<T>)))};
               } else if (j != current) {
                 panel = panel_in_place(block, packed, packed_depth, j);
               }
               current = j;
               multiply_panel(block, j, panel, piece_begin(block.row_tiles, row_blocks, unit - j * row_blocks),
                              piece_begin(block.row_tiles, row_blocks, stop - j * row_blocks));
               unit = stop;
             }
           });
}

// Asks for `rows` rows of `columns` values to be brought into the cache.
template <class T>
static void fetch(const T* from, Index stride, Index rows, Index columns) {
  constexpr Index kLine = 64 / sizeof(T);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; j += kLine) __builtin_prefetch(from + i * stride + j);
  }
}

// Whole rows of c, one after the other, for panels of b that all stay in the second cache; meanwhile the next rows are
// fetched.
template <class T, class PanelOf>
static void multiply_rows(const Block<T>& block, const PanelOf& panel_of, Index first_tile, Index last_tile,
                          Index first_panel, Index last_panel) {
  const GemmArgs<T>& args = block.args;
  const bool fetch_ahead = args.m * (args.n + args.k) > kFetchElements;
  Tile<T> tile;
  for (Index depth = 0; depth < block.depth_blocks; ++depth) {
    const Index p = block.depth(depth);
    take_depth(block, depth, tile);
    for (Index i = first_tile; i < last_tile; ++i) {
      take_rows(block, i, p, tile);
      for (Index j = first_panel; j < last_panel; ++j) {
        take_panel(block, j, panel_of(j), depth, tile);
        tile.next = nullptr;
        if (fetch_ahead && i + 1 < last_tile) {
          const Index row = block.row(i + 1);
          if (j == first_panel && tile.a_step == 1) tile.next = args.a + row * args.lda + p;
          fetch(args.c + row * args.ldc + j * kTileColumns<T>, args.ldc, tile.rows, tile.columns);
        }
        run_at(block, i, j, depth, tile);
      }
    }
  }
}

template <class T>
static void multiply_by_rows(Block<T>& block, const Plan<T>& plan, const T* packed, Index packed_depth, T* scratch) {
  const GemmArgs<T>& args = block.args;
  T* const packed_a = scratch;
  T* const packed_b = scratch + aligned_elements<T>(plan.a_elements);
  const Index a_panels = plan.pack_a ? block.row_tiles : 0;
  const Index first_b = plan.pack_b ? 0 : block.panels - 1;  // of the panels to pack
  const Index b_panels = must_pack(block, plan, packed, block.panels - 1) ? block.panels - first_b : 0;
  const Index panel_elements = args.k * kTileColumns<T>;
  const Index pack_units = a_panels + b_panels;
  parallel(pack_units, shared_grain(pack_units, panel_elements, kWorkerElements), [&](Index begin, Index end, int) {
    for (Index unit = begin; unit < end; ++unit) {
      if (unit < b_panels) {
        pack_panel_of_b(args, first_b + unit, packed_b + unit * panel_elements);
      } else {
        const Index i = unit - b_panels;
        pack_panel(args.a + block.row(i) * args.lda, args.lda, true, args.k, block.row(i + 1) - block.row(i),
                   Index(kPanelRows), packed_a + i * kPanelRows * args.k);
      }
    }
  });
  if (plan.pack_a) block.packed_a = packed_a;
  const auto panel_of = [&](Index j) -> Panel<T> {
    if (!must_pack(block, plan, packed, j)) return panel_in_place(block, packed, packed_depth, j);
    return {packed_b + (j - first_b) * panel_elements,
            padded_columns<T>(min_of(args.n - j * kTileColumns<T>, Index(kTileColumns<T>)))};
  };

  // A block of rows of a stays in the second cache; more blocks if the workers need them.
  const Index depth = ceil_div(args.k, block.depth_blocks) + 1;
  const Index tiles_per_block = max_of(kBlockElements / depth / kTileRows, Index(1));
  const Index wanted = ceil_div(4 * Index(num_threads()), block.panels);
  const Index row_blocks = max_of(ceil_div(block.row_tiles, tiles_per_block), min_of(block.row_tiles, wanted));
  const Index units = row_blocks * block.panels;
  parallel(units, shared_grain(units, unit_flops(block, row_blocks), kWorkerFlops), [&](Index begin, Index end, int) {
    while (begin < end) {
      const Index row_block = begin / block.panels;
      const Index first_panel = begin - row_block * block.panels;
      const Index last_panel = min_of(end - row_block * block.panels, block.panels);
      const Index first_tile = piece_begin(block.row_tiles, row_blocks, row_block);
      const Index last_tile = piece_begin(block.row_tiles, row_blocks, row_block + 1);
      if ((last_panel - first_panel) * kTileColumns<T> * depth <= kBlockElements) {
        multiply_rows(block, panel_of, first_tile, last_tile, first_panel, last_panel);
      } else {
        for (Index j = first_panel; j < last_panel; ++j) {
          multiply_panel(block, j, panel_of(j), first_tile, last_tile);
        }
      }
      begin = row_block * block.panels + last_panel;
    }
  });
}

// ---- All blocks

template <class T>
void general_product(const GemmArgs<T>& args, const T* packed_b, T* scratch) {
  const Plan<T> plan = plan_of(args, packed_b != nullptr);
  for (Index j = 0; j < args.n; j += plan.columns) {
    Index p = 0;
    do {
      for (Index i = 0; i < args.m; i += plan.rows) {
        Block<T> block = {args, p, nullptr, 0, 0, 0};
        GemmArgs<T>& part = block.args;
        part.m = min_of(args.m - i, plan.rows);
        part.n = min_of(args.n - j, plan.columns);
        part.k = min_of(args.k - p, plan.depth);
        part.a = args.a + (args.transpose_a ? p * args.lda + i : i * args.lda + p);
        if (!packed_b) part.b = args.b + (args.transpose_b ? j * args.ldb + p : p * args.ldb + j);
        part.c = args.c + i * args.ldc + j;
        const bool last = p + part.k == args.k;
        part.bias = last && args.bias ? args.bias + j : nullptr;
        part.addend = last && args.addend ? args.addend + i * args.ldc + j : nullptr;
        if (!last) part.activation = Activation::linear;
        block.panels = ceil_div(part.n, Index(kTileColumns<T>));
        block.row_tiles = ceil_div(part.m, Index(kTileRows));
        block.depth_blocks = max_of(ceil_div(part.k, kBlockDepth), Index(1));
        const T* const packed = packed_b ? packed_b + j * args.k : nullptr;
        if (plan.by_panels) {
          multiply_by_panels(block, plan, packed, args.k, scratch);
        } else {
          multiply_by_rows(block, plan, packed, args.k, scratch);
        }
      }
      p += plan.depth;
    } while (p < args.k);
  }
}

template Index general_elements(const GemmArgs<float>&, bool);
template Index general_elements(const GemmArgs<double>&, bool);
template void general_product(const GemmArgs<float>&, const float*, float*);
template void general_product(const GemmArgs<double>&, const double*, double*);
template void pack_panel_of_b(const GemmArgs<float>&, Index, float*);
template void pack_panel_of_b(const GemmArgs<double>&, Index, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
