#include "program/recomputation.h"

#include <functional>

#include "ops/functions.h"
#include "program/fused.h"
#include "program/graphs.h"
#include "program/passes.h"

namespace lamina {
namespace {

using support::op;
using support::ops_of;
using support::same_bits;

const Dim n = Dim::symbol("n");

Value total(const Value& x) { return ops::sum(x, {0, 1}, false); }
Value product(const Value& x, std::int64_t units) {
  const Value kernel(support::random<float>({x.dims().back().value(), units}, static_cast<unsigned>(units), -0.1, 0.1));
  return ops::matmul(x, kernel, false, false);
}

// `repeated` are the ops that stand in the graph once more behind the first "matmul softmax sum", where the memory is
// at its peak; the bits stay as they are, and the peak falls.
void expect_repeated(const Value& x, const Values& outputs, const std::string& repeated) {
  const Graph before = support::graph_of({{"x", x}}, outputs);
  Graph after = before;
  recompute_cheap(after);
  const std::string peak = "matmul softmax sum ";
  std::string expected = ops_of(before);
  ASSERT_NE(expected.find(peak), std::string::npos) << expected;
  expected.insert(expected.find(peak) + peak.size(), repeated);
  EXPECT_EQ(ops_of(after), expected);
  const std::vector<Tensor> inputs = {support::random<float>({64, 1024}, 7, 0.1, 1)};
  EXPECT_TRUE(same_bits(support::run_planned(after, inputs), support::run_plainly(before, inputs)));
  const auto peak_of = [](const Graph& graph) { return make_plan(graph, {{64, 1024}}, 0).live_bytes; };
  if (!repeated.empty()) {
    EXPECT_LT(peak_of(after) + 64 * 1024, peak_of(before));
  }
  fuse_elementwise(after);
  EXPECT_TRUE(same_bits(support::run_planned(after, inputs), support::run_plainly(before, inputs)));
}

TEST(RecomputeCheap, RepeatsWhatIsReadMuchLater) {
  const Value vector(support::random<float>({1024}, 5)), seed(Tensor::of<std::int64_t>({2}, {1, 2}));
  using Make = std::function<Value(const Value& x, const Value& a)>;
  const auto unary = [](const char* name) -> Make {
    return [name](const Value&, const Value& a) { return op(name, {a}); };
  };
  const struct {
    Make make;   // what is read twice
    bool keeps;  // whether a is read at last
    const char* repeated;
  } rows[] = {
      {unary("gelu"), true, "gelu "},
      {unary("relu"), true, "relu "},
      {unary("gelu"), false, ""},  // its input would have to be kept instead
      {unary("digamma"), true, ""},
      {unary("softmax"), true, ""},
      {[&](const Value&, const Value& a) {
         return op("dropout", {a, seed}, {{"rate", 0.5}});
       },
       true, ""},
      {[&](const Value&, const Value& a) { return ops::add(a, vector); }, true, "add "},
      {[](const Value&, const Value& a) { return op("tanh", {op("exp", {a})}); }, true, "exp tanh "},
      {[](const Value&, const Value& a) { return ops::multiply(a, op("sigmoid", {a})); }, true, "sigmoid multiply "},
      {[](const Value& x, const Value&) { return op("exp", {x}); }, false, "exp "},  // inputs are there anyway
      {[](const Value&, const Value& a) {
         return ops::reshape(op("gelu", {a}), {n * 2, 512});
       },
       true, "gelu reshape "},
  };
  for (const auto& row : rows) {
    const Value x = Value::placeholder({DType::float32, {n, 1024}}, "x");
    const Value a = product(x, 1024), y = row.make(x, a);
    Values outputs = {total(product(y, 16)), total(op("softmax", {product(x, 4096)})), total(product(y, 32))};
    if (row.keeps) outputs.push_back(total(op("softmax", {a})));
    expect_repeated(x, outputs, row.repeated);
  }
}

TEST(RecomputeCheap, LeavesWhatIsSmallOrKeptAnyway) {
  const Value x = Value::placeholder({DType::float32, {n, 1024}}, "x");
  const Value small = op("exp", {product(x, 8)}), given = op("exp", {x});
  const Value early = total(product(ops::add(product(given, 8), small), 16));
  const Value wide = total(op("softmax", {product(x, 4096)}));
  expect_repeated(x, {early, wide, total(product(ops::add(product(given, 8), small), 16)), given}, "");
}

// A residual block: what it gives is made from what it takes.
TEST(RecomputeCheap, RepeatsWhatItRepeatsFromOnce) {
  const Value x = Value::placeholder({DType::float32, {n, 1024}}, "x");
  const Value a = product(x, 1024), first = op("gelu", {a}), b = product(first, 1024);
  const Value second = op("relu", {ops::add(b, first)});
  const Values outputs = {total(product(second, 16)), total(op("softmax", {product(x, 4096)})),
                          total(product(second, 16)), total(product(first, 32)),
                          total(op("softmax", {b})),  total(op("softmax", {a}))};
  expect_repeated(x, outputs, "gelu add relu ");
}

TEST(RecomputeCheap, VariablesAreThereUntilTheirUpdate) {
  for (const bool early : {true, false}) {
    const auto v = std::make_shared<Variable>(support::random<float>({1024, 256}, 1), "v", true);
    const Value x = Value::placeholder({DType::float32, {n, 1024}}, "x");
    Trace trace;
    trace.open();
    const Value y = op("exp", {v->read()});
    const auto multiply = [&] { return total(op("softmax", {ops::matmul(x, y, false, false)})); };
    const auto update = [&] { v->assign(op("negative", {v->read()})); };
    NamedValues outputs = {{"early", multiply()}};
    if (early) update();
    outputs.emplace_back("wide", total(op("softmax", {product(x, 8192)})));
    outputs.emplace_back("late", multiply());
    if (!early) update();
    trace.close();
    Graph graph = make_graph({{"x", x}}, outputs, {{0, &trace.entries()[0]}});
    const std::vector<Tensor> inputs = {support::random<float>({4, 1024}, 7)};
    const Tensor before = v->tensor().copy();
    const auto expected = support::run_plainly(graph, inputs, {v});
    recompute_cheap(graph);
    EXPECT_EQ(ops_of(graph), early ? "exp matmul softmax sum negative matmul softmax sum matmul softmax sum"
                                   : "exp matmul softmax sum matmul softmax sum exp matmul softmax sum negative");
    v->assign(Value(before));
    EXPECT_TRUE(same_bits(support::run_planned(graph, inputs, {v}), expected));
    EXPECT_EQ(make_plan(graph, {{4, 1024}}, 1).copies.size(), 0u);
  }
}

}  // namespace
}  // namespace lamina
