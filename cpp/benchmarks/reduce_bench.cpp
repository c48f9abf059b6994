// Reductions, strided copies and gathers: everything here should run at the speed of memory or of a cache.
#include <string>

#include "aligned.h"
#include "kernels/scatter/scatter.h"
#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using bench::AlignedVector;

using kernels::Reduce;

struct Row {
  const char* name;
  Reduce operation;
  kernels::ReduceShape shape;
};

constexpr Row kRows[] = {
    {"sum of 128x512 over rows", Reduce::sum, {2, {128, 512}, {true, false}}},
    {"sum of 65536x64 over rows", Reduce::sum, {2, {65536, 64}, {true, false}}},
    {"sum of 100000x10 over rows", Reduce::sum, {2, {100000, 10}, {true, false}}},
    {"max of 4096x1024 over rows", Reduce::max, {2, {4096, 1024}, {true, false}}},
    {"sum of 4096x1024 over columns", Reduce::sum, {2, {4096, 1024}, {false, true}}},
    {"max of 4096x1024 over columns", Reduce::max, {2, {4096, 1024}, {false, true}}},
    {"sum of 100000x10 over columns", Reduce::sum, {2, {100000, 10}, {false, true}}},
    {"sum of 4M", Reduce::sum, {1, {1 << 22}, {true}}},
    {"sum of 1000", Reduce::sum, {1, {1000}, {true}}},
    {"mean of 32x49x512 over the middle", Reduce::mean, {3, {32, 49, 512}, {false, true, false}}},
    {"sum of 32x64x3136 over both ends", Reduce::sum, {3, {32, 64, 3136}, {true, false, true}}},
};

template <class T>
void reduce(benchmark::State& state, const Row& row) {
  std::int64_t size = 1, results = 1;
  for (int d = 0; d < row.shape.rank; ++d) {
    size *= row.shape.shape[d];
    if (!row.shape.reduced[d]) results *= row.shape.shape[d];
  }
  const AlignedVector<T> x(static_cast<std::size_t>(size), T(1));
  AlignedVector<T> y(static_cast<std::size_t>(results));
  const auto& reductions = kernels::any_table<T>().reduce;
  AlignedVector<double> scratch(reductions.scratch(row.shape) / sizeof(double) + 1);
  for (auto _ : state) reductions.reduce(row.operation, row.shape, x.data(), y.data(), scratch.data());
  bench::report_bytes(state, static_cast<double>((size + results) * static_cast<std::int64_t>(sizeof(T))));
}

void argmax(benchmark::State& state, std::int64_t outer, std::int64_t size, std::int64_t inner) {
  AlignedVector<float> x(static_cast<std::size_t>(outer * size * inner));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761u % 1000);
  AlignedVector<std::int64_t> y(static_cast<std::size_t>(outer * inner));
  for (auto _ : state) kernels::any_table<float>().reduce.argmax(outer, size, inner, x.data(), y.data());
  bench::report_bytes(state, static_cast<double>(x.size() * sizeof(float) + y.size() * sizeof(std::int64_t)));
}

struct CopyRow {
  const char* name;
  std::int32_t bytes;
  kernels::StridedCopy copy;
  std::int64_t src_size;
};

constexpr CopyRow kCopies[] = {
    {"transpose 2048x2048 float", 4, {2, {2048, 2048}, {2048, 1}, {1, 2048}}, 2048 * 2048},
    {"transpose 2000x1000 double", 8, {2, {1000, 2000}, {2000, 1}, {1, 1000}}, 2000 * 1000},
    {"transpose 2048x2048 bytes", 1, {2, {2048, 2048}, {2048, 1}, {1, 2048}}, 2048 * 2048},
    {"channels last to first 32x56x56x64",
     4,
     {3, {32, 64, 3136}, {64 * 3136, 3136, 1}, {64 * 3136, 1, 64}},
     32 * 64 * 3136},
    {"channels last to first 32x224x224x3 bytes",
     1,
     {3, {32, 3, 50176}, {150528, 50176, 1}, {150528, 1, 3}},
     32 * 150528},
    {"heads 32x128x8x64", 4, {4, {32, 8, 128, 64}, {65536, 8192, 64, 1}, {65536, 64, 512, 1}}, 32 * 65536},
    {"broadcast a column 4096x512", 4, {2, {4096, 512}, {512, 1}, {1, 0}}, 4096},
    {"flip 4096x512", 4, {2, {4096, 512}, {512, 1}, {512, -1}}, 4096 * 512},
    {"slice 4096x3 of 4", 4, {2, {1 << 18, 3}, {3, 1}, {4, 1}}, 1 << 20},
};

