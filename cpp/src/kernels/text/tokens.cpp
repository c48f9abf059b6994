// Rows of texts to n-grams. A row is rewritten once, standardized and with a single byte between its tokens, so that an
// n-gram is a piece of it.
#include <algorithm>
#include <cstring>

#include "kernels/text/text.h"
#include "kernels/text/utf8.h"

namespace lamina::kernels::text {
namespace {

constexpr Index kGrainBytes = 1 << 14;
constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_punctuation(unsigned char c) {
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

Room room_of(const Rules& rules, const Text* texts, Index per_row) {
  Index size = 0;
  for (Index i = 0; i < per_row; ++i) size += texts[i].size;
  // A byte that is no character takes three, and each token one more.
  const Index bytes = rules.split == Split::character ? 4 * size : size + per_row;
  const Index tokens = rules.split == Split::character ? size
                       : rules.split == Split::none    ? per_row
                                                       : (size + per_row) / 2 + 1;
  return {bytes, tokens};
}

Room largest_room(const Rules& rules, const Rows& rows) {
  Room most;
  for (Index r = 0; r < rows.count; ++r) {
    const Room room = room_of(rules, rows.texts + r * rows.per_row, rows.per_row);
    most = {std::max(most.bytes, room.bytes), std::max(most.tokens, room.tokens)};
  }
  return most;
}

Index padded(Index bytes) { return (bytes + 63) / 64 * 64; }
Index slot_bytes(const Room& room) {
  return padded(room.tokens * static_cast<Index>(sizeof(Index))) + padded(room.bytes);
}

Index tasks_of(const Rows& rows) { return std::min<Index>(rows.count, 256); }

// body(r, row) for every row; a task is a run of rows.
template <class Body>
void for_each_row(const Rules& rules, const Rows& rows, void* scratch, const Body& body) {
  const Room room = largest_room(rules, rows);
  const Index tasks = tasks_of(rows), total = rows.count;
  if (total == 0) return;
  Index bytes = 0;
  for (Index i = 0; i < total * rows.per_row; ++i) bytes += rows.texts[i].size + 16;
  const Index grain = std::max<Index>(1, kGrainBytes * tasks / std::max<Index>(1, bytes));
  parallel(tasks, grain, [&](Index begin, Index end, int worker) {
    char* memory = static_cast<char*>(scratch) + scratch_slot(tasks, begin, worker) * slot_bytes(room);
    auto* ends = reinterpret_cast<Index*>(memory);
    Row row(rules, memory + padded(room.tokens * static_cast<Index>(sizeof(Index))), ends);
    for (Index r = begin * total / tasks; r < end * total / tasks; ++r) {
      row.read(rows.texts + r * rows.per_row, rows.per_row);
      body(r, row);
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

}  // namespace

void standardize(bool lower, bool strip, Index count, const Text* texts, char* memory, Text* out) {
  const Bytes bytes(lower, strip);
  Index size = 0;
  for (Index i = 0; i < count; ++i) {
    out[i].data = memory + size;
    size += texts[i].size;
  }
  parallel(count, std::max<Index>(1, count * kGrainBytes / std::max<Index>(1, size)), [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) {
      char* to = memory + (out[i].data - memory);
      for (Index k = 0; k < texts[i].size; ++k) {
        const auto c = static_cast<unsigned char>(texts[i].data[k]);
        *to = static_cast<char>(bytes.to[c]);
        to += !bytes.drop[c];
      }
      out[i].size = to - out[i].data;
    }
  });
}

std::size_t scratch(const Rules& rules, const Rows& rows) {
  return static_cast<std::size_t>(scratch_slots(tasks_of(rows)) * slot_bytes(largest_room(rules, rows)));
}

void count(const Rules& rules, const Rows& rows, void* scratch, Index* lengths) {
  for_each_row(rules, rows, scratch, [&](Index r, const Row& row) {
    const Index widths = rules.up_to > 0 ? std::min(rules.up_to, row.count()) : rules.num_widths;
    lengths[r] = 0;
    for (Index w = 0; w < widths; ++w)
      lengths[r] += std::max<Index>(0, row.count() - (rules.up_to > 0 ? w : rules.widths[w] - 1));
  });
}

std::size_t n_grams_bytes(const Rules& rules, const Rows& rows) {
  Index bytes = 0;
  for (Index r = 0; r < rows.count; ++r) bytes += room_of(rules, rows.texts + r * rows.per_row, rows.per_row).bytes;
  return static_cast<std::size_t>(bytes);
}

void n_grams(const Rules& rules, const Rows& rows, Index length, void* scratch, char* memory, Text* out) {
  Index offset = 0;  // where a row's bytes begin, kept in its first element until it is read
  for (Index r = 0; r < rows.count && length > 0; ++r) {
    out[r * length].size = offset;
    offset += room_of(rules, rows.texts + r * rows.per_row, rows.per_row).bytes;
  }
  if (length == 0) return;
  for_each_row(rules, rows, scratch, [&](Index r, const Row& row) {
    Text* to = out + r * length;
    char* mine = memory + to->size;
    if (row.count() > 0)
      std::memcpy(mine, row.begin(0), static_cast<std::size_t>(row.end(row.count() - 1, 1) - row.begin(0)));
    Index t = 0;
    for_each_gram(rules, row, [&](const char* begin, const char* end) {
      if (t == length) return false;
      to[t++] = {mine + (begin - row.begin(0)), end - begin};
      return true;
    });
    for (; t < length; ++t) to[t] = {};
  });
}

void numbers(const Rules& rules, const Rows& rows, const Vocabulary& vocabulary, Index first, Index unknown,
             Index length, void* scratch, Index* out) {
  for_each_row(rules, rows, scratch, [&](Index r, const Row& row) {
    Index t = 0, *to = out + r * length;
    for_each_gram(rules, row, [&](const char* begin, const char* end) {
      if (t == length) return false;
      const Index place = find(vocabulary, begin, end - begin);
      to[t++] = begin == end ? 0 : place < 0 ? unknown : first + place;
      return true;
    });
    for (; t < length; ++t) to[t] = 0;
  });
}

void counts(const Rules& rules, const Rows& rows, const Vocabulary& vocabulary, Index first, Index unknown, Index size,
            void* scratch, float* out) {
  for_each_row(rules, rows, scratch, [&](Index r, const Row& row) {
    float* to = out + r * size;
    std::fill(to, to + size, 0.0f);
    for_each_gram(rules, row, [&](const char* begin, const char* end) {
      const Index place = find(vocabulary, begin, end - begin), number = place < 0 ? unknown : first + place;
      if (begin != end && number < size) to[number] += 1;
      return true;
    });
  });
}

}  // namespace lamina::kernels::text
