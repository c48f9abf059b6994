// Networks that are built in C++: symbols, gradients, training, files, and what is refused.
#include "lamina/graph.h"

#include "io/files.h"
#include "lamina/runtime.h"
#include "support.h"

namespace lamina {
namespace {

using support::expect_error;
using support::Folder;
using support::same_bits;

// A hidden layer, dropout, and scores for three classes.
struct Network {
  explicit Network(const Optimizer& optimizer = {"sgd", 0.1, {{"momentum", 0.9}}}) {
    kernel = graph.variable("hidden/kernel", initial_value("glorot_uniform", {4, 8}, 1));
    bias = graph.variable("hidden/bias", initial_value("zeros", {8}, 0));
    scores = graph.variable("scores/kernel", initial_value("glorot_uniform", {8, 3}, 2));
    zero = graph.variable("scores/bias", initial_value("zeros", {3}, 0));
    noise = graph.variable("dropout/state", Tensor::of<std::int64_t>({2}, {5, 0}), false);
    x = graph.input("x", {-1, 4});
    label = graph.input("label", {-1}, DType::int64);
    training.labels = {label};
    training.loss = op("sparse_crossentropy", {logits(true), label});
    training.evaluation_loss = op("sparse_crossentropy", {logits(false), label});
    training.metrics = {{"accuracy", op("equal", {op("argmax", {logits(false)}, {{"axis", -1}}), label})}};
    training.updates = {{noise, noise + constant(Tensor::of<std::int64_t>({2}, {0, 1}))}};
    training.optimizer = optimizer;
  }
  Symbol logits(bool in_training) const {
    Symbol h = linear(x, kernel, bias, "relu");
    if (in_training) h = op("dropout", {h, noise}, {{"rate", 0.1}});
    return linear(h, scores, zero);
  }
  Model compile() const { return graph.compile({{"probabilities", softmax(logits(false))}}, training); }

