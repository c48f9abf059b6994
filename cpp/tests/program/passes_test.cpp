#include "program/passes.h"

#include "autodiff/gradient.h"
#include "lamina/runtime.h"
#include "program/graphs.h"

namespace lamina {
namespace {

using support::graph_of;
using support::Ints;
using support::op;
using support::ops_of;

Value input(const char* name, Dims dims, DType dtype = DType::float32) {
  return Value::placeholder({dtype, std::move(dims)}, name);
}
Value constant(const Shape& shape, unsigned seed = 1) { return Value(support::random<float>(shape, seed)); }

const Dim n = Dim::symbol("n");

TEST(RemoveDeadNodes, KeepsWhatLeadsToOutputs) {
  const Value x = input("x", {n, 4}), y = op("relu", {x});
  Graph graph = graph_of({{"x", x}}, {y, op("exp", {y}), op("tanh", {ops::add(x, constant({4}))})});
  EXPECT_EQ(ops_of(graph), "relu exp add tanh");
  graph.outputs.resize(2);
  remove_dead_nodes(graph);
  EXPECT_EQ(ops_of(graph), "relu exp");
  EXPECT_TRUE(graph.constants.empty());
}

TEST(MergeEqualNodes, ComputesTheSameOnce) {
  const Value x = input("x", {n, 4}), state = input("state", {2}, DType::int64);
  const struct {
    Values outputs;
    const char* ops;
  } rows[] = {
      {{op("relu", {x}), op("relu", {x})}, "relu"},
      {{op("exp", {op("relu", {x})}), op("exp", {op("relu", {x})})}, "relu exp"},
      {{op("sum", {x}, {{"axes", Ints{0}}}), op("sum", {x}, {{"axes", Ints{1}}})}, "sum sum"},
      {{op("clip", {x}, {{"high", 0.1}}), op("clip", {x}, {{"high", 0.1 + 1e-16}})}, "clip clip"},
      {{op("subtract", {x, op("relu", {x})}), op("subtract", {op("relu", {x}), x})}, "relu subtract subtract"},
      {{op("dropout", {x, state}, {{"rate", 0.5}}), op("dropout", {x, state}, {{"rate", 0.5}})}, "dropout"},
  };
  for (const auto& row : rows) {
    Graph graph = graph_of({{"x", x}, {"state", state}}, row.outputs);
    const Graph before = graph;
    merge_equal_nodes(graph);
    EXPECT_EQ(ops_of(graph), row.ops);
    const std::vector<Tensor> inputs = {support::random<float>({3, 4}, 5), Tensor::of<std::int64_t>({2}, {1, 2})};
    EXPECT_TRUE(support::same_bits(support::run_planned(graph, inputs), support::run_plainly(before, inputs)));
  }
}

TEST(FoldConstants, ComputesWhatIsKnownAndSmall) {
  const Value x = input("x", {n, 4});
  const Value on_nothing = op("fill", {}, {{"shape", Dims{n}}});
  // Ops on concrete values compute at once, so only a file holds such graphs.
  Graph graph;
  const int c = graph.add_value({DType::float32, {4}}), y = graph.add_value({DType::float32, {4}}),
            z = graph.add_value({DType::float32, {4}});
  graph.constants.push_back({Tensor::of<float>({4}, {1, 2, 3, 4}), c});
  graph.nodes.push_back({make_op("square", {}), {c}, {y}});
  graph.nodes.push_back({make_op("negative", {}), {y}, {z}});
  graph.outputs = {{"z", z}};
  fold_constants(graph);
  EXPECT_TRUE(graph.nodes.empty());
  EXPECT_EQ(support::run_planned(graph, {})[0].data<float>()[3], -16.f);

  Graph unknown = graph_of({{"x", x}}, {ops::add(on_nothing, op("sum", {x}, {{"axes", Ints{1}}}))});
  fold_constants(unknown);
  EXPECT_EQ(ops_of(unknown), "fill sum add");

  Graph large;
  const int big = large.add_value({DType::float32, {1025}});
  large.nodes.push_back({make_op("fill", {{"shape", Ints{1025}}}), {}, {big}});
  large.outputs = {{"big", big}};
  fold_constants(large);
  EXPECT_EQ(ops_of(large), "fill");
  large.values[0].dims[0] = 1024;
  large.nodes[0].op = make_op("fill", {{"shape", Ints{1024}}});
  fold_constants(large);
  EXPECT_TRUE(large.nodes.empty());
}

// What a recurrent op takes: z [5, 3, gates], kernel [4, gates], h0 [3, 4], and bias or c0.
Values recurrent_inputs(const std::string& name, unsigned seed) {
  const std::int64_t gates = name == "lstm" ? 16 : name == "gru" ? 12 : 4;
  Values inputs = {constant({5, 3, gates}, seed), constant({4, gates}, seed + 1), constant({3, 4}, seed + 2)};
  if (name == "gru") inputs.push_back(constant({gates}, seed + 3));
  if (name == "lstm") inputs.push_back(constant({3, 4}, seed + 3));
  return inputs;
}

TEST(TrimKept, GatesStayOnlyForAGradient) {
  for (const char* name : {"gru", "lstm"}) {
    Values inputs = recurrent_inputs(name, 1);
    const Tensor numbers = inputs[0].tensor();
    inputs[0] = input("z", numbers.shape());
    const Values outputs = support::all(name, {}, inputs);
    Graph bare = graph_of({{"z", inputs[0]}}, {outputs[0]});
    Graph whole = graph_of({{"z", inputs[0]}}, {outputs[0], outputs.back()});
    trim_kept(bare);
    trim_kept(whole);
    EXPECT_EQ(bare.nodes[0].outputs.size() + 1, outputs.size());
    EXPECT_EQ(whole.nodes[0].outputs.size(), outputs.size());
    EXPECT_TRUE(support::same_bits(support::run_planned(bare, {numbers}), {support::run_plainly(whole, {numbers})[0]}));
  }
}

TEST(PairRecurrences, TwoThatDoNotNeedEachOtherRunSideBySide) {
  for (const char* name : {"simple_rnn", "gru", "lstm"}) {
    Values one = recurrent_inputs(name, 10), two = recurrent_inputs(name, 20);
    const Tensor numbers = one[0].tensor();
    const Value z = input("z", numbers.shape());
    one[0] = z;
    two[0] = op("tanh", {z});
    const Value forward = op(name, one), used = op("exp", {forward});
    const Value backward = op(name, two, {{"reverse", true}});
    Graph graph = graph_of({{"z", z}}, {used, backward, forward});
    const Graph apart = graph;
    pair_recurrences(graph);
    EXPECT_EQ(ops_of(graph), "tanh pair exp") << name;
    for (const int threads : {1, 2}) {
      set_num_threads(threads);
      EXPECT_TRUE(support::same_bits(support::run_planned(graph, {numbers}), support::run_plainly(apart, {numbers})));
    }
  }
}

TEST(PairRecurrences, LeavesWhatNeedsEachOtherOrDiffers) {
  Values one = recurrent_inputs("simple_rnn", 10), two = recurrent_inputs("simple_rnn", 20);
  one[0] = input("z", {5, 3, 4});
  const Value first = op("simple_rnn", one);
  two[0] = op("slice", {first}, {{"starts", Dims{1, 0, 0}}, {"stops", Dims{6, 3, 4}}});
  Graph chain = graph_of({{"z", one[0]}}, {op("simple_rnn", two)});
  pair_recurrences(chain);
  EXPECT_EQ(ops_of(chain), "simple_rnn slice simple_rnn");

  Values shorter = recurrent_inputs("simple_rnn", 30);
  shorter[0] = input("short", {2, 3, 4});
  Graph lengths = graph_of({{"z", one[0]}, {"short", shorter[0]}}, {first, op("simple_rnn", shorter)});
  pair_recurrences(lengths);
  EXPECT_EQ(ops_of(lengths), "simple_rnn simple_rnn");
}

TEST(FuseEpilogues, FusesWhatItMayAndKeepsTheNumbers) {
  const Value x = input("x", {n, 6}), image = input("image", {Dim::symbol("m"), 7, 6, 2});
  const Value w = constant({6, 5}), b = constant({5}, 2), column = constant({5, 1}, 3),
              kernel = constant({3, 3, 2, 5}, 4);
  auto product = [&] { return ops::matmul(x, w, false, false); };
  auto convolved = [&] { return op("conv", {image, kernel}); };
  auto act = [](const char* name, const Value& v) { return op(name, {v}); };
  auto other = [&] { return act("exp", ops::matmul(x, constant({6, 5}, 5), false, false)); };
  auto other_image = [&] { return act("exp", op("conv", {image, constant({3, 3, 2, 5}, 6)})); };
  // Cut into two heads, as attention does.
  auto heads = [&](const Shape& shape) {
    const Value cut = ops::reshape(ops::matmul(x, constant({6, 4}, 7), false, false), {n, 2, 2});
    return ops::add(cut, constant(shape, 8));
  };
  const Value shared = product(), shared_cut = ops::reshape(shared, {n, 5, 1});
  const struct {
    Values outputs;
    const char* ops;
  } rows[] = {
      {{act("relu", ops::add(product(), b))}, "linear"},
      {{act("relu", ops::add(b, product()))}, "linear"},
      {{ops::add(product(), b)}, "linear"},
      {{act("gelu", product())}, "linear"},
      {{act("elu", ops::add(product(), b))}, "linear elu"},
      {{act("tanh", act("relu", ops::add(product(), b)))}, "linear tanh"},
      {{ops::add(ops::add(product(), b), b)}, "linear add"},
      {{act("sigmoid", ops::add(convolved(), b))}, "conv"},
      {{act("silu", convolved())}, "conv"},
      {{ops::add(act("relu", convolved()), b)}, "conv add"},
      {{act("relu6", op("conv", {image, kernel, b}))}, "conv"},
      {{shared, act("relu", ops::add(shared, b))}, "matmul fused"},  // the product itself is wanted
      {{ops::add(product(), column)}, "matmul add"},
      {{act("relu", ops::add(ops::matmul(x, constant({5, 6}), false, true), b))}, "matmul fused"},
      {{ops::add(product(), product())}, "matmul add"},  // after merging
      {{heads({2, 2})}, "reshape linear reshape"},
      {{act("relu", heads({2, 2}))}, "reshape linear reshape relu"},
      {{heads({2, 1})}, "matmul reshape add"},
      {{heads({2})}, "matmul reshape add"},
      {{ops::add(shared_cut, column), shared_cut}, "matmul reshape add"},
      {{ops::add(other(), ops::add(product(), b))}, "matmul exp linear"},
      {{act("tanh", ops::add(ops::add(product(), b), other()))}, "matmul exp linear"},
      {{ops::add(product(), other())}, "matmul matmul fused"},  // an addend comes after a bias
      {{act("relu", ops::add(ops::add(convolved(), b), other_image()))}, "conv exp conv"},
      {{ops::add(ops::add(ops::add(convolved(), b), other_image()), other_image())}, "conv exp conv add"},
  };
  const std::vector<Tensor> inputs = {support::random<float>({5, 6}, 7), support::random<float>({2, 7, 6, 2}, 8)};
  for (const auto& row : rows) {
    Graph graph = graph_of({{"x", x}, {"image", image}}, row.outputs);
    const Graph before = graph;
    optimize(graph);
    EXPECT_EQ(ops_of(graph), row.ops);
    const std::vector<Tensor> found = support::run_planned(graph, inputs),
                              expected = support::run_plainly(before, inputs);
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_LE(support::difference<float>(found[i], expected[i]), 4e-6) << row.ops;
  }
}

TEST(FinishNormalizations, TakeASumAndAClampAndKeepTheBits) {
  const Value x = input("x", {n, 3, 4}), gamma = constant({4}, 2), beta = constant({4}, 3);
  auto act = [](const char* name, const Value& v) { return op(name, {v}); };
  auto norm = [&](const Value& v) { return support::all("batch_norm", {}, {v, gamma, beta}); };
  auto known = [&](const Value& v) { return op("batch_norm_inference", {v, gamma, beta, beta, act("exp", gamma)}); };
  const Values shared = norm(x), first = norm(act("exp", x));
  auto wide = [&](const Value& vector) { return op("broadcast_to", {vector}, {{"shape", Dims{n, 3, 4}}}); };
  const struct {
    Values outputs;
    const char* ops;
  } rows[] = {
      {{act("relu", norm(x)[0])}, "batch_norm"},
      {{act("relu6", known(x))}, "batch_norm_inference"},
      {{act("tanh", norm(x)[0])}, "batch_norm tanh"},
      {{shared[0], act("relu", shared[0])}, "batch_norm relu"},
      {{act("relu", shared[0]), act("exp", shared[1])}, "batch_norm exp"},
      {{ops::add(norm(x)[0], act("exp", x))}, "exp batch_norm"},
      {{act("relu", ops::add(act("exp", x), known(x)))}, "exp batch_norm_inference"},
      {{act("relu", ops::add(first[0], norm(x)[0]))}, "exp batch_norm batch_norm"},
      {{ops::add(shared[0], wide(shared[1]))}, "batch_norm broadcast_to add"},  // the addend needs the statistics
      {{ops::add(shared[0], shared[1])}, "batch_norm add"},
  };
  const std::vector<Tensor> inputs = {support::random<float>({5, 3, 4}, 7)};
  for (const auto& row : rows) {
    Graph graph = graph_of({{"x", x}}, row.outputs);
    const Graph before = graph;
    finish_normalizations(graph);
    EXPECT_EQ(ops_of(graph), row.ops);
    EXPECT_TRUE(support::same_bits(support::run_planned(graph, inputs), support::run_plainly(before, inputs)))
        << row.ops;
  }
}

TEST(ClampInGradients, GoIntoThoseOfTheNormalization) {
  const Value x = input("x", {n, 3, 4}), dy = input("dy", {n, 3, 4}), gamma = input("gamma", {4}),
              beta = input("beta", {4});
  auto act = [](const char* name, const Value& v) { return op(name, {v}); };
  auto norm = [&](const Value& v) { return support::all("batch_norm", {}, {v, gamma, beta}); };
  auto back = [&](const Value& y, Values sources) { return gradient({y}, sources, {dy}); };
  const Values whole = {x, gamma, beta}, first = norm(x), other = norm(act("exp", x));
  const Value y = act("relu", first[0]);
  const Value masked = op("unary_grad", {y, dy}, {{"function", std::string("relu")}});
  const struct {
    Values outputs;
    const char* ops;
  } rows[] = {
      {back(y, whole), "batch_norm batch_norm_grad"},
      {back(act("relu6", first[0]), whole), "batch_norm batch_norm_grad"},
      {{y, back(y, {x})[0]}, "batch_norm batch_norm_grad"},
      {back(act("relu", norm(act("relu", norm(x)[0]))[0]), {x}),
       "batch_norm batch_norm batch_norm_grad batch_norm_grad"},
      {back(act("tanh", first[0]), whole), "batch_norm tanh unary_grad batch_norm_grad"},
      {back(act("leaky_relu", first[0]), whole), "batch_norm leaky_relu unary_grad batch_norm_grad"},
      {back(y, {x, first[0]}), "batch_norm unary_grad batch_norm_grad"},  // what the clamp lets pass is wanted itself
      {{first[0], back(y, {x})[0]}, "batch_norm relu unary_grad batch_norm_grad"},
      {back(act("relu", ops::add(first[0], dy)), {x}), "batch_norm unary_grad batch_norm_grad"},
      {support::all("batch_norm_grad", {}, {masked, x, gamma, other[1], other[3]}),  // of another normalization
       "batch_norm exp batch_norm unary_grad batch_norm_grad"},
  };
  const std::vector<Tensor> inputs = {support::random<float>({50, 3, 4}, 7), support::random<float>({50, 3, 4}, 8),
                                      support::random<float>({4}, 9), support::random<float>({4}, 10)};
  for (const auto& row : rows) {
    Graph graph = graph_of({{"x", x}, {"dy", dy}, {"gamma", gamma}, {"beta", beta}}, row.outputs);
    const Graph before = graph;
    finish_normalizations(graph);
    clamp_in_gradients(graph);
    EXPECT_EQ(ops_of(graph), row.ops);
    for (const int threads : {1, 2}) {
      set_num_threads(threads);
      EXPECT_TRUE(support::same_bits(support::run_planned(graph, inputs), support::run_plainly(before, inputs)))
          << row.ops;
    }
  }
}

// y of 16 bits may lie on a bound where what was clamped did not.
TEST(ClampInGradients, NotOfHalves) {
  const auto half = [](const char* name, Dims dims) { return input(name, std::move(dims), DType::float16); };
  const Value x = half("x", {n, 4}), dy = half("dy", {n, 4}), gamma = half("gamma", {4}), beta = half("beta", {4});
  const Value y = op("relu", {support::all("batch_norm", {}, {x, gamma, beta})[0]});
  Graph graph = graph_of({{"x", x}, {"dy", dy}, {"gamma", gamma}, {"beta", beta}}, gradient({y}, {x}, {dy}));
  finish_normalizations(graph);
  clamp_in_gradients(graph);
  EXPECT_EQ(ops_of(graph), "batch_norm unary_grad batch_norm_grad");
}

}  // namespace
}  // namespace lamina
