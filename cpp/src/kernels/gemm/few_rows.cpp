#include "kernels/gemm/few_rows.h"

#include <limits>

#include "kernels/epilogue.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

using Eigen::internal::padd;
using Eigen::internal::ploadu;
using Eigen::internal::pmadd;
using Eigen::internal::predux;
using Eigen::internal::pset1;
using Eigen::internal::pstoreu;

// Bytes of b that are worth a worker of its own.
constexpr Index kBytesPerWorker = 256 * 1024;

// bias, addend and clamp of one packet of row i that begins at column j, of which `count` lanes are wanted.
template <class T>
EIGEN_ALWAYS_INLINE TilePacket<T> finished(const GemmArgs<T>& args, TilePacket<T> sum, Index i, Index j, Index count) {
  const auto load = [count](const T* from) LAMINA_INLINE_LAMBDA {
    return count == kLanes<T> ? ploadu<TilePacket<T>>(from) : load_first(from, count);
  };
  if (args.bias) sum = padd(sum, load(args.bias + j));
  if (args.addend) sum = padd(sum, load(args.addend + i * args.ldc + j));
  if (is_clamp(args.activation)) sum = clamp(sum, low_bound<T>(), high_bound<T>(args.activation));
  return sum;
}

// Where columns of b lie: in a row packet by packet, then the next row; every other packet begins `pair` further.
template <class T>
struct Columns {
  const T* first;
  Index row, pair;
};

template <class T>
static Columns<T> columns_at(const GemmArgs<T>& args, const T* packed_b, Index j) {
  if (!packed_b) return {args.b + j, args.ldb, kTileColumns<T>};
  const Index inside = j % kTileColumns<T>, panel = j - inside;
  return {packed_b + panel * args.k + inside, padded_columns<T>(min_of(args.n - panel, Index(kTileColumns<T>))),
          args.k * kTileColumns<T>};
}

// Columns [j, j + Vectors * kLanes), or [j, j + count) when Vectors is 1.
template <class T, int Rows, int Vectors>
static void column_block(const GemmArgs<T>& args, const T* packed_b, Index a_row, Index a_step, Index j, Index count) {
  using P = TilePacket<T>;
  constexpr int kLane = kLanes<T>;
  P sum[Rows][Vectors];
  unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA {
    unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA { sum[i][v] = pset1<P>(T(0)); });
  });
  const bool whole = Vectors > 1 || count == kLane;
  const T* a = args.a;
  const Columns<T> columns = columns_at(args, packed_b, j);
  const T* b = columns.first;
  for (Index p = 0; p < args.k; ++p) {
    P left[Rows];
    unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA { left[i] = pset1<P>(a[i * a_row]); });
    unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA {
      const P right = whole ? ploadu<P>(b + v / 2 * columns.pair + v % 2 * kLane) : load_first(b, count);
      unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA { sum[i][v] = pmadd(left[i], right, sum[i][v]); });
    });
    a += a_step;
    b += columns.row;
  }
  unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA {
    T* c = args.c + i * args.ldc + j;
    unroll<Vectors>([&](auto v) LAMINA_INLINE_LAMBDA {
      const P value = finished(args, sum[i][v], i, j + v * kLane, whole ? Index(kLane) : count);
      if (whole) {
        pstoreu(c + v * kLane, value);
      } else {
        store_first(c, value, count);
      }
    });
  });
}

// The next narrower block: such as cut the gates of a recurrence into as few blocks as there can be.
constexpr int narrower(int vectors) { return vectors > 8 ? vectors - 4 : vectors > 2 ? vectors - 2 : 1; }

// Columns [j, last) in blocks of Vectors packets, then in narrower ones: a single packet's sum would wait for itself.
template <class T, int Rows, int Vectors>
static void column_blocks(const GemmArgs<T>& args, const T* packed_b, Index a_row, Index a_step, Index j, Index last) {
  constexpr Index kLane = kLanes<T>;
  if constexpr (Vectors > 1) {
    for (; j + Vectors * kLane <= last; j += Vectors * kLane) {
      column_block<T, Rows, Vectors>(args, packed_b, a_row, a_step, j, 0);
    }
    column_blocks<T, Rows, narrower(Vectors)>(args, packed_b, a_row, a_step, j, last);
  } else {
    for (; j < last; j += kLane) column_block<T, Rows, 1>(args, packed_b, a_row, a_step, j, min_of(last - j, kLane));
  }
}

template <class T, int Rows>
static void few_rows_of(const GemmArgs<T>& args, const T* packed_b, Index a_row, Index a_step) {
#if defined(__AVX512F__) || defined(__aarch64__)
  constexpr int kVectors = Rows == 1 ? 16 : 4;
#else
  constexpr int kVectors = Rows == 1 ? 8 : Rows == 2 ? 4 : 2;
#endif
  const Index units = ceil_div(args.n, Index(kTileColumns<T>));
  const Index unit_bytes = args.k * kTileColumns<T> * Index(sizeof(T));
  parallel(units, shared_grain(units, unit_bytes, kBytesPerWorker), [&](Index begin, Index end, int) {
    const Index first = begin * kTileColumns<T>;
    const Index last = min_of(end * kTileColumns<T>, args.n);
    column_blocks<T, Rows, kVectors>(args, packed_b, a_row, a_step, first, last);
    if (is_transcendental(args.activation)) {
      activate(args.activation, args.c + first, args.ldc, Rows, last - first);
    }
  });
}

