#include "lamina/runtime.h"

#include <atomic>

#include "kernels/table.h"

namespace lamina {

const char* version() { return LAMINA_VERSION; }
const char* isa_level() { return kernels::table().level; }

// ---- Seeds

namespace {

std::atomic<std::uint64_t> series{0};

// SplitMix64 (Steele, Lea and Flood 2014): neighbours give numbers that have nothing in common.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

constexpr std::uint64_t golden_ratio = 0x9E3779B97F4A7C15u;

}  // namespace

void set_seed(std::int64_t seed) { series.store(mixed(static_cast<std::uint64_t>(seed) * golden_ratio)); }

std::int64_t next_seed() {
  constexpr std::uint64_t most = 1'000'000'000;
  return static_cast<std::int64_t>(mixed(series.fetch_add(golden_ratio) + golden_ratio) % most) + 1;
}

}  // namespace lamina
