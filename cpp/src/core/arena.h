// Aligned memory, and the offsets of buffers that share one block of it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace lamina {

constexpr std::size_t kAlignment = 64;

inline std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// `bytes` of 64-byte aligned memory (never null). Throws Error (value) when there is not enough.
std::shared_ptr<void> allocate(std::size_t bytes);

// A buffer that lives during the steps [first, last].
struct Interval {
  std::size_t bytes = 0;
  int first = 0, last = 0;
  std::size_t offset = 0;  // the result
};

// Gives each buffer an offset such that no two that live at the same step overlap; returns the bytes of the block.
// Largest first, each at the lowest place that is free (Pisarchyk and Lee, 2020: greedy by size).
std::size_t place(std::vector<Interval>& intervals);

}  // namespace lamina
