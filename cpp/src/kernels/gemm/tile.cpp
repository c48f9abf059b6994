// The register tiles (see kernels/tile.h): one function for each number of rows and packets.
#include "kernels/tile.h"

#include "kernels/epilogue.h"

namespace lamina::kernels::LAMINA_LEVEL {

using Eigen::internal::padd;
using Eigen::internal::ploadu;
using Eigen::internal::pmadd;
using Eigen::internal::pset1;
using Eigen::internal::pstoreu;

template <class T, int Rows, int Vectors, bool fetches = false>
static void full_tile(const Tile<T>& tile) {
  using P = TilePacket<T>;
  constexpr int kLane = kLanes<T>;
  P sum[Rows][Vectors];
  unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA {
    unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA { sum[i][v] = pset1<P>(T(0)); });
  });

  // One pointer for three rows of a: few enough for the integer registers.
  constexpr int kGroups = (Rows + 2) / 3;
  const Index a_row = tile.a_row;
  const Index a_step = tile.a_step;
  const Index b_step = tile.b_step;
  const T* b = tile.b;
  const T* start = tile.a;
  const auto add_run = [&](auto first, auto last) LAMINA_INLINE_LAMBDA {
    const T* a[kGroups];
    unroll<kGroups>([&](auto g) LAMINA_INLINE_LAMBDA { a[g] = start + 3 * g * a_row; });
    for (Index p = 0; p < tile.length; ++p) {
      // A line of each row at a time, so that they come one after the other and nothing waits for them.
      if constexpr (fetches)
        if (p % (64 / Index(sizeof(T))) == 0)
          unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA { __builtin_prefetch(tile.next + i * a_row + p); });
      P right[Vectors];
      unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA { right[v] = ploadu<P>(b + v * kLane); });
      unroll<last, first>([&](auto i) LAMINA_INLINE_LAMBDA {
        const P left = pset1<P>(a[i / 3][(i % 3) * a_row]);
        unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA { sum[i][v] = pmadd(left, right[v], sum[i][v]); });
      });
      unroll<kGroups>([&](auto g) LAMINA_INLINE_LAMBDA { a[g] += a_step; });
      b += b_step;
    }
  };
  for (Index run = 0; run < tile.runs; ++run) {
    if (tile.offsets) start = tile.a + tile.offsets[run];
    if (tile.b_offsets) b = tile.b + tile.b_offsets[run];
    const RunRows rows = tile.run_rows ? tile.run_rows[run] : RunRows::all;
    if (rows == RunRows::all) {
      add_run(Constant<0>{}, Constant<Rows>{});
    } else if (rows == RunRows::all_but_first) {
      add_run(Constant<1>{}, Constant<Rows>{});
    } else {
      add_run(Constant<0>{}, Constant<Rows - 1>{});
    }
  }

  if (tile.accumulate) {
    unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA {
      unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA {
        sum[i][v] = padd(ploadu<P>(tile.c + i * tile.c_row + v * kLane), sum[i][v]);
      });
    });
  }
  if (tile.bias) {
    unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA {
      const P bias = ploadu<P>(tile.bias + v * kLane);
      unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA { sum[i][v] = padd(sum[i][v], bias); });
    });
  }
  if (tile.addend) {
    unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA {
      unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA {
        sum[i][v] = padd(sum[i][v], ploadu<P>(tile.addend + i * tile.c_row + v * kLane));
      });
    });
  }
  if (is_clamp(tile.activation)) {
    const P low = low_bound<T>();
    const P high = high_bound<T>(tile.activation);
    unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA {
      unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA { sum[i][v] = clamp(sum[i][v], low, high); });
    });
  }
  unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA {
    unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA { pstoreu(tile.c + i * tile.c_row + v * kLane, sum[i][v]); });
  });
}

template <class T>
using TileFunction = void (*)(const Tile<T>&);

template <class T>
struct TileFunctions {
  TileFunction<T> of[kTileVectors][kTileRows];

  constexpr TileFunctions() : of() {
    fill<1>();
    fill<2>();
  }

  template <int Vectors, int Rows = 1>
  constexpr void fill() {
    of[Vectors - 1][Rows - 1] = full_tile<T, Rows, Vectors>;
    if constexpr (Rows < kTileRows) fill<Vectors, Rows + 1>();
  }
};

template <class T>
static constexpr TileFunctions<T> tile_functions{};

template <class T>
void run_tile(const Tile<T>& tile) {
  constexpr int kLane = kLanes<T>;
  const Index vectors = ceil_div(tile.columns, Index(kLane));
  const bool fetches = tile.next != nullptr && tile.rows == kTileRows && vectors == kTileVectors;
  const TileFunction<T> function =
      fetches ? full_tile<T, kTileRows, kTileVectors, true> : tile_functions<T>.of[vectors - 1][tile.rows - 1];
  if (tile.columns == vectors * kLane) {
    function(tile);
  } else {
    // The last packet is not whole: the tile is computed in a buffer, so that nothing beyond `columns` is touched.
    EIGEN_ALIGN_MAX T buffer[kTileRows * kTileColumns<T>];
    EIGEN_ALIGN_MAX T addend[kTileRows * kTileColumns<T>];
    EIGEN_ALIGN_MAX T bias[kTileColumns<T>];
    const Index whole = (vectors - 1) * kLane;
    const Index rest = tile.columns - whole;
    const auto copy_row = [&](const T* from, T* to) {
      for (Index v = 0; v < vectors - 1; ++v) pstoreu(to + v * kLane, ploadu<TilePacket<T>>(from + v * kLane));
      pstoreu(to + whole, load_first(from + whole, rest));
    };
    Tile<T> inside = tile;
    inside.c = buffer;
    inside.c_row = kTileColumns<T>;
    const auto copy_rows = [&](const T* from, T* to) {
      for (Index i = 0; i < tile.rows; ++i) copy_row(from + i * tile.c_row, to + i * kTileColumns<T>);
    };
    if (tile.accumulate) copy_rows(tile.c, buffer);
    if (tile.bias) {
      copy_row(tile.bias, bias);
      inside.bias = bias;
    }
    if (tile.addend) {
      copy_rows(tile.addend, addend);
      inside.addend = addend;
    }
    function(inside);
    for (Index i = 0; i < tile.rows; ++i) {
      const T* from = buffer + i * kTileColumns<T>;
      T* to = tile.c + i * tile.c_row;
      for (Index v = 0; v < vectors - 1; ++v) pstoreu(to + v * kLane, ploadu<TilePacket<T>>(from + v * kLane));
      store_first(to + whole, ploadu<TilePacket<T>>(from + whole), rest);
    }
  }
  if (is_transcendental(tile.activation)) activate(tile.activation, tile.c, tile.c_row, tile.rows, tile.columns);
}

template void run_tile(const Tile<float>&);
template void run_tile(const Tile<double>&);

}  // namespace lamina::kernels::LAMINA_LEVEL
