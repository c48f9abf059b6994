// What the processor offers, and how it treats denormal numbers.
#pragma once

#include <cstdint>

namespace lamina {

// The instruction set levels that kernels are compiled for.
enum class InstructionSet : std::uint8_t { v2, v3, v4, neon };

// Whether the processor has the level's instructions and the operating system saves the registers they use.
bool processor_supports(InstructionSet level);

// The processors this process may use: those it is bound to, limited by the quota of its control group. At least 1.
int available_processors();

// Whether this thread replaces denormal numbers by zero, in operands and in results.
bool flushes_denormals();

// Switches the flushing of denormals in this thread, and puts back what it found when it goes out of scope.
// Denormals make kernels up to a hundred times slower and mean nothing in training; the host program keeps its mode.
struct FlushDenormals {
  explicit FlushDenormals(bool enable = true);
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  std::uint64_t found_;
  std::uint64_t set_;
};

}  // namespace lamina
