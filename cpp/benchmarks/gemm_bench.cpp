// Matrix products of floats: the dense layers of small and large networks, and their gradients.
#include <string>
#include <vector>

#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using kernels::GemmArgs;

enum class Right { plain, packed };

struct Row {
  const char* name;
  std::int64_t m, n, k;
  bool transpose_a, transpose_b;
  Right right;
  std::int64_t batch;
};

constexpr Row kRows[] = {
    {"128x784x512", 128, 512, 784, false, false, Right::plain, 1},
    {"128x784x512 dx", 128, 784, 512, false, true, Right::plain, 1},
    {"128x784x512 dw", 784, 512, 128, true, false, Right::plain, 1},
    {"128x512x512", 128, 512, 512, false, false, Right::plain, 1},
    {"128x512x512 dx", 128, 512, 512, false, true, Right::plain, 1},
    {"128x512x512 dw", 512, 512, 128, true, false, Right::plain, 1},
    {"128x512x10", 128, 10, 512, false, false, Right::plain, 1},
    {"128x512x10 dx", 128, 512, 10, false, true, Right::plain, 1},
    {"128x512x10 dw", 512, 10, 128, true, false, Right::plain, 1},
    {"128x1600x10", 128, 10, 1600, false, false, Right::plain, 1},
    {"512x512x512", 512, 512, 512, false, false, Right::plain, 1},
    {"1024x1024x1024", 1024, 1024, 1024, false, false, Right::plain, 1},
    {"32x256x256", 32, 256, 256, false, false, Right::plain, 1},
    {"32x256x256 dx", 32, 256, 256, false, true, Right::plain, 1},
    {"32x256x256 dw", 256, 256, 32, true, false, Right::plain, 1},
    {"1x784x512", 1, 512, 784, false, false, Right::plain, 1},
    {"1x512x512", 1, 512, 512, false, false, Right::plain, 1},
    {"1x1024x1024", 1, 1024, 1024, false, false, Right::plain, 1},
    {"1x1024x1024 dx", 1, 1024, 1024, false, true, Right::plain, 1},
    {"1x1024x1024 dw", 1024, 1024, 1, true, false, Right::plain, 1},
    {"32x16x32", 32, 32, 16, false, false, Right::plain, 1},
    {"32x16x32 dx", 32, 16, 32, false, true, Right::plain, 1},
    {"32x16x32 dw", 16, 32, 32, true, false, Right::plain, 1},
    {"32x32x1", 32, 1, 32, false, false, Right::plain, 1},
    {"25088x64x256", 25088, 256, 64, false, false, Right::plain, 1},
    {"25088x64x256 dw", 64, 256, 25088, true, false, Right::plain, 1},
    {"64 of 128x64x128", 128, 128, 64, false, true, Right::plain, 64},
    {"32x256x1024 packed", 32, 1024, 256, false, false, Right::packed, 1},
    {"1x256x1024 packed", 1, 1024, 256, false, false, Right::packed, 1},
};

struct alignas(64) Line {
  char bytes[64];
};

std::vector<float> values(std::int64_t size) {
  std::vector<float> x(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761u % 1000) / 1000 - 0.5f;
  return x;
}

void run(benchmark::State& state, const Row& row) {
  GemmArgs<float> args;
  args.m = row.m, args.n = row.n, args.k = row.k;
  args.transpose_a = row.transpose_a, args.transpose_b = row.transpose_b;
  args.lda = row.transpose_a ? row.m : row.k;
  args.ldb = row.transpose_b ? row.k : row.n;
  args.ldc = row.n;
  args.batch = row.batch;
  args.stride_a = row.m * row.k, args.stride_b = row.k * row.n, args.stride_c = row.m * row.n;
  const auto a = values(row.batch * row.m * row.k), b = values(row.batch * row.k * row.n), bias = values(row.n);
  std::vector<float> c(static_cast<std::size_t>(row.batch * row.m * row.n));
  args.a = a.data(), args.b = b.data(), args.c = c.data();
  const bool forward = !row.transpose_a && !row.transpose_b;
  args.bias = forward ? bias.data() : nullptr;
  args.activation = forward ? kernels::Activation::relu : kernels::Activation::linear;

  const kernels::Table& table = kernels::table();
  const kernels::Gemm<float>& gemm = table.float32.gemm;
  std::vector<Line> scratch(gemm.scratch(args) / sizeof(Line) + 1);
  std::vector<Line> packed(gemm.packed_bytes(row.k, row.n) / sizeof(Line) + 1);
  if (row.right == Right::packed) gemm.pack(args, packed.data());
  for (auto _ : state) {
    if (row.right == Right::packed) {
      gemm.run_packed(args, packed.data(), scratch.data());
    } else {
      gemm.run(args, scratch.data());
    }
  }
  bench::report_flops<float>(state, table.level, 2.0 * static_cast<double>(row.batch * row.m * row.n * row.k));
}

const bool registered = [] {
  for (const Row& row : kRows) {
    bench::add_row(std::string("gemm ") + row.name, [&row](benchmark::State& state) { run(state, row); });
  }
  return true;
}();

}  // namespace
}  // namespace lamina
