// Resizing and warping of float images, channels last.
#include <string>

#include "aligned.h"
#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using bench::AlignedVector;

struct Row {
  const char* name;
  std::int64_t outer, size, inner, count, taps;
};

constexpr Row kRows[] = {
    {"height 32x224x224x3 to 128", 32, 224, 224 * 3, 128, 2},
    {"width 32x128x224x3 to 128", 32 * 128, 224, 3, 128, 2},
    {"width 32x224x224x1 to 128", 32 * 224, 224, 1, 128, 2},
    {"width 8x64x64x64 to 128", 8 * 64, 64, 64, 128, 4},
    {"height 8x224x224x3 antialiased to 64", 8, 224, 224 * 3, 64, 7},
};

void run(benchmark::State& state, const Row& row, bool transposed) {
  const auto in = static_cast<std::size_t>(row.outer * row.size * row.inner);
  const auto out = static_cast<std::size_t>(row.outer * row.count * row.inner);
  AlignedVector<float> x(in, 1.0f), y(out, 1.0f), weights(static_cast<std::size_t>(row.count * row.taps), 0.5f);
  std::vector<std::int64_t> starts;
  for (std::int64_t j = 0; j < row.count; ++j) starts.push_back(j * (row.size - row.taps) / row.count);
  const auto& resample = kernels::float_table<float>().resample;
  for (auto _ : state) {
    if (transposed)
      resample.windows_transposed(row.outer, row.size, row.inner, row.count, row.taps, y.data(), starts.data(),
                                  weights.data(), x.data());
    else
      resample.windows(row.outer, row.size, row.inner, row.count, row.taps, x.data(), starts.data(), weights.data(),
                       y.data());
  }
  bench::report_bytes(state, static_cast<double>((in + out) * sizeof(float)));
}

void warp(benchmark::State& state, bool transposed) {
  kernels::Grid g;
  g.batch = 8;
  g.rank = 2;
  g.size[0] = g.size[1] = 224;
  g.points = 224 * 224;
  g.channels = 3;
  g.shared = true;
  g.mode = kernels::FillMode::reflect;
  const auto elements = static_cast<std::size_t>(g.batch * g.points * g.channels);
  AlignedVector<float> x(elements, 1.0f), y(elements, 1.0f), coordinates(static_cast<std::size_t>(2 * g.points));
  for (std::int64_t p = 0; p < g.points; ++p) {  // a rotation
    const auto h = static_cast<float>(p / 224), w = static_cast<float>(p % 224);
    coordinates[static_cast<std::size_t>(p)] = 0.8f * h + 0.6f * w - 30;
    coordinates[static_cast<std::size_t>(g.points + p)] = 0.8f * w - 0.6f * h + 60;
  }
  const auto& resample = kernels::float_table<float>().resample;
  for (auto _ : state) {
    if (transposed)
      resample.sample_transposed(g, y.data(), coordinates.data(), x.data());
    else
      resample.sample(g, x.data(), coordinates.data(), y.data());
  }
  bench::report_bytes(state, static_cast<double>(2 * elements * sizeof(float)));
}

const bool registered = [] {
  for (const Row& row : kRows)
    for (const bool transposed : {false, true})
      bench::add_row((transposed ? "windows_transposed " : "windows ") + std::string(row.name),
                     [row, transposed](benchmark::State& state) { run(state, row, transposed); });
  for (const bool transposed : {false, true})
    bench::add_row(transposed ? "sample_transposed 8x224x224x3" : "sample 8x224x224x3",
                   [transposed](benchmark::State& state) { warp(state, transposed); });
  return true;
}();

}  // namespace
}  // namespace lamina
