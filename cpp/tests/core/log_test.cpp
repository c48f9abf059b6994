// The log: topics, where it goes, and that each choice is told once.
#include "core/log.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace lamina
