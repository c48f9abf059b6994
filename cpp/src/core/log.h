// What the library says about its work, to those who ask for it by topic (lamina/runtime.h).
#pragma once

#include <cstdint>
#include <string>

namespace lamina {

enum class LogTopic : std::uint8_t { kernels, programs };

bool logs(LogTopic topic);  // one load; nothing else is done when nobody asked
void log(LogTopic topic, const std::string& line);

// ---- Choices from ordered lists, for sources that must not use std:: (kernels/choice.h)

struct Fact {
  const char* name;
  std::int64_t value;
};
struct Verdict {
  const char* name;
  const char* refusal;  // null: it was taken
};

bool logs_kernels();
// "gemm m=32 n=10 k=64: one_column (b has several columns), few_rows (too many rows) refused; general taken", once.
void log_choice(const char* family, const Fact* facts, int num_facts, const Verdict* verdicts, int num_verdicts);

}  // namespace lamina
