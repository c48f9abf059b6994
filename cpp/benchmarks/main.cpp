// The micro-benchmarks of the kernels: lamina_bench --help
#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "baseline.h"
#include "model_rows.h"
#include "options.h"
#include "reporter.h"

namespace {

using namespace lamina::bench;

// 0, or 1 if rows failed or are slower than they were.
int run(int argc, char** argv) {
  const Options options = take_options(argc, argv);
  if (options.help) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  Baseline before;
  if (!options.compare.empty()) before = read_baseline(options.compare);  // fails before the long run, not after it
  add_model_rows(options);

  // Who names models wants them alone, unless a later filter says something else.
  std::vector<char*> arguments(argv, argv + argc);
  std::string filter = "--benchmark_filter=^predict ";
  if (!options.models.empty()) arguments.insert(arguments.begin() + 1, filter.data());
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  Reporter reporter;
  const std::size_t matching = benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();
  if (matching == 0) return 2;  // Google Benchmark has said so
  if (reporter.failed()) return 1;
  if (options.compare.empty()) return 0;
  const int slower =
      compare(before, reporter.names(), reporter.times(), options.threshold, options.json ? stderr : stdout);
  return slower == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
