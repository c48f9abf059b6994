// Fourier transforms of floats; the work is counted as 5 n log2 n per complex row and half of it per real one.
#include <cmath>
#include <string>

#include "aligned.h"
#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using bench::AlignedVector;

struct Row {
  std::int64_t rows, n;
};

constexpr Row kRows[] = {{1, 512}, {1000, 512}, {1000, 400}, {1000, 509}, {8, 65536}};

enum class Kernel { complex, real_forward, real_inverse };

void run(benchmark::State& state, const Row& r, Kernel kernel) {
  const auto size = static_cast<std::size_t>(r.rows * (r.n + 2));
  AlignedVector<float> x(size, 0.5f), y(size), re(size, 0.5f), im(size, 0.25f);
  const auto& fourier = kernels::float_table<float>().fourier;
  AlignedVector<char> scratch(fourier.scratch(r.rows, r.n));
  for (auto _ : state) {
    if (kernel == Kernel::complex)
      fourier.complex(r.rows, r.n, re.data(), im.data(), x.data(), y.data(), scratch.data());
    else if (kernel == Kernel::real_forward)
      fourier.real_forward(r.rows, r.n, 1, x.data(), re.data(), im.data(), scratch.data());
    else
      fourier.real_inverse(r.rows, r.n, 2, re.data(), im.data(), y.data(), scratch.data());
  }
  const double n = static_cast<double>(r.n), whole = 5 * n * std::log2(n) * static_cast<double>(r.rows);
  bench::report_flops<float>(state, kernels::table().level, kernel == Kernel::complex ? whole : whole / 2);
}

const bool registered = [] {
  const std::pair<const char*, Kernel> all[] = {
      {"fft ", Kernel::complex}, {"rfft ", Kernel::real_forward}, {"irfft ", Kernel::real_inverse}};
  for (const Row& row : kRows)
    for (const auto& [name, kernel] : all)
      bench::add_row(std::string(name) + std::to_string(row.rows) + "x" + std::to_string(row.n),
                     [r = row, k = kernel](benchmark::State& state) { run(state, r, k); });
  return true;
}();

}  // namespace
}  // namespace lamina
