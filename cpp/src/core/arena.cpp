#include "core/arena.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numeric>

#ifdef __linux__
#include <sys/mman.h>
#include <sys/sysinfo.h>
#endif

#include "lamina/error.h"
#include "lamina/tensor.h"

namespace lamina {

static std::atomic<std::int64_t> allocations{0};

std::int64_t allocation_count() { return allocations.load(std::memory_order_relaxed); }

namespace {

// New memory costs a page fault per 4 KiB, which is more than what most kernels do with it: large blocks, and smaller
// ones that fill them well, ask for pages of 2 MiB, and some that were given back are kept for the next ones.
constexpr std::size_t kHugePage = std::size_t{1} << 21, kLarge = 2 * kHugePage;
constexpr std::size_t kMostKept = std::size_t{1} << 28;  // bytes in all
constexpr std::size_t kPlaces = 32;

// Large blocks stand at multiples of a huge page: their sizes in huge pages fit into the bits below. Zero is no block.
// Atomics instead of a lock, which a forked child could find taken for ever.
std::atomic<std::uintptr_t> kept[kPlaces];
std::atomic<std::size_t> kept_bytes{0}, oldest{0};

std::size_t size_of_block(std::uintptr_t block) { return (block & (kHugePage - 1)) * kHugePage; }

std::uintptr_t take_from(std::atomic<std::uintptr_t>& place) {
  const std::uintptr_t block = place.exchange(0);
  kept_bytes -= size_of_block(block);
  return block;
}

void release(std::uintptr_t block) { std::free(reinterpret_cast<void*>(block & ~(kHugePage - 1))); }

void keep(std::uintptr_t block) {
  const std::size_t bytes = size_of_block(block);
  for (std::size_t i = 0; i < kPlaces && kept_bytes + bytes > kMostKept; ++i)
    release(take_from(kept[oldest++ % kPlaces]));
  if (kept_bytes + bytes > kMostKept) return release(block);
  for (std::size_t i = 0; i < kPlaces; ++i) {
    std::uintptr_t none = 0;
    kept_bytes += bytes;
    if (kept[i].compare_exchange_strong(none, block)) return;
    kept_bytes -= bytes;
  }
  kept_bytes += bytes;
  const std::uintptr_t other = kept[oldest++ % kPlaces].exchange(block);
  kept_bytes -= size_of_block(other);
  release(other);
}

std::size_t huge_pages(std::size_t bytes) { return (bytes + kHugePage - 1) / kHugePage; }

bool takes_huge_pages(std::size_t bytes) { return bytes >= kLarge || bytes > huge_pages(bytes) * kHugePage / 4 * 3; }

// The smallest that is large enough, if at most a quarter larger than a fresh one would be; else 0.
std::uintptr_t kept_block(std::size_t bytes) {
  std::size_t least = (huge_pages(bytes) + huge_pages(bytes) / 4) * kHugePage + 1;
  std::atomic<std::uintptr_t>* best = nullptr;
  for (std::atomic<std::uintptr_t>& place : kept) {
    const std::size_t size = size_of_block(place);
    if (size < bytes || size >= least) continue;
    least = size;
    best = &place;
  }
  if (best == nullptr) return 0;
  const std::uintptr_t block = take_from(*best);
  if (size_of_block(block) >= bytes) return block;
  if (block != 0) keep(block);  // another thread has been here
  return 0;
}

std::uintptr_t fresh_block(std::size_t bytes) {
  const std::size_t pages = huge_pages(bytes);
  if (pages >= kHugePage) return 0;
  void* p = std::aligned_alloc(kHugePage, pages * kHugePage);
#ifdef __linux__
  if (p != nullptr) madvise(p, pages * kHugePage, MADV_HUGEPAGE);  // only advice
#endif
  return p == nullptr ? 0 : reinterpret_cast<std::uintptr_t>(p) | pages;
}

// More than what there is would be granted on many systems, and then end the process.
bool is_more_than_all([[maybe_unused]] std::size_t bytes) {
#ifdef __linux__
  static const std::size_t all = [] {
    struct sysinfo info {};
    if (sysinfo(&info) != 0) return std::numeric_limits<std::size_t>::max();
    return (static_cast<std::size_t>(info.totalram) + info.totalswap) * info.mem_unit;
  }();
  return bytes > all;
#else
  return false;
#endif
}

}  // namespace

std::shared_ptr<void> allocate(std::size_t bytes) {
  std::shared_ptr<void> memory;
  const bool is_huge = takes_huge_pages(bytes);
  if (is_huge && !is_more_than_all(bytes)) {
    std::uintptr_t block = kept_block(bytes);
    if (block == 0) block = fresh_block(bytes);
    if (block == 0) {  // perhaps what is kept stands in the way
      for (std::atomic<std::uintptr_t>& place : kept) release(take_from(place));
      block = fresh_block(bytes);
    }
    if (block != 0) memory.reset(reinterpret_cast<void*>(block & ~(kHugePage - 1)), [block](void*) { keep(block); });
  } else if (!is_huge) {
    memory.reset(std::aligned_alloc(kAlignment, std::max(aligned(bytes), kAlignment)), std::free);
  }
  if (memory == nullptr)
    fail(ErrorKind::value, "Not enough memory", "at most what the system has", std::to_string(bytes) + " bytes",
         "Use a smaller batch or model.");
  allocations.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

std::size_t place(std::vector<Interval>& intervals) {
  std::vector<int> order(intervals.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return intervals[a].bytes > intervals[b].bytes; });
  std::vector<int> placed;  // by rising offset
  std::size_t total = 0;
  for (int i : order) {
    Interval& mine = intervals[i];
    if (mine.bytes == 0) continue;
    std::size_t offset = 0;
    for (int j : placed) {
      const Interval& other = intervals[j];
      if (other.last < mine.first || other.first > mine.last) continue;
      if (offset + mine.bytes <= other.offset) break;
      offset = std::max(offset, other.offset + aligned(other.bytes));
    }
    mine.offset = offset;
    total = std::max(total, offset + aligned(mine.bytes));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), i,
                                   [&](int a, int b) { return intervals[a].offset < intervals[b].offset; }),
                  i);
  }
  return total;
}

}  // namespace lamina
