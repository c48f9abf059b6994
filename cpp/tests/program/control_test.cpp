// Loops and branches: what they compute, their gradients, their files, and bodies that do not fit.
#include "program/control.h"

#include <cmath>

#include "autodiff/custom.h"
#include "autodiff/order.h"
#include "io/program_json.h"
#include "io/safetensors.h"
#include "ops/creation.h"
#include "program/graphs.h"
#include "program/passes.h"

namespace lamina {
namespace {

using support::expect_error;
using support::graph_of;
using support::op;
using support::ops_of;

Value leaf(Dims dims, DType dtype = DType::float64) { return Value::placeholder({dtype, std::move(dims)}, "leaf"); }

// carry' = sin(carry) * w + x, y = carry * x
Scan recurrence(const Value& w, Values* captured, const Dim& length, bool reverse, bool keep) {
  const Value carry = leaf({3}), x = leaf({3});
  const Value next = ops::add(ops::multiply(op("sin", {carry}), w), x);
  Closure closure = close_over({carry, x}, {{next, ops::multiply(carry, x)}});
  *captured = closure.captured;
  Scan scan;
  scan.body = closure.graphs;
  scan.carries = scan.slices = 1;
  scan.length = length;
  scan.reverse = reverse;
  scan.keep = keep;
  return scan;
}

Switch switch_of(const Graphs& branches) {
  Switch op;
  op.branches = branches;
  return op;
}

TEST(CloseOver, TakesWhatItUsesAndLeavesOutsideWhatDoesNotDependOnTheParameters) {
  const Value p = leaf({4}), outer = leaf({4}), constant(support::random<double>({4}, 3));
  const Value hoisted = op("exp", {outer});
  const Closure closure = close_over({p}, {{ops::multiply(ops::add(p, hoisted), constant)}, {outer}});
  ASSERT_EQ(closure.graphs.size(), 2u);
  EXPECT_EQ(ops_of(*closure.graphs[0]), "add multiply");
  ASSERT_EQ(closure.captured.size(), 3u);
  EXPECT_TRUE(ValueKey(closure.captured[0]) == ValueKey(hoisted));
  EXPECT_TRUE(closure.graphs[1]->nodes.empty());
  EXPECT_EQ(closure.graphs[0]->inputs.size(), 4u);
  EXPECT_EQ(closure.graphs[1]->inputs.size(), 4u);
}

TEST(CloseOver, TakesWhatIsNewButMeasuresOutside) {
  const Value outer = leaf({4}), size = leaf({}, DType::int64);
  const Value before = op("exp", {outer});
  const std::uint64_t since = next_number();
  const Value inside = ops::multiply(op("sin", {before}), before);
  const Closure closure = close_over({}, {{inside}}, since);
  EXPECT_EQ(ops_of(*closure.graphs[0]), "sin multiply");
  ASSERT_EQ(closure.captured.size(), 1u);
  EXPECT_TRUE(ValueKey(closure.captured[0]) == ValueKey(before));
  const Value measured = call(Measure{"n"}, {ops::add(size, size)})[0];
  const Closure sized = close_over({}, {{ops::multiply(measured, size)}}, since);
  EXPECT_EQ(ops_of(*sized.graphs[0]), "multiply");
  EXPECT_TRUE(ValueKey(sized.captured[0]) == ValueKey(measured));
}

TEST(Scan, IsTheLoop) {
  const Tensor c = support::random<double>({3}, 1), xs = support::random<double>({5, 3}, 2),
               w = support::random<double>({3}, 3);
  for (const bool reverse : {false, true})
    for (const bool keep : {false, true}) {
      Values captured;
      const Scan scan = recurrence(Value(w), &captured, 5, reverse, keep);
      const Values found = call(scan, {Value(c), Value(xs), captured[0]});
      ASSERT_EQ(found.size(), keep ? 3u : 2u);
      std::vector<double> carry(c.data<double>(), c.data<double>() + 3);
      for (int t = 0; t < 5; ++t) {
        const int row = reverse ? 4 - t : t;
        for (int i = 0; i < 3; ++i) {
          const double x = xs.data<double>()[3 * row + i];
          EXPECT_NEAR(found[1].tensor().data<double>()[3 * row + i], carry[i] * x, 1e-14);
          if (keep) {
            EXPECT_NEAR(found[2].tensor().data<double>()[3 * row + i], carry[i], 1e-14);
          }
          carry[i] = std::sin(carry[i]) * w.data<double>()[i] + x;
        }
      }
      for (int i = 0; i < 3; ++i) EXPECT_NEAR(found[0].tensor().data<double>()[i], carry[i], 1e-14);
    }
}

TEST(Scan, OfNoRowsGivesTheCarry) {
  Values captured;
  const Tensor c = support::random<double>({3}, 1), w = support::random<double>({3}, 3);
  const Scan scan = recurrence(Value(w), &captured, 0, false, false);
  const Values found = call(scan, {Value(c), Value(Tensor(DType::float64, {0, 3})), captured[0]});
  EXPECT_TRUE(support::same_bits(found[0].tensor(), c));
  EXPECT_EQ(found[1].tensor().shape(), (Shape{0, 3}));
}

TEST(Scan, LengthsAreBoundWhenDataComes) {
  const Dim n = Dim::symbol("n");
  const Value c = leaf({3}), xs = leaf({n, 3}), w = leaf({3});
  Values captured;
  const Scan scan = recurrence(w, &captured, n, false, true);
  const Values outputs = call(scan, {c, xs, captured[0]});
  const Graph graph = graph_of({{"c", c}, {"xs", xs}, {"w", w}}, {outputs[0], outputs[1]});
  Graph fast = graph;
  optimize(fast);
  EXPECT_FALSE(fast.nodes[0].op->as<Scan>()->keep);  // no gradient needs it
  for (const std::int64_t rows : {1, 2, 7}) {
    const std::vector<Tensor> inputs = {support::random<double>({3}, 1), support::random<double>({rows, 3}, 2),
                                        support::random<double>({3}, 3)};
    const auto expected = support::run_plainly(graph, inputs), found = support::run_planned(fast, inputs);
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(support::same_bits(found[i], expected[i]));
  }
}

TEST(While, RunsUntilItsConditionFails) {
  const Value i = leaf({}, DType::int32), v = leaf({2}), limit(Tensor::of<std::int32_t>({}, {5}));
  const Value one(Tensor::of<std::int32_t>({}, {1}));
  Closure test = close_over({i, v}, {{ops::less(i, limit)}});
  Closure step = close_over({i, v}, {{ops::add(i, one), ops::add(v, v)}});
  While loop;
  loop.condition = test.graphs;
  loop.body = step.graphs;
  loop.carries = 2;
  loop.captured = 1;
  const Value begin(support::random<double>({2}, 1));
  for (const int first : {0, 1, 4, 9}) {
    const Values found =
        call(loop, {Value(Tensor::of<std::int32_t>({}, {first})), begin, test.captured[0], step.captured[0]});
    EXPECT_EQ(*found[0].tensor().data<std::int32_t>(), std::max(first, 5));
    EXPECT_EQ(found[1].tensor().data<double>()[0],
              begin.tensor().data<double>()[0] * std::pow(2, std::max(0, 5 - first)));
  }
  begin.watch();
  Recording recording;
  const Values found =
      call(loop, {Value(Tensor::of<std::int32_t>({}, {0})), begin, test.captured[0], step.captured[0]});
  expect_error(ErrorKind::value, "while_loop has no gradient", [&] { gradient({found[1]}, {begin}); });
}

TEST(Switch, RunsTheNearestBranch) {
  const Value x = leaf({2});
  const Closure closure = close_over({x}, {{op("sin", {x})}, {ops::add(x, x)}});
  const Switch branches = switch_of(closure.graphs);
  const Tensor at = support::random<double>({2}, 1);
  for (const int index : {-3, 0, 1, 7}) {
    const Value point(at);
    point.watch();
    Recording recording;
    const Value y = call(branches, {Value(Tensor::of<std::int32_t>({}, {index})), point})[0];
    const Value slope = gradient({y}, {point})[0];
    for (int i = 0; i < 2; ++i) {
      const double a = at.data<double>()[i];
      EXPECT_NEAR(y.tensor().data<double>()[i], index < 1 ? std::sin(a) : 2 * a, 1e-15);
      EXPECT_NEAR(slope.tensor().data<double>()[i], index < 1 ? std::cos(a) : 2, 1e-15);
    }
  }
}

TEST(Control, GoesThroughFiles) {
  const Dim n = Dim::symbol("n");
  const Value c = leaf({3}), xs = leaf({n, 3}), w = leaf({3});
  Values captured;
  const Scan scan = recurrence(w, &captured, n, true, false);
  const Attributes attributes = make_op(scan)->attributes();
  const OpPtr back = make_op("scan", io::attributes_from_json(io::attributes_to_json(attributes)));
  const std::vector<Tensor> inputs = {support::random<double>({3}, 1), support::random<double>({4, 3}, 2),
                                      support::random<double>({3}, 3)};
  const Bindings bindings = {{"n", 4}};
  const auto expected = run_now(*make_op(scan)->bind(bindings), inputs), found = run_now(*back->bind(bindings), inputs);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(support::same_bits(found[i], expected[i]));
}

TEST(Control, RefusesBodiesThatDoNotFit) {
  const Value c = leaf({3}), x = leaf({3});
  auto scan_of = [&](const Values& outputs, std::int64_t carries) {
    Scan scan;
    scan.body = close_over({c, x}, {outputs}).graphs;
    scan.carries = carries;
    scan.slices = 1;
    scan.length = 5;
    return make_op(scan);
  };
  const Spec carry{DType::float64, {3}}, rows{DType::float64, {5, 3}};
  auto refused = [&](const char* part, const OpPtr& bad, const Specs& inputs, ErrorKind kind = ErrorKind::value) {
    expect_error(kind, part, [&] { bad->infer(inputs); });
  };
  const OpPtr good = scan_of({ops::add(c, x)}, 1);
  EXPECT_EQ(good->infer({carry, rows}).size(), 1u);
  refused("another number of inputs", good, {carry});
  refused("not what the body takes", good, {{DType::float32, {3}}, rows});
  refused("numbers of rows", good, {carry, {DType::float64, {4, 3}}});
  refused("the carry changes", scan_of({ops::cast(c, DType::float32), x}, 1), {carry, rows});
  refused("the counts do not fit", scan_of({c}, 2), {carry, rows});
  refused("the counts do not fit", scan_of({c}, -1), {carry, rows});
  refused("wrong number of bodies", make_op(Scan{}), {carry});
  refused("wrong number of bodies", make_op(While{}), {carry});
  refused("there is no branch", make_op(Switch{}), {{DType::int32, {}}});
  const Closure branches = close_over({x}, {{x}, {ops::cast(x, DType::float32)}});
  refused("the branches give different results", make_op(switch_of(branches.graphs)), {{DType::int32, {}}, carry});
  refused("not one whole number", make_op(switch_of(branches.graphs)), {{DType::float32, {}}, carry}, ErrorKind::type);
}

TEST(CustomGradient, IsUsedAndNotSeenByPrograms) {
  const Value x = leaf({3});
  const Value inner = op("exp", {x});
  const Value y = with_gradient({inner}, {x}, [](const Vjp& v) { return Values{ops::scaled(v.grad(), 7)}; })[0];
  const Value slope = gradient({ops::multiply(y, y)}, {x})[0];
  const Graph graph = graph_of({{"x", x}}, {y, slope});
  EXPECT_EQ(ops_of(graph).find("custom"), std::string::npos);
  const Tensor at = support::random<double>({3}, 1);
  const auto found = support::run_planned(graph, {at});
  for (int i = 0; i < 3; ++i) {
    const double e = std::exp(at.data<double>()[i]);
    EXPECT_NEAR(found[0].data<double>()[i], e, 1e-14);
    EXPECT_NEAR(found[1].data<double>()[i], 2 * e * 7, 1e-13);
  }
}

}  // namespace
}  // namespace lamina