void copy(benchmark::State& state, const CopyRow& row) {
  std::int64_t size = 1, first = 0;
  for (int d = 0; d < row.copy.rank; ++d) {
    size *= row.copy.shape[d];
    if (row.copy.src_strides[d] < 0) first -= row.copy.src_strides[d] * (row.copy.shape[d] - 1);
  }
  AlignedVector<char> src(static_cast<std::size_t>(row.src_size * row.bytes), 1);
  AlignedVector<char> dst(static_cast<std::size_t>(size * row.bytes));
  for (auto _ : state) kernels::table().layout.copy(row.copy, row.bytes, src.data() + first * row.bytes, dst.data());
  bench::report_bytes(state, 2.0 * static_cast<double>(size * row.bytes));
}

struct GatherRow {
  const char* name;
  std::int64_t size, inner, count;
};

constexpr GatherRow kGathers[] = {{"20000x64 at 8192", 20000, 64, 8192},
                                  {"1000000x8 at 256", 1000000, 8, 256},
                                  {"100x128 at 50000", 100, 128, 50000}};

void gather(benchmark::State& state, const GatherRow& row, bool scatter) {
  AlignedVector<float> x(static_cast<std::size_t>(row.size * row.inner), 1.0f);
  AlignedVector<float> y(static_cast<std::size_t>(row.count * row.inner), 1.0f);
  AlignedVector<std::int32_t> indices(static_cast<std::size_t>(row.count));
  for (std::size_t j = 0; j < indices.size(); ++j)
    indices[j] = static_cast<std::int32_t>(j * 2654435761u % static_cast<std::size_t>(row.size));
  const auto& gathers = kernels::any_table<float>().gather32;
  for (auto _ : state) {
    if (scatter)
      kernels::scatter<float>(kernels::Scatter::add, 1, row.size, row.inner, row.count, nullptr, indices.data(),
                              y.data(), x.data());
    else
      gathers.take(1, row.size, row.inner, row.count, x.data(), indices.data(), y.data());
  }
  const std::int64_t moved = scatter ? (row.size + row.count) * row.inner : 2 * row.count * row.inner;
  bench::report_bytes(state, static_cast<double>(moved) * sizeof(float));
}

const bool registered = [] {
  for (const Row& row : kRows) bench::add_row(row.name, [row](benchmark::State& state) { reduce<float>(state, row); });
  bench::add_row("int32 sum of 4096x1024 over columns",
                 [](benchmark::State& state) { reduce<std::int32_t>(state, kRows[4]); });
  bench::add_row("int32 sum of 4096x1024 over rows", [](benchmark::State& state) {
    reduce<std::int32_t>(state, {"", Reduce::sum, {2, {4096, 1024}, {true, false}}});
  });
  bench::add_row("argmax of 4096x1024", [](benchmark::State& state) { argmax(state, 4096, 1024, 1); });
  bench::add_row("argmax of 50000x10", [](benchmark::State& state) { argmax(state, 50000, 10, 1); });
  bench::add_row("argmax of 8x21x4096 over the middle", [](benchmark::State& state) { argmax(state, 8, 21, 4096); });
  for (const CopyRow& row : kCopies) bench::add_row(row.name, [row](benchmark::State& state) { copy(state, row); });
  for (const GatherRow& row : kGathers) {
    bench::add_row(std::string("take ") + row.name, [row](benchmark::State& state) { gather(state, row, false); });
    bench::add_row(std::string("scatter_add ") + row.name,
                   [row](benchmark::State& state) { gather(state, row, true); });
  }
  return true;
}();

}  // namespace
}  // namespace lamina
