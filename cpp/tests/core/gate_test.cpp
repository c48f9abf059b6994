// Readers and writers of a program's variables.
#include "core/gate.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/pool.h"

namespace lamina {
namespace {

TEST(Gate, ReadersSeeWholeWrites) {
  Gate gate;
  std::int64_t a = 0, b = 0;  // equal but while somebody writes
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        const Gate::Pass pass(gate, false);
        wrong += a != b;
      }
    });
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        Gate::Pass pass(gate, true);
        ++a;
        ++b;
        pass.pause();
        ++a;
        ++b;
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(a, 2000);
}

TEST(Gate, AThreadThatIsInsideMayEnterAgain) {
  Gate gate, other;
  const Gate::Pass pass(gate, true), between(other, true), again(gate, false), once_more(gate, true);
  Gate third;
  const Gate::Pass reads(third, false), too(third, false);
}

TEST(Gate, PauseLetsReadersIn) {
  Gate gate;
  std::atomic<bool> read{false};
  std::thread reader;
  {
    Gate::Pass pass(gate, true);
    reader = std::thread([&] {
      const Gate::Pass mine(gate, false);
      read = true;
    });
    while (!read) pass.pause();
  }
  reader.join();
  EXPECT_TRUE(read);
}

struct Counted {
  explicit Counted(std::atomic<int>& count) : alive(count) { ++alive; }
  ~Counted() { --alive; }
  std::atomic<int>& alive;
};

TEST(Pool, KeepsWhatItIsGiven) {
  std::atomic<int> alive{0};
  {
    Pool<Counted> pool;
    EXPECT_EQ(pool.take(), nullptr);
    for (int i = 0; i < 100; ++i) pool.give(std::make_unique<Counted>(alive));
    EXPECT_EQ(alive, 64);  // those that found room
    std::vector<std::thread> threads;
    std::atomic<int> taken{0};
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i)
          if (auto object = pool.take()) {
            ++taken;
            pool.give(std::move(object));
          }
      });
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(taken, 4000);
    EXPECT_EQ(alive, 64);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace lamina
