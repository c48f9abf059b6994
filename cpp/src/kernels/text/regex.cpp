#include "kernels/text/regex.h"

#include <algorithm>
#include <cstring>

#include "kernels/text/utf8.h"
#include "lamina/error.h"

namespace lamina::kernels::text {

namespace {

constexpr int kMostSteps = 10'000, kMostRepeats = 1'000, kDeepest = 200;
constexpr std::uint32_t kLast = 0x10FFFF;

bool is_word(std::uint32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

struct Named {
  const char* name;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
};

const std::vector<Named>& named_sets() {
  static const std::vector<Named> sets = {
      {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
      {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
      {"blank", {{'\t', '\t'}, {' ', ' '}}},
      {"cntrl", {{0, 31}, {127, 127}}},
      {"digit", {{'0', '9'}}},
      {"graph", {{'!', '~'}}},
      {"lower", {{'a', 'z'}}},
      {"print", {{' ', '~'}}},
      {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
      {"space", {{'\t', '\r'}, {' ', ' '}}},
      {"upper", {{'A', 'Z'}}},
      {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
      {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
      {"\\s", {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}},  // without \v, as Perl once had it and RE2 has
  };
  return sets;
}

}  // namespace

// Recursive descent over the pattern. A piece of the program is its first step and the places where its end is to be
// linked to what follows.
class RegexParser {
 public:
  RegexParser(const std::string& pattern, Regex& regex) : pattern_(pattern), regex_(regex), end_(pattern.size()) {}

  void run() {
    if (pattern_.compare(0, 4, "(?i)") == 0) {
      ignore_case_ = true;
      at_ = 4;
    }
    const int begin = step(Kind::save, 0);
    const Piece body = alternatives(0);
    if (more()) wrong("a parenthesis is closed that was not opened");
    const int end = step(Kind::save, 1), match = step(Kind::match);
    steps()[index(begin)].next = body.first;
    link(body, end);
    steps()[index(end)].next = match;
    regex_.start_ = begin;
    regex_.groups_ = groups_;
  }

 private:
  using Kind = Regex::Kind;
  struct Hole {
    int step;
    bool other;
  };
  struct Piece {
    int first;
    std::vector<Hole> holes;
    bool may_be_empty;  // whether it matches nothing, too
  };

  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  std::vector<Regex::Step>& steps() { return regex_.steps_; }

  [[noreturn]] void wrong(const std::string& what) const {
    fail(ErrorKind::value, "A regular expression cannot be read: " + what, "a pattern as in RE2",
         "'" + pattern_.substr(0, 100) + "', at place " + std::to_string(at_),
         "Escape literal characters with a backslash.");
  }

  int step(Kind kind, int argument = 0) {
    if (steps().size() >= kMostSteps) wrong("it is too large, more than " + std::to_string(kMostSteps) + " steps");
    Regex::Step made;
    made.kind = kind;
    made.index = argument;
    steps().push_back(made);
    return static_cast<int>(steps().size()) - 1;
  }

  void link(const Piece& piece, int to) {
    for (const Hole& hole : piece.holes)
      (hole.other ? steps()[index(hole.step)].other : steps()[index(hole.step)].next) = to;
  }

  Piece single(Kind kind, int argument = 0) {
    const int s = step(kind, argument);
    return {s, {{s, false}}, kind != Kind::set};
  }

  bool more() const { return at_ < end_; }
  char peek() const { return pattern_[at_]; }
  bool take(char c) {
    if (!more() || peek() != c) return false;
    ++at_;
    return true;
  }

  bool take(const char (&two)[3]) {
    if (at_ + 1 >= end_ || pattern_.compare(at_, 2, two) != 0) return false;
    at_ += 2;
    return true;
  }

  Piece alternatives(int depth) {
    if (depth > kDeepest) wrong("its parentheses are nested too deep");
    Piece left = sequence(depth);
    while (take('|')) {
      const Piece right = sequence(depth);
      const int split = step(Kind::split);
      steps()[index(split)].next = left.first;
      steps()[index(split)].other = right.first;
      left.holes.insert(left.holes.end(), right.holes.begin(), right.holes.end());
      left.first = split;
      left.may_be_empty = left.may_be_empty || right.may_be_empty;
    }
    return left;
  }

  Piece sequence(int depth) {
    Piece all = single(Kind::split);  // nothing, which leads on
    while (more() && peek() != '|' && peek() != ')') {
      const Piece next = repeated(depth);
      link(all, next.first);
      all.holes = next.holes;
      all.may_be_empty = all.may_be_empty && next.may_be_empty;
    }
    return all;
  }

  Piece repeated(int depth) {
    const std::size_t from = at_;
    const int groups_before = groups_;
    Piece piece = atom(depth);
    while (more()) {
      int least = 0, most = -1;
      const std::size_t before = at_;
      if (take('*')) {
      } else if (take('+')) {
        least = 1;
      } else if (take('?')) {
        most = 1;
      } else if (!counts(&least, &most)) {
        at_ = before;
        break;
      }
      const bool lazy = take('?');
      const std::size_t after = at_;
      // Copies of what is repeated are made by reading it again.
      const int groups_after = groups_;
      const auto copy = [&] {
        at_ = from;
        groups_ = groups_before;
        Piece again = atom_until(before, depth);
        groups_ = groups_after;
        at_ = after;
        return again;
      };
      piece = repeat(piece, copy, least, most, lazy);
    }
    return piece;
  }

  // The piece in pattern_[at_, end), with the repetitions that it has there.
  Piece atom_until(std::size_t end, int depth) {
    if (++copies_ > kMostSteps) wrong("it repeats too much");
    const std::size_t whole = end_;
    end_ = end;
    Piece piece = repeated(depth + 1);
    end_ = whole;
    return piece;
  }

  template <class Copy>
  Piece repeat(Piece first, const Copy& copy, int least, int most, bool lazy) {
    Piece all = single(Kind::split);
    all.may_be_empty = least == 0 || first.may_be_empty;
    bool used = false;
    const auto next = [&] {
      if (used) return copy();
      used = true;
      return first;
    };
    const bool endless = most < 0;
    for (int i = endless ? 1 : 0; i < least; ++i) {
      const Piece piece = next();
      link(all, piece.first);
      all.holes = piece.holes;
    }
    if (endless) {
      const Piece piece = next();
      const int again = choice(piece.first, lazy);
      link(piece, again);
      // What may match nothing has a way in of its own, as (piece+)?: after nothing it goes on behind the loop.
      const int enter = least > 0 ? piece.first : piece.may_be_empty ? choice(piece.first, lazy) : again;
      link(all, enter);
      all.holes = {{again, !lazy}};
      if (least == 0 && enter != again) all.holes.push_back({enter, !lazy});
      return all;
    }
    std::vector<Hole> exits;
    for (int i = least; i < most; ++i) {
      const Piece piece = next();
      const int split = choice(piece.first, lazy);
      link(all, split);
      exits.push_back({split, !lazy});
      all.holes = piece.holes;
    }
    all.holes.insert(all.holes.end(), exits.begin(), exits.end());
    return all;
  }

  // A split that goes to a piece, or past it.
  int choice(int piece, bool lazy) {
    const int split = step(Kind::split);
    (lazy ? steps()[index(split)].other : steps()[index(split)].next) = piece;
    return split;
  }

  // {n}, {n,} or {n,m}.
  bool counts(int* least, int* most) {
    if (!take('{') || !number(least)) return false;
    *most = *least;
    if (take(',')) {
      *most = -1;
      number(most);
    }
    if (!take('}')) return false;
    if (*least > kMostRepeats || *most > kMostRepeats || (*most >= 0 && *most < *least))
      wrong("a repetition is out of range: at most " + std::to_string(kMostRepeats) + " times");
    return true;
  }

  bool number(int* value) {
    const std::size_t from = at_;
    int found = 0;
    for (; more() && peek() >= '0' && peek() <= '9'; ++at_)
      found = std::min(found * 10 + (peek() - '0'), kMostRepeats + 1);
    if (at_ > from) *value = found;
    return at_ > from;
  }

  Piece atom(int depth) {
    if (!more()) wrong("something is missing at its end");
    if (take('(')) {
      int group = -1;
      if (take('?')) {
        if (!take(':')) wrong("of the forms (?..) only (?:..) and a leading (?i) are known");
      } else {
        group = ++groups_;
      }
      const int open = group > 0 ? step(Kind::save, 2 * group) : -1;
      Piece body = alternatives(depth + 1);
      if (!take(')')) wrong("a parenthesis is not closed");
      if (group < 0) return body;
      const int close = step(Kind::save, 2 * group + 1);
      steps()[index(open)].next = body.first;
      link(body, close);
      return {open, {{close, false}}, body.may_be_empty};
    }
    if (take('^') || take("\\A")) return single(Kind::begin);
    if (take('$') || take("\\z")) return single(Kind::end);
    if (take('.')) return of_set({{{'\n', '\n'}}, true});
    if (take('[')) return of_set(bracket());
    if (peek() == '*' || peek() == '+' || peek() == '?') wrong("there is nothing to repeat");
    if (peek() == '\\') {
      if (pattern_.compare(at_, 2, "\\b") == 0 || pattern_.compare(at_, 2, "\\B") == 0) {
        const bool border = pattern_[at_ + 1] == 'b';
        at_ += 2;
        return single(border ? Kind::word_border : Kind::no_word_border);
      }
      Regex::Set set;
      escape(set);
      return of_set(std::move(set));
    }
    const std::uint32_t c = rune();
    return of_set({{{c, c}}, false});
  }

  std::uint32_t rune() {
    const auto* p = reinterpret_cast<const unsigned char*>(pattern_.data()) + at_;
    const auto* end = reinterpret_cast<const unsigned char*>(pattern_.data()) + pattern_.size();
    const Rune r = decode(p, end);
    at_ += static_cast<std::size_t>(r.bytes);
    return r.code;
  }

  void add_named(Regex::Set& set, const std::string& name, bool negated) {
    for (const Named& n : named_sets()) {
      if (name != n.name) continue;
      std::uint32_t from = 0;
      for (const auto& [low, high] : n.ranges) {
        if (!negated) set.ranges.push_back({low, high});
        if (negated && low > from) set.ranges.push_back({from, low - 1});
        from = high + 1;
      }
      if (negated) set.ranges.push_back({from, kLast});
      return;
    }
    wrong("there is no class '" + name + "'");
  }

  // What stands behind a backslash; gives the character, or -1 for a class.
  std::int64_t escape(Regex::Set& set) {
    ++at_;
    if (!more()) wrong("a backslash stands at its end");
    const auto single = [&](std::uint32_t c) {
      set.ranges.push_back({c, c});
      return static_cast<std::int64_t>(c);
    };
    const char c = peek();
    const char* const classes[] = {"ddigit", "wword", "s\\s"};
    for (const char* known : classes) {
      if (c != known[0] && c != known[0] + 'A' - 'a') continue;
      ++at_;
      add_named(set, known + 1, c != known[0]);
      return -1;
    }
    const char *letters = "ntrfva0", *meant = "\n\t\r\f\v\a";
    if (const char* found = std::strchr(letters, c); found != nullptr && c != '\0') {
      ++at_;
      return single(static_cast<std::uint32_t>(c == '0' ? 0 : meant[found - letters]));
    }
    if (c == 'x') return single(hexadecimal());
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '1' && c <= '9'))
      wrong(std::string("\\") + c + " is not known");
    return single(rune());
  }

  std::uint32_t hexadecimal() {
    ++at_;
    const bool braces = take('{');
    std::uint32_t value = 0;
    int digits = 0;
    for (; more() && std::isxdigit(static_cast<unsigned char>(peek())) != 0 && digits < (braces ? 6 : 2); ++digits) {
      const char c = peek();
      value = value * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
      ++at_;
    }
    if (digits == 0 || (!braces && digits < 2) || (braces && !take('}')) || value > kLast)
      wrong("\\x needs hexadecimal digits");
    return value;
  }

  Regex::Set bracket() {
    Regex::Set set;
    set.negated = take('^');
    for (bool first = true; first || !take(']'); first = false) {
      if (!more()) wrong("a bracket is not closed");
      if (pattern_.compare(at_, 2, "[:") == 0) {
        const std::size_t end = pattern_.find(":]", at_);
        if (end == std::string::npos) wrong("a class is not closed");
        const bool negated = pattern_[at_ + 2] == '^';
        add_named(set, pattern_.substr(at_ + 2 + negated, end - at_ - 2 - negated), negated);
        at_ = end + 2;
        continue;
      }
      const std::int64_t low = member(set);
      if (low < 0 || at_ + 1 >= end_ || peek() != '-' || pattern_[at_ + 1] == ']') continue;
      ++at_;
      const std::int64_t high = member(set);
      if (high < low) wrong("a range ends before it begins");
      set.ranges.pop_back();
      set.ranges.back().high = static_cast<std::uint32_t>(high);
    }
    return set;
  }

  std::int64_t member(Regex::Set& set) {
    if (peek() == '\\') return escape(set);
    const std::uint32_t c = rune();
    set.ranges.push_back({c, c});
    return c;
  }

  Piece of_set(Regex::Set set) {
    if (ignore_case_)
      for (std::size_t i = 0, n = set.ranges.size(); i < n; ++i)
        for (const char shift : {'a', 'A'}) {
          const char from = shift == 'a' ? 'A' : 'a';
          const std::uint32_t low = std::max<std::uint32_t>(set.ranges[i].low, static_cast<std::uint32_t>(from)),
                              high = std::min<std::uint32_t>(set.ranges[i].high, static_cast<std::uint32_t>(from) + 25);
          if (low <= high)
            set.ranges.push_back({low - static_cast<std::uint32_t>(from) + static_cast<std::uint32_t>(shift),
                                  high - static_cast<std::uint32_t>(from) + static_cast<std::uint32_t>(shift)});
        }
    regex_.sets_.push_back(std::move(set));
    return single(Kind::set, static_cast<int>(regex_.sets_.size()) - 1);
  }

  const std::string& pattern_;
  Regex& regex_;
  std::size_t at_ = 0, end_;
  int groups_ = 0, copies_ = 0;
  bool ignore_case_ = false;
};

bool Regex::Set::has(std::uint32_t c) const {
  bool inside = false;
  for (const Range& range : ranges) inside = inside || (c >= range.low && c <= range.high);
  return inside != negated;
}

Regex::Regex(const std::string& pattern) {
  RegexParser(pattern, *this).run();
  find_first_bytes();
}

// The threads of a place in the text, in the order of their preference. A step is there once.
struct Regex::Threads {
  int count;
  int* steps;              // of the threads
  int* where;              // of each step: which thread has it, if it is below `count` and says so
  std::int64_t* captures;  // of each thread

  bool has(int step) const { return where[step] >= 0 && where[step] < count && steps[where[step]] == step; }
};

// What is left to do: a step to go to, or (below 0) a capture to put back.
struct Regex::Task {
  int step, index;
  std::int64_t value;
};

// The memory of one search.
struct Regex::Memory {
  Threads now, next;
  Task* tasks;
  std::int64_t* captures;  // of the way that is being followed

  Memory(std::size_t steps, std::size_t width, void* scratch) {
    const auto cut = [&](std::size_t size) -> void* {
      void* piece = scratch == nullptr ? nullptr : static_cast<char*>(scratch) + bytes;
      bytes += (size + 15) / 16 * 16;
      return piece;
    };
    for (Threads* threads : {&now, &next}) {
      threads->count = 0;
      threads->steps = static_cast<int*>(cut(steps * sizeof(int)));
      threads->where = static_cast<int*>(cut(steps * sizeof(int)));
      threads->captures = static_cast<std::int64_t*>(cut(steps * width * sizeof(std::int64_t)));
      if (scratch != nullptr) std::fill(threads->where, threads->where + steps, -1);
    }
    tasks = static_cast<Task*>(cut((2 * steps + 2) * sizeof(Task)));
    captures = static_cast<std::int64_t*>(cut(width * sizeof(std::int64_t)));
  }
  std::size_t bytes = 0;  // that it takes
};

std::size_t Regex::width() const { return 2 * (static_cast<std::size_t>(groups_) + 1); }

std::size_t Regex::scratch_bytes() const { return Memory(steps_.size(), width(), nullptr).bytes; }

// Adds the threads that stand where something is read, on all ways from `step` on.
void Regex::add(Memory& memory, Threads& threads, int step, const Text& text, std::int64_t at) const {
  const auto word_at = [&](std::int64_t i) {
    return i >= 0 && i < text.size && is_word(static_cast<unsigned char>(text.data[i]));
  };
  int count = 0;
  memory.tasks[count++] = {step, 0, 0};
  while (count > 0) {
    const Task task = memory.tasks[--count];
    if (task.step < 0) {
      memory.captures[task.index] = task.value;
      continue;
    }
    if (threads.has(task.step)) continue;
    // Also a step that reads nothing is marked, so that loops end.
    const int thread = threads.count++;
    threads.steps[thread] = task.step;
    threads.where[task.step] = thread;
    const Step& s = steps_[static_cast<std::size_t>(task.step)];
    bool leads_on = true;
    switch (s.kind) {
      case Kind::split:
        if (s.other >= 0) memory.tasks[count++] = {s.other, 0, 0};
        break;
      case Kind::save:
        memory.tasks[count++] = {-1, s.index, memory.captures[s.index]};
        memory.captures[s.index] = at;
        break;
      case Kind::begin:
        leads_on = at == 0;
        break;
      case Kind::end:
        leads_on = at == text.size;
        break;
      case Kind::word_border:
      case Kind::no_word_border:
        leads_on = (word_at(at - 1) != word_at(at)) == (s.kind == Kind::word_border);
        break;
      default:
        leads_on = false;
        std::copy(memory.captures, memory.captures + width(),
                  threads.captures + static_cast<std::size_t>(thread) * width());
    }
    if (leads_on) memory.tasks[count++] = {s.next, 0, 0};
  }
}

bool Regex::find(const Text& text, std::int64_t from, void* scratch, std::int64_t* ends) const {
  Memory memory(steps_.size(), width(), scratch);
  const auto* data = reinterpret_cast<const unsigned char*>(text.data);
  bool matched = false;
  for (std::int64_t at = from;;) {
    if (!matched) {
      if (memory.now.count == 0)
        while (at < text.size && !first_[data[at]]) ++at;
      std::fill(memory.captures, memory.captures + width(), -1);
      add(memory, memory.now, start_, text, at);  // after all others: what begins earlier is preferred
    }
    const bool inside = at < text.size;
    const Rune rune = inside ? decode(data + at, data + text.size) : Rune{0, 1};
    memory.next.count = 0;
    for (int i = 0; i < memory.now.count; ++i) {
      const Step& s = steps_[static_cast<std::size_t>(memory.now.steps[i])];
      const std::int64_t* captures = memory.now.captures + static_cast<std::size_t>(i) * width();
      if (s.kind == Kind::match) {
        std::copy(captures, captures + width(), ends);
        matched = true;
        break;  // what is preferred less does not count any more
      }
      if (s.kind != Kind::set || !inside || !sets_[static_cast<std::size_t>(s.index)].has(rune.code)) continue;
      std::copy(captures, captures + width(), memory.captures);
      add(memory, memory.next, s.next, text, at + rune.bytes);
    }
    std::swap(memory.now, memory.next);
    if (!inside || (matched && memory.now.count == 0)) return matched;
    at += rune.bytes;
  }
}

void Regex::find_first_bytes() {
  std::fill(first_, first_ + 256, false);
  std::vector<bool> seen(steps_.size(), false);
  std::vector<int> left = {start_};
  while (!left.empty()) {
    const int step = left.back();
    left.pop_back();
    if (step < 0 || seen[static_cast<std::size_t>(step)]) continue;
    seen[static_cast<std::size_t>(step)] = true;
    const Step& s = steps_[static_cast<std::size_t>(step)];
    if (s.kind == Kind::match) {
      std::fill(first_, first_ + 256, true);
    } else if (s.kind == Kind::set) {
      for (std::uint32_t c = 0; c < 256; ++c)
        first_[c] = first_[c] || c >= 0x80 || sets_[static_cast<std::size_t>(s.index)].has(c);
    } else {
      left.push_back(s.next);
      left.push_back(s.other);
    }
  }
}

}  // namespace lamina::kernels::text
