// Tokens, and how often each of them came.
#pragma once

#include <vector>

#include "kernels/text/text.h"

namespace lamina::kernels::text {

class Counter {
 public:
  struct Entry {
    Text token;  // in the memory of the counter
    Index count, documents;
  };

  // All n-grams of the rows; each `per_document` rows, which divide all, are one document.
  void add(const Rules& rules, const Rows& rows, Index per_document, void* scratch);
  void add(const Text& token, Index count, Index documents);

  // The `most` tokens that came most often; of those that came equally often the larger ones, by their bytes, are
  // first.
  std::vector<Entry> found(Index most) const;

 private:
  struct Kept {
    std::uint64_t hash;
    Index begin, size, count, documents, last;  // its bytes; the last document that had it
  };

  Kept& place(const Text& token, std::uint64_t hash);
  void see(const Text& token, Index document);
  void merge(const Counter& other);
  Text token(const Kept& kept) const { return {bytes_.data() + kept.begin, kept.size}; }

  std::vector<Kept> kept_;
  std::vector<std::int32_t> slots_;  // a hash table with open addressing: places in `kept_`, -1 where it is free
  std::vector<char> bytes_;
};

}  // namespace lamina::kernels::text
