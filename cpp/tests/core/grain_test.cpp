#include "core/grain.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <system_error>

#include "core/parallel_for.h"

namespace {

using lamina::grain_for;
using lamina::handing_over;
using lamina::measured_grain;

class Grain : public testing::Test {
 protected:
  void SetUp() override { lamina::set_num_threads(2); }
  void TearDown() override { lamina::set_num_threads(threads_before_); }

 private:
  int threads_before_ = lamina::num_threads();
};

TEST_F(Grain, IsMeasuredOnce) {
  const double cost = handing_over(1e6);
  EXPECT_GE(cost, 2000);
  EXPECT_LE(cost, 20'000);
  EXPECT_EQ(handing_over(1e6), cost);
  EXPECT_EQ(measured_grain(6400), static_cast<std::int64_t>(100 * cost / 2000) * 64);
}

// The threads of this process, where the system tells.
std::ptrdiff_t threads() {
  std::error_code none;
  const std::filesystem::directory_iterator tasks("/proc/self/task", none);
  return std::distance(begin(tasks), end(tasks));
}

// Who has little to do is not kept from it by the start of workers that would not help. (Each test has a process of its
// own under ctest: here none has been started before.)
TEST_F(Grain, LittleWorkStartsNoWorkers) {
  const std::ptrdiff_t before = threads();
  EXPECT_GE(handing_over(10), 2000);
  EXPECT_EQ(threads(), before);
}

TEST_F(Grain, TheMeasurementIsNobodysJob) {
  const std::uint64_t jobs = lamina::jobs_for_workers();
  handing_over(1e6);
  EXPECT_EQ(lamina::jobs_for_workers(), jobs);
}

TEST_F(Grain, GrowsWithTheCost) {
  handing_over(1e6);
  EXPECT_GE(measured_grain(1), 1);
  EXPECT_GE(measured_grain(10'000), 10'000);
  EXPECT_EQ(measured_grain(64 * 1000) % 64, 0);  // as vectors and pairs of numbers need it
  EXPECT_EQ(grain_for(1000, 0), measured_grain(1000));
  EXPECT_EQ(grain_for(1000, 10), measured_grain(1000) / 10);
  EXPECT_EQ(grain_for(1000, 1'000'000), 1);
}

}  // namespace
