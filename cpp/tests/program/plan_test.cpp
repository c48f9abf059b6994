// Plans place values over each other wherever they may. Whatever the graph, the numbers must be those of running it
// node by node on separate memory.
#include "program/plan.h"

#include "core/arena.h"
#include "program/graphs.h"
#include "program/order.h"

namespace lamina {
namespace {

using support::graph_of;
using support::Ints;
using support::op;
using support::same_bits;

const Dim n = Dim::symbol("n");

Value input(const char* name, Dims dims, DType dtype = DType::float32) {
  return Value::placeholder({dtype, std::move(dims)}, name);
}

// A random graph over (4, 6) tensors that reads and writes three variables.
struct RandomProgram {
  NamedValues inputs, outputs;
  Trace trace;
  std::vector<VariablePtr> variables;
  Graph graph;

  explicit RandomProgram(unsigned seed) : engine_(seed) {
    for (int i = 0; i < 3; ++i)
      variables.push_back(std::make_shared<Variable>(
          support::random<float>({4, 6}, seed + 10 + static_cast<unsigned>(i)), "v" + std::to_string(i), true));
    for (const char* name : {"a", "b"}) inputs.emplace_back(name, input(name, {4, 6}));
    pool_ = {inputs[0].second, inputs[1].second, Value(support::random<float>({4, 6}, seed + 1))};
    rows_ = {Value(support::random<float>({6}, seed + 2)), Value(support::random<float>({1, 6}, seed + 3))};
    trace.open();
    for (const VariablePtr& v : variables) pool_.push_back(v->read());
    const int steps = 1 + static_cast<int>(engine_() % 14);
    for (int i = 0; i < steps; ++i) add_step();
    for (const VariablePtr& v : variables)
      if (engine_() % 3 != 0) v->assign(any());
    trace.close();
    const int count = static_cast<int>(engine_() % 4);
    for (int i = 0; i < count; ++i) outputs.emplace_back(std::to_string(i), any());
    std::vector<std::pair<int, const Trace::Entry*>> entries;
    for (std::size_t i = 0; i < trace.entries().size(); ++i)
      entries.emplace_back(static_cast<int>(i), &trace.entries()[i]);
    graph = make_graph(inputs, outputs, entries);
  }

 private:
  Value any() { return pool_[engine_() % pool_.size()]; }
  Value row() { return rows_[engine_() % rows_.size()]; }

  void add_step() {
    switch (engine_() % 12) {
      case 0:
        pool_.push_back(op("sin", {any()}));
        break;
      case 1:
        pool_.push_back(op("relu", {any()}));
        break;
      case 2:
        pool_.push_back(ops::add(any(), any()));
        break;
      case 3:
        pool_.push_back(op("maximum", {any(), any()}));
        break;
      case 4:
        pool_.push_back(ops::subtract(row(), any()));
        break;
      case 5:
        pool_.push_back(op("identity", {any()}));
        break;
      case 6:
        pool_.push_back(ops::reshape(op("negative", {ops::reshape(any(), {24})}), {4, 6}));
        break;
      case 7:
        pool_.push_back(op("dropout", {any(), Value(Tensor::of<std::int64_t>({2}, {1, 2}))}, {{"rate", 0.3}}));
        break;
      case 8: {
        const Values updated =
            support::all("sgd_update", {{"momentum", 0.5}}, {any(), any(), Value(Tensor::scalar(0.1f)), any()});
        pool_.insert(pool_.end(), updated.begin(), updated.end());
        break;
      }
      case 9:
        rows_.push_back(ops::sum_to(any(), {engine_() % 2 ? Dims{6} : Dims{1, 6}}));
        break;
      case 10: {
        const Value both = op("concatenate", {any(), any()}, {{"axis", std::int64_t{0}}});
        pool_.push_back(op("slice", {both}, {{"starts", Ints{2, 0}}, {"stops", Ints{6, 6}}}));
        break;
      }
      default:
        pool_.push_back(op("clip", {any()}, {{"low", -0.5}, {"high", 0.5}}));
        break;
    }
  }

