// The choice of a path for a product, products whose depth is split, and batches.
#include "kernels/gemm/gemm.h"

#include "kernels/choice.h"
#include "kernels/epilogue.h"
#include "kernels/families.h"
#include "kernels/gemm/few_rows.h"
#include "kernels/gemm/general.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

constexpr Index kSplitTiles = 8;     // no more tiles of c than this: the depth is split over the workers instead
constexpr Index kSplitRatio = 32;    // and so it is when it is this many times the longer side
constexpr Index kSplitDepth = 1024;  // of each part at least
constexpr Index kSplitParts = 16;

// ---- The choice

enum class Path { one_column, few_rows, few_rows_transposed, split_depth, general };  // in the order of the list

template <class T>
struct Product {
  const GemmArgs<T>& args;
  bool packed_b;
};

template <class T>
constexpr Candidate<Product<T>> kPaths[] = {
    {"one_column",
     [](const Product<T>& p) -> const char* { return p.args.n != 1 ? "b has several columns" : nullptr; }},
    {"few_rows",
     [](const Product<T>& p) -> const char* {
       if (p.args.m > kFewRows) return "too many rows";
       return p.args.transpose_b && !p.packed_b ? "b is transposed" : nullptr;
     }},
    {"few_rows_transposed",
     [](const Product<T>& p) -> const char* {
       if (p.packed_b) return "b is packed";
       return p.args.m > kFewRows ? "too many rows" : p.args.k < kLanes<T> ? "less depth than a vector" : nullptr;
     }},
    {"split_depth",
     [](const Product<T>& p) -> const char* {
       if (p.packed_b) return "b is packed";
       const GemmArgs<T>& args = p.args;
       const Index tiles = ceil_div(args.m, Index(kTileRows)) * ceil_div(args.n, Index(kTileColumns<T>));
       if (tiles > kSplitTiles && args.k < kSplitRatio * max_of(args.m, args.n)) return "enough tiles for all workers";
       return args.k < 2 * kSplitDepth ? "too little depth" : nullptr;
     }},
    {"general", nullptr},
};

template <class T>
static Path path_of(const GemmArgs<T>& args, bool packed_b) {
  return static_cast<Path>(choose(kPaths<T>, Product<T>{args, packed_b}));
}

static Index split_parts(Index k) { return min_of(k / kSplitDepth, kSplitParts); }

