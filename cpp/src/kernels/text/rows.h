// Rows of texts as their tokens: what all that is done with n-grams is made of. A row is rewritten once, standardized
// and with a single byte between its tokens, so that an n-gram is a piece of it.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/text/text.h"
#include "kernels/text/utf8.h"

namespace lamina::kernels::text {

constexpr Index kGrainBytes = 1 << 14;
constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

inline bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline bool is_punctuation(unsigned char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// What becomes of each byte.
struct Bytes {
  unsigned char to[256];
  bool drop[256], space[256];

  Bytes(bool lower, bool strip) {
    for (int i = 0; i < 256; ++i) {
      const auto c = static_cast<unsigned char>(i);
      to[i] = lower && c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c + 'a' - 'A') : c;
      drop[i] = strip && is_punctuation(c);
      space[i] = is_space(c);
    }
  }
};

// The tokens of one row, in memory that is given once for many rows.
class Row {
 public:
  Row(const Rules& rules, char* text, Index* ends)
      : bytes_(rules.lower, rules.strip), split_(rules.split), text_(text), ends_(ends) {}

  void read(const Text* texts, Index per_row) {
    count_ = size_ = 0;
    for (Index i = 0; i < per_row; ++i) {
      const auto* p = reinterpret_cast<const unsigned char*>(texts[i].data);
      const unsigned char* end = p + texts[i].size;
      if (split_ == Split::whitespace)
        read_words(p, end);
      else if (split_ == Split::character)
        read_characters(p, end);
      else if (texts[i].size > 0 || per_row == 1)
        read_whole(p, end);
    }
  }

  Index count() const { return count_; }
  // Of n tokens from the i-th on.
  const char* begin(Index i) const { return text_ + (i == 0 ? 0 : ends_[i - 1] + 1); }
  const char* end(Index i, Index n) const { return text_ + ends_[i + n - 1]; }

 private:
  void close() {
    ends_[count_++] = size_;
    text_[size_++] = ' ';
  }
  void put(unsigned char c) { text_[size_++] = static_cast<char>(bytes_.to[c]); }

  void read_words(const unsigned char* p, const unsigned char* end) {
    bool open = false;
    for (; p < end; ++p) {
      if (bytes_.drop[*p]) continue;
      if (!bytes_.space[*p]) {
        put(*p);
        open = true;
      } else if (open) {
        close();
        open = false;
      }
    }
    if (open) close();
  }
  void read_characters(const unsigned char* p, const unsigned char* end) {
    while (p < end) {
      const int length = length_of_character(p, end);
      if (length < 0) {
        std::memcpy(text_ + size_, kReplacement, 3);
        size_ += 3;
        close();
      } else if (!bytes_.drop[*p]) {
        for (int i = 0; i < length; ++i) put(p[i]);
        close();
      }
      p += length < 0 ? -length : length;
    }
  }
  void read_whole(const unsigned char* p, const unsigned char* end) {
    for (; p < end; ++p)
      if (!bytes_.drop[*p]) put(*p);
    close();
  }

  const Bytes bytes_;
  const Split split_;
  char* text_;
  Index* ends_;
  Index count_ = 0, size_ = 0;
};

// The bytes of a row's texts once rewritten, and its tokens, at most.
struct Room {
  Index bytes = 0, tokens = 0;
};

inline Room room_of(const Rules& rules, const Text* texts, Index per_row) {
  Index size = 0;
  for (Index i = 0; i < per_row; ++i) size += texts[i].size;
  // A byte that is no character takes three, and each token one more.
  const Index bytes = rules.split == Split::character ? 4 * size : size + per_row;
  const Index tokens = rules.split == Split::character ? size
                       : rules.split == Split::none    ? per_row
                                                       : (size + per_row) / 2 + 1;
  return {bytes, tokens};
}

inline Room largest_room(const Rules& rules, const Rows& rows) {
  Room most;
  for (Index r = 0; r < rows.count; ++r) {
    const Room room = room_of(rules, rows.texts + r * rows.per_row, rows.per_row);
    most = {std::max(most.bytes, room.bytes), std::max(most.tokens, room.tokens)};
  }
  return most;
}

inline Index padded(Index bytes) { return (bytes + 63) / 64 * 64; }
inline Index slot_bytes(const Room& room) {
  return padded(room.tokens * static_cast<Index>(sizeof(Index))) + padded(room.bytes);
}

inline Index tasks_of(Index units) { return std::min<Index>(units, 256); }

// body(r, row, piece) for every row, where `piece` numbers the scratch that is in use. A task is a run of units, which
// are `unit` rows each.
template <class Body>
void for_each_row(const Rules& rules, const Rows& rows, void* scratch, const Body& body, Index unit = 1) {
  const Room room = largest_room(rules, rows);
  const Index units = rows.count / unit, tasks = tasks_of(units), total = rows.count;
  if (total == 0) return;
  Index bytes = 0;
  for (Index i = 0; i < total * rows.per_row; ++i) bytes += rows.texts[i].size + 16;
  const Index grain = std::max<Index>(1, measured_grain(kGrainBytes) * tasks / std::max<Index>(1, bytes));
  parallel(tasks, grain, [&](Index begin, Index end, int worker) {
    const Index piece = scratch_slot(tasks, begin, worker);
    char* memory = static_cast<char*>(scratch) + piece * slot_bytes(room);
    auto* ends = reinterpret_cast<Index*>(memory);
    Row row(rules, memory + padded(room.tokens * static_cast<Index>(sizeof(Index))), ends);
    for (Index r = begin * units / tasks * unit; r < end * units / tasks * unit; ++r) {
      row.read(rows.texts + r * rows.per_row, rows.per_row);
      body(r, row, piece);
    }
  });
}

// body(begin, end of the n-gram) until it gives false.
template <class Body>
void for_each_gram(const Rules& rules, const Row& row, const Body& body) {
  const Index widths = rules.up_to > 0 ? std::min(rules.up_to, row.count()) : rules.num_widths;
  for (Index w = 0; w < widths; ++w) {
    const Index n = rules.up_to > 0 ? w + 1 : rules.widths[w];
    for (Index i = 0; i + n <= row.count(); ++i)
      if (!body(row.begin(i), row.end(i, n))) return;
  }
}

}  // namespace lamina::kernels::text
