// Texts to tokens and numbers. The rules are those of kernels/text/text.h; rows are the first axis of a string tensor.
#pragma once

#include <mutex>

#include "kernels/text/counter.h"
#include "kernels/text/regex.h"
#include "kernels/text/text.h"
#include "ops/op.h"

namespace lamina {

template <>
struct EnumNames<kernels::text::Split> {
  static constexpr const char* names[] = {"none", "whitespace", "character"};
};

// How texts become tokens; what all ops below share.
struct TokenRules {
  bool lower = false, strip_punctuation = false;
  kernels::text::Split split = kernels::text::Split::whitespace;
  std::int64_t max_ngram = 1;  // n-grams of 1 to this many tokens; 0: of the widths in `ngrams`
  std::vector<std::int64_t> ngrams;
  template <class V>
  void fields(V& v) {
    v("lower", lower);
    v("strip_punctuation", strip_punctuation);
    v("split", split);
    v("max_ngram", max_ngram);
    v("ngrams", ngrams);
  }
};

// As kernels take them, and the scratch they need.
kernels::text::Rules rules_of(const TokenRules& rules);
// Throws Error for what are no rows of texts, and for widths below 1.
void check_rules(const char* op, const TokenRules& rules, const Specs& inputs);
// Throws Error (value) when the n-grams of a text are too many for any memory, or any patience.
void refuse_huge(const char* op, const kernels::text::Rules& rules, const kernels::text::Rows& rows, void* scratch,
                 Texts& memory);

// Texts -> standardized texts.
struct TextStandardize {
  static constexpr const char* name = "text_standardize";
  static constexpr bool takes_texts = true;
  bool lower = true, strip_punctuation = true;
  template <class V>
  void fields(V& v) {
    v("lower", lower);
    v("strip_punctuation", strip_punctuation);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// Texts -> texts with `rewrite` in place of what a regular expression (kernels/text/regex.h) matches, everywhere or
// only the first time. \1 to \9 in it stand for groups, \0 for all of the match, and \\ for a backslash.
struct TextReplace {
  static constexpr const char* name = "text_replace";
  static constexpr bool takes_texts = true;
  std::string pattern, rewrite;
  bool everywhere = true;
  template <class V>
  void fields(V& v) {
    v("pattern", pattern);
    v("rewrite", rewrite);
    v("everywhere", everywhere);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;

 private:
  mutable std::shared_ptr<const kernels::text::Regex> regex_;  // made by `infer`, which comes before every run
};

// Rows -> the number of n-grams of each (int64). Throws Error (value) when those of one are too many.
struct TextCount {
  static constexpr const char* name = "text_count";
  static constexpr bool takes_texts = true;
  TokenRules rules;
  template <class V>
  void fields(V& v) {
    rules.fields(v);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// Rows -> (rows, length) n-grams; empty texts behind the last.
struct TextSplit {
  static constexpr const char* name = "text_split";
  static constexpr bool takes_texts = true;
  TokenRules rules;
  Dim length = 1;
  template <class V>
  void fields(V& v) {
    rules.fields(v);
    v("length", length);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// A vocabulary is three inputs: bytes (uint8), offsets (int64), slots (int32).

// Rows, vocabulary -> (rows, length) numbers of n-grams (int64): their places counted from `first` on, `unknown` for
// those that have none, 0 for empty ones and behind the last.
struct TextNumbers {
  static constexpr const char* name = "text_numbers";
  static constexpr bool takes_texts = true;
  TokenRules rules;
  Dim length = 1;
  std::int64_t first = 2, unknown = 1;
  template <class V>
  void fields(V& v) {
    rules.fields(v);
    v("length", length);
    v("first", first);
    v("unknown", unknown);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// Rows, vocabulary, optional weights (size,) -> (rows, size) how often each number occurs, or with `once` whether it
// does, times its weight; of the dtype of the weights, or float32. Throws Error (value) for too many n-grams.
struct TextCounts {
  static constexpr const char* name = "text_counts";
  static constexpr bool takes_texts = true;
  TokenRules rules;
  Dim size = 1;
  std::int64_t first = 1, unknown = 0;
  bool once = false;
  template <class V>
  void fields(V& v) {
    rules.fields(v);
    v("size", size);
    v("first", first);
    v("unknown", unknown);
    v("once", once);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// Texts, vocabulary -> places (int64), -1 for texts that have none.
struct TextLookup {
  static constexpr const char* name = "text_lookup";
  static constexpr bool takes_texts = true;
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// Places (int64), bytes, offsets -> texts; `unknown` stands for places that are none.
struct TextGather {
  static constexpr const char* name = "text_gather";
  static constexpr bool takes_texts = true;
  std::string unknown;
  template <class V>
  void fields(V& v) {
    v("unknown", unknown);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// Texts, or int64 numbers in decimal digits -> bins in [0, num_bins), int64: FarmHash's fingerprint, or SipHash with a
// key of two halves.
struct TextHash {
  static constexpr const char* name = "text_hash";
  static constexpr bool takes_texts = true;
  std::int64_t num_bins = 1;
  bool salted = false;
  std::int64_t key0 = 0, key1 = 0;  // 64 bits each
  template <class V>
  void fields(V& v) {
    v("num_bins", num_bins);
    v("salted", salted);
    v("key0", key0);
    v("key1", key1);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// Features of one shape, texts or int64 numbers -> bins of their combinations in [0, num_bins), int64, as
// tf.sparse.cross_hashed has them.
struct TextCross {
  static constexpr const char* name = "text_cross";
  static constexpr bool takes_texts = true;
  std::int64_t num_bins = 1;
  template <class V>
  void fields(V& v) {
    v("num_bins", num_bins);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// The bytes, offsets and slots of the texts of a vocabulary (one axis).
std::vector<Tensor> make_vocabulary(const Tensor& texts);

// How often tokens come in texts, which are added batch by batch.
class TokenCounter {
 public:
  TokenCounter() = default;
  // What `found` gave. Throws Error for other tensors.
  TokenCounter(const Tensor& tokens, const Tensor& counts, const Tensor& documents);
  // The n-grams of rows of texts; each `per_document` rows, which divide all, are one document.
  void add(const Tensor& rows, const TokenRules& rules, std::int64_t per_document);
  // At most `most` tokens, how often each came, and in how many documents (int64): the most frequent first, of equally
  // frequent ones those whose bytes are larger.
  std::vector<Tensor> found(std::int64_t most) const;

 private:
  mutable std::mutex mutex_;
  kernels::text::Counter counter_;
};

}  // namespace lamina
