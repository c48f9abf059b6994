// Compares a run with the JSON file of an earlier one.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "reporter.h"

namespace lamina::bench {

struct Baseline {
  std::string level, threads;  // of the earlier run
  Times times;
};

// What --benchmark_out wrote. Throws Error (io) if the file cannot be read, (value) if it is no such file.
Baseline read_baseline(const std::string& path);

// Prints, for each row measured now, the time before, the time now, and the ratio of the two (medians of the
// repetitions); rows whose ratio is above `threshold` are marked as slower. Gives how many those are. Throws Error
// (value) if no row is in both.
int compare(const Baseline& before, const std::vector<std::string>& names, const Times& now, double threshold,
            std::FILE* out);

}  // namespace lamina::bench