// bias, addend and activation of row i of c, which holds the whole sum.
template <class T>
static void finish_row(const GemmArgs<T>& args, Index i) {
  using P = TilePacket<T>;
  T* const c = args.c + i * args.ldc;
  const T* const addend = args.addend ? args.addend + i * args.ldc : nullptr;
  if (args.bias || addend || is_clamp(args.activation)) {
    for (Index j = 0; j < args.n; j += kLanes<T>) {
      const Index count = min_of(args.n - j, Index(kLanes<T>));
      P sum = load_first(c + j, count);
      if (args.bias) sum = Eigen::internal::padd(sum, load_first(args.bias + j, count));
      if (addend) sum = Eigen::internal::padd(sum, load_first(addend + j, count));
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
  piece.bias = piece.addend = nullptr;
  piece.activation = Activation::linear;
  return piece;
}

// The longest part: what scratch is booked for.
template <class T>
static Index part_elements(const GemmArgs<T>& args) {
  GemmArgs<T> longest = args;
  longest.k = ceil_div(args.k, split_parts(args.k));
  return aligned_elements<T>(general_elements(longest, false));
}

template <class T>
static Index elements_of(const GemmArgs<T>& args, bool packed_b) {
  switch (path_of(args, packed_b)) {
    case Path::few_rows:
      return 0;
    case Path::few_rows_transposed:
      return args.m * args.k;
    case Path::one_column:
      return args.m + args.k;
    case Path::split_depth:
      return split_parts(args.k) * aligned_elements<T>(args.m * args.n) + max_threads() * part_elements(args);
    case Path::general:
      return general_elements(args, packed_b);
  }
  return 0;
}

// The parts of the depth side by side, each into its own sum; then the sums in order.
template <class T>
static void split_depth(const GemmArgs<T>& args, T* scratch) {
  const Index parts = split_parts(args.k);
  const Index sum_elements = aligned_elements<T>(args.m * args.n);
  const Index worker_elements = part_elements(args);
  T* const workers = scratch + parts * sum_elements;
  const Index part_flops = 2 * args.m * args.n * (args.k / parts);
  parallel(parts, shared_grain(parts, part_flops, kWorkerFlops), [&](Index begin, Index end, int worker) {
    for (Index part = begin; part < end; ++part) {
      GemmArgs<T> piece = depth_part(args, parts, part);
      piece.c = scratch + part * sum_elements;
      piece.ldc = args.n;
      general_product<T>(piece, nullptr, workers + worker * worker_elements);
    }
  });
  parallel(args.m, shared_grain(args.m, args.n * parts, kWorkerElements), [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) {
      T* const c = args.c + i * args.ldc;
      for (Index j = 0; j < args.n; ++j) {
        T sum = scratch[i * args.n + j];
        for (Index part = 1; part < parts; ++part) sum += scratch[part * sum_elements + i * args.n + j];
        c[j] = sum;
      }
      finish_row(args, i);
    }
  });
}

template <class T>
static void run_one(const GemmArgs<T>& args, const T* packed_b, T* scratch) {
  const Index a_row = args.transpose_a ? 1 : args.lda;
  const Index a_step = args.transpose_a ? args.lda : 1;
  if (logs_kernels())
    explain("gemm", kPaths<T>, Product<T>{args, packed_b != nullptr},
            {{"m", args.m}, {"n", args.n}, {"k", args.k}, {"bytes", sizeof(T)}});
  switch (path_of(args, packed_b != nullptr)) {
    case Path::few_rows:
      return few_rows(args, packed_b, a_row, a_step);
    case Path::few_rows_transposed:
      return few_rows_transposed(args, a_row, a_step, scratch);
    case Path::one_column: {
      GemmArgs<T> column = args;
      if (packed_b) column.b = packed_b, column.ldb = padded_columns<T>(1), column.transpose_b = false;
      return one_column(column, scratch);
    }
    case Path::split_depth:
      return split_depth(args, scratch);
    case Path::general:
      return general_product(args, packed_b, scratch);
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

// Products of a batch that are large enough for all workers to share each of them.
constexpr Index kSharedFlops = 16'000'000;

// Whether each worker takes whole products.
template <class T>
static bool one_worker_each(const GemmArgs<T>& args) {
  return args.batch > 1 && 2 * args.m * args.n * args.k < kSharedFlops;
}

template <class T>
static std::size_t bytes_of(const GemmArgs<T>& given, bool packed_b) {
  const GemmArgs<T> args = merged(given);
  if (args.m <= 0 || args.n <= 0) return 0;
  const Index elements = aligned_elements<T>(elements_of(args, packed_b));
  return static_cast<std::size_t>(elements * (one_worker_each(args) ? max_threads() : 1)) * sizeof(T);
}

template <class T>
static void run_batch(const GemmArgs<T>& given, const T* packed_b, T* scratch) {
  const GemmArgs<T> args = merged(given);
  if (args.m <= 0 || args.n <= 0) return;
  if (args.batch == 1) return run_one(args, packed_b, scratch);
  const Index elements = aligned_elements<T>(elements_of(args, packed_b != nullptr));
  const auto run_range = [&](Index begin, Index end, int worker) {
    for (Index i = begin; i < end; ++i) {
      GemmArgs<T> one = args;
      one.batch = 1;
      one.a += i * args.stride_a;
      if (!packed_b) one.b += i * args.stride_b;
      one.c += i * args.stride_c;
      if (args.addend) one.addend += i * args.stride_c;
      run_one(one, packed_b, scratch + worker * elements);
    }
  };
  if (one_worker_each(args)) {
    const Index flops = 2 * args.m * args.n * max_of(args.k, Index(1));
    parallel(args.batch, shared_grain(args.batch, flops, kWorkerFlops), run_range);
  } else {
    run_range(0, args.batch, 0);
  }
}

// ---- The contract

template <class T>
static std::size_t scratch_bytes(const GemmArgs<T>& args) {
  return max_of(bytes_of(args, false), bytes_of(args, true));
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
  const Index panels = ceil_div(args.n, Index(kTileColumns<T>));
  const Index panel_elements = args.k * kTileColumns<T>;
  parallel(panels, shared_grain(panels, panel_elements, kWorkerElements), [&](Index begin, Index end, int) {
    for (Index j = begin; j < end; ++j) pack_panel_of_b(args, j, static_cast<T*>(packed) + j * panel_elements);
  });
}

template <class T>
static void run_packed(const GemmArgs<T>& args, const void* packed, void* scratch) {
  const Path plain = path_of(merged(args), false);
  if (args.b && plain != Path::general && plain != Path::few_rows) return run(args, scratch);
  run_batch(args, static_cast<const T*>(packed), static_cast<T*>(scratch));
}

template <class T>
Gemm<T> make_gemm() {
  return {scratch_bytes<T>, run<T>, packed_bytes<T>, pack<T>, run_packed<T>};
}

template Gemm<float> make_gemm();
template Gemm<double> make_gemm();

}  // namespace lamina::kernels::LAMINA_LEVEL