  GraphBuilder graph;
  Symbol kernel, bias, scores, zero, noise, x, label;
  Training training;
};

struct Samples {
  explicit Samples(std::int64_t rows) : x(support::random<float>({rows, 4}, 3)), y(DType::int64, {rows}) {
    for (std::int64_t i = 0; i < rows; ++i) {
      const float* row = x.data<float>() + 4 * i;
      y.data<std::int64_t>()[i] = row[0] + row[1] > 0.3F ? 2 : row[2] > row[3] ? 1 : 0;
    }
  }
  Tensor x, y;
};

TEST(GraphBuilder, TrainsWithoutAnyFile) {
  const Samples data(200);
  for (const Optimizer& optimizer :
       {Optimizer{"sgd", 0.1}, Optimizer{"sgd", 0.05, {{"momentum", 0.9}, {"nesterov", true}}}, Optimizer{"adam", 0.02},
        Optimizer{"rmsprop", 0.01, {{"centered", true}, {"momentum", 0.5}}}}) {
    Model model = Network(optimizer).compile();
    ASSERT_EQ(model.inputs().size(), 1u);
    EXPECT_EQ(model.inputs()[0].shape, (std::vector<std::int64_t>{-1, 4}));
    const Logs before = model.evaluate({data.x}, {data.y});
    FitOptions options;
    options.epochs = 40;
    const auto history = model.fit({data.x}, {data.y}, options);
    const Logs after = model.evaluate({data.x}, {data.y});
    EXPECT_EQ(after[0].first, "loss");
    EXPECT_EQ(after[1].first, "accuracy");
    EXPECT_LT(after[0].second, 0.6 * before[0].second) << optimizer.name;
    EXPECT_GT(after[1].second, 0.85) << optimizer.name;
    EXPECT_EQ(model.variable("optimizer/iterations").item<std::int64_t>(), 40 * 7);
    EXPECT_EQ(model.variable("dropout/state").data<std::int64_t>()[1], 40 * 7);
  }
}

TEST(GraphBuilder, ItsModelsAreFilesLikeAnyOther) {
  const Folder folder;
  const Samples data(70);
  const Network network;
  Model model = network.compile(), other = network.compile();
  model.fit({data.x}, {data.y});
  EXPECT_TRUE(same_bits(other.variable("hidden/kernel"), initial_value("glorot_uniform", {4, 8}, 1)));
  model.save(folder.path("m"));
  EXPECT_FALSE(read_tensors(folder.path("m")).empty());
  Model loaded = Model::load(folder.path("m"));
  EXPECT_TRUE(same_bits(loaded.predict(data.x), model.predict(data.x)));
  loaded.fit({data.x}, {data.y});
  model.fit({data.x}, {data.y});
  for (const std::string& name : model.variable_names())
    EXPECT_TRUE(same_bits(loaded.variable(name), model.variable(name))) << name;
  NamedTensors in_file = read_tensors(folder.path("m"));
  EXPECT_TRUE(std::any_of(in_file.begin(), in_file.end(), [](const auto& t) { return t.first == "golden/output/0"; }));
}

TEST(GraphBuilder, GradientsAreThoseOfTheNumbers) {
  GraphBuilder graph;
  const Symbol x = graph.input("x", {-1, 2}, DType::float64);
  const Tensor start = support::random<double>({2, 3}, 4);
  const Symbol kernel = graph.variable("kernel", start), unused = graph.variable("unused", Tensor::scalar(2.0));
  const Symbol y =
      mean(op("tanh", {matmul(x, kernel)}) * 2.0 - 1.0 / (x.size(1).value() + op("square", {sum(kernel)})));
  const Symbols slopes = gradients(y, {kernel, unused});
  EXPECT_EQ(slopes[0].shape(), (std::vector<std::int64_t>{2, 3}));
  graph.entry("slopes", {x}, {{"y", y}, {"kernel", slopes[0]}, {"unused", slopes[1]}});
  Model model = graph.compile({{"y", matmul(x, kernel)}});
  const Tensor data = support::random<double>({5, 2}, 6);
  const std::vector<Tensor> found = model.run("slopes", {data});
  EXPECT_EQ(found[2].item<double>(), 0);
  for (std::int64_t i = 0; i < start.size(); ++i) {
    const double step = 1e-6;
    double values[2];
    for (const int side : {0, 1}) {
      Tensor moved = start.copy();
      moved.data<double>()[i] += side == 0 ? -step : step;
      model.set_variable("kernel", moved);
      values[side] = model.run("slopes", {data})[0].item<double>();
    }
    EXPECT_NEAR((values[1] - values[0]) / (2 * step), found[1].data<double>()[i], 1e-8);
  }
}

TEST(GraphBuilder, EntriesChangeVariablesFromWhatTheyWere) {
  GraphBuilder graph;
  const Symbol a = graph.variable("a", Tensor::scalar(1.0F)), b = graph.variable("b", Tensor::scalar(10.0F));
  const Symbol step = graph.input("step", {});
  graph.entry("swap", {step}, {{"sum", a + b}}, {{a, b + step}, {b, a}});
  Model model = graph.compile({{"a", a * 1.0}});
  EXPECT_EQ(model.run("swap", {Tensor::scalar(0.5F)})[0].item<float>(), 11);
  EXPECT_EQ(model.variable("a").item<float>(), 10.5F);
  EXPECT_EQ(model.variable("b").item<float>(), 1);
}

TEST(GraphBuilder, SizesMayBeUnknown) {
  GraphBuilder graph;
  const Symbol x = graph.input("x", {-1, -1, 3});
  EXPECT_FALSE(x.size(1).known());
  EXPECT_EQ(x.size(-1).value(), 3);
  const Symbol pairs = reshape(x, {x.size(0), x.size(1) * 3});
  EXPECT_EQ(pairs.shape(), (std::vector<std::int64_t>{-1, -1}));
  const Model model = graph.compile({{"flat", pairs}, {"mean", mean(x, {1})}});
  for (const std::int64_t steps : {2, 7}) {
    const std::vector<Tensor> found = model.predict(std::vector<Tensor>{support::random<float>({4, steps, 3}, 1)});
    EXPECT_EQ(found[0].shape(), (Shape{4, steps * 3}));
    EXPECT_EQ(found[1].shape(), (Shape{4, 3}));
  }
}

TEST(GraphBuilder, SeedsDecideAll) {
  const Samples data(70);
  const auto trained = [&](std::int64_t seed) {
    set_seed(seed);
    GraphBuilder graph;
    const Symbol x = graph.input("x", {-1, 4}), y = graph.input("y", {-1}, DType::int64);
    Training training;
    training.labels = {y};
    const Symbol logits = matmul(x, graph.variable("kernel", initial_value("he_normal", {4, 3})));
    training.loss = op("sparse_crossentropy", {logits, y});
    Model model = graph.compile({{"logits", logits}}, training);
    model.fit({data.x}, {data.y});
    return model.variable("kernel");
  };
  const Tensor one = trained(1);
  EXPECT_FALSE(same_bits(one, trained(2)));
  EXPECT_TRUE(same_bits(one, trained(1)));
}

TEST(GraphBuilder, KnowsTheOps) {
  EXPECT_GT(op_names().size(), 100u);
  EXPECT_EQ(op_attributes("softmax"), "axis=-1");
  const Symbols both = apply("top_k", {constant(Tensor::of<float>({1, 3}, {1, 3, 2}))}, {{"k", 2}});
  EXPECT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].shape(), (std::vector<std::int64_t>{1, 2}));
}

