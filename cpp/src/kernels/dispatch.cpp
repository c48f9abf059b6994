// The choice of the instruction set level. This file is compiled once, for every processor; the build says which
// levels it compiled with LAMINA_HAVE_V2, LAMINA_HAVE_V3, LAMINA_HAVE_V4 and LAMINA_HAVE_NEON.
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/cpu.h"
#include "kernels/table.h"
#include "lamina/error.h"

namespace lamina::kernels {

// Each level's, from table.cpp. Only called on a processor that has the level: even building it runs its instructions.
#ifdef LAMINA_HAVE_V2
namespace v2 {
const Table& level_table();
}
#endif
#ifdef LAMINA_HAVE_V3
namespace v3 {
const Table& level_table();
}
#endif
#ifdef LAMINA_HAVE_V4
namespace v4 {
const Table& level_table();
}
#endif
#ifdef LAMINA_HAVE_NEON
namespace neon {
const Table& level_table();
}
#endif

namespace {

struct Level {
  InstructionSet instructions;
  const char* name;
  const char* needs;
  const Table& (*table)();
};

// Worst first.
constexpr Level compiled_levels[] = {
#ifdef LAMINA_HAVE_V2
    {InstructionSet::v2, "v2", "SSE4.2", v2::level_table},
#endif
#ifdef LAMINA_HAVE_V3
    {InstructionSet::v3, "v3", "AVX2, FMA and BMI2", v3::level_table},
#endif
#ifdef LAMINA_HAVE_V4
    {InstructionSet::v4, "v4", "AVX-512 F, BW, CD, DQ and VL", v4::level_table},
#endif
#ifdef LAMINA_HAVE_NEON
    {InstructionSet::neon, "neon", "64-bit ARM", neon::level_table},
#endif
};
constexpr int num_compiled_levels = sizeof(compiled_levels) / sizeof(compiled_levels[0]);

struct Runnable {
  const Level* levels[num_compiled_levels];
  int count = 0;
};

const Runnable& runnable() {
  static const Runnable found = [] {
    Runnable result{};
    for (const Level& level : compiled_levels) {
      if (processor_supports(level.instructions)) result.levels[result.count++] = &level;
    }
    return result;
  }();
  return found;
}

std::string runnable_names() {
  std::string names;
  for (int i = 0; i < runnable().count; ++i) {
    if (i > 0) names += ", ";
    names += '"' + std::string(runnable().levels[i]->name) + '"';
  }
  return names;
}

const Level& choose() {
  const Runnable& levels = runnable();
  if (levels.count == 0) {
    fail(ErrorKind::state, "Lamina cannot run on this processor",
         std::string("at least level ") + compiled_levels[0].name + " (" + compiled_levels[0].needs + ")",
         "a processor without it", "Use another machine, or build Lamina with a lower level.");
  }
  const char* wanted = std::getenv("LAMINA_ISA");
  if (wanted == nullptr || *wanted == '\0') return *levels.levels[levels.count - 1];
  for (int i = 0; i < levels.count; ++i) {
    if (std::strcmp(wanted, levels.levels[i]->name) == 0) return *levels.levels[i];
  }
  std::string what_happened = "The environment variable LAMINA_ISA names an unknown instruction set level";
  for (const Level& level : compiled_levels) {
    if (std::strcmp(wanted, level.name) == 0) {
      what_happened = std::string("The environment variable LAMINA_ISA names a level that this processor lacks; ") +
                      level.name + " needs " + level.needs;
    }
  }
  fail(ErrorKind::value, what_happened, "one of " + runnable_names(), '"' + std::string(wanted) + '"',
       "Unset LAMINA_ISA to use the best level.");
}

}  // namespace

const Table& table() {
  static const Table& chosen = choose().table();
  return chosen;
}

int num_runnable_tables() { return runnable().count; }

const Table& runnable_table(int i) { return runnable().levels[i]->table(); }

template <>
const FloatTable<float>& float_table<float>() {
  return table().float32;
}
template <>
const FloatTable<double>& float_table<double>() {
  return table().float64;
}

template <>
const AnyTable<float>& any_table<float>() {
  return table().any_float32;
}
template <>
const AnyTable<double>& any_table<double>() {
  return table().any_float64;
}
template <>
const AnyTable<std::int32_t>& any_table<std::int32_t>() {
  return table().any_int32;
}
template <>
const AnyTable<std::int64_t>& any_table<std::int64_t>() {
  return table().any_int64;
}
template <>
const AnyTable<std::uint8_t>& any_table<std::uint8_t>() {
  return table().any_uint8;
}
template <>
const AnyTable<bool>& any_table<bool>() {
  return table().any_bool;
}

}  // namespace lamina::kernels
