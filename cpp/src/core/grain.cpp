#include "core/grain.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "core/parallel_for.h"

namespace lamina {

namespace {

// What the kernels' grains are chosen for. Smaller ones made no net faster where handing over costs less, but woke the
// workers for nets that are better off alone.
constexpr double kNominal = 2000;
constexpr double kMost = 20'000;

std::atomic<double> measured{0};  // 0: not yet

using Clock = std::chrono::steady_clock;

double nanoseconds(Clock::duration duration) { return std::chrono::duration<double, std::nano>(duration).count(); }

// As much as a small op has.
struct Sample {
  static constexpr std::int64_t line = 16, lines = 256;
  alignas(64) float data[line * lines] = {};
  std::atomic<bool> shared{false};  // some of it was done by another worker

  static void run(void* self, std::int64_t begin, std::int64_t end, int worker) {
    Sample& s = *static_cast<Sample*>(self);
    for (std::int64_t i = begin * line; i < end * line; ++i) s.data[i] = s.data[i] * 0.5f + 1;
    if (worker != 0) s.shared.store(true, std::memory_order_relaxed);
  }
};

}  // namespace

// One worker's work is the next job's data, as in a chain of ops of which some are too small to be shared. The others
// may still be on their way: what was done without them tells nothing; nor does what was interrupted, so the least
// counts.
void measure_handing_over() {
  if (measured.load(std::memory_order_relaxed) > 0) return;
  constexpr int enough = 25;
  constexpr auto patience = std::chrono::microseconds(300);
  Sample sample;
  double least = kMost;
  int found = 0;
  for (const auto begin = Clock::now(); found < enough && Clock::now() - begin < patience;) {
    const auto start = Clock::now();
    Sample::run(&sample, 0, Sample::lines, 0);
    const auto alone = Clock::now();
    sample.shared.store(false, std::memory_order_relaxed);
    parallel_for(Sample::lines, 1, Sample::run, &sample);
    const double cost = nanoseconds(Clock::now() - alone) - nanoseconds(alone - start) / num_threads();
    if (!sample.shared.load(std::memory_order_relaxed)) continue;
    least = std::min(least, cost);
    ++found;
  }
  measured.store(found == enough ? std::max(least, kNominal) : kNominal, std::memory_order_relaxed);
}

double handing_over(double work) {
  double cost = measured.load(std::memory_order_relaxed);
  if (cost == 0 && work > kNominal) {
    with_workers([](void*) {}, nullptr);
    cost = measured.load(std::memory_order_relaxed);
  }
  return cost > 0 ? cost : kNominal;  // a single thread has nobody to measure with
}

std::int64_t measured_grain(std::int64_t grain) {
  const double cost = measured.load(std::memory_order_relaxed);
  if (cost == 0) return grain;
  const std::int64_t unit = grain % 64 == 0 ? 64 : 1;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(grain / unit) * cost / kNominal)) *
         unit;
}

std::int64_t grain_for(std::int64_t grain, std::int64_t unit) {
  return std::max<std::int64_t>(1, measured_grain(grain) / std::max<std::int64_t>(1, unit));
}

}  // namespace lamina