  std::mt19937 engine_;
  std::vector<Value> pool_, rows_;
};

// Also where all that may run side by side does.
TEST(Plan, RandomProgramsComputeWhatTheyShould) {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    RandomProgram planned(seed);
    const RandomProgram plain(seed);
    if (seed % 2 == 1) run_updates_early(planned.graph);
    const Team team = {1 + static_cast<int>(seed) % 3, 0};
    const std::vector<Tensor> inputs = {support::random<float>({4, 6}, seed + 100),
                                        support::random<float>({4, 6}, seed + 200)};
    for (int repeat = 0; repeat < 2; ++repeat) {
      const std::vector<Tensor> found = support::run_planned(planned.graph, inputs, planned.variables, team);
      const std::vector<Tensor> expected = support::run_plainly(plain.graph, inputs, plain.variables);
      bool same = same_bits(found, expected);
      for (std::size_t i = 0; i < 3; ++i)
        same = same && same_bits(planned.variables[i]->tensor(), plain.variables[i]->tensor());
      ASSERT_TRUE(same) << "seed " << seed << ", run " << repeat << "\n" << to_string(planned.graph);
    }
  }
}

TEST(Plan, ARowOfElementwiseOpsNeedsOneBuffer) {
  const Value x = input("x", {n, 100});
  Value y = x;
  for (int i = 0; i < 10; ++i) y = op(i % 2 ? "sin" : "relu", {y});
  const Plan plan = make_plan(graph_of({{"x", x}}, {y}), {{8, 100}}, 0);
  EXPECT_EQ(plan.arena_bytes, aligned(8 * 100 * 4));
  EXPECT_EQ(plan.steps.size(), 10u);
  EXPECT_TRUE(plan.copies.empty());
  EXPECT_EQ(plan.steps[0].inputs[0].place.kind, Place::Kind::input);
  EXPECT_EQ(plan.steps[9].outputs[0].place.kind, Place::Kind::output);
}

TEST(Plan, AValueUsedLaterIsNotOverwritten) {
  const Value x = input("x", {n, 64});
  const Value a = op("sin", {x}), b = op("relu", {a}), c = op("tanh", {ops::reshape(b, {n * 64})});
  const Value y = ops::add(ops::reshape(c, {n, 64}), a);  // `a` outlives what was made of it
  const Graph graph = graph_of({{"x", x}}, {y});
  const Plan plan = make_plan(graph, {{2, 64}}, 0);
  EXPECT_EQ(plan.arena_bytes, 2 * aligned(2 * 64 * 4));
  const std::vector<Tensor> inputs = {support::random<float>({2, 64}, 1)};
  EXPECT_TRUE(same_bits(support::run_planned(graph, inputs), support::run_plainly(graph, inputs)));
}

TEST(Plan, OpsThatNeedTheirInputsGetOtherMemory) {
  const Value x = input("x", {16, 16});
  const Value a = op("sin", {x});
  for (const Value& y : {ops::transpose(a, {1, 0}), ops::matmul(a, a, false, false), op("softmax", {a})}) {
    const Graph graph = graph_of({{"x", x}}, {op("relu", {y})});
    const std::vector<Tensor> inputs = {support::random<float>({16, 16}, 1)};
    EXPECT_TRUE(same_bits(support::run_planned(graph, inputs), support::run_plainly(graph, inputs)));
  }
}

TEST(Plan, OutputsMayBeAnything) {
  const Value x = input("x", {3}), c(support::random<float>({3}, 2)), y = op("sin", {x}),
              flat = ops::reshape(y, {3, 1});
  const auto v = std::make_shared<Variable>(support::random<float>({3}, 3), "v", true);
  Trace trace;
  trace.open();
  const Value old = v->read();
  v->assign(op("exp", {old}));
  trace.close();
  const NamedValues outputs = {{"input", x},
                               {"constant", c},
                               {"one", y},
                               {"again", y},
                               {"alias", flat},
                               {"old", old},
                               {"new", trace.entries()[0].current}};
  const Graph graph = make_graph({{"x", x}}, outputs, {{0, &trace.entries()[0]}});
  const Tensor before = v->tensor().copy(), in = support::random<float>({3}, 1);
  const std::vector<Tensor> found = support::run_planned(graph, {in}, {v});
  const Tensor sine = op("sin", {Value(in)}).tensor(),
               expected[] = {in, c.tensor(), sine, sine, sine.reshaped({3, 1}), before, v->tensor()};
  for (std::size_t i = 0; i < outputs.size(); ++i) EXPECT_TRUE(same_bits(found[i], expected[i])) << outputs[i].first;
  EXPECT_TRUE(same_bits(v->tensor(), op("exp", {Value(before)}).tensor()));
}

TEST(Plan, VariablesSwapAndRotate) {
  for (const std::size_t count : {2u, 3u, 5u}) {
    std::vector<VariablePtr> variables;
    Trace trace;
    trace.open();
    Values values;
    for (std::size_t i = 0; i < count; ++i) {
      variables.push_back(std::make_shared<Variable>(Tensor::scalar(static_cast<float>(i)), std::to_string(i), true));
      values.push_back(variables[i]->read());
    }
    for (std::size_t i = 0; i < count; ++i) variables[i]->assign(values[(i + 1) % count]);
    trace.close();
    std::vector<std::pair<int, const Trace::Entry*>> entries;
    for (std::size_t i = 0; i < count; ++i) entries.emplace_back(static_cast<int>(i), &trace.entries()[i]);
    const Graph graph = make_graph({}, {}, entries);
    support::run_planned(graph, {}, variables);
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(variables[i]->tensor().item<float>(), static_cast<float>((i + 1) % count));
  }
}

TEST(Plan, AnUpdateHappensInTheVariable) {
  std::vector<VariablePtr> variables;
  for (const char* name : {"p", "m"})
    variables.push_back(std::make_shared<Variable>(support::random<float>({8, 8}, 1), name, true));
  Trace trace;
  trace.open();
  const Value g = input("g", {8, 8});
  const Values updated = support::all("sgd_update", {{"momentum", 0.9}},
                                      {variables[0]->read(), g, Value(Tensor::scalar(0.1f)), variables[1]->read()});
  for (std::size_t i = 0; i < 2; ++i) variables[i]->assign(updated[i]);
  trace.close();
  const Graph graph = make_graph({{"g", g}}, {}, {{0, &trace.entries()[0]}, {1, &trace.entries()[1]}});
  const Plan plan = make_plan(graph, {{8, 8}}, 2);
  EXPECT_TRUE(plan.copies.empty());
  EXPECT_EQ(plan.arena_bytes, 0u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(plan.steps[0].outputs[static_cast<std::size_t>(i)].place.kind, Place::Kind::variable);
    EXPECT_EQ(plan.steps[0].outputs[static_cast<std::size_t>(i)].place.index, i);
  }
}

TEST(Plan, SkipsStepsWithoutElements) {
  const Value x = input("x", {n, 4});
  const Graph graph = graph_of({{"x", x}}, {op("relu", {x}), op("sum", {x}, {{"axes", Ints{0}}})});
  const std::vector<Tensor> out = support::run_planned(graph, {Tensor(DType::float32, {0, 4})});
  EXPECT_EQ(out[0].shape(), Shape({0, 4}));
  EXPECT_EQ(out[1].data<float>()[3], 0.f);
}

TEST(Plan, Refuses) {
  const Value x = input("x", {n, 4}), y = input("y", {n, n * 2});
  const Graph graph = graph_of({{"x", x}, {"y", y}}, {op("relu", {x}), op("relu", {y})});
  const struct {
    std::vector<Shape> shapes;
    const char* text;
  } rows[] = {
      {{{2, 4}}, "Wrong number of inputs. Expected: 2. Received: 1."},
      {{{2, 5}, {2, 4}}, "Input 'x' has the wrong shape. Expected: (None, 4). Received: (2, 5)."},
      {{{2, 4, 1}, {2, 4}}, "Input 'x' has the wrong shape. Expected: (None, 4). Received: (2, 4, 1)."},
      {{{2, 4}, {3, 6}},
       "Input 'y' has the wrong shape: 'n' is 2 in input 'x'. Expected: (None, None). Received: (3, 6)."},
      {{{2, 4}, {2, 5}}, "Input 'y' has the wrong shape. Expected: (None, None). Received: (2, 5)."},
  };
  for (const auto& row : rows)
    support::expect_error(ErrorKind::value, row.text, [&] { make_plan(graph, row.shapes, 0); });
  const Graph large = graph_of({{"x", x}}, {op("fill", {}, {{"shape", Dims{n * (1LL << 40), n * (1LL << 20)}}})});
  support::expect_error(ErrorKind::value, "A tensor cannot be made", [&] { make_plan(large, {{16, 4}}, 0); });
}

TEST(MakeGraph, RefusesWhatIsNotAnInput) {
  const Value x = input("x", {n, 4}), y = input("hidden", {n, 4});
  support::expect_error_text(
      ErrorKind::value,
      "A result depends on a tensor that is not there. Expected: only the inputs and variables of the "
      "trace. Received: the placeholder 'hidden', float32 (None, 4). Make every tensor that is used an "
      "input, or compute it inside the traced function.",
      [&] {
        graph_of({{"x", x}}, {ops::add(x, y)});
      });
}

TEST(MakeGraph, HasAText) {
  const Value x = input("x", {n, 4});
  const Graph graph = graph_of({{"x", x}}, {op("sum", {ops::add(x, Value(Tensor::scalar(1.f)))}, {{"axes", Ints{1}}})});
  EXPECT_EQ(to_string(graph),
            "%0 = input 'x' float32 (None, 4)\n%1 = constant float32 ()\n%2 = add(%0, %1) float32 (None, 4)\n"
            "%3 = sum(%2; axes=[1], keepdims=False) float32 (None,)\noutput '0' = %3\n");
}

}  // namespace
}  // namespace lamina
