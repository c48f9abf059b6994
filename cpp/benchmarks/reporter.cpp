#include "reporter.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "core/parallel_for.h"
#include "kernels/table.h"
#include "lamina/runtime.h"
#include "peak.h"

namespace lamina::bench {

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", value);
  return text;
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos)
      return line.substr(line.find(": ") + 2);
  return "unknown";
}

// What the numbers of this run depend on, for those who read the JSON file later.
void add_context() {
  const std::string level = kernels::table().level;
  const int threads = num_threads();
  benchmark::AddCustomContext("lamina", version());
  benchmark::AddCustomContext("processor", processor());
  benchmark::AddCustomContext("level", level);
  benchmark::AddCustomContext("threads", std::to_string(threads));
  benchmark::AddCustomContext("fma_peak_float32", number(fma_peak<float>(level, threads)) + " GFLOP/s");
  benchmark::AddCustomContext("fma_peak_float64", number(fma_peak<double>(level, threads)) + " GFLOP/s");
  benchmark::AddCustomContext("copy_peak", number(copy_peak(threads)) + " GB/s");
}

void print_peaks() {
  const int threads = num_threads();
  std::printf("%s, level %s, %d %s\n", processor().c_str(), kernels::table().level, threads,
              threads == 1 ? "thread" : "threads");
  for (int i = 0; i < kernels::num_runnable_tables(); ++i) {
    const std::string level = kernels::runnable_table(i).level;
    std::printf("peak of %-4s  float32 %6.1f GFLOP/s, float64 %6.1f GFLOP/s\n", level.c_str(),
                fma_peak<float>(level, threads), fma_peak<double>(level, threads));
  }
  std::printf("peak of copy  %.1f GB/s read and written\n\n", copy_peak(threads));
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string readable_time(double seconds) {
  constexpr struct {
    double limit, scale;
    const char* unit;
  } kUnits[] = {{1e-6, 1e9, "ns"}, {1e-3, 1e6, "us"}, {1, 1e3, "ms"}, {1e300, 1, "s"}};
  for (const auto& unit : kUnits) {
    if (seconds >= unit.limit) continue;
    char text[32];
    std::snprintf(text, sizeof(text), "%.*f %s", seconds * unit.scale < 99.95 ? 2 : 1, seconds * unit.scale, unit.unit);
    return text;
  }
  return "infinite";
}

Reporter::Reporter() : other_(benchmark::CreateDefaultDisplayReporter()) {
  if (dynamic_cast<benchmark::ConsoleReporter*>(other_.get()) != nullptr) other_.reset();
}

Reporter::~Reporter() = default;

bool Reporter::ReportContext(const Context& context) {
  if (other_ == nullptr) PrintBasicContext(&GetErrorStream(), context);
  add_context();
  if (other_ != nullptr) return other_->ReportContext(context);
  print_peaks();
  width_ = std::max<std::size_t>(context.name_field_width, 24);
  std::printf("%-*s %12s %10s %17s  %s\n", static_cast<int>(width_), "case", "time", "runs", "rate", "share of peak");
  std::fflush(stdout);
  return true;
}

void Reporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    const std::string name = run.run_name.function_name;
    failed_ |= run.error_occurred;
    if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
    const double seconds = run.GetAdjustedRealTime() / benchmark::GetTimeUnitMultiplier(run.time_unit);
    if (times_.count(name) == 0) names_.push_back(name);
    times_[name].push_back(seconds);
  }
  if (other_ != nullptr) return other_->ReportRuns(runs);
  for (const Run& run : runs) {
    const std::string name = run.run_name.function_name + (run.aggregate_name.empty() ? "" : ", " + run.aggregate_name);
    if (run.error_occurred) {
      std::printf("%-*s failed: %s\n", static_cast<int>(width_), name.c_str(), run.error_message.c_str());
      continue;
    }
    if (run.run_type == Run::RT_Aggregate && run.aggregate_unit == benchmark::kPercentage) continue;
    const double seconds = run.GetAdjustedRealTime() / benchmark::GetTimeUnitMultiplier(run.time_unit);
    std::printf("%-*s %12s %10lld", static_cast<int>(width_), name.c_str(), readable_time(seconds).c_str(),
                static_cast<long long>(run.iterations));
    for (const char* unit : {"GFLOP/s", "GB/s", "samples/s"}) {
      const auto rate = run.counters.find(unit), share = run.counters.find("%peak");
      if (rate == run.counters.end()) continue;
      std::printf(" %9.1f %s", rate->second.value, unit);
      if (share != run.counters.end()) {
        const bool flops = unit == std::string("GFLOP/s");
        std::printf("%s %5.1f%% of %s", flops ? " " : "    ", share->second.value, flops ? "FMA" : "copy");
      }
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

void Reporter::Finalize() {
  if (other_ != nullptr) other_->Finalize();
}

}  // namespace lamina::bench
