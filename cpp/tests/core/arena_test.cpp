#include "core/arena.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "core/spelling.h"
#include "support.h"

namespace lamina {
namespace {

bool overlap(const Interval& a, const Interval& b) {
  const bool in_time = a.first <= b.last && b.first <= a.last;
  const bool in_space = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  return in_time && in_space;
}

TEST(Place, KeepsLiveBuffersApartInLittleSpace) {
  std::mt19937 engine(7);
  for (int repeat = 0; repeat < 300; ++repeat) {
    constexpr int steps = 30;
    std::vector<Interval> intervals(engine() % 40);
    for (Interval& i : intervals) {
      i.bytes = engine() % 5 == 0 ? 0 : engine() % 5000;
      i.first = static_cast<int>(engine() % steps);
      i.last = std::min<int>(steps, i.first + static_cast<int>(engine() % 8));
    }
    const std::size_t total = place(intervals);
    std::size_t sum = 0, most = 0;
    for (int step = 0; step <= steps; ++step) {
      std::size_t live = 0;
      for (const Interval& i : intervals)
        if (i.first <= step && step <= i.last) live += aligned(i.bytes);
      most = std::max(most, live);
    }
    for (std::size_t a = 0; a < intervals.size(); ++a) {
      sum += aligned(intervals[a].bytes);
      EXPECT_EQ(intervals[a].offset % kAlignment, 0u);
      EXPECT_LE(intervals[a].offset + intervals[a].bytes, total);
      for (std::size_t b = 0; b < a; ++b)
        if (intervals[a].bytes > 0 && intervals[b].bytes > 0) {
          EXPECT_FALSE(overlap(intervals[a], intervals[b]));
        }
    }
    EXPECT_GE(total, most);
    EXPECT_LE(total, sum);
  }
}

TEST(Place, ReusesMemoryOfDeadBuffers) {
  std::vector<Interval> chain;
  for (int i = 0; i < 10; ++i) chain.push_back({1000, i, i + 1, 0});
  EXPECT_EQ(place(chain), 2 * aligned(1000));
  std::vector<Interval> none;
  EXPECT_EQ(place(none), 0u);
}

TEST(Allocate, AlignsAndCounts) {
  const std::int64_t before = allocation_count();
  for (const std::size_t bytes : {0, 1, 64, 100}) {
    const auto memory = allocate(bytes);
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.get()) % kAlignment, 0u);
  }
  EXPECT_EQ(allocation_count() - before, 4);
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> names = {"conv", "relu", "relu6", "softmax", "log_softmax"};
  EXPECT_EQ(nearest("rleu", names), "relu, relu6, conv");
  EXPECT_EQ(nearest("Softmax", names).substr(0, 8), "softmax,");
  EXPECT_EQ(nearest("x", {"only"}), "only");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_FALSE(nearest(std::string(1 << 20, 'a'), names).empty());
}

TEST(Allocate, LargeBlocksAreUsedAgain) {
  for (const std::size_t bytes : {std::size_t{9} << 20, (std::size_t{6} << 20) + 8192}) {
    void* first = nullptr;
    {
      const auto block = allocate(bytes), other = allocate(bytes);
      first = block.get();
      EXPECT_NE(first, other.get());
      std::memset(first, 1, bytes);
    }
    const auto a = allocate(bytes), b = allocate(bytes - 4096), c = allocate(4 * bytes);
    EXPECT_TRUE(a.get() == first || b.get() == first);
    EXPECT_NE(a.get(), b.get());
    EXPECT_NE(c.get(), first);
  }
}

TEST(Allocate, ManyThreadsNeverShareABlock) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::size_t bytes = (std::size_t{4} + static_cast<std::size_t>((t * 7 + i) % 20)) << 20;
        const auto block = allocate(bytes);
        auto* ends = static_cast<char*>(block.get());
        ends[0] = ends[bytes - 1] = static_cast<char>(t);
        std::this_thread::yield();
        wrong += ends[0] != t || ends[bytes - 1] != t;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace lamina
