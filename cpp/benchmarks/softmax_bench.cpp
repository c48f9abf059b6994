// Softmax and cross-entropy of floats.
#include <string>

#include "aligned.h"
#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using bench::AlignedVector;

struct Row {
  const char* name;
  kernels::SoftmaxShape shape;
};

constexpr Row kRows[] = {
    {"4096x1000", {4096, 1000, 1}}, {"128x10", {128, 10, 1}},     {"50000x10", {50000, 10, 1}},
    {"8192x64", {8192, 64, 1}},     {"32x50000", {32, 50000, 1}}, {"8x21x(64x64)", {8, 21, 64 * 64}},
};

enum class Kernel { softmax, softmax_grad, log_softmax, log_softmax_grad, crossentropy, crossentropy_grad };

void run(benchmark::State& state, const kernels::SoftmaxShape& s, Kernel kernel) {
  const auto size = static_cast<std::size_t>(s.outer * s.size * s.inner);
  const std::int64_t rows = s.outer;
  AlignedVector<float> x(size), y(size), dy(size), dx(size), loss(static_cast<std::size_t>(rows), 1.0f);
  AlignedVector<std::int64_t> labels(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < size; ++i) dy[i] = x[i] = static_cast<float>(i * 2654435761u % 1000) / 200;
  for (std::size_t r = 0; r < labels.size(); ++r) labels[r] = static_cast<std::int64_t>(r) % s.size;
  const auto& softmax = kernels::float_table<float>().softmax;
  if (kernel == Kernel::log_softmax_grad)
    softmax.log_softmax(s, x.data(), y.data());
  else
    softmax.softmax(s, x.data(), y.data());
  for (auto _ : state) {
    switch (kernel) {
      case Kernel::softmax:
        softmax.softmax(s, x.data(), y.data());
        break;
      case Kernel::softmax_grad:
        softmax.softmax_grad(s, y.data(), dy.data(), dx.data());
        break;
      case Kernel::log_softmax:
        softmax.log_softmax(s, x.data(), y.data());
        break;
      case Kernel::log_softmax_grad:
        softmax.log_softmax_grad(s, y.data(), dy.data(), dx.data());
        break;
      case Kernel::crossentropy:
        softmax.sparse_crossentropy(rows, s.size, x.data(), labels.data(), loss.data());
        break;
      case Kernel::crossentropy_grad:
        softmax.sparse_crossentropy_grad(rows, s.size, x.data(), labels.data(), loss.data(), dx.data());
        break;
    }
  }
  const double arrays = kernel == Kernel::crossentropy                                         ? 1
                        : kernel == Kernel::softmax_grad || kernel == Kernel::log_softmax_grad ? 3
                                                                                               : 2;
  bench::report_bytes(state, arrays * static_cast<double>(size * sizeof(float)));
}

const bool registered = [] {
  const std::pair<const char*, Kernel> all[] = {
      {"softmax ", Kernel::softmax},           {"softmax_grad ", Kernel::softmax_grad},
      {"log_softmax ", Kernel::log_softmax},   {"log_softmax_grad ", Kernel::log_softmax_grad},
      {"crossentropy ", Kernel::crossentropy}, {"crossentropy_grad ", Kernel::crossentropy_grad}};
  for (const Row& row : kRows)
    for (const auto& [name, kernel] : all) {
      if (row.shape.inner > 1 && (kernel == Kernel::crossentropy || kernel == Kernel::crossentropy_grad)) continue;
      bench::add_row(std::string(name) + row.name,
                     [s = row.shape, k = kernel](benchmark::State& state) { run(state, s, k); });
    }
  return true;
}();

}  // namespace
}  // namespace lamina
