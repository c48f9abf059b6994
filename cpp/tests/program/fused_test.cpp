// Chains of elementwise ops as one: which nodes are taken, and the same bits as one by one.
#include "program/fused.h"

#include "lamina/runtime.h"
#include "program/graphs.h"
#include "program/passes.h"

namespace lamina {
namespace {

using support::graph_of;
using support::Ints;
using support::op;
using support::ops_of;

const Dim n = Dim::symbol("n"), m = Dim::symbol("m");

Value leaf(Dims dims, DType dtype = DType::float32) { return Value::placeholder({dtype, std::move(dims)}, "leaf"); }

TEST(FuseElementwise, TakesChainsOfOneShape) {
  const Value x = leaf({n, 4}), y = leaf({n, 4}), row = leaf({4}), column = leaf({n, 1}), scalar = leaf({});
  const Value product = op("matmul", {x, leaf({4, 4})});
  const struct {
    Values outputs;
    const char* ops;
  } rows[] = {
      {{op("exp", {op("sin", {x})})}, "fused"},
      {{op("exp", {x})}, "exp"},
      {{ops::add(op("exp", {ops::add(x, row)}), ops::multiply(scalar, y))}, "fused"},
      {{op("exp", {ops::add(x, column)})}, "add exp"},  // a column is not a row: `add` stays, `exp` is alone
      {{op("sum", {op("exp", {op("sin", {x})})}, {{"axes", Ints{0}}})}, "fused sum"},
      {{op("exp", {op("sum", {op("sin", {x})}, {{"axes", Ints{1}}, {"keepdims", true}})})}, "sin sum exp"},
      // What a node outside reads closes the chain.
      {{ops::multiply(op("sin", {x}), op("softmax", {op("sin", {x})}))}, "sin softmax multiply"},
      {{op("exp", {op("sin", {ops::cast(x, DType::float16)})})}, "cast sin exp"},
      {{op("exp", {op("sin", {scalar})})}, "sin exp"},
  };
  for (const auto& r : rows) {
    NamedValues inputs;
    for (const Value& v : {x, y, row, column, scalar}) inputs.emplace_back("x" + std::to_string(inputs.size()), v);
    Graph graph = graph_of(inputs, r.outputs);
    merge_equal_nodes(graph);
    fuse_elementwise(graph);
    EXPECT_EQ(ops_of(graph), r.ops);
  }
}

// Two chains that share nodes, several outputs, ints and bools on the way.
Values tangle(const Value& x, const Value& y, const Value& row, const Value& scalar) {
  const Value a = ops::multiply(op("tanh", {ops::add(x, row)}), y);
  const Value b = op("clip", {ops::subtract(a, scalar)}, {{"low", -0.5}, {"high", 0.5}});
  const Value test = op("less", {a, y});
  const Value c = ops::where(test, op("exp", {b}), op("square", {x}));
  const Value counted = op("add", {ops::cast(test, DType::int32), ops::cast(test, DType::int32)});
  return {c, b, counted, op("logical_not", {test}), op("gelu", {ops::add(c, a)})};
}

TEST(Fused, GivesTheBitsOfItsOps) {
  const Value x = leaf({n, m}), y = leaf({n, m}), row = leaf({m}), scalar = leaf({});
  const Values outputs = tangle(x, y, row, scalar);
  const NamedValues named = {{"x", x}, {"y", y}, {"row", row}, {"scalar", scalar}};
  const Graph graph = graph_of(named, outputs);
  Graph fast = graph;
  optimize(fast);
  EXPECT_EQ(ops_of(fast), "fused");
  const int before = num_threads();
  for (const int threads : {1, 2}) {
    set_num_threads(threads);
    for (const auto& [rows, columns] : {std::pair<int, int>{1, 1}, {3, 5}, {1, 9000}, {9000, 1}, {170, 129}, {0, 4}}) {
      const std::vector<Tensor> inputs = {support::random<float>({rows, columns}, 1),
                                          support::random<float>({rows, columns}, 2),
                                          support::random<float>({columns}, 3), support::random<float>({}, 4)};
      const auto expected = support::run_plainly(graph, inputs), found = support::run_planned(fast, inputs);
      for (std::size_t i = 0; i < found.size(); ++i)
        EXPECT_TRUE(support::same_bits(found[i], expected[i])) << i << " of " << rows << " x " << columns;
    }
  }
  set_num_threads(before);
}

TEST(Fused, OverwritesOnlyWhatNobodyReadsLater) {
  // Values in the arena that die in the chain, read before and after its outputs are written.
  const Value x = leaf({n, 64}), y = leaf({n, 64});
  auto reversed = [](const Value& v) { return op("softmax", {v}); };  // not elementwise: its result is in the arena
  const Value a = reversed(x), b = reversed(y);
  const Value first = ops::add(a, b), second = ops::multiply(first, a), third = ops::subtract(second, b);
  const Graph graph = graph_of({{"x", x}, {"y", y}}, {reversed(third), reversed(first), reversed(second)});
  Graph fast = graph;
  fuse_elementwise(fast);
  EXPECT_EQ(ops_of(fast), "softmax softmax fused softmax softmax softmax");
  const std::vector<Tensor> inputs = {support::random<float>({200, 64}, 1), support::random<float>({200, 64}, 2)};
  const auto expected = support::run_plainly(graph, inputs), found = support::run_planned(fast, inputs);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(support::same_bits(found[i], expected[i])) << i;
}

}  // namespace
}  // namespace lamina
