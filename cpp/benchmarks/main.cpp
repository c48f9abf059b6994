// The micro-benchmarks of the kernels. All options of Google Benchmark work (--benchmark_filter=gemm);
// LAMINA_ISA chooses the level, LAMINA_NUM_THREADS the number of threads.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>
#include <set>
#include <string>

#include "core/parallel_for.h"
#include "kernels/table.h"
#include "peak.h"

namespace {

void print_peaks() {
  const int threads = lamina::num_threads();
  std::printf("level %s of", lamina::kernels::table().level);
  for (int i = 0; i < lamina::kernels::num_runnable_tables(); ++i) {
    std::printf(" %s", lamina::kernels::runnable_table(i).level);
  }
  std::printf(", %d %s\n", threads, threads == 1 ? "thread" : "threads");

  for (const int count : std::set<int>{1, threads}) {
    for (int i = 0; i < lamina::kernels::num_runnable_tables(); ++i) {
      const std::string level = lamina::kernels::runnable_table(i).level;
      std::printf("peak, %d x %-4s  float32 %6.1f GFLOP/s, float64 %6.1f GFLOP/s\n", count, level.c_str(),
                  lamina::bench::fma_peak<float>(level, count), lamina::bench::fma_peak<double>(level, count));
    }
    std::printf("peak, %d x copy  %.1f GB/s read and written\n", count, lamina::bench::copy_peak(count));
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  try {
    print_peaks();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
