// The log: topics, where it goes, and that each choice is told once.
#include "core/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "lamina/runtime.h"
#include "support.h"

namespace lamina {
namespace {

class Log : public testing::Test {
 protected:
  Log() {
    set_log([this](const std::string& topic, const std::string& line) { lines.push_back(topic + ": " + line); });
  }
  ~Log() override {
    set_log_topics("");
    set_log(nullptr);
  }
  std::vector<std::string> lines;
};

TEST_F(Log, SaysWhatWasAskedFor) {
  set_log_topics("");
  log(LogTopic::programs, "a");
  EXPECT_FALSE(logs_kernels());
  EXPECT_EQ(log_topics(), "");
  set_log_topics("programs,kernels");
  EXPECT_TRUE(logs_kernels());
  EXPECT_EQ(log_topics(), "kernels,programs");
  log(LogTopic::programs, "b");
  set_log_topics("kernels");
  log(LogTopic::programs, "c");
  EXPECT_EQ(lines, (std::vector<std::string>{"programs: b"}));
  support::expect_error(ErrorKind::value, "There is no such topic of the log. Expected: kernels",
                        [] { set_log_topics("kernel"); });
}

TEST_F(Log, TellsEachChoiceOnce) {
  set_log_topics("kernels");
  const Fact facts[] = {{"m", 3}, {"n", 4}};
  const Verdict verdicts[] = {{"small", "too large"}, {"odd", "even"}, {"general", nullptr}};
  for (int i = 0; i < 3; ++i) log_choice("gemm", facts, 2, verdicts, 3);
  log_choice("gemm", facts, 1, verdicts + 2, 1);
  EXPECT_EQ(lines,
            (std::vector<std::string>{"kernels: gemm m=3 n=4: small (too large), odd (even) refused; general taken",
                                      "kernels: gemm m=3: general taken"}));
}

TEST_F(Log, GoesToStderrWithoutAFunction) {
  set_log(nullptr);
  set_log_topics("programs");
  testing::internal::CaptureStderr();
  log(LogTopic::programs, "a line");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "lamina programs: a line\n");
}

TEST_F(Log, KeepsTheLineOfAFunctionThatThrows) {
  set_log([](const std::string&, const std::string&) { throw 1; });
  set_log_topics("programs");
  testing::internal::CaptureStderr();
  log(LogTopic::programs, "a line");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "lamina programs: a line (the function of the log threw an error)\n");
}

TEST_F(Log, MayBeSetByWhatItDrops) {
  struct Last {
    ~Last() { set_log_topics(""); }
  };
  set_log([last = std::make_shared<Last>()](const std::string&, const std::string&) {});
  set_log_topics("kernels");
  set_log(nullptr);
  EXPECT_EQ(log_topics(), "");
}

TEST_F(Log, NamesTheKernelsOfProducts) {
  set_log_topics("kernels");
  const auto product = [](std::int64_t m, std::int64_t k, std::int64_t n) {
    support::op("matmul", {Value(support::random<float>({m, k}, 1)), Value(support::random<float>({k, n}, 2))});
  };
  product(64, 32, 1);
  product(64, 32, 48);
  product(64, 32, 48);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], "kernels: gemm m=64 n=1 k=32 bytes=4: one_column taken");
  EXPECT_NE(lines[1].find("one_column (b has several columns), few_rows (too many rows)"), std::string::npos);
  EXPECT_NE(lines[1].find("general taken"), std::string::npos);
}

TEST_F(Log, NamesTheWaysOfEveryFamilyThatHasSeveral) {
  set_log_topics("kernels");
  const auto x = [](const Shape& shape) { return Value(support::random<float>(shape, 1)); };
  const struct {
    std::function<void()> call;
    const char* line;
  } rows[] = {
      {[&] {
         support::op("sum", {x({6, 40})}, {{"axes", support::Ints{0}}});
       },
       "reduce results=40 count=6 run=40: columns taken"},
      {[&] {
         support::op("sum", {x({6, 8})}, {{"axes", support::Ints{1}}});
       },
       "reduce results=6 count=8 run=8: columns (the last axis is reduced) refused; short_runs taken"},
      {[&] {
         support::op("sum", {x({6, 40})}, {{"axes", support::Ints{1}}});
       },
       "reduce results=6 count=40 run=40: columns (the last axis is reduced), short_runs (long runs) refused; runs "
       "taken"},
      {[&] {
         support::op("softmax", {x({2, 3, 4})}, {{"axis", std::int64_t{-1}}});
       },
       "softmax outer=6 size=4 inner=1: rows taken"},
      {[&] {
         support::op("softmax", {x({2, 3, 4})}, {{"axis", std::int64_t{1}}});
       },
       "softmax outer=2 size=3 inner=4: rows (the axis is not the last) refused; columns taken"},
      {[&] {
         support::op("transpose", {x({32, 48})}, {{"axes", support::Ints{1, 0}}});
       },
       "copy elements=1536 last=32 from_step=48 to_step=1 bytes=4: runs (the last axis is not contiguous on both "
       "sides) "
       "refused; transposed taken"},
      {[&] {
         support::op("sort", {x({3, 20})});
       },
       "sort rows=3 n=20 bytes=4: counting taken"},
      {[&] {
         support::op("sort", {x({1, 200})});
       },
       "sort rows=1 n=200 bytes=4: counting (long rows), insertion (long rows) refused; digits_of_8_bits taken"},
      {[&] {
         support::op("fft", {x({2, 37}), x({2, 37})});
       },
       "fourier rows=2 n=37 side_by_side=1: factors (a prime factor above 31) refused; convolution taken"},
      {[&] {
         support::all("batch_norm", {}, {x({4, 3}), x({3}), x({3})});
       },
       "batch_norm outer=4 channels=3 inner=1: runs (channels are the last axis) refused; rows taken"},
  };
  for (const auto& row : rows) {
    lines.clear();
    row.call();
    EXPECT_NE(std::find(lines.begin(), lines.end(), std::string("kernels: ") + row.line), lines.end())
        << row.line << "\nbut: " << (lines.empty() ? "nothing" : lines.back());
  }
}

}  // namespace
}  // namespace lamina
