#include "ops/attributes.h"

#include <set>

#include "support.h"

namespace lamina {
namespace {

using support::expect_error_text;
using support::unusual;

TEST(AllOps, HaveTheirOwnNamesAndDefaults) {
  std::set<std::string> names;
  for (const OpInfo& info : all_ops()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_STREQ(make_op(info.name, {})->name(), info.name);
  }
  EXPECT_GT(names.size(), 100u);
}

TEST(AllOps, AttributesComeBackAsTheyWere) {
  for (const OpInfo& info : all_ops()) {
    const OpPtr op = unusual(info);
    const Attributes attributes = op->attributes();
    EXPECT_TRUE(make_op(info.name, attributes)->attributes() == attributes)
        << info.name << " " << to_string(attributes);
    const Attributes defaults = info.make({})->attributes();
    for (std::size_t i = 0; i < defaults.size(); ++i) {
      if (std::holds_alternative<Graphs>(attributes[i].second)) continue;  // program/control_test.cpp
      EXPECT_FALSE(attributes[i] == defaults[i]) << info.name << " " << defaults[i].first;
    }
  }
}

TEST(AllOps, BindGivesEveryDimItsNumber) {
  for (const OpInfo& info : all_ops())
    for (const auto& [name, value] : unusual(info)->bind({{"n", 3}, {"m", 4}})->attributes())
      if (auto* dims = std::get_if<Dims>(&value)) {
        EXPECT_TRUE(dims->known()) << info.name << " " << name;
      }
}

TEST(AllOps, RefuseOtherTypesOfAttributes) {
  // For each attribute a value of a type that it never has.
  for (const OpInfo& info : all_ops())
    for (const auto& [name, value] : info.make({})->attributes()) {
      const bool text = std::holds_alternative<std::string>(value);
      const Attribute wrong = text ? Attribute(std::int64_t{1}) : Attribute(std::string("1"));
      support::expect_error(ErrorKind::type, std::string(info.name) + ": attribute '" + name + "' has the wrong type",
                            [&, key = name] {
                              make_op(info.name, {{key, wrong}});
                            });
    }
}

TEST(Attributes, ErrorTexts) {
  const struct {
    const char* op;
    Attributes attributes;
    ErrorKind kind;
    const char* text;
  } rows[] = {
      {"matmul",
       {{"transpose", true}},
       ErrorKind::type,
       "matmul: unknown attribute 'transpose'. Expected: transpose_a, transpose_b. Received: transpose=True. Check the "
       "spelling."},
      {"relu",
       {{"axis", std::int64_t{1}}},
       ErrorKind::type,
       "relu: unknown attribute 'axis'. Expected: no attributes. Received: axis=1. Check the spelling."},
      {"softmax",
       {{"axis", 0.5}},
       ErrorKind::type,
       "softmax: attribute 'axis' has the wrong type. Expected: an integer. Received: 0.5. Pass a value of that type."},
      {"sum",
       {{"keepdims", std::int64_t{1}}},
       ErrorKind::type,
       "sum: attribute 'keepdims' has the wrong type. Expected: True or False. Received: 1. Pass a value of that "
       "type."},
      {"transpose",
       {{"axes", Dims{Dim::symbol("n")}}},
       ErrorKind::type,
       "transpose: attribute 'axes' has the wrong type. Expected: a list of integers. Received: [n]. Pass a value of "
       "that type."},
      {"one_hot",
       {{"classes", support::Ints{1, 2}}},
       ErrorKind::type,
       "one_hot: attribute 'classes' has the wrong type. Expected: a size. Received: [1, 2]. Pass a value of that "
       "type."},
      {"cast",
       {{"dtype", std::string("half")}},
       ErrorKind::type,
       "Unknown dtype. Expected: one of float32, float64, int32, int64, uint8, bool, float16, bfloat16, complex64, "
       "complex128, string. Received: half. Convert the data to one of them first."},
      {"conv",
       {{"padding", std::string("full")}},
       ErrorKind::value,
       "conv: padding has an unknown value. Expected: one of valid, same, causal. Received: 'full'. Check the "
       "spelling."},
      {"sofmax",
       {},
       ErrorKind::value,
       "Unknown op 'sofmax'. Expected: an op of this version; the nearest names are softmax, max, argmax. "
       "Received: sofmax. Use a newer version of the library, or correct the name."},
  };
  for (const auto& row : rows) expect_error_text(row.kind, row.text, [&] { make_op(row.op, row.attributes); });
}

TEST(Attributes, TakeWhatMeansTheSame) {
  EXPECT_EQ(to_string(make_op("clip", {{"low", std::int64_t{-2}}})->attributes()), "low=-2, high=0");
  EXPECT_EQ(to_string(make_op("transpose", {{"axes", Dims{1, 0}}})->attributes()), "axes=[1, 0]");
  EXPECT_EQ(to_string(make_op("reshape", {{"shape", support::Ints{2, -1}}})->attributes()), "shape=[2, -1]");
  EXPECT_EQ(to_string(make_op("one_hot", {{"classes", std::int64_t{5}}})->attributes()),
            "classes=[5], dtype='float32'");
  EXPECT_EQ(to_string(make_op("conv", {{"activation", std::string("relu")}})->attributes()),
            "strides=[], padding='valid', dilation=[], groups=1, activation='relu'");
}

}  // namespace
}  // namespace lamina
