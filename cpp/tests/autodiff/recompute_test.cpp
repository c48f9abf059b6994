// What is computed again for its gradient: the same bits from less memory, recorded and in programs.
#include "autodiff/recompute.h"

#include "autodiff/custom.h"
#include "autodiff/gradient.h"
#include "autodiff/order.h"
#include "ops/functions.h"
#include "program/graphs.h"
#include "program/passes.h"

namespace lamina {
namespace {

using support::graph_of;
using support::op;
using support::ops_of;

Value leaf(const Shape& shape, DType dtype = DType::float64) { return Value::placeholder({dtype, Dims(shape)}, "x"); }

// A chain of which each link keeps something for its gradient; a random op is among them.
Value link(const Value& x, const Value& seed) {
  return op("tanh", {op("dropout", {op("sin", {op("exp", {x})}), seed}, {{"rate", 0.5}})});
}

Value again(const Value& x, const Value& seed, bool nested = false) {
  const std::uint64_t since = next_number();
  const Value y = link(nested ? again(x, seed) : x, seed);
  return recomputed({y}, since)[0];
}

// The value and the gradient with respect to x of three links, in a program.
Graph program_of(const std::function<Value(const Value&, const Value&)>& function, const Shape& shape) {
  const Value x = leaf(shape), seed = leaf({2}, DType::int64);
  Value y = x;
  for (int i = 0; i < 3; ++i) y = function(y, seed);
  Graph graph = graph_of({{"x", x}, {"seed", seed}}, {y, gradient({y}, {x})[0]});
  optimize(graph);
  return graph;
}

std::size_t live_bytes(const Graph& graph, const Shape& shape) { return make_plan(graph, {shape, {2}}, 0).live_bytes; }

TEST(Recomputed, IsTheSameFromLessMemoryInPrograms) {
  const Shape shape = {64, 64};
  const Graph plain = program_of(link, shape);
  const std::vector<Tensor> inputs = {support::random<double>(shape, 1), Tensor::of<std::int64_t>({2}, {3, 7})};
  const std::vector<Tensor> expected = support::run_planned(plain, inputs);
  for (const bool nested : {false, true}) {
    const Graph graph = program_of([&](const Value& x, const Value& seed) { return again(x, seed, nested); }, shape);
    const Graph twice =
        program_of([&](const Value& x, const Value& s) { return nested ? link(link(x, s), s) : link(x, s); }, shape);
    EXPECT_TRUE(
        support::same_bits(support::run_planned(graph, inputs), support::run_planned(nested ? twice : plain, inputs)));
    EXPECT_LT(live_bytes(graph, shape), live_bytes(nested ? twice : plain, shape));
  }
  EXPECT_EQ(expected.size(), 2u);
}

TEST(Recomputed, ComesAfterTheGradientAndIsNotMerged) {
  const Value x = leaf({3});
  const std::uint64_t since = next_number();
  const Value y = recomputed({op("sin", {op("exp", {x})})}, since)[0];
  const Value z = op("sqrt", {y});
  Graph graph = graph_of({{"x", x}}, {z, gradient({z}, {x})[0]});
  merge_equal_nodes(graph);
  const std::string ops = ops_of(graph);
  EXPECT_EQ(ops.substr(0, 12), "exp sin sqrt") << ops;
  const std::size_t after = ops.find("after");
  ASSERT_NE(after, std::string::npos);
  EXPECT_NE(ops.find("exp", after), std::string::npos);
  EXPECT_EQ(ops.find("sin", after), std::string::npos) << "its result is known: " << ops;
}

TEST(Recomputed, RecordedValuesToo) {
  const Recording recording;
  const Tensor at = support::random<double>({5}, 1), seeds = Tensor::of<std::int64_t>({2}, {3, 7});
  const Value seed(seeds);
  std::vector<Tensor> found[3];
  for (int way = 0; way < 3; ++way) {
    const Value x(at);
    x.watch();
    const Value y = way == 0 ? link(x, seed) : again(x, seed);
    Values g;
    if (way == 2) {  // the gradient of a gradient
      g = gradient({op("square", {gradient({y}, {x})[0]})}, {x});
    } else {
      g = gradient({op("square", {gradient({link(x, seed)}, {x})[0]})}, {x});
      found[way] = {y.tensor(), gradient({y}, {x})[0].tensor()};
    }
    EXPECT_EQ(y.node()->op->name(), std::string(way > 0 ? "custom_gradient" : "tanh"));
    found[way].push_back(g[0].tensor());
  }
  EXPECT_TRUE(support::same_bits(found[0], found[1]));
  EXPECT_TRUE(support::same_bits({found[0][2]}, found[2]));
}

TEST(Recomputed, KeepsGradientsThatAreGiven) {
  const Recording recording;
  const Value x(Tensor::of<double>({2}, {2, 3}));
  x.watch();
  const std::uint64_t since = next_number();
  const Value inner = with_gradient({op("exp", {x})}, {x}, [](const Vjp& v) {
    return Values{ops::scaled(ops::multiply(v.grad(), v.in(0)), 7)};  // of the input as it is then
  })[0];
  const Value y = recomputed({op("square", {inner})}, since)[0];
  const Tensor slope = gradient({y}, {x})[0].tensor();
  for (int i = 0; i < 2; ++i) {
    const double at = x.tensor().data<double>()[i];
    EXPECT_NEAR(slope.data<double>()[i], 2 * std::exp(at) * 7 * at, 1e-9);
  }
}

TEST(Recomputed, SizesAreMeasuredOnce) {
  const Value x = leaf({4});
  const std::uint64_t since = next_number();
  const Value size = op("measure", {op("argmax", {x}, {{"axis", std::int64_t{0}}})}, {{"symbol", std::string("k")}});
  const Value y = recomputed({ops::multiply(op("exp", {x}), op("identity", {op("sum", {x}), size}))}, since)[0];
  const std::string ops = ops_of(graph_of({{"x", x}}, {y, gradient({y}, {x})[0]}));
  EXPECT_EQ(ops.find("measure"), ops.rfind("measure")) << ops;
  EXPECT_NE(ops.find("exp"), ops.rfind("exp")) << ops;
}

TEST(Recomputed, WhatIsOlderOrAssignedStays) {
  const Value x = leaf({3});
  const Value old = op("exp", {x});
  EXPECT_EQ(ValueKey(recomputed({old}, next_number())[0]), ValueKey(old));
  Trace trace;
  trace.open();
  const auto variable = std::make_shared<Variable>(support::random<double>({3}, 1), "v", true);
  const std::uint64_t since = next_number();
  const Value assigned = op("tanh", {variable->read()});
  variable->assign(assigned);
  const Value y = recomputed({op("square", {variable->read()})}, since)[0];
  const Values g = gradient({y}, {assigned, variable->leaf()});
  trace.close();
  EXPECT_TRUE(g[0]);
}

}  // namespace
}  // namespace lamina
