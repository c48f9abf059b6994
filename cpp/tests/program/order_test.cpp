#include "program/order.h"

#include "autodiff/gradient.h"
#include "ops/functions.h"
#include "program/graphs.h"
#include "program/passes.h"

namespace lamina {
namespace {

using support::op;
using support::ops_of;

// A step that trains a chain of dense layers by gradient descent, with `clip` by the norm of all gradients.
struct Step {
  Trace trace;
  std::vector<VariablePtr> variables;
  Graph graph;

  explicit Step(int layers, bool clip = false) {
    trace.open();
    const auto add = [&](const Shape& shape, unsigned seed) {
      variables.push_back(std::make_shared<Variable>(support::random<float>(shape, seed, -0.5, 0.5),
                                                     "v" + std::to_string(variables.size()), true));
      return variables.back()->read();
    };
    const Value x = Value::placeholder({DType::float32, {8, 256}}, "x");
    Value y = x;
    Values kernels;
    for (int i = 0; i < layers; ++i) {
      kernels.push_back(add({256, 256}, static_cast<unsigned>(i)));
      y = op("tanh", {op("matmul", {y, kernels.back()})});
    }
    const Value rate = add({}, 99);
    const Value loss = ops::sum(op("square", {y}), {0, 1}, false);
    Values gradients = gradient({loss}, kernels);
    Value factor = op("exp", {rate});  // made last, needed by all
    if (clip)
      for (const Value& g : gradients) factor = ops::divide(factor, ops::sum(op("square", {g}), {0, 1}, false));
    for (std::size_t i = 0; i < kernels.size(); ++i)
      variables[i]->assign(op("subtract", {kernels[i], ops::multiply(gradients[i], factor)}));
    trace.close();
    std::vector<std::pair<int, const Trace::Entry*>> entries;
    for (std::size_t i = 0; i < trace.entries().size(); ++i)
      entries.emplace_back(static_cast<int>(i), &trace.entries()[i]);
    graph = make_graph({{"x", x}}, {{"loss", loss}}, entries);
  }

  std::vector<Tensor> numbers() const {
    std::vector<Tensor> all;
    for (const VariablePtr& v : variables) all.push_back(v->tensor().copy());
    return all;
  }
};

TEST(RunUpdatesEarly, GradientsNeedNotWaitForEachOther) {
  Step plain(8), early(8), clipped(8, true);
  optimize(early.graph);
  optimize(clipped.graph);
  const Plan plan = make_plan(early.graph, {{8, 256}}, 9);
  EXPECT_LT(2 * plan.live_bytes, make_plan(clipped.graph, {{8, 256}}, 9).live_bytes);
  EXPECT_EQ(plan.copies.size(), 0u);
  const std::vector<Tensor> inputs = {support::random<float>({8, 256}, 5)};
  const auto expected = support::run_plainly(plain.graph, inputs, plain.variables);
  EXPECT_TRUE(support::same_bits(support::run_planned(early.graph, inputs, early.variables), expected));
  EXPECT_TRUE(support::same_bits(early.numbers(), plain.numbers()));
}

// The ops of a program with variables a and b in the order in which they run, after those of an output that they stand
// behind when they are made.
std::string order_of(const std::function<void(Variable& a, Variable& b, const Value& x)>& make) {
  Trace trace;
  const Value x = Value::placeholder({DType::float32, {64, 64}}, "x");
  const auto a = std::make_shared<Variable>(support::random<float>({64, 64}, 1), "a", true),
             b = std::make_shared<Variable>(support::random<float>({2}, 2), "b", true);
  trace.open();
  const Value gradient = op("softmax", {x});
  const Value output = op("log_softmax", {gradient});
  make(*a, *b, gradient);
  trace.close();
  std::vector<std::pair<int, const Trace::Entry*>> entries;
  for (std::size_t i = 0; i < trace.entries().size(); ++i)
    entries.emplace_back(static_cast<int>(i), &trace.entries()[i]);
  Graph graph = make_graph({{"x", x}}, {{"y", output}}, entries);
  run_updates_early(graph);
  return ops_of(graph);
}

Value total(const Value& x) { return ops::sum(x, {0, 1}, false); }

TEST(RunUpdatesEarly, BringsWhatHelps) {
  EXPECT_EQ(order_of([](Variable& a, Variable& b, const Value& g) {  // a decay, a clip, a rate, an average
              const Value decayed = ops::multiply(a.read(), op("exp", {ops::sum(b.read(), {0}, false)}));
              a.assign(ops::subtract(decayed, op("clip", {g}, {{"high", 0.5}})));
            }),
            "softmax sum exp multiply clip subtract log_softmax");
  EXPECT_EQ(order_of([](Variable& a, Variable&, const Value& g) {
              const Value norm = op("sqrt", {total(op("square", {g}))});
              a.assign(ops::subtract(a.read(), ops::divide(g, norm)));
            }),
            "softmax square sum sqrt divide subtract log_softmax");
}

TEST(RunUpdatesEarly, WaitsForThoseWhoNeedTheOldValue) {
  EXPECT_EQ(order_of([](Variable& a, Variable& b, const Value& g) {
              b.assign(ops::multiply(b.read(), total(op("softmax", {a.read()}))));
              a.assign(ops::add(a.read(), g));
            }),
            "softmax log_softmax softmax sum multiply add");
  EXPECT_EQ(order_of([](Variable& a, Variable& b, const Value& g) {  // under another shape
              const Value flat = ops::reshape(a.read(), {4096});
              b.assign(ops::multiply(b.read(), ops::sum(op("softmax", {flat}), {0}, false)));
              a.assign(ops::add(a.read(), g));
            }),
            "softmax log_softmax reshape softmax sum multiply add");
  EXPECT_EQ(order_of([](Variable& a, Variable& b, const Value& g) {  // what is updated first is read as it was
              b.assign(ops::multiply(b.read(), total(op("softmax", {g}))));
              a.assign(ops::add(a.read(), g));
            }),
            "softmax add log_softmax softmax sum multiply");
}

}  // namespace
}  // namespace lamina
