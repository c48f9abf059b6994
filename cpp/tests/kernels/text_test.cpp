// Hashes against published values, and vocabularies and texts that are not what they should be. What tokens and numbers
// are is compared with Python (tests/cases/ops_text.py).
#include "kernels/text/text.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "kernels/text/counter.h"

namespace lamina::kernels::text {
namespace {

Text text_of(const std::string& s) { return {s.data(), static_cast<Index>(s.size())}; }

TEST(Text, SiphashGivesThePublishedValues) {  // of the key 00 01 .. 0f and the texts 00 01 .. (appendix A)
  std::string bytes(16, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  const std::uint64_t key0 = 0x0706050403020100u, key1 = 0x0f0e0d0c0b0a0908u;
  EXPECT_EQ(siphash(key0, key1, bytes.data(), 15), 0xa129ca6149be45e5u);
}

TEST(Text, EveryTokenOfAVocabularyIsFound) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 1000; ++i)
    tokens.push_back(std::string(static_cast<std::size_t>(i % 90), 'x') + std::to_string(i));
  std::string bytes;
  std::vector<Index> offsets = {0};
  for (const std::string& token : tokens) {
    bytes += token;
    offsets.push_back(static_cast<Index>(bytes.size()));
  }
  std::vector<std::int32_t> slots(static_cast<std::size_t>(slots_for(1000)));
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  fill_slots(data, offsets.data(), 1000, slots.data(), static_cast<Index>(slots.size()));
  const Vocabulary vocabulary{data, offsets.back(), offsets.data(),
                              1000, slots.data(),   static_cast<Index>(slots.size())};
  for (Index i = 0; i < 1000; ++i) {
    const std::string& token = tokens[static_cast<std::size_t>(i)];
    EXPECT_EQ(find(vocabulary, token.data(), static_cast<Index>(token.size())), i);
  }
  EXPECT_EQ(find(vocabulary, "y", 1), -1);
  EXPECT_EQ(find(vocabulary, "", 0), -1);
}

TEST(Text, HostileTablesAreReadInsideTheirBounds) {
  const std::uint8_t bytes[] = {'a', 'b'};
  const Index offsets[] = {-5, 1, 100, 1, 2};
  for (std::int32_t slot : {-7, 0, 1, 2, 3, 4, 99}) {
    const std::vector<std::int32_t> slots(8, slot);
    const Vocabulary vocabulary{bytes, 2, offsets, 4, slots.data(), 8};
    for (const std::string token : {"", "a", "b", "ab", "abc"})
      EXPECT_LT(find(vocabulary, token.data(), static_cast<Index>(token.size())), 4);
  }
}

TEST(Text, BytesThatAreNoCharactersBecomeReplacements) {
  Rules rules;
  rules.split = Split::character;
  const std::string bad = "a\xff\xe2\x82z\xf0\x9f\x98";
  const Text row = text_of(bad);
  const Rows rows{&row, 1, 1};
  std::vector<char> memory(scratch(rules, rows)), bytes(n_grams_bytes(rules, rows));
  Index length = 0;
  count(rules, rows, memory.data(), &length);
  ASSERT_EQ(length, 5);
  std::vector<Text> tokens(5);
  n_grams(rules, rows, 5, memory.data(), bytes.data(), tokens.data());
  const char* expected[] = {"a", "\xEF\xBF\xBD", "\xEF\xBF\xBD", "z", "\xEF\xBF\xBD"};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(tokens[i].view(), expected[i]);
}

TEST(Text, CountersGiveTheMostFrequentAndThenTheLargest) {
  const std::vector<std::string> rows = {"b a b", "c c aaaaaaaab aaaaaaaaa", "b aaaaaaaa", ""};
  std::vector<Text> texts;
  for (const std::string& row : rows) texts.push_back(text_of(row));
  const Rules rules;
  Counter counter;
  for (const Rows& batch : {Rows{texts.data(), 2, 1}, Rows{texts.data() + 2, 2, 1}, Rows{nullptr, 0, 1}}) {
    std::vector<char> memory(scratch(rules, batch) + 1);
    counter.add(rules, batch, 1, memory.data());
  }
  const std::vector<Counter::Entry> found = counter.found(100);
  const char* expected[] = {"b", "c", "aaaaaaaab", "aaaaaaaaa", "aaaaaaaa", "a"};
  const Index counts[] = {3, 2, 1, 1, 1, 1}, documents[] = {2, 1, 1, 1, 1, 1};
  ASSERT_EQ(found.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(found[i].token.view(), expected[i]);
    EXPECT_EQ(found[i].count, counts[i]);
    EXPECT_EQ(found[i].documents, documents[i]);
  }
  EXPECT_EQ(counter.found(2).size(), 2u);
  EXPECT_EQ(counter.found(0).size(), 0u);
}

TEST(Text, DocumentsOfSeveralRows) {
  const std::vector<std::string> rows = {"a", "a", "", "b", "a", ""};
  std::vector<Text> texts;
  for (const std::string& row : rows) texts.push_back(text_of(row));
  Rules rules;
  rules.split = Split::none;
  const Rows all{texts.data(), 6, 1};
  std::vector<char> memory(scratch(rules, all));
  Counter counter;
  counter.add(rules, all, 3, memory.data());
  const std::vector<Counter::Entry> found = counter.found(3);
  const char* expected[] = {"a", "", "b"};
  const Index documents[] = {2, 2, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(found[i].token.view(), expected[i]);
    EXPECT_EQ(found[i].documents, documents[i]);
  }
}

TEST(Text, NoTextsAndEmptyTexts) {
  const Rules rules;
  EXPECT_EQ(n_grams_bytes(rules, {nullptr, 0, 1}), 0u);
  count(rules, {nullptr, 0, 1}, nullptr, nullptr);
  const Text empty[2] = {};
  const Rows rows{empty, 1, 2};
  std::vector<char> memory(scratch(rules, rows));
  Index length = -1;
  count(rules, rows, memory.data(), &length);
  EXPECT_EQ(length, 0);
}

}  // namespace
}  // namespace lamina::kernels::text
