#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "kernels/table.h"
#include "lamina/error.h"

namespace {

using namespace lamina::kernels;

std::string name_of(int i) { return runnable_table(i).level; }

// What a process prints when LAMINA_ISA is `wanted`: the level, or the error's text. The level is chosen once per
// process, so each choice needs one of its own; death tests come before all others, when none is chosen yet.
[[noreturn]] void choose_and_exit(const char* wanted) {
  setenv("LAMINA_ISA", wanted, 1);
  try {
    std::fprintf(stderr, "level %s\n", table().level);
  } catch (const lamina::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::exit(error.kind() == lamina::ErrorKind::value ? 3 : 4);
  }
  std::exit(0);
}

TEST(Dispatch, ThisProcessorRunsAtLeastOneLevel) { ASSERT_GE(num_runnable_tables(), 1); }

TEST(Dispatch, LevelsAreListedWorstFirst) {
  for (int i = 1; i < num_runnable_tables(); ++i) EXPECT_LT(name_of(i - 1), name_of(i));
}

TEST(Dispatch, TypedTablesBelongToTheLevelInUse) {
  EXPECT_EQ(&float_table<float>(), &table().float32);
  EXPECT_EQ(&float_table<double>(), &table().float64);
  EXPECT_EQ(&any_table<float>(), &table().any_float32);
  EXPECT_EQ(&any_table<double>(), &table().any_float64);
  EXPECT_EQ(&any_table<std::int32_t>(), &table().any_int32);
  EXPECT_EQ(&any_table<std::int64_t>(), &table().any_int64);
  EXPECT_EQ(&any_table<std::uint8_t>(), &table().any_uint8);
  EXPECT_EQ(&any_table<bool>(), &table().any_bool);
}

TEST(DispatchDeathTest, TheBestLevelIsTheDefault) {
  EXPECT_EXIT(choose_and_exit(""), testing::ExitedWithCode(0), "level " + name_of(num_runnable_tables() - 1));
}

TEST(DispatchDeathTest, EveryRunnableLevelCanBeForced) {
  for (int i = 0; i < num_runnable_tables(); ++i) {
    EXPECT_EXIT(choose_and_exit(name_of(i).c_str()), testing::ExitedWithCode(0), "level " + name_of(i));
  }
}

TEST(DispatchDeathTest, AnUnknownLevelIsAnErrorThatNamesTheKnownOnes) {
  EXPECT_EXIT(choose_and_exit("avx9"), testing::ExitedWithCode(3),
              "LAMINA_ISA names an unknown instruction set level.*Expected: one of \"" + name_of(0) +
                  "\".*Received: \"avx9\".*Unset LAMINA_ISA");
}

}  // namespace
