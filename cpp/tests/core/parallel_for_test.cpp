#include "core/parallel_for.h"

#include <gtest/gtest.h>
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "core/cpu.h"
#include "lamina/error.h"

namespace {

using lamina::FlushDenormals;
using lamina::flushes_denormals;
using lamina::parallel_for;

struct Range {
  std::int64_t begin, end;
  int worker;
};

// parallel_for over a lambda (begin, end, worker).
template <class Body>
void run(std::int64_t count, std::int64_t grain, Body body) {
  parallel_for(
      count, grain,
      [](void* context, std::int64_t begin, std::int64_t end, int worker) {
        (*static_cast<Body*>(context))(begin, end, worker);
      },
      &body);
}

std::vector<Range> ranges_of(std::int64_t count, std::int64_t grain) {
  std::mutex mutex;
  std::vector<Range> ranges;
  run(count, grain, [&](std::int64_t begin, std::int64_t end, int worker) {
    const std::lock_guard<std::mutex> lock(mutex);
    ranges.push_back({begin, end, worker});
  });
  return ranges;
}

class ParallelFor : public testing::Test {
 protected:
  void TearDown() override { lamina::set_num_threads(threads_before_); }

 private:
  int threads_before_ = lamina::num_threads();
};

TEST_F(ParallelFor, VisitsEveryIndexOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    lamina::set_num_threads(threads);
    for (const std::int64_t count : {1, 2, 7, 64, 65, 1000}) {
      for (const std::int64_t grain : {1, 3, 64, 2000}) {
        std::vector<int> visits(static_cast<std::size_t>(count), 0);
        run(count, grain, [&](std::int64_t begin, std::int64_t end, int) {
          for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        EXPECT_EQ(visits, std::vector<int>(visits.size(), 1)) << count << " indices, grain " << grain;
      }
    }
  }
}

TEST_F(ParallelFor, CutsAtMultiplesOfTheGrain) {
  lamina::set_num_threads(3);
  const std::vector<Range> ranges = ranges_of(100, 8);
  EXPECT_EQ(ranges.size(), 6u);  // two for each worker, whoever runs them
  for (const Range& range : ranges) {
    EXPECT_EQ(range.begin % 8, 0);
    EXPECT_TRUE(range.end % 8 == 0 || range.end == 100);
    EXPECT_TRUE(range.worker >= 0 && range.worker < 3) << range.worker;
  }
}

TEST_F(ParallelFor, GivesTheSameRangesEveryTime) {
  lamina::set_num_threads(2);
  for (int repeat = 0; repeat < 100; ++repeat) {
    std::set<std::pair<std::int64_t, std::int64_t>> found;
    for (const Range& range : ranges_of(20, 1)) found.insert({range.begin, range.end});
    EXPECT_EQ(found, (std::set<std::pair<std::int64_t, std::int64_t>>{{0, 5}, {5, 10}, {10, 15}, {15, 20}}));
  }
}

// with_workers over a lambda.
template <class Body>
void with_workers(Body body) {
  lamina::with_workers([](void* context) { (*static_cast<Body*>(context))(); }, &body);
}

TEST_F(ParallelFor, KeepsWorkersForManyJobs) {
  for (const int threads : {1, 2, 3, 8}) {
    lamina::set_num_threads(threads);
    const auto caller = std::this_thread::get_id();
    const std::uint64_t jobs = lamina::jobs_for_workers();
    std::vector<std::int64_t> sums(1000, 0);
    with_workers([&] {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      for (int job = 0; job < 2000; ++job) {
        run(1000, 10, [&](std::int64_t begin, std::int64_t end, int) {
          for (std::int64_t i = begin; i < end; ++i) sums[static_cast<std::size_t>(i)] += i + job;
        });
      }
    });
    for (std::int64_t i = 0; i < 1000; ++i) ASSERT_EQ(sums[static_cast<std::size_t>(i)], 2000 * i + 1999 * 1000);
    EXPECT_EQ(lamina::jobs_for_workers() - jobs, threads == 1 ? 0u : 2000u);
  }
}

TEST_F(ParallelFor, ThrowsOnWhatTheBodyThrows) {
  lamina::set_num_threads(2);
  for (int repeat = 0; repeat < 3; ++repeat) {
    EXPECT_THROW(with_workers([&] {
                   run(100, 1, [](std::int64_t, std::int64_t, int) {});
                   throw std::runtime_error("stop");
                 }),
                 std::runtime_error);
    EXPECT_EQ(ranges_of(100, 1).size(), 4u);
  }
}

TEST_F(ParallelFor, EndsSoonWhenWorkersComeLate) {
  lamina::set_num_threads(8);  // more than there are processors, as a rule
  for (int repeat = 0; repeat < 200; ++repeat) {
    std::atomic<int> visits{0};
    with_workers([&] { run(16, 1, [&](std::int64_t begin, std::int64_t end, int) { visits += int(end - begin); }); });
    ASSERT_EQ(visits, 16);
  }
}

TEST_F(ParallelFor, RunsSmallWorkInline) {
  lamina::set_num_threads(2);
  const auto caller = std::this_thread::get_id();
  bool inline_call = false;
  run(8, 8, [&](std::int64_t begin, std::int64_t end, int worker) {
    inline_call = begin == 0 && end == 8 && worker == 0 && std::this_thread::get_id() == caller;
  });
  EXPECT_TRUE(inline_call);
}

TEST_F(ParallelFor, DoesNothingForNoWork) {
  EXPECT_TRUE(ranges_of(0, 4).empty());
  EXPECT_TRUE(ranges_of(-3, 4).empty());
}

TEST_F(ParallelFor, AcceptsAGrainBelowOne) {
  lamina::set_num_threads(2);
  EXPECT_EQ(ranges_of(4, 0).size(), 4u);
}

TEST_F(ParallelFor, RunsNestedCallsInlineOnTheSameWorker) {
  lamina::set_num_threads(2);
  std::mutex mutex;
  std::vector<Range> outer, inner;
  run(2, 1, [&](std::int64_t begin, std::int64_t end, int worker) {
    run(100, 1, [&](std::int64_t inner_begin, std::int64_t inner_end, int inner_worker) {
      const std::lock_guard<std::mutex> lock(mutex);
      outer.push_back({begin, end, worker});
      inner.push_back({inner_begin, inner_end, inner_worker});
    });
  });
  ASSERT_EQ(inner.size(), 2u);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    EXPECT_EQ(inner[i].begin, 0);
    EXPECT_EQ(inner[i].end, 100);
    EXPECT_EQ(inner[i].worker, outer[i].worker);
  }
}

TEST_F(ParallelFor, ServesSeveralCallersAtOnce) {
  lamina::set_num_threads(2);
  std::vector<std::int64_t> sums(4, 0);
  std::vector<std::thread> callers;
  for (std::int64_t& sum : sums) {
    callers.emplace_back([&sum] {
      for (int repeat = 0; repeat < 50; ++repeat) {
        std::int64_t part[2] = {0, 0};
        run(1000, 1, [&](std::int64_t begin, std::int64_t end, int worker) {
          for (std::int64_t i = begin; i < end; ++i) part[worker] += i;
        });
        sum += part[0] + part[1];
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sums, std::vector<std::int64_t>(4, 50 * 999 * 500));
}

TEST_F(ParallelFor, KeepsTheNumberOfThreadsInItsLimits) {
  EXPECT_GE(lamina::num_threads(), 1);
  EXPECT_GE(lamina::max_threads(), lamina::num_threads());
  lamina::set_num_threads(3);
  EXPECT_EQ(lamina::num_threads(), 3);
  lamina::set_num_threads(std::numeric_limits<int>::max());
  EXPECT_EQ(lamina::num_threads(), lamina::max_threads());
}

TEST_F(ParallelFor, RefusesFewerThanOneThread) {
  const int before = lamina::num_threads();
  try {
    lamina::set_num_threads(0);
    FAIL() << "no error";
  } catch (const lamina::Error& error) {
    EXPECT_EQ(error.kind(), lamina::ErrorKind::value);
    EXPECT_STREQ(error.what(),
                 "The number of threads cannot be set. Expected: at least 1. Received: 0. "
                 "Use 1 to run everything in the calling thread.");
  }
  EXPECT_EQ(lamina::num_threads(), before);
}

TEST_F(ParallelFor, WorkersFlushDenormalsWhenTheCallerDoes) {
  lamina::set_num_threads(2);
  for (const bool enable : {true, false, true}) {
    const FlushDenormals mode(enable);
    std::atomic<int> begun{0};
    bool seen[2] = {!enable, !enable};
    run(2, 1, [&](std::int64_t, std::int64_t, int worker) {
      seen[worker] = flushes_denormals();
      for (++begun; begun < 2;) std::this_thread::yield();  // so that each worker takes one
    });
    EXPECT_EQ(seen[0], enable);
    EXPECT_EQ(seen[1], enable);
  }
}

TEST(FlushDenormals, PutsBackWhatItFound) {
  volatile float smallest = std::numeric_limits<float>::denorm_min();
  EXPECT_FALSE(flushes_denormals());
  {
    const FlushDenormals outer;
    EXPECT_TRUE(flushes_denormals());
    EXPECT_EQ(smallest * 1.0f, 0.0f);
    {
      const FlushDenormals inner(false);
      EXPECT_FALSE(flushes_denormals());
      EXPECT_GT(smallest * 1.0f, 0.0f);
    }
    EXPECT_TRUE(flushes_denormals());
  }
  EXPECT_FALSE(flushes_denormals());
  EXPECT_GT(smallest * 1.0f, 0.0f);
}

// The thread sanitizer neither understands a test's own parallel regions nor survives fork().
#if !defined(__SANITIZE_THREAD__)

TEST_F(ParallelFor, RunsInlineInsideTheCallersOwnParallelRegion) {
  lamina::set_num_threads(2);
  std::size_t calls[2] = {0, 0};
#pragma omp parallel num_threads(2)
  calls[omp_get_thread_num()] = ranges_of(10, 1).size();
  EXPECT_LE(calls[0], 1u);
  EXPECT_LE(calls[1], 1u);
}

TEST_F(ParallelFor, WorkersGetTheirOwnModeBack) {
  lamina::set_num_threads(2);
  bool seen[2] = {true, true};
  // A new thread, so that its workers are started while it flushes.
  std::thread([&seen] {
    {
      const FlushDenormals mode;
      run(2, 1, [](std::int64_t, std::int64_t, int) {});
      EXPECT_TRUE(flushes_denormals());
    }
#pragma omp parallel num_threads(2)
    seen[omp_get_thread_num()] = flushes_denormals();
  }).join();
  EXPECT_FALSE(seen[0] || seen[1]);
}

TEST_F(ParallelFor, AForkedChildRunsOnOneThread) {
  lamina::set_num_threads(2);
  ASSERT_EQ(ranges_of(10, 1).size(), 4u);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(20);  // ends a child that hangs
    const bool works = lamina::num_threads() == 1 && ranges_of(10, 1).size() == 1;
    _exit(works ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(ranges_of(10, 1).size(), 4u);
}

#endif

}  // namespace
