// Pooling of float images, channels last.
#include <string>

#include "aligned.h"
#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using bench::AlignedVector;

struct Row {
  const char* name;
  std::int64_t batch, size, channels, kernel, stride, pad;
  int axes = 2;  // of that size
};

constexpr Row kRows[] = {
    {"64x32x32x64 2x2", 64, 32, 64, 2, 2, 0},     {"32x14x14x256 2x2", 32, 14, 256, 2, 2, 0},
    {"64x28x28x8 2x2", 64, 28, 8, 2, 2, 0},       {"64x28x28x1 2x2", 64, 28, 1, 2, 2, 0},
    {"8x112x112x64 3x3 s2", 8, 112, 64, 3, 2, 1}, {"16x28x28x128 3x3 s1", 16, 28, 128, 3, 1, 1},
    {"32x8x8x512 8x8", 32, 8, 512, 8, 8, 0},      {"1x64x64x64x32 2x2x2", 1, 64, 32, 2, 2, 0, 3},
};

kernels::PoolShape shape_of(const Row& row) {
  kernels::PoolShape s;
  s.batch = row.batch;
  s.channels = row.channels;
  for (int axis = 3 - row.axes; axis < 3; ++axis) {
    s.in[axis] = row.size;
    s.kernel[axis] = row.kernel;
    s.stride[axis] = row.stride;
    s.pad[axis] = row.pad;
    s.out[axis] = (row.size + 2 * row.pad - row.kernel) / row.stride + 1;
  }
  return s;
}

enum class Kernel { max, max_grad, average, average_grad };

void run(benchmark::State& state, const kernels::PoolShape& s, Kernel kernel) {
  const auto in = static_cast<std::size_t>(s.batch * s.in_size() * s.channels);
  const auto out = static_cast<std::size_t>(s.batch * s.out_size() * s.channels);
  AlignedVector<float> x(in), dx(in), y(out), dy(out, 1.0f);
  for (std::size_t i = 0; i < in; ++i) x[i] = static_cast<float>(i * 2654435761u % 1000);
  const auto& pool = kernels::float_table<float>().pool;
  pool.max(s, x.data(), y.data());
  for (auto _ : state) {
    switch (kernel) {
      case Kernel::max:
        pool.max(s, x.data(), y.data());
        break;
      case Kernel::max_grad:
        pool.max_grad(s, x.data(), y.data(), dy.data(), dx.data());
        break;
      case Kernel::average:
        pool.average(s, x.data(), y.data());
        break;
      case Kernel::average_grad:
        pool.average_grad(s, dy.data(), dx.data());
        break;
    }
  }
  const std::size_t elements = kernel == Kernel::max_grad ? 2 * (in + out) : in + out;
  bench::report_bytes(state, static_cast<double>(elements * sizeof(float)));
}

const bool registered = [] {
  for (const Row& row : kRows) {
    const kernels::PoolShape s = shape_of(row);
    const std::pair<const char*, Kernel> all[] = {{"max_pool ", Kernel::max},
                                                  {"max_pool_grad ", Kernel::max_grad},
                                                  {"average_pool ", Kernel::average},
                                                  {"average_pool_grad ", Kernel::average_grad}};
    for (const auto& [name, kernel] : all)
      bench::add_row(std::string(name) + row.name, [s, k = kernel](benchmark::State& state) { run(state, s, k); });
  }
  return true;
}();

}  // namespace
}  // namespace lamina
