#include "core/cpu.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

#if defined(__x86_64__)
#include <cpuid.h>
#include <xmmintrin.h>
#endif

#if defined(__linux__)
#include <sched.h>
#endif

namespace lamina {

// ---- Instruction sets

#if defined(__x86_64__)

namespace {

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// All zero when the processor does not know the leaf.
Registers cpuid(unsigned leaf, unsigned subleaf = 0) {
  Registers r;
  if (!__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx)) return {};
  return r;
}

// Which register files the operating system saves on a context switch (XCR0). Only valid when CPUID has OSXSAVE.
// Written in assembly because the _xgetbv intrinsic needs -mxsave, and this file is compiled for every x86-64.
std::uint64_t saved_registers() {
  std::uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

bool all(std::uint64_t value, std::uint64_t bits) { return (value & bits) == bits; }

// The levels are defined by the x86-64 psABI, section 3.1.1.
int detect_x86_level() {
  const Registers basic = cpuid(1), features = cpuid(7), extended = cpuid(0x80000001u);

  constexpr unsigned v2_basic = bit_SSE3 | bit_SSSE3 | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT | bit_CMPXCHG16B;
  if (!all(basic.ecx, v2_basic) || !all(extended.ecx, bit_LAHF_LM)) return 1;

  constexpr unsigned v3_basic = bit_AVX | bit_F16C | bit_FMA | bit_MOVBE | bit_OSXSAVE;
  constexpr unsigned v3_features = bit_AVX2 | bit_BMI | bit_BMI2;
  if (!all(basic.ecx, v3_basic) || !all(features.ebx, v3_features) || !all(extended.ecx, bit_ABM)) return 2;
  constexpr std::uint64_t xmm_and_ymm = 0x6, opmask_and_zmm = 0xe0;
  const std::uint64_t saved = saved_registers();
  if (!all(saved, xmm_and_ymm)) return 2;

  constexpr unsigned v4_features = bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL;
  if (!all(features.ebx, v4_features) || !all(saved, opmask_and_zmm)) return 3;
  return 4;
}

}  // namespace

bool processor_supports(InstructionSet level) {
  static const int detected = detect_x86_level();
  switch (level) {
    case InstructionSet::v2:
      return detected >= 2;
    case InstructionSet::v3:
      return detected >= 3;
    case InstructionSet::v4:
      return detected >= 4;
    case InstructionSet::neon:
      return false;
  }
  return false;
}

#else

// 64-bit ARM always has NEON.
bool processor_supports(InstructionSet level) {
#if defined(__aarch64__)
  return level == InstructionSet::neon;
#else
  static_cast<void>(level);
  return false;
#endif
}

#endif

// ---- Processors

namespace {

#if defined(__linux__)

int bound_processors() {
  // The kernel refuses a mask smaller than its own, so the mask grows until it fits.
  for (int capacity = 1024; capacity <= 1 << 20; capacity *= 4) {
    cpu_set_t* set = CPU_ALLOC(capacity);
    if (set == nullptr) break;
    const std::size_t size = CPU_ALLOC_SIZE(capacity);
    const bool known = sched_getaffinity(0, size, set) == 0;
    const int count = known ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (known) return count;
  }
  return static_cast<int>(std::thread::hardware_concurrency());
}

// The quota in a cpu.max file ("max 100000" or "<time> <period>", in microseconds), in processors; `none` without one.
int read_quota(const std::string& path, int none) {
  std::ifstream file(path);
  double time = 0, period = 0;
  if (!(file >> time >> period) || time <= 0 || period <= 0) return none;
  return static_cast<int>(std::min<double>(none, std::ceil(time / period)));
}

// Containers are usually limited by a quota (control groups, version 2) and not by a mask; more workers than the quota
// allows would be stopped in the middle of every parallel region.
int limit_to_quota(int processors) {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.rfind("0::", 0) != 0) continue;
    // Every group above limits this one too.
    for (std::string group = line.substr(3);; group.erase(group.rfind('/'))) {
      if (group == "/") group.clear();
      processors = read_quota("/sys/fs/cgroup" + group + "/cpu.max", processors);
      if (group.rfind('/') == std::string::npos) break;
    }
  }
  return processors;
}

#else

int bound_processors() { return static_cast<int>(std::thread::hardware_concurrency()); }
int limit_to_quota(int processors) { return processors; }

#endif

}  // namespace

int available_processors() { return std::max(1, limit_to_quota(bound_processors())); }

// ---- Denormals

namespace {

#if defined(__x86_64__)

constexpr std::uint64_t flush_bits = 0x8040;  // flush to zero, denormals are zero
std::uint64_t read_control() { return _mm_getcsr(); }
void write_control(std::uint64_t value) { _mm_setcsr(static_cast<unsigned>(value)); }

#elif defined(__aarch64__)

constexpr std::uint64_t flush_bits = std::uint64_t{1} << 24;  // FZ: operands and results
std::uint64_t read_control() {
  std::uint64_t value;
  __asm__ volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}
void write_control(std::uint64_t value) { __asm__ volatile("msr fpcr, %0" : : "r"(value)); }

#else

constexpr std::uint64_t flush_bits = 0;
std::uint64_t read_control() { return 0; }
void write_control(std::uint64_t) {}

#endif

}  // namespace

bool flushes_denormals() { return flush_bits != 0 && (read_control() & flush_bits) == flush_bits; }

FlushDenormals::FlushDenormals(bool enable)
    : found_(read_control()), set_(enable ? found_ | flush_bits : found_ & ~flush_bits) {
  if (set_ != found_) write_control(set_);
}

FlushDenormals::~FlushDenormals() {
  // Only the flush bits go back: the exception flags that the run raised stay readable.
  if (set_ != found_) write_control((read_control() & ~flush_bits) | (found_ & flush_bits));
}

}  // namespace lamina
