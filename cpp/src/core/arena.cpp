#include "core/arena.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <numeric>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "lamina/error.h"
#include "lamina/tensor.h"

namespace lamina {

static std::atomic<std::int64_t> allocations{0};

std::int64_t allocation_count() { return allocations.load(std::memory_order_relaxed); }

namespace {

// New memory costs a page fault per 4 KiB, which is more than what most kernels do with it: large blocks ask for pages
// of 2 MiB.
constexpr std::size_t kHugePage = std::size_t{1} << 21, kHuge = 2 * kHugePage;

void* fresh(std::size_t bytes) {
#ifdef __linux__
  if (bytes >= kHuge) {
    const std::size_t whole = (bytes + kHugePage - 1) / kHugePage * kHugePage;
    void* p = std::aligned_alloc(kHugePage, whole);
    if (p != nullptr) madvise(p, whole, MADV_HUGEPAGE);  // only advice
    return p;
  }
#endif
  return std::aligned_alloc(kAlignment, std::max(aligned(bytes), kAlignment));
}

}  // namespace

std::shared_ptr<void> allocate(std::size_t bytes) {
  void* p = fresh(bytes);
  if (p == nullptr)
    fail(ErrorKind::value, "Not enough memory", "at most what the system can give", std::to_string(bytes) + " bytes",
         "Use a smaller batch or model.");
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::shared_ptr<void>(p, std::free);
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
