#include "peak.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <vector>

#include "core/parallel_for.h"
#include "peak_level.h"

namespace lamina::bench {

#ifdef LAMINA_HAVE_V2
namespace v2 {
extern const FmaLoop fma_loop;
}
#endif
#ifdef LAMINA_HAVE_V3
namespace v3 {
extern const FmaLoop fma_loop;
}
#endif
#ifdef LAMINA_HAVE_V4
namespace v4 {
extern const FmaLoop fma_loop;
}
#endif
#ifdef LAMINA_HAVE_NEON
namespace neon {
extern const FmaLoop fma_loop;
}
#endif

namespace {

const FmaLoop& loop_of(const std::string& level) {
#ifdef LAMINA_HAVE_V2
  if (level == "v2") return v2::fma_loop;
#endif
#ifdef LAMINA_HAVE_V3
  if (level == "v3") return v3::fma_loop;
#endif
#ifdef LAMINA_HAVE_V4
  if (level == "v4") return v4::fma_loop;
#endif
#ifdef LAMINA_HAVE_NEON
  if (level == "neon") return neon::fma_loop;
#endif
  throw std::invalid_argument("no peak for level " + level);
}

// The least seconds that `body` took in `repeats` runs, with every one of `threads` workers running it at once.
template <class Body>
double best_time(int threads, int repeats, const Body& body) {
  const int before = num_threads();
  set_num_threads(threads);
  double best = 1e30;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    parallel_for(
        threads, 1,
        [](void* context, std::int64_t begin, std::int64_t, int) {
          (*static_cast<const Body*>(context))(static_cast<int>(begin));
        },
        const_cast<Body*>(&body));
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  set_num_threads(before);
  return best;
}

double measure_fma(double (*loop)(std::int64_t), int lanes, int threads) {
  constexpr std::int64_t iterations = 1 << 20;
  const double seconds = best_time(threads, 10, [&](int) { benchmark::DoNotOptimize(loop(iterations)); });
  return 2e-9 * num_chains * lanes * static_cast<double>(iterations) * threads / seconds;
}

double measure_copy(int threads) {
  constexpr std::size_t bytes = std::size_t{128} << 20;
  const std::vector<char> from(bytes, 1);
  std::vector<char> to(bytes, 0);
  const std::size_t part = bytes / static_cast<std::size_t>(threads);
  const double seconds = best_time(threads, 8, [&](int worker) {
    const std::size_t offset = part * static_cast<std::size_t>(worker);
    std::memcpy(to.data() + offset, from.data() + offset, part);
    benchmark::ClobberMemory();
  });
  return 2e-9 * static_cast<double>(part) * threads / seconds;
}

// The share is a rate too: the amount that would be the whole peak's takes one second.
void report(benchmark::State& state, const char* unit, double giga, double peak) {
  constexpr auto per_second = benchmark::Counter::kIsIterationInvariantRate;
  state.counters[unit] = benchmark::Counter(giga, per_second);
  state.counters["%peak"] = benchmark::Counter(100 * giga / peak, per_second);
}

}  // namespace

template <class T>
double fma_peak(const std::string& level, int threads) {
  static std::map<std::tuple<std::string, int>, double> measured;
  double& peak = measured[{level, threads}];
  if (peak == 0) {
    const FmaLoop& loop = loop_of(level);
    constexpr bool single = std::is_same_v<T, float>;
    peak = measure_fma(single ? loop.float32 : loop.float64, single ? loop.float32_lanes : loop.float64_lanes, threads);
  }
  return peak;
}

double copy_peak(int threads) {
  static std::map<int, double> measured;
  double& peak = measured[threads];
  if (peak == 0) peak = measure_copy(threads);
  return peak;
}

benchmark::internal::Benchmark* add_row(const std::string& name, const std::function<void(benchmark::State&)>& body) {
  return benchmark::RegisterBenchmark(name.c_str(), body)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

template <class T>
void report_flops(benchmark::State& state, const std::string& level, double flops) {
  report(state, "GFLOP/s", 1e-9 * flops, fma_peak<T>(level, num_threads()));
}

void report_bytes(benchmark::State& state, double bytes) {
  report(state, "GB/s", 1e-9 * bytes, copy_peak(num_threads()));
}

template double fma_peak<float>(const std::string&, int);
template double fma_peak<double>(const std::string&, int);
template void report_flops<float>(benchmark::State&, const std::string&, double);
template void report_flops<double>(benchmark::State&, const std::string&, double);

}  // namespace lamina::bench
