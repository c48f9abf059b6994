// Recurrent layers of floats, forward and with all gradients: the product of the whole input sequence, the recurrence,
// and backward the products for the gradients of the inputs and of both kernels.
#include <algorithm>
#include <string>

#include "aligned.h"
#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using bench::AlignedVector;
using kernels::Cell;

struct Row {
  const char* name;
  Cell cell;
  std::int64_t batch, steps, features, units;
};

constexpr Row kRows[] = {
    {"lstm 64x100x128 units 128", Cell::lstm, 64, 100, 128, 128},
    {"lstm 32x200x128 units 64", Cell::lstm, 32, 200, 128, 64},
    {"lstm 1x100x64 units 64", Cell::lstm, 1, 100, 64, 64},
    {"lstm 32x60x32 units 256", Cell::lstm, 32, 60, 32, 256},
    {"gru 64x120x14 units 64", Cell::gru, 64, 120, 14, 64},
    {"simple_rnn 64x100x64 units 64", Cell::simple, 64, 100, 64, 64},
    {"lstm 1x1x64 units 64", Cell::lstm, 1, 1, 64, 64},  // a step of a stream
};

kernels::GemmArgs<float> product(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, bool transpose_a,
                                 const float* b, bool transpose_b, float* c) {
  kernels::GemmArgs<float> g;
  g.m = m, g.n = n, g.k = k;
  g.a = a, g.lda = transpose_a ? m : k, g.transpose_a = transpose_a;
  g.b = b, g.ldb = transpose_b ? k : n, g.transpose_b = transpose_b;
  g.c = c, g.ldc = n;
  return g;
}

void run(benchmark::State& state, const Row& row, bool backward) {
  auto values = [](std::int64_t count) {
    AlignedVector<float> x(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761u % 1000) / 5000 - 0.1f;
    return x;
  };
  const kernels::RecurrentShape s = {row.steps, row.batch, row.units, false};
  const std::int64_t rows = s.steps * s.batch, gates = kernels::gates_of(row.cell) * s.units;
  const std::int64_t states = (s.steps + 1) * s.batch * s.units;
  auto x = values(rows * row.features), kernel = values(row.features * gates), recurrent = values(s.units * gates);
  auto z = values(rows * gates), bias = values(gates), h = values(states), c = h, dh = h, dc = h, dz = z, dr = z;
  auto saved = values(rows * 4 * s.units), dx = x, dkernel = kernel, drecurrent = recurrent;
  auto dh0 = values(s.batch * s.units), dc0 = dh0;
  const bool lstm = row.cell == Cell::lstm, gru = row.cell == Cell::gru;
  const kernels::RecurrentArrays<float> arrays = {z.data(),    recurrent.data(), gru ? bias.data() : nullptr,
                                                  nullptr,     h.data(),         lstm ? c.data() : nullptr,
                                                  saved.data()};
  const kernels::RecurrentGradients<float> gradients = {dh.data(),  lstm ? dc.data() : nullptr,
                                                        dz.data(),  gru ? dr.data() : nullptr,
                                                        dh0.data(), lstm ? dc0.data() : nullptr};
  const kernels::Recurrence<float> sequence = {s, arrays, gradients};
  const float* const d = gru ? dr.data() : dz.data();
  const kernels::GemmArgs<float> forward =
      product(rows, gates, row.features, x.data(), false, kernel.data(), false, z.data());
  const kernels::GemmArgs<float> others[] = {
      product(rows, row.features, gates, dz.data(), false, kernel.data(), true, dx.data()),
      product(row.features, gates, rows, x.data(), true, dz.data(), false, dkernel.data()),
      product(s.units, gates, rows, h.data(), true, d, false, drecurrent.data())};
  const auto& table = kernels::float_table<float>();
  std::size_t bytes = std::max({table.gemm.scratch(forward), table.recurrent.scratch(row.cell, s, 1),
                                table.recurrent.grad_scratch(row.cell, s, 1)});
  for (const auto& g : others) bytes = std::max(bytes, table.gemm.scratch(g));
  AlignedVector<char> scratch(bytes);
  for (auto _ : state) {
    table.gemm.run(forward, scratch.data());
    table.recurrent.forward(row.cell, &sequence, 1, scratch.data());
    if (!backward) continue;
    table.recurrent.grad(row.cell, &sequence, 1, scratch.data());
    for (const auto& g : others) table.gemm.run(g, scratch.data());
  }
  const double flops = 2.0 * static_cast<double>(rows * gates * (row.features + s.units));
  bench::report_flops<float>(state, kernels::table().level, flops * (backward ? 3 : 1));
}

const bool registered = [] {
  for (const Row& row : kRows)
    for (const bool backward : {false, true})
      bench::add_row(std::string(row.name) + (backward ? ", gradients" : ""),
                     [&row, backward](benchmark::State& state) { run(state, row, backward); });
  return true;
}();

}  // namespace
}  // namespace lamina
