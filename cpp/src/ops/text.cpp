#include "ops/text.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>

#include "autodiff/gradient.h"
#include "kernels/text/utf8.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;
namespace t = kernels::text;

namespace {

constexpr k::Index kGrainTexts = 512;

Spec spec_of(const Tensor& tensor) { return {tensor.dtype(), Dims(tensor.shape())}; }

void texts(const char* op, const Spec& input) {
  if (input.dtype != DType::string)
    fail(ErrorKind::type, std::string(op) + ": needs texts", "a string tensor", to_string(input),
         "Pass str or bytes, or a NumPy array of them.");
}

}  // namespace

void check_rules(const char* op, const TokenRules& rules, const Specs& inputs) {
  texts(op, inputs[0]);
  check::rank_at_least(op, inputs[0], 1);
  bool right = rules.max_ngram >= 0;
  for (const std::int64_t n : rules.ngrams) right = right && n >= 1;
  if (!right)
    fail(ErrorKind::value, std::string(op) + ": wrong n-grams", "widths of 1 or more",
         "max_ngram=" + std::to_string(rules.max_ngram) + ", ngrams=" + to_string(Attribute(rules.ngrams)),
         "Correct the widths.");
}

t::Rules rules_of(const TokenRules& r) {
  return {r.lower, r.strip_punctuation, r.split, r.max_ngram, r.ngrams.data(), static_cast<k::Index>(r.ngrams.size())};
}

void refuse_huge(const char* op, const t::Rules& rules, const t::Rows& rows, void* scratch, Texts& memory) {
  constexpr k::Index narrow = 64;  // n-grams of so few tokens never are too many
  constexpr double most = 5e8;     // tokens in all n-grams of a text
  k::Index widest = rules.up_to;
  for (k::Index w = 0; w < (rules.up_to > 0 ? 0 : rules.num_widths); ++w) widest = std::max(widest, rules.widths[w]);
  if (widest <= narrow || rows.count == 0) return;
  t::Rules single = rules;
  single.up_to = 1;
  auto* lengths = memory.take_many<k::Index>(rows.count);
  t::count(single, rows, scratch, lengths);
  const k::Index tokens = *std::max_element(lengths, lengths + rows.count);
  const auto grams = static_cast<double>(tokens);
  double sum = 0;
  if (rules.up_to > 0) {  // of (tokens - n + 1) * n for all n up to the widest
    const auto n = static_cast<double>(std::min(widest, tokens));
    sum = n * (n + 1) / 2 * (grams + 1 - (2 * n + 1) / 3);
  }
  for (k::Index w = 0; w < (rules.up_to > 0 ? 0 : rules.num_widths); ++w) {
    const auto n = static_cast<double>(rules.widths[w]);
    sum += std::max(grams - n + 1, 0.0) * n;
  }
  if (sum > most)
    fail(ErrorKind::value, std::string(op) + ": the n-grams of a text are too many", "at most 500000000 tokens in them",
         "n-grams of up to " + std::to_string(widest) + " tokens, of a text of " + std::to_string(tokens),
         "Use smaller n-grams, or shorter texts.");
}

