#include "autodiff/variable.h"

#include "program/program.h"
#include "support.h"

namespace lamina {
namespace {

using support::op;

VariablePtr make(const Tensor& t, const char* name = "w", bool trainable = true) {
  return std::make_shared<Variable>(t, name, trainable);
}

TEST(Variable, StartsAsACopyAndKeepsItsOwnNumbers) {
  Tensor initial = Tensor::of<float>({2}, {1, 2});
  const VariablePtr w = make(initial);
  initial.data<float>()[0] = 9;
  EXPECT_EQ(w->tensor().data<float>()[0], 1);
}

TEST(Variable, CopiesOnWriteWhenItsNumbersAreStillSeen) {
  const VariablePtr w = make(Tensor::of<float>({2}, {1, 2}));
  const void* memory = w->tensor().data();
  {
    const Value seen = w->read();
    w->assign(Value(Tensor::of<float>({2}, {5, 6})));
    EXPECT_EQ(seen.tensor().data<float>()[0], 1);
    EXPECT_EQ(w->read().tensor().data<float>()[0], 5);
    EXPECT_NE(w->tensor().data(), memory);
  }
  const void* second = w->tensor().data();
  w->assign(Value(Tensor::of<float>({2}, {7, 8})));  // nobody else sees it
  EXPECT_EQ(w->tensor().data(), second);
  w->assign(w->read());
  EXPECT_EQ(w->tensor().data<float>()[1], 8);
}

TEST(Variable, IsWatchedWhenTrainable) {
  const Recording recording;
  EXPECT_TRUE(make(Tensor::scalar(1.f))->read().tracked());
  EXPECT_FALSE(make(Tensor::scalar(1.f), "s", false)->read().tracked());
  EXPECT_FALSE(make(Tensor::scalar<std::int64_t>(1))->read().tracked());
  const VariablePtr w = make(Tensor::scalar(3.0));
  EXPECT_EQ(gradient({op("square", {w->read()})}, {w->leaf()})[0].tensor().item<double>(), 6.0);
}

TEST(Variable, RefusesOtherShapesAndDTypes) {
  const VariablePtr w = make(Tensor::of<float>({2}, {1, 2}));
  const Tensor wrong[] = {Tensor::of<float>({3}, {1, 2, 3}), Tensor::of<double>({2}, {1, 2}),
                          Tensor::of<float>({1, 2}, {1, 2})};
  for (const Tensor& t : wrong)
    support::expect_error(ErrorKind::value, "Variable 'w' cannot be assigned. Expected: float32 (2,)",
                          [&] { w->assign(Value(t)); });
}

TEST(Trace, RemembersWhatWasReadAndAssigned) {
  const VariablePtr w = make(Tensor::scalar(2.f)), s = make(Tensor::scalar(10.f), "s", false),
                    untouched = make(Tensor::scalar(0.f), "u");
  Trace trace;
  trace.open();
  EXPECT_EQ(Trace::active(), &trace);
  const Value first = w->read();
  EXPECT_FALSE(first.concrete());
  w->assign(op("square", {first}));
  const Value second = w->read();
  EXPECT_EQ(ValueKey(w->leaf()) == ValueKey(first), true);
  s->assign(ops::add(s->read(), second));
  Trace* suspended = Trace::suspend();
  EXPECT_EQ(w->read().tensor().item<float>(), 2.f);  // untouched by the trace
  Trace::resume(suspended);
  trace.close();
  EXPECT_EQ(Trace::active(), nullptr);
  ASSERT_EQ(trace.entries().size(), 2u);

  Program program;
  program.add_entry("step", {}, {{"before", first}, {"after", second}}, trace);
  const std::vector<Tensor> out = program.run("step", {});
  EXPECT_EQ(out[0].item<float>(), 2.f);
  EXPECT_EQ(out[1].item<float>(), 4.f);
  EXPECT_EQ(w->tensor().item<float>(), 4.f);
  EXPECT_EQ(s->tensor().item<float>(), 14.f);
  program.run("step", {});
  EXPECT_EQ(w->tensor().item<float>(), 16.f);
  EXPECT_EQ(s->tensor().item<float>(), 30.f);
}

TEST(Trace, Nests) {
  const VariablePtr w = make(Tensor::scalar(2.f));
  Trace outer, inner;
  outer.open();
  inner.open();
  w->read();
  inner.close();
  EXPECT_EQ(Trace::active(), &outer);
  outer.close();
  EXPECT_EQ(inner.entries().size(), 1u);
  EXPECT_TRUE(outer.entries().empty());
}

TEST(Trace, AnAssignedValueOfUnknownSizeIsCheckedWhenItIsKnown) {
  const VariablePtr state = make(Tensor::zeros(DType::float32, {2, 3}), "state", false);
  Trace trace;
  trace.open();
  const Value x = Value::placeholder({DType::float32, {Dim::symbol("n"), 3}}, "x");
  state->assign(x);
  trace.close();
  Program program;
  program.add_entry("keep", {{"x", x}}, {}, trace);
  const Tensor fits = support::random<float>({2, 3}, 1);
  program.run("keep", {fits});
  EXPECT_TRUE(support::same_bits(state->tensor(), fits));
  support::expect_error(ErrorKind::value, "the number of elements changes", [&] {
    program.run("keep", {support::random<float>({64, 3}, 1)});
  });
  EXPECT_TRUE(support::same_bits(state->tensor(), fits));
}

}  // namespace
}  // namespace lamina
