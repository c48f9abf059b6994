// Optimizer updates: GB/s read and written, against the speed of a copy. 16k elements lie in the caches, 16M do not.
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/table.h"
#include "peak.h"

namespace {

using namespace lamina;

struct Row {
  const char* name;
  int accesses;  // arrays read and arrays written, per element
  void (*run)(const kernels::Update<float>& update, std::int64_t n, const float* g, float* p, float* m, float* v,
              float* w);
};

const Row kRows[] = {
    {"sgd", 3,
     [](const auto& u, std::int64_t n, const float* g, float* p, float*, float*, float*) {
       u.sgd(n, 1e-6f, 0, false, g, p, nullptr);
     }},
    {"sgd_nesterov", 5,
     [](const auto& u, std::int64_t n, const float* g, float* p, float* m, float*, float*) {
       u.sgd(n, 1e-6f, 0.9f, true, g, p, m);
     }},
    {"adam", 7,
     [](const auto& u, std::int64_t n, const float* g, float* p, float* m, float* v, float*) {
       u.adam(n, 1e-6f, 0.9f, 0.999f, 1e-7f, g, p, m, v, nullptr);
     }},
    {"adam_amsgrad", 9,
     [](const auto& u, std::int64_t n, const float* g, float* p, float* m, float* v, float* w) {
       u.adam(n, 1e-6f, 0.9f, 0.999f, 1e-7f, g, p, m, v, w);
     }},
    {"rmsprop", 5,
     [](const auto& u, std::int64_t n, const float* g, float* p, float*, float* v, float*) {
       u.rmsprop(n, 1e-6f, 0.9f, 0, 1e-7f, g, p, v, nullptr, nullptr);
     }},
    {"rmsprop_centered_momentum", 9,
     [](const auto& u, std::int64_t n, const float* g, float* p, float* m, float* v, float* w) {
       u.rmsprop(n, 1e-6f, 0.9f, 0.9f, 1e-7f, g, p, v, m, w);
     }},
};

const bool registered = [] {
  for (const Row& row : kRows) {
    for (const std::int64_t n : {std::int64_t(1) << 14, std::int64_t(1) << 24}) {
      const std::string size = n < 1 << 20 ? std::to_string(n >> 10) + "k" : std::to_string(n >> 20) + "M";
      bench::add_row("update/" + std::string(row.name) + "/" + size, [=](benchmark::State& state) {
        const auto count = static_cast<std::size_t>(n);
        const std::vector<float> g(count, 0.01f);
        std::vector<float> p(count, 1.0f), m(count, 0.001f), v(count, 0.1f), w(count, 0.1f);
        for (auto _ : state) {
          row.run(kernels::float_table<float>().update, n, g.data(), p.data(), m.data(), v.data(), w.data());
        }
        bench::report_bytes(state, 4.0 * row.accesses * static_cast<double>(n));
      });
    }
  }
  return true;
}();

}  // namespace