namespace {

void check_vocabulary(const char* op, const Specs& inputs, std::size_t first, bool slots) {
  const DType dtypes[] = {DType::uint8, DType::int64, DType::int32};
  for (std::size_t i = 0; i < (slots ? 3u : 2u); ++i) {
    const Spec& spec = inputs[first + i];
    bool right = spec.dtype == dtypes[i] && spec.rank() == 1;
    if (right && i > 0 && spec.dims[0].known()) {
      const std::int64_t size = spec.dims[0].value();
      right = i == 1 ? size >= 1 : size >= 1 && (size & (size - 1)) == 0;
    }
    if (!right)
      fail(ErrorKind::value, std::string(op) + ": this is no vocabulary",
           "bytes (uint8), offsets (int64) and slots (int32, a power of two of them)", to_string(inputs),
           "Make it with make_vocabulary.");
  }
}

t::Rows rows_of(const Text* texts, const Shape& shape) { return {texts, shape[0], shape.size(1, shape.rank())}; }
t::Rows rows_of(const Run& run) { return rows_of(run.in<Text>(0), run.inputs[0].shape); }

void* scratch_of(const Run& run, const t::Rules& rules, const t::Rows& rows) {
  return run.texts->take(t::scratch(rules, rows));
}

t::Vocabulary vocabulary_of(const Run& run, int first) {
  return {run.in<std::uint8_t>(first),        run.inputs[first].shape[0],      run.in<std::int64_t>(first + 1),
          run.inputs[first + 1].shape[0] - 1, run.in<std::int32_t>(first + 2), run.inputs[first + 2].shape[0]};
}

Specs of_rows(const Specs& inputs, DType dtype, const Dim& columns) { return {{dtype, {inputs[0].dims[0], columns}}}; }

void check_bins(const char* op, std::int64_t num_bins) {
  if (num_bins < 1)
    fail(ErrorKind::value, std::string(op) + ": there are no bins", "num_bins of 1 or more", std::to_string(num_bins),
         "Use more bins.");
}

// body(i, digits or text) for each element of an operand of texts or int64 numbers.
template <class Body>
void for_each_text(const Operand& x, const Body& body) {
  k::parallel(x.shape.size(), measured_grain(kGrainTexts), [&](k::Index begin, k::Index end, int) {
    for (k::Index i = begin; i < end; ++i) {
      if (x.dtype == DType::string) {
        body(i, static_cast<const Text*>(x.data)[i]);
      } else {
        char digits[24];
        const auto number = static_cast<long long>(static_cast<const std::int64_t*>(x.data)[i]);
        body(i, Text{digits, std::snprintf(digits, sizeof digits, "%lld", number)});
      }
    }
  });
}

void texts_or_integers(const char* op, const Spec& input) {
  if (input.dtype != DType::string && input.dtype != DType::int64)
    fail(ErrorKind::type, std::string(op) + ": needs texts or whole numbers", "string or int64", to_string(input),
         "Cast the numbers to int64.");
}

}  // namespace

Specs TextStandardize::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  texts(name, inputs[0]);
  return inputs;
}

void TextStandardize::run(const Run& run) const {
  const std::int64_t count = run.inputs[0].shape.size();
  std::int64_t bytes = 0;
  for (std::int64_t i = 0; i < count; ++i) bytes += run.in<Text>(0)[i].size;
  t::standardize(lower, strip_punctuation, count, run.in<Text>(0), run.texts->take_many<char>(bytes), run.out<Text>(0));
}

Specs TextReplace::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  texts(name, inputs[0]);
  if (regex_ == nullptr) regex_ = std::make_shared<const t::Regex>(pattern);
  for (std::size_t i = 0; i < rewrite.size(); ++i) {
    if (rewrite[i] != '\\') continue;
    const char c = ++i < rewrite.size() ? rewrite[i] : '\0';
    if (c != '\\' && (c < '0' || c > '9' || c - '0' > regex_->groups()))
      fail(ErrorKind::value, std::string(name) + ": the rewrite names no group of the pattern",
           "\\0 to \\" + std::to_string(std::min(regex_->groups(), 9)) + ", or \\\\ for a backslash",
           "'" + rewrite.substr(0, 100) + "'", "Correct it.");
  }
  return inputs;
}

namespace {

// Gives `put` the pieces (begin, size) of the text after replacing; false when nothing matches.
template <class Put>
bool replace(const t::Regex& regex, const std::string& rewrite, bool everywhere, const Text& text, void* scratch,
             std::int64_t* ends, const Put& put) {
  std::int64_t from = 0, done = 0,
               last = -1;  // where to look, up to where the text was put, where the last match ended
  bool any = false;
  while (from <= text.size && regex.find(text, from, scratch, ends)) {
    if (ends[1] == ends[0] && ends[0] == last) {  // nothing, right behind a match, is none
      if (from == text.size) break;
      const auto* p = reinterpret_cast<const unsigned char*>(text.data);
      from += t::decode(p + from, p + text.size).bytes;
      continue;
    }
    any = true;
    put(text.data + done, ends[0] - done);
    for (std::size_t i = 0; i < rewrite.size(); ++i) {
      if (rewrite[i] != '\\') {
        put(&rewrite[i], 1);
      } else if (rewrite[++i] == '\\') {
        put("\\", 1);
      } else if (const int group = rewrite[i] - '0'; ends[2 * group] >= 0) {
        put(text.data + ends[2 * group], ends[2 * group + 1] - ends[2 * group]);
      }
    }
    done = from = last = ends[1];
    if (!everywhere) break;
  }
  put(text.data + done, text.size - done);
  return any;
}

}  // namespace

