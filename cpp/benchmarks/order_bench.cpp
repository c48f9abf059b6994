// Sorting, the largest entries, scans and scattering of floats, as bytes of the input read and written once.
#include <string>

#include "aligned.h"
#include "kernels/order/order.h"
#include "kernels/scan/scan.h"
#include "kernels/scatter/scatter.h"
#include "peak.h"

namespace lamina {
namespace {

using bench::AlignedVector;

constexpr kernels::OrderShape kShapes[] = {
    {1000, 1000, 1}, {1, 1000000, 1}, {20000, 50, 1}, {1, 1000, 1000}, {64, 32, 500}};

enum class Kernel { sort, argsort, top_k, cumsum, take_along, add_along, scatter };

void run(benchmark::State& state, const kernels::OrderShape& s, Kernel kernel) {
  const auto size = static_cast<std::size_t>(s.outer * s.size * s.inner);
  AlignedVector<float> x(size), y(size);
  AlignedVector<std::int32_t> places(size);
  for (std::size_t i = 0; i < size; ++i) {
    x[i] = static_cast<float>(i * 2654435761u % 1000003) / 1000;
    places[i] = static_cast<std::int32_t>(static_cast<std::int64_t>(i * 2654435761u % 1000003) % s.size);
  }
  const std::int64_t k = s.size < 10 ? s.size : 10, rows = s.outer * s.size;
  AlignedVector<char> scratch(kernels::argsort_scratch<float>(s) + kernels::sort_scratch<float>(s) +
                              kernels::top_k_scratch<float>(s.outer, s.size, k));
  for (auto _ : state) {
    switch (kernel) {
      case Kernel::sort:
        kernels::sort(s, false, x.data(), y.data(), scratch.data());
        break;
      case Kernel::argsort:
        kernels::argsort(s, false, x.data(), places.data(), scratch.data());
        break;
      case Kernel::top_k:
        kernels::top_k(s.outer, s.size, k, x.data(), y.data(), places.data(), scratch.data());
        break;
      case Kernel::cumsum:
        kernels::cumulative(kernels::Cumulative::sum, {s.outer, s.size, s.inner, false, false}, x.data(), y.data());
        break;
      case Kernel::take_along:
        kernels::take_along(s.outer, s.size, s.inner, s.size, x.data(), places.data(), y.data());
        break;
      case Kernel::add_along:
        kernels::add_along(s.outer, s.size, s.inner, s.size, x.data(), places.data(), y.data());
        break;
      case Kernel::scatter:
        kernels::scatter<float>(kernels::Scatter::add, 1, s.size, s.inner, rows, nullptr, places.data(), x.data(),
                                y.data());
        break;
    }
  }
  bench::report_bytes(state, 2.0 * static_cast<double>(size * sizeof(float)));
}

const bool registered = [] {
  const std::pair<const char*, Kernel> all[] = {
      {"sort ", Kernel::sort},           {"argsort ", Kernel::argsort},       {"top_k ", Kernel::top_k},
      {"cumsum ", Kernel::cumsum},       {"take_along ", Kernel::take_along}, {"add_along ", Kernel::add_along},
      {"scatter_rows ", Kernel::scatter}};
  for (const kernels::OrderShape& s : kShapes)
    for (const auto& [name, kernel] : all) {
      if (kernel == Kernel::top_k && s.inner > 1) continue;
      const std::string shape = std::to_string(s.outer) + "x" + std::to_string(s.size) + "x" + std::to_string(s.inner);
      bench::add_row(name + shape, [s, k = kernel](benchmark::State& state) { run(state, s, k); });
    }
  return true;
}();

}  // namespace
}  // namespace lamina
