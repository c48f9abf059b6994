// Texts to tokens, tokens to numbers.
//
// A row is `per_row` texts. Its tokens are those of its texts one after the other, where
//   standardize   drops ASCII punctuation (strip) and makes ASCII letters small (lower)
//   split         cuts at runs of ASCII white space, or into the characters of UTF-8 (bytes that are none, as the text
//                 stands before punctuation is dropped: U+FFFD), or not at all; an empty text is a token only when it
//                 is alone in its row and is not cut
//   n-grams       then joins each n tokens in a row by single spaces: for every n of the widths all n-grams of the row
// A token's number is its place in a vocabulary counted from `first` on, or `unknown`; that of an empty one is 0.
#pragma once

#include "kernels/once.h"
#include "lamina/tensor.h"

namespace lamina::kernels::text {

enum class Split : std::uint8_t { none, whitespace, character };

struct Rules {
  bool lower = false, strip = false;
  Split split = Split::whitespace;
  Index up_to = 1;                // n-grams of 1, 2, ... up to this many tokens; 0: of the widths
  const Index* widths = nullptr;  // each at least 1
  Index num_widths = 0;
};

struct Rows {
  const Text* texts;
  Index count, per_row;
};

// A hash table with open addressing. `slots` holds places in the vocabulary, -1 where it is free; its size is a power
// of two. Tables come from files: whatever is in them, no byte outside is read.
struct Vocabulary {
  const std::uint8_t* bytes;
  Index num_bytes;
  const Index* offsets;  // token i is the bytes from offsets[i] to offsets[i + 1]
  Index size;
  const std::int32_t* slots;
  Index num_slots;
};

// The place of a token, -1 when it has none.
Index find(const Vocabulary& vocabulary, const char* token, Index size);
// Fills the slots for the bytes and offsets of a vocabulary. Of equal tokens the first is found.
void fill_slots(const std::uint8_t* bytes, const Index* offsets, Index size, std::int32_t* slots, Index num_slots);
inline Index slots_for(Index size) {
  Index slots = 8;
  while (slots < 2 * size) slots *= 2;
  return slots;
}

// Standardized texts; `memory` holds the bytes of all.
void standardize(bool lower, bool strip, Index count, const Text* texts, char* memory, Text* out);

// What all below need: scratch for each worker.
std::size_t scratch(const Rules& rules, const Rows& rows);

// lengths[r] = the number of n-grams of row r.
void count(const Rules& rules, const Rows& rows, void* scratch, Index* lengths);
// out[r, t] = n-gram t of row r, empty behind the last; `memory` holds n_grams_bytes of bytes.
std::size_t n_grams_bytes(const Rules& rules, const Rows& rows);
void n_grams(const Rules& rules, const Rows& rows, Index length, void* scratch, char* memory, Text* out);
// out[r, t] = the number of n-gram t of row r, 0 behind the last.
void numbers(const Rules& rules, const Rows& rows, const Vocabulary& vocabulary, Index first, Index unknown,
             Index length, void* scratch, Index* out);
// out[r, i] = how often i is the number of an n-gram of row r (`once`: 1 if it is at all), times weights[i] unless they
// are null. Left out are empty ones, and numbers that are not below `size`.
template <class T>
void counts(const Rules& rules, const Rows& rows, const Vocabulary& vocabulary, Index first, Index unknown, Index size,
            bool once, const T* weights, void* scratch, T* out);

// FarmHash's 64-bit fingerprint (github.com/google/farmhash), and SipHash-2-4 (Aumasson and Bernstein, 2012): which bin
// a text falls into is part of what a saved model means.
std::uint64_t fingerprint(const char* data, Index size);
std::uint64_t siphash(std::uint64_t key0, std::uint64_t key1, const char* data, Index size);

}  // namespace lamina::kernels::text