void TextReplace::run(const Run& run) const {
  void* scratch = run.texts->take(regex_->scratch_bytes());
  auto* ends = run.texts->take_many<std::int64_t>(2 * (regex_->groups() + 1));
  for (std::int64_t i = 0; i < run.inputs[0].shape.size(); ++i) {
    const Text& text = run.in<Text>(0)[i];
    std::int64_t size = 0;
    const auto measure = [&](const char*, std::int64_t n) { size += n; };
    if (!replace(*regex_, rewrite, everywhere, text, scratch, ends, measure)) {
      run.out<Text>(0)[i] = text;
      continue;
    }
    char* to = run.texts->take_many<char>(size);
    run.out<Text>(0)[i] = {to, size};
    replace(*regex_, rewrite, everywhere, text, scratch, ends, [&](const char* p, std::int64_t n) {
      if (n > 0) std::memcpy(to, p, static_cast<std::size_t>(n));
      to += n;
    });
  }
}

Specs TextCount::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check_rules(name, rules, inputs);
  return {{DType::int64, {inputs[0].dims[0]}}};
}

void TextCount::run(const Run& run) const {
  const t::Rules r = rules_of(rules);
  const t::Rows rows = rows_of(run);
  void* scratch = scratch_of(run, r, rows);
  refuse_huge(name, r, rows, scratch, *run.texts);
  t::count(r, rows, scratch, run.out<std::int64_t>(0));
}

Specs TextSplit::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 2);  // the last: what the length was measured by
  check_rules(name, rules, inputs);
  return of_rows(inputs, DType::string, length);
}

void TextSplit::run(const Run& run) const {
  const t::Rules r = rules_of(rules);
  const t::Rows rows = rows_of(run);
  char* memory = static_cast<char*>(run.texts->take(t::n_grams_bytes(r, rows)));
  t::n_grams(r, rows, run.outputs[0].shape[1], scratch_of(run, r, rows), memory, run.out<Text>(0));
}

namespace {

void check_numbers(const char* op, std::int64_t first, std::int64_t unknown) {
  if (unknown < 0 || first < 0)
    fail(ErrorKind::value, std::string(op) + ": tokens have no such numbers", "numbers of 0 or more",
         "first=" + std::to_string(first) + ", unknown=" + std::to_string(unknown), "Correct them.");
}

}  // namespace

Specs TextNumbers::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 4, 5);  // the last: what the length was measured by
  check_rules(name, rules, inputs);
  check_vocabulary(name, inputs, 1, true);
  check_numbers(name, first, unknown);
  return of_rows(inputs, DType::int64, length);
}

void TextNumbers::run(const Run& run) const {
  const t::Rules r = rules_of(rules);
  const t::Rows rows = rows_of(run);
  t::numbers(r, rows, vocabulary_of(run, 1), first, unknown, run.outputs[0].shape[1], scratch_of(run, r, rows),
             run.out<std::int64_t>(0));
}

Specs TextCounts::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 4, 5);
  check_rules(name, rules, inputs);
  check_vocabulary(name, inputs, 1, true);
  check_numbers(name, first, unknown);
  if (inputs.size() == 4) return of_rows(inputs, DType::float32, size);
  check::floating(name, inputs[4]);
  check::shape(name, inputs[4], {size}, inputs, "the weights");
  return of_rows(inputs, inputs[4].dtype, size);
}

