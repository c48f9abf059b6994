// The loop behind fma_peak(), one function per level, from peak_level.cpp.
#pragma once

#include <cstdint>

namespace lamina::bench {

constexpr int num_chains = 12;

struct FmaLoop {
  // Runs `iterations` x num_chains vector multiply-adds and returns something that depends on all of them.
  double (*float32)(std::int64_t iterations);
  double (*float64)(std::int64_t iterations);
  int float32_lanes, float64_lanes;
};

}  // namespace lamina::bench
