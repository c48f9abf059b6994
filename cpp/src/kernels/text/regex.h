// Regular expressions without backtracking: every match takes time in proportion to the text times the pattern,
// whatever both are (Thompson's construction; the simulation with captures is Pike's).
//
// Known are literals, . [..] [^..] with ranges and [:alpha:] and the like, \d \w \s \D \W \S, ^ $ \A \z \b \B, groups
// (..) and (?:..), | * + ? {n,m} and their lazy forms, \n \t \r \f \v \xHH \x{H..}, and (?i) at the start, for the
// letters of ASCII. A dot matches all but a newline, and no match cuts a character. Of several matches at one place the
// first in the order of the pattern counts, as in Perl and RE2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/tensor.h"

namespace lamina::kernels::text {

class Regex {
 public:
  // Throws Error (value) for what is no pattern, and for patterns of more than 10,000 steps.
  explicit Regex(const std::string& pattern);

  int groups() const { return groups_; }  // of parentheses

  // The first match in text[from, ...): where group i begins and ends in ends[2 i] and ends[2 i + 1], -1 for none;
  // group 0 is all of it. `scratch` has scratch_bytes().
  bool find(const Text& text, std::int64_t from, void* scratch, std::int64_t* ends) const;
  std::size_t scratch_bytes() const;

 private:
  friend class RegexParser;

  enum class Kind : std::uint8_t { set, split, save, begin, end, word_border, no_word_border, match };
  struct Range {
    std::uint32_t low, high;
  };
  struct Set {
    std::vector<Range> ranges;
    bool negated = false;
    bool has(std::uint32_t c) const;
  };
  struct Step {
    Kind kind;
    int next = -1, other = -1;  // split: `next` is tried first
    int index = 0;              // of the set, or of the place to save
  };
  struct Threads;
  struct Task;
  struct Memory;

  std::size_t width() const;  // of the captures of a thread
  void add(Memory& memory, Threads& threads, int step, const Text& text, std::int64_t at) const;
  void find_first_bytes();

  std::vector<Step> steps_;
  std::vector<Set> sets_;
  int start_ = 0, groups_ = 0;
  bool first_[256];  // bytes a match may begin with
};

}  // namespace lamina::kernels::text