void TextCounts::run(const Run& run) const {
  const t::Rules r = rules_of(rules);
  const t::Rows rows = rows_of(run);
  void* scratch = scratch_of(run, r, rows);
  refuse_huge(name, r, rows, scratch, *run.texts);
  for_floating(run.outputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    t::counts(r, rows, vocabulary_of(run, 1), first, unknown, run.outputs[0].shape[1], once, run.in_or_null<T>(4),
              scratch, run.out<T>(0));
  });
}

// Only the weights have one: the sum over the rows of what is multiplied by them.
Values TextCounts::vjp(const Vjp& v) const {
  Values gradients(v.inputs.size());
  if (!v.has(4) || !v.need(4)) return gradients;
  const Value counts = call(*this, {v.in(0), v.in(1), v.in(2), v.in(3)})[0];
  gradients[4] = ops::sum(ops::multiply(v.grad(), ops::cast(counts, v.grad().dtype())), {0}, false);
  return gradients;
}

Specs TextLookup::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 4, 4);
  texts(name, inputs[0]);
  check_vocabulary(name, inputs, 1, true);
  return {{DType::int64, inputs[0].dims}};
}

void TextLookup::run(const Run& run) const {
  const t::Vocabulary vocabulary = vocabulary_of(run, 1);
  for_each_text(run.inputs[0], [&](k::Index i, const Text& text) {
    run.out<std::int64_t>(0)[i] = t::find(vocabulary, text.data, text.size);
  });
}

Specs TextGather::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 3);
  if (inputs[0].dtype != DType::int64)
    fail(ErrorKind::type, std::string(name) + ": needs places", "int64", to_string(inputs[0]), "Cast them to int64.");
  check_vocabulary(name, inputs, 1, false);
  return {{DType::string, inputs[0].dims}};
}

void TextGather::run(const Run& run) const {
  const auto* places = run.in<std::int64_t>(0);
  const char* bytes = run.in<char>(1);
  const auto* offsets = run.in<std::int64_t>(2);
  const std::int64_t num_bytes = run.inputs[1].shape[0], size = run.inputs[2].shape[0] - 1;
  char* other = run.texts->take_many<char>(static_cast<std::int64_t>(unknown.size()));
  std::memcpy(other, unknown.data(), unknown.size());
  for (std::int64_t i = 0; i < run.outputs[0].shape.size(); ++i) {
    const std::int64_t p = places[i];
    const bool inside =
        p >= 0 && p < size && offsets[p] >= 0 && offsets[p] <= offsets[p + 1] && offsets[p + 1] <= num_bytes;
    run.out<Text>(0)[i] = inside ? Text{bytes + offsets[p], offsets[p + 1] - offsets[p]}
                                 : Text{other, static_cast<std::int64_t>(unknown.size())};
  }
}

Specs TextHash::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  texts_or_integers(name, inputs[0]);
  check_bins(name, num_bins);
  return {{DType::int64, inputs[0].dims}};
}

void TextHash::run(const Run& run) const {
  const auto bins = static_cast<std::uint64_t>(num_bins);
  for_each_text(run.inputs[0], [&](k::Index i, const Text& text) {
    const std::uint64_t hash =
        salted ? t::siphash(static_cast<std::uint64_t>(key0), static_cast<std::uint64_t>(key1), text.data, text.size)
               : t::fingerprint(text.data, text.size);
    run.out<std::int64_t>(0)[i] = static_cast<std::int64_t>(hash % bins);
  });
}

Specs TextCross::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 64);
  check_bins(name, num_bins);
  for (const Spec& input : inputs) {
    texts_or_integers(name, input);
    check::shape(name, input, inputs[0].dims, inputs, "a feature");
  }
  return {{DType::int64, inputs[0].dims}};
}

void TextCross::run(const Run& run) const {
  constexpr std::uint64_t start = 0xDECAFCAFFE, multiplier = 0xc6a4a7935bd1e995u;
  const auto shifted = [](std::uint64_t v) { return v ^ v >> 47; };
  k::parallel(run.outputs[0].shape.size(), measured_grain(kGrainTexts), [&](k::Index begin, k::Index end, int) {
    for (k::Index i = begin; i < end; ++i) {
      std::uint64_t hash = start;
      for (int f = 0; f < run.num_inputs; ++f) {
        std::uint64_t next;
        if (run.inputs[f].dtype == DType::string) {
          const Text& text = run.in<Text>(f)[i];
          next = t::fingerprint(text.data, text.size);
        } else {
          next = static_cast<std::uint64_t>(run.in<std::int64_t>(f)[i]);
        }
        std::uint64_t mixed = (hash ^ multiplier) ^ shifted(next * multiplier) * multiplier;
        mixed = shifted(mixed * multiplier) * multiplier;
        hash = shifted(mixed);
      }
      run.out<std::int64_t>(0)[i] = static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(num_bins));
    }
  });
}

