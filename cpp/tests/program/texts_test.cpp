// Programs of texts: sizes that are measured before a run, files, memory.
#include <gtest/gtest.h>

#include "autodiff/value.h"
#include "io/files.h"
#include "io/lamina_file.h"
#include "ops/creation.h"
#include "ops/functions.h"
#include "ops/reduce.h"
#include "ops/text.h"
#include "program/heap.h"
#include "program/program.h"
#include "support.h"

namespace lamina {
namespace {

using support::Folder;

// 'predict': texts -> numbers of their words, as many as the longest has; and the words themselves.
std::shared_ptr<Program> program_of_words() {
  const Value x = Value::placeholder({DType::string, {Dim::symbol("batch")}}, "x");
  Trace trace;
  const Value counts = call(TextCount{}, {x})[0];
  const Value longest = call(Reduce<kernels::Reduce::max>{{0}, false}, {counts})[0];
  const Value size = call(Measure{"longest"}, {longest})[0];
  const std::vector<Tensor> table = make_vocabulary(Tensor::of_texts({3}, {"wind", "and", "fire"}));
  TextNumbers numbers;
  numbers.length = Dim::symbol("longest");
  TextSplit split;
  split.length = Dim::symbol("longest");
  const Value y = call(numbers, {x, Value(table[0]), Value(table[1]), Value(table[2]), size})[0];
  auto program = std::make_shared<Program>();
  program->add_entry("predict", {{"x", x}}, {{"y", y}, {"words", call(split, {x, size})[0]}}, trace);
  return program;
}

const std::vector<std::string> kTexts = {"fire and wind", "earth", "", "and and and fire"};

void expect_right(const std::vector<Tensor>& outputs) {
  EXPECT_EQ(outputs[0].shape(), Shape({4, 4}));
  const std::int64_t expected[] = {4, 3, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 4};
  for (std::int64_t i = 0; i < 16; ++i) EXPECT_EQ(outputs[0].data<std::int64_t>()[i], expected[i]);
  EXPECT_EQ(outputs[1].data<Text>()[2].view(), "wind");
  EXPECT_EQ(outputs[1].data<Text>()[3].view(), "");
}

TEST(Texts, SizesAreMeasuredAndTheResultsOutliveTheRun) {
  const auto program = program_of_words();
  const std::vector<Tensor> outputs = program->run("predict", {Tensor::of_texts({4}, kTexts)});
  EXPECT_EQ(program->run("predict", {Tensor::of_texts({1}, {"a"})})[0].shape(), Shape({1, 1}));
  expect_right(outputs);
}

TEST(Texts, RowsOfOneSizeAreMapped) {
  const auto program = program_of_words();
  const Tensor x = Tensor::of_texts({3}, {"a b", "c d", "fire e"});
  const std::vector<Tensor> y = program->map_batches("predict", {x}, 1);
  EXPECT_EQ(y[0].shape(), Shape({3, 2}));
  EXPECT_EQ(y[1].data<Text>()[0].view(), "a");
  EXPECT_EQ(y[1].data<Text>()[5].view(), "e");
  support::expect_error(ErrorKind::value, "rows of another size for each batch",
                        [&] { program->map_batches("predict", {Tensor::of_texts({4}, kTexts)}, 1); });
}

TEST(Texts, AFileHoldsTheVocabularyAndTexts) {
  const Folder folder;
  io::save(folder.path("m"), *program_of_words(), {}, {Tensor::of_texts({2}, {"fire", "wind and rain"})});
  const io::Loaded loaded = io::load(folder.path("m"));
  EXPECT_EQ(loaded.golden[0].data<Text>()[1].view(), "wind and rain");
  expect_right(loaded.program->run("predict", {Tensor::of_texts({4}, kTexts)}));
}

TEST(Texts, ARunAfterTheFirstAllocatesNothing) {
  const Value x = Value::placeholder({DType::string, {Dim(4)}}, "x");
  Trace trace;
  TextSplit split;
  split.length = 3;
  const Value small = call(TextStandardize{}, {x})[0];
  Program program;
  program.add_entry("predict", {{"x", x}}, {{"y", call(split, {small})[0]}, {"n", call(TextCount{}, {small})[0]}},
                    trace);
  Workspace workspace(program.plan("predict", {{4}}));
  const Tensor texts = Tensor::of_texts({4}, kTexts);
  Tensor y(DType::string, {4, 3}), n(DType::int64, {4});
  const void* in[] = {texts.data()};
  void* out[] = {y.data(), n.data()};
  for (int i = 0; i < 2; ++i) workspace.run(in, out, {});  // the second finds out how much the first needed
  const std::int64_t buffers = allocation_count(), heap = heap_allocations();
  for (int i = 0; i < 5; ++i) workspace.run(in, out, {});
  EXPECT_EQ(allocation_count() - buffers, 0);
  EXPECT_EQ(heap_allocations() - heap, 0);
  EXPECT_EQ(y.data<Text>()[2].view(), "wind");
}

TEST(Texts, HugeNGramsAreRefusedBeforeTheyAreMade) {
  const Value x = Value::placeholder({DType::string, {Dim::symbol("batch")}}, "x");
  const std::vector<Tensor> table = make_vocabulary(Tensor::of_texts({1}, {"a"}));
  Trace trace;
  TextCounts counts;
  counts.rules.max_ngram = 1 << 30;
  TextCount lengths;
  lengths.rules.max_ngram = 0;
  lengths.rules.ngrams = {2, 50000};
  Program program;
  program.add_entry("counts", {{"x", x}},
                    {{"y", call(counts, {x, Value(table[0]), Value(table[1]), Value(table[2])})[0]}}, trace);
  program.add_entry("lengths", {{"x", x}}, {{"y", call(lengths, {x})[0]}}, trace);
  std::string many;
  for (int i = 0; i < 100000; ++i) many += "a ";
  for (const char* entry : {"counts", "lengths"}) {
    program.run(entry, {Tensor::of_texts({2}, {"a a a", ""})});
    support::expect_error(ErrorKind::value, "the n-grams of a text are too many", [&] {
      program.run(entry, {Tensor::of_texts({2}, {"a", many})});
    });
  }
}

TEST(Texts, CountersAreWhatTheyFound) {
  TokenCounter counter;
  counter.add(Tensor::of_texts({2}, {"a b", "a"}), {}, 1);
  const std::vector<Tensor> found = counter.found(9);
  TokenCounter again(found[0], found[1], found[2]);
  again.add(Tensor::of_texts({1}, {"b"}), {}, 1);
  EXPECT_EQ(again.found(1)[0].item<Text>().view(), "b");
  EXPECT_EQ(again.found(1)[2].item<std::int64_t>(), 2);
  support::expect_error(ErrorKind::value, "no counts of tokens", [&] { TokenCounter(found[1], found[1], found[2]); });
  support::expect_error(ErrorKind::value, "no whole documents", [&] {
    counter.add(Tensor::of_texts({3}, {"a", "b", "c"}), {}, 2);
  });
}

TEST(Texts, OtherOpsRefuseThem) {
  const Value x(Tensor::of_texts({1}, {"a"}));
  support::expect_error(ErrorKind::type, "does not take texts", [&] { ops::add(x, x); });
}

TEST(Texts, CopiesOwnTheirBytes) {
  Tensor copy;
  {
    const std::string gone = "a text that is gone";
    Text view{gone.data(), static_cast<std::int64_t>(gone.size())};
    copy = Tensor(DType::string, {1}, &view, nullptr).copy();
  }
  EXPECT_EQ(copy.item<Text>().view(), "a text that is gone");
  EXPECT_EQ(Tensor(DType::string, {2}).data<Text>()[1].view(), "");
}

}  // namespace
}  // namespace lamina