TEST(GraphBuilder, Refuses) {
  Network network;
  GraphBuilder& graph = network.graph;
  const Symbol& x = network.x;
  GraphBuilder others;
  const Symbol stranger = others.variable("w", Tensor::scalar(1.0F)), theirs = others.input("x", {-1, 4});
  const auto trained = [&](const std::function<void(Training&)>& change) {
    Training training = network.training;
    change(training);
    (void)graph.compile({{"y", x}}, training);
  };
  const struct {
    ErrorKind kind;
    const char* text;
    std::function<void()> call;
  } rows[] = {
      {ErrorKind::value, "Unknown op 'sofmax'. Expected: an op of this version; the nearest names are softmax",
       [&] { op("sofmax", {x}); }},
      {ErrorKind::type, "softmax: unknown attribute 'axes'. Expected: axis",
       [&] {
         op("softmax", {x}, {{"axes", 1}});
       }},
      {ErrorKind::type, "softmax: attribute 'axis' has the wrong type",
       [&] {
         op("softmax", {x}, {{"axis", "last"}});
       }},
      {ErrorKind::value, "matmul", [&] { matmul(x, network.scores); }},
      {ErrorKind::type, "add", [&] { (void)(x + network.label); }},
      {ErrorKind::value, "A symbol is empty", [&] { relu(Symbol()); }},
      {ErrorKind::value, "A tensor has no such axis", [&] { (void)x.size(2); }},
      {ErrorKind::value, "A constant is empty", [] { constant(Tensor()); }},
      {ErrorKind::type, "A gradient cannot be taken", [&] { gradients(network.label, {x}); }},
      {ErrorKind::value, "An input cannot be named 'x'", [&] { graph.input("x", {-1}); }},
      {ErrorKind::value, "Input 'z' cannot have this shape",
       [&] {
         graph.input("z", {-1, -2});
       }},
      {ErrorKind::value, "A variable cannot be named 'hidden/bias'",
       [&] { graph.variable("hidden/bias", Tensor::scalar(1.0F)); }},
      {ErrorKind::value, "A variable cannot be named 'optimizer/x'",
       [&] { graph.variable("optimizer/x", Tensor::scalar(1.0F)); }},
      {ErrorKind::type, "Variable 'n' cannot begin with this tensor",
       [&] { graph.variable("n", Tensor::scalar<std::int64_t>(1)); }},
      {ErrorKind::type, "Variable 'n' cannot begin with this tensor", [&] { graph.variable("n", Tensor()); }},
      {ErrorKind::value, "There are no initial values 'glorot'", [] { initial_value("glorot", {2}, 1); }},
      {ErrorKind::value, "An entry cannot be named 'predict'", [&] { graph.entry("predict", {x}, {}); }},
      {ErrorKind::value, "'f' takes what is no input of this network", [&] { graph.entry("f", {theirs}, {}); }},
      {ErrorKind::value, "A result depends on a tensor that is not there",
       [&] {
         others.entry("f", {theirs}, {{"y", theirs + x}});
       }},
      {ErrorKind::value, "A result depends on a tensor that is not there",
       [&] {
         (void)graph.compile({{"y", x * stranger}});
       }},
      {ErrorKind::value, "'g' cannot update this",
       [&] {
         graph.entry("g", {x}, {}, {{x, x}});
       }},
      {ErrorKind::value, "Variable 'hidden/bias' cannot be assigned",
       [&] {
         graph.entry("h", {x}, {}, {{network.bias, network.zero}});
       }},
      {ErrorKind::value, "The model has no outputs", [&] { (void)graph.compile({}); }},
      {ErrorKind::value, "The network cannot be trained. Expected: a floating loss",
       [&] { trained([](Training& t) { t.loss = Symbol(); }); }},
      {ErrorKind::value, "There is no optimizer 'adamm'. Expected: adam",
       [&] { trained([](Training& t) { t.optimizer.name = "adamm"; }); }},
      {ErrorKind::value, "The learning rate is not a number",
       [&] { trained([](Training& t) { t.optimizer.learning_rate = std::nan(""); }); }},
      {ErrorKind::type, "sgd_update: unknown attribute 'beta'",
       [&] { trained([](Training& t) {
               t.optimizer.attributes = {{"beta", 0.5}};
             }); }},
  };
  for (const auto& row : rows) expect_error(row.kind, row.text, row.call);
  EXPECT_NO_THROW((void)network.compile());
}

}  // namespace
}  // namespace lamina