std::vector<Tensor> make_vocabulary(const Tensor& texts) {
  if (texts.rank() != 1 || texts.size() >= std::numeric_limits<std::int32_t>::max() / 2)
    fail(ErrorKind::value, "This is no vocabulary", "texts along one axis, fewer than 2^30",
         std::string(name_of(texts.dtype())) + " " + to_string(texts.shape()), "Pass a list of texts.");
  const std::int64_t size = texts.size();
  const Text* text = texts.data<Text>();
  Tensor offsets(DType::int64, {size + 1});
  auto* offset = offsets.data<std::int64_t>();
  offset[0] = 0;
  for (std::int64_t i = 0; i < size; ++i) offset[i + 1] = offset[i] + text[i].size;
  Tensor bytes(DType::uint8, {offset[size]}), slots(DType::int32, {t::slots_for(size)});
  for (std::int64_t i = 0; i < size; ++i)
    if (text[i].size > 0)
      std::memcpy(bytes.data<std::uint8_t>() + offset[i], text[i].data, static_cast<std::size_t>(text[i].size));
  t::fill_slots(bytes.data<std::uint8_t>(), offset, size, slots.data<std::int32_t>(), slots.size());
  return {bytes, offsets, slots};
}

TokenCounter::TokenCounter(const Tensor& tokens, const Tensor& counts, const Tensor& documents) {
  const Shape& shape = tokens.shape();
  if (tokens.dtype() != DType::string || counts.dtype() != DType::int64 || documents.dtype() != DType::int64 ||
      tokens.rank() != 1 || counts.shape() != shape || documents.shape() != shape)
    fail(ErrorKind::value, "These are no counts of tokens", "tokens, and two int64 numbers for each",
         to_string(Specs{spec_of(tokens), spec_of(counts), spec_of(documents)}), "Pass what `found` gave.");
  for (std::int64_t i = 0; i < tokens.size(); ++i)
    counter_.add(tokens.data<Text>()[i], counts.data<std::int64_t>()[i], documents.data<std::int64_t>()[i]);
}

void TokenCounter::add(const Tensor& texts, const TokenRules& rules, std::int64_t per_document) {
  constexpr const char* name = "TokenCounter";
  check_rules(name, rules, {spec_of(texts)});
  if (per_document < 1 || texts.dim(0) % per_document != 0)
    fail(ErrorKind::value, std::string(name) + ": the rows are no whole documents", "a number that divides all rows",
         std::to_string(per_document) + " rows per document, " + std::to_string(texts.dim(0)) + " rows", "Correct it.");
  const t::Rules r = rules_of(rules);
  const t::Rows rows = rows_of(texts.data<Text>(), texts.shape());
  Texts memory;
  void* scratch = memory.take(t::scratch(r, rows));
  refuse_huge(name, r, rows, scratch, memory);
  const std::lock_guard<std::mutex> lock(mutex_);
  counter_.add(r, rows, per_document, scratch);
}

std::vector<Tensor> TokenCounter::found(std::int64_t most) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::vector<t::Counter::Entry> entries = counter_.found(most);
  const Shape shape = {static_cast<std::int64_t>(entries.size())};
  Tensor tokens(DType::string, shape), counts(DType::int64, shape), documents(DType::int64, shape);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    tokens.data<Text>()[i] = entries[i].token;
    counts.data<std::int64_t>()[i] = entries[i].count;
    documents.data<std::int64_t>()[i] = entries[i].documents;
  }
  return {tokens.copy(), counts, documents};  // whose texts are its own
}

}  // namespace lamina