template <class T>
void few_rows(const GemmArgs<T>& args, const T* packed_b, Index a_row, Index a_step) {
  switch (args.m) {
    case 1:
      return few_rows_of<T, 1>(args, packed_b, a_row, a_step);
    case 2:
      return few_rows_of<T, 2>(args, packed_b, a_row, a_step);
    case 3:
      return few_rows_of<T, 3>(args, packed_b, a_row, a_step);
    default:
      return few_rows_of<T, 4>(args, packed_b, a_row, a_step);
  }
}

// sums[i][q] = dot(a row i, b row q), one packet of partial sums each.
template <class T, int Rows, int Columns>
static void dot_block(const T* a, Index a_row, const T* b, Index ldb, Index k, T* c, Index ldc) {
  using P = TilePacket<T>;
  constexpr int kLane = kLanes<T>;
  P sum[Rows][Columns];
  unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA {
    unroll<Columns>([&](auto q) LAMINA_INLINE_LAMBDA { sum[i][q] = pset1<P>(T(0)); });
  });
  const auto add = [&](const auto& load, Index p) LAMINA_INLINE_LAMBDA {
    P left[Rows];
    unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA { left[i] = load(a + i * a_row + p); });
    unroll<Columns>([&](auto q) LAMINA_INLINE_LAMBDA {
      const P right = load(b + q * ldb + p);
      unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA { sum[i][q] = pmadd(left[i], right, sum[i][q]); });
    });
  };
  const Index whole = k / kLane * kLane;
  for (Index p = 0; p < whole; p += kLane) {
    add([](const T* from) LAMINA_INLINE_LAMBDA { return ploadu<P>(from); }, p);
  }
  if (whole < k) add([&](const T* from) LAMINA_INLINE_LAMBDA { return load_first(from, k - whole); }, whole);
  unroll<Rows>([&](auto i) LAMINA_INLINE_LAMBDA {
    unroll<Columns>([&](auto q) LAMINA_INLINE_LAMBDA { c[i * ldc + q] = predux(sum[i][q]); });
  });
}

template <class T, int Rows>
static void dots_of(const GemmArgs<T>& args, const T* a, Index a_row) {
#if defined(__AVX512F__) || defined(__aarch64__)
  constexpr int kColumns = Rows == 1 ? 8 : 4;
#else
  constexpr int kColumns = Rows == 1 ? 8 : Rows == 2 ? 4 : 2;
#endif
  constexpr Index kLane = kLanes<T>;
  parallel(args.n, shared_grain(args.n, args.k * Index(sizeof(T)), kBytesPerWorker), [&](Index begin, Index end, int) {
    Index j = begin;
    for (; j + kColumns <= end; j += kColumns) {
      dot_block<T, Rows, kColumns>(a, a_row, args.b + j * args.ldb, args.ldb, args.k, args.c + j, args.ldc);
    }
    for (; j < end; ++j) {
      dot_block<T, Rows, 1>(a, a_row, args.b + j * args.ldb, args.ldb, args.k, args.c + j, args.ldc);
    }
    if (args.bias || args.addend || args.activation != Activation::linear) {
      for (Index i = 0; i < Rows; ++i) {
        T* c = args.c + i * args.ldc;
        for (Index q = begin; q < end; q += kLane) {
          const Index count = min_of(end - q, kLane);
          store_first(c + q, finished(args, load_first(c + q, count), i, q, count), count);
        }
      }
      if (is_transcendental(args.activation)) {
        activate(args.activation, args.c + begin, args.ldc, Rows, end - begin);
      }
    }
  });
}

template <class T>
void few_rows_transposed(const GemmArgs<T>& args, Index a_row, Index a_step, T* scratch) {
  const T* a = args.a;
  if (a_step != 1) {
    for (Index i = 0; i < args.m; ++i) {
      for (Index p = 0; p < args.k; ++p) scratch[i * args.k + p] = a[i * a_row + p * a_step];
    }
    a = scratch;
    a_row = args.k;
  }
  switch (args.m) {
    case 1:
      return dots_of<T, 1>(args, a, a_row);
    case 2:
      return dots_of<T, 2>(args, a, a_row);
    case 3:
      return dots_of<T, 3>(args, a, a_row);
    default:
      return dots_of<T, 4>(args, a, a_row);
  }
}

template <class T>
void one_column(const GemmArgs<T>& args, T* scratch) {
  GemmArgs<T> row;
  row.m = 1;
  row.n = args.m;
  row.k = args.k;
  row.a = args.b;
  row.b = args.a;
  row.ldb = args.lda;
  row.c = args.ldc == 1 ? args.c : scratch;
  row.ldc = args.m;
  const Index a_step = args.transpose_b ? 1 : args.ldb;
  if (args.transpose_a) {
    few_rows<T>(row, nullptr, 0, a_step);
  } else {
    few_rows_transposed(row, 0, a_step, scratch + args.m);
  }
  const T bias = args.bias ? args.bias[0] : T(0);
  const T low = is_clamp(args.activation) ? T(0) : -std::numeric_limits<T>::infinity();
  const T high = args.activation == Activation::relu6 ? T(6) : std::numeric_limits<T>::infinity();
  for (Index i = 0; i < args.m; ++i) {
    const T sum = row.c[i] + bias + (args.addend ? args.addend[i * args.ldc] : T(0));
    args.c[i * args.ldc] = sum < low ? low : high < sum ? high : sum;
  }
  if (is_transcendental(args.activation)) activate(args.activation, args.c, args.ldc, args.m, 1);
}

template void few_rows(const GemmArgs<float>&, const float*, Index, Index);
template void few_rows(const GemmArgs<double>&, const double*, Index, Index);
template void few_rows_transposed(const GemmArgs<float>&, Index, Index, float*);
template void few_rows_transposed(const GemmArgs<double>&, Index, Index, double*);
template void one_column(const GemmArgs<float>&, float*);
template void one_column(const GemmArgs<double>&, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
