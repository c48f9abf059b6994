// Attention of floats, forward and backward: the heads of a small transformer, of BERT, and of longer texts.
#include <cmath>
#include <string>
#include <vector>

#include "aligned.h"
#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using bench::AlignedVector;

struct Row {
  const char* name;
  kernels::AttentionShape shape;
};

const Row kRows[] = {
    {"32x64 4 heads of 32", {32, 64, 64, 4, 4, 32, 32, false, {}}},
    {"8x128 12 heads of 64", {8, 128, 128, 12, 12, 64, 64, false, {}}},
    {"2x512 8 heads of 64", {2, 512, 512, 8, 8, 64, 64, false, {}}},
    {"2x512 8 heads of 64, causal", {2, 512, 512, 8, 8, 64, 64, true, {}}},
    {"1x2048 8 heads of 64, 2 groups", {1, 2048, 2048, 8, 2, 64, 64, false, {}}},
    {"1x1 8 heads of 64, 512 keys", {1, 1, 512, 8, 8, 64, 64, false, {}}},
};

void run(benchmark::State& state, const kernels::AttentionShape& s, bool gradient) {
  auto values = [](std::int64_t count) {
    AlignedVector<float> x(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761u % 1000) / 500 - 1;
    return x;
  };
  const auto q = values(s.batch * s.rows * s.heads * s.size), k = values(s.batch * s.columns * s.groups * s.size),
             v = values(s.batch * s.columns * s.groups * s.value_size),
             dy = values(s.batch * s.rows * s.heads * s.value_size);
  auto y = dy, dq = q, dk = k, dv = v, peak = values(s.batch * s.heads * s.rows), inverse = peak;
  const auto& attention = kernels::float_table<float>().attention;
  AlignedVector<char> scratch(std::max(attention.scratch(s), attention.grad_scratch(s)));
  const kernels::AttentionInputs<float> in = {q.data(), k.data(), v.data(), nullptr,
                                              1 / std::sqrt(static_cast<float>(s.size))};
  attention.forward(s, in, y.data(), peak.data(), inverse.data(), scratch.data());
  for (auto _ : state) {
    if (gradient)
      attention.grad(s, in, y.data(), peak.data(), inverse.data(), dy.data(), dq.data(), dk.data(), dv.data(),
                     scratch.data());
    else
      attention.forward(s, in, y.data(), peak.data(), inverse.data(), scratch.data());
  }
  // Multiply-adds of all scores, as if none were left out.
  const double scores = static_cast<double>(s.batch * s.heads * s.rows * s.columns);
  const auto size = static_cast<double>(s.size), value_size = static_cast<double>(s.value_size);
  bench::report_flops<float>(state, kernels::table().level,
                             2 * scores * (gradient ? 3 * size + 2 * value_size : size + value_size));
}

const bool registered = [] {
  for (const Row& row : kRows)
    for (const bool gradient : {false, true})
      bench::add_row(std::string(gradient ? "attention_grad " : "attention ") + row.name,
                     [&row, gradient](benchmark::State& state) { run(state, row.shape, gradient); });
  return true;
}();

}  // namespace
}  // namespace lamina
