// Batch and layer normalization of floats.
#include <string>

#include "aligned.h"
#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using bench::AlignedVector;

struct BatchRow {
  const char* name;
  kernels::BatchNormShape shape;
};

constexpr BatchRow kBatchRows[] = {
    {"64x32x32x64", {64 * 32 * 32, 64, 1}},
    {"32x14x14x256", {32 * 14 * 14, 256, 1}},
    {"64x28x28x8", {64 * 28 * 28, 8, 1}},
    {"8x224x224x3", {8 * 224 * 224, 3, 1}},
    {"128x512", {128, 512, 1}},
    {"32x64x(56x56) channels first", {32, 64, 56 * 56}},
};

struct LayerRow {
  const char* name;
  std::int64_t rows, columns;
};

constexpr LayerRow kLayerRows[] = {{"4096x256", 4096, 256},
                                   {"512x1024", 512, 1024},
                                   {"20000x64", 20000, 64},
                                   {"64x50000", 64, 50000},
                                   {"100x10", 100, 10}};

AlignedVector<float> values(std::int64_t size) {
  AlignedVector<float> x(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761u % 1000) / 1000;
  return x;
}

double bytes(std::int64_t elements) { return static_cast<double>(elements) * sizeof(float); }

AlignedVector<char> scratch_of(std::size_t size) { return AlignedVector<char>(size); }

void batch(benchmark::State& state, const kernels::BatchNormShape& s, bool gradient,
           kernels::Activation activation = kernels::Activation::linear) {
  const std::int64_t size = s.outer * s.channels * s.inner;
  const auto x = values(size), dy = values(size), gamma = values(s.channels), beta = gamma;
  AlignedVector<float> y(x.size()), mean(gamma.size()), variance(mean), rstd(mean), dgamma(mean), dbeta(mean);
  const auto& norm = kernels::float_table<float>().norm;
  auto scratch = scratch_of(norm.batch_scratch(s));
  const auto forward = [&] {
    norm.batch(s, x.data(), gamma.data(), beta.data(), nullptr, 1e-3f, activation, y.data(), mean.data(),
               variance.data(), rstd.data(), scratch.data());
  };
  forward();
  for (auto _ : state) {
    if (gradient)
      norm.batch_grad(s, dy.data(), x.data(), gamma.data(), beta.data(), mean.data(), rstd.data(), activation, y.data(),
                      dgamma.data(), dbeta.data(), scratch.data());
    else
      forward();
  }
  bench::report_bytes(state, bytes((gradient ? 5 : 3) * size));  // two passes over the inputs
}

void scale_offset(benchmark::State& state, const kernels::BatchNormShape& s) {
  const std::int64_t size = s.outer * s.channels * s.inner;
  const auto x = values(size), scale = values(s.channels);
  AlignedVector<float> y(x.size());
  for (auto _ : state)
    kernels::float_table<float>().norm.scale_offset(s, x.data(), scale.data(), scale.data(), nullptr,
                                                    kernels::Activation::linear, y.data());
  bench::report_bytes(state, bytes(2 * size));
}

void layer(benchmark::State& state, std::int64_t rows, std::int64_t columns, bool gradient) {
  const auto x = values(rows * columns), dy = values(rows * columns), gamma = values(columns), beta = gamma;
  AlignedVector<float> y(x.size()), mean(static_cast<std::size_t>(rows)), rstd(mean), dgamma(gamma), dbeta(gamma);
  const auto& norm = kernels::float_table<float>().norm;
  auto scratch = scratch_of(norm.layer_scratch(rows, columns));
  const auto forward = [&] {
    norm.layer(rows, columns, x.data(), gamma.data(), beta.data(), 1e-3f, y.data(), mean.data(), rstd.data());
  };
  forward();
  for (auto _ : state) {
    if (gradient)
      norm.layer_grad(rows, columns, dy.data(), x.data(), gamma.data(), mean.data(), rstd.data(), y.data(),
                      dgamma.data(), dbeta.data(), scratch.data());
    else
      forward();
  }
  bench::report_bytes(state, bytes((gradient ? 3 : 2) * rows * columns));
}

const bool registered = [] {
  for (const BatchRow& row : kBatchRows) {
    const kernels::BatchNormShape s = row.shape;
    const std::string name = row.name;
    bench::add_row("batch_norm " + name, [s](benchmark::State& state) { batch(state, s, false); });
    bench::add_row("batch_norm_grad " + name, [s](benchmark::State& state) { batch(state, s, true); });
    bench::add_row("batch_norm_relu6_grad " + name,
                   [s](benchmark::State& state) { batch(state, s, true, kernels::Activation::relu6); });
    bench::add_row("scale_offset " + name, [s](benchmark::State& state) { scale_offset(state, s); });
  }
  for (const LayerRow& row : kLayerRows) {
    const std::string name = row.name;
    bench::add_row("layer_norm " + name,
                   [row](benchmark::State& state) { layer(state, row.rows, row.columns, false); });
    bench::add_row("layer_norm_grad " + name,
                   [row](benchmark::State& state) { layer(state, row.rows, row.columns, true); });
  }
  return true;
}();

}  // namespace
}  // namespace lamina
