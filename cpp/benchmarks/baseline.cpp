#include "baseline.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lamina/error.h"

namespace lamina::bench {

namespace {

constexpr const char* kFix = "Write one with: lamina_bench --benchmark_out=FILE";

double seconds_of(const std::string& unit) {
  return unit == "ns" ? 1e-9 : unit == "us" ? 1e-6 : unit == "ms" ? 1e-3 : 1;
}

// "gemm 32x32x1" of "gemm 32x32x1/real_time".
std::string name_of(std::string name) {
  const std::string suffix = "/real_time";
  const std::size_t at = name.rfind(suffix);
  return at == std::string::npos ? name : name.erase(at);
}

}  // namespace

Baseline read_baseline(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    fail(ErrorKind::io, "The baseline cannot be read", "a JSON file of an earlier run", "\"" + path + "\"", kFix);
  Baseline baseline;
  try {
    const nlohmann::json json = nlohmann::json::parse(file);
    baseline.level = json.at("context").value("level", "unknown");
    baseline.threads = json.at("context").value("threads", "unknown");
    for (const auto& row : json.at("benchmarks")) {
      if (row.value("run_type", "iteration") != "iteration" || row.value("error_occurred", false)) continue;
      const double seconds = row.at("real_time").get<double>() * seconds_of(row.value("time_unit", "ns"));
      if (seconds > 0) baseline.times[name_of(row.at("run_name"))].push_back(seconds);
    }
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::value, "The baseline is not a file that this program wrote",
         "JSON with \"context\" and \"benchmarks\"", "\"" + path + "\": " + error.what(), kFix);
  }
  return baseline;
}

int compare(const Baseline& before, const std::vector<std::string>& names, const Times& now, double threshold,
            std::FILE* out) {
  std::size_t width = 24;
  for (const std::string& name : names) width = std::max(width, name.size());
  const int columns = static_cast<int>(width);
  int slower = 0, faster = 0, compared = 0;
  double logarithms = 0;
  for (const std::string& name : names) {
    const auto old = before.times.find(name);
    if (old == before.times.end()) continue;
    if (compared == 0) {
      std::fprintf(out, "\ncompared with level %s, %s threads\n", before.level.c_str(), before.threads.c_str());
      std::fprintf(out, "%-*s %12s %12s %8s\n", columns, "case", "before", "now", "ratio");
    }
    const double then = median(old->second), seconds = median(now.at(name)), ratio = seconds / then;
    const char* verdict = ratio > threshold ? "  slower" : ratio * threshold < 1 ? "  faster" : "";
    slower += ratio > threshold;
    faster += ratio * threshold < 1;
    ++compared;
    logarithms += std::log(ratio);
    std::fprintf(out, "%-*s %12s %12s %8.3f%s\n", columns, name.c_str(), readable_time(then).c_str(),
                 readable_time(seconds).c_str(), ratio, verdict);
  }
  if (compared == 0)
    fail(ErrorKind::value, "No row of this run is in the baseline, so nothing was compared", "rows of the same names",
         std::to_string(names.size()) + " rows now, " + std::to_string(before.times.size()) + " in the baseline",
         "Use the same --benchmark_filter for both runs.");
  std::fprintf(out, "%d rows, geometric mean of the ratios %.3f: %d slower, %d faster by more than a factor of %g",
               compared, std::exp(logarithms / compared), slower, faster, threshold);
  const std::size_t missing = names.size() - static_cast<std::size_t>(compared);
  if (missing > 0) std::fprintf(out, "; %zu rows are not in the baseline", missing);
  std::fprintf(out, "\n");
  return slower;
}

}  // namespace lamina::bench
