// Shows the rows as they are measured, and keeps them for a comparison.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lamina::bench {

// Names of rows, and the seconds of their repetitions.
using Times = std::map<std::string, std::vector<double>>;

double median(std::vector<double> values);
std::string readable_time(double seconds);  // "12.3 us"

// A table for people, unless --benchmark_format asks for something else, which Google Benchmark then writes. Measures
// the peaks before the first row, and puts them, the level and the threads into the context of the JSON files.
class Reporter : public benchmark::BenchmarkReporter {
 public:
  Reporter();
  ~Reporter() override;
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

  const std::vector<std::string>& names() const { return names_; }  // in the order in which they were measured
  const Times& times() const { return times_; }
  bool failed() const { return failed_; }  // a row had an error

 private:
  std::unique_ptr<benchmark::BenchmarkReporter> other_;  // null: the table
  std::vector<std::string> names_;
  Times times_;
  std::size_t width_ = 0;
  bool failed_ = false;
};

}  // namespace lamina::bench
