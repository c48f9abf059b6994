// Loops and branches of networks that are built in C++: values, gradients, training, files, and what is refused.
#include <cmath>

#include "io/files.h"
#include "lamina/graph.h"
#include "support.h"

namespace lamina {
namespace {

using support::expect_error;
using support::same_bits;

TEST(ControlFlow, TakesTheBranchThatTheDataSay) {
  GraphBuilder graph;
  const Symbol x = graph.input("x", {-1, 2}), scale = graph.variable("scale", Tensor::scalar(3.0F));
  const Symbols y = cond(
      op("greater", {sum(x), sum(x) * 0.0}),
      [&] {
        return Symbols{x * scale, scale};
      },
      [&] {
        return Symbols{-x, constant(Tensor::scalar(7.0F))};
      });
  const Symbol loss = sum(y[0]);
  graph.entry("slope", {x}, {{"slope", gradients(loss, {scale})[0]}, {"second", y[1]}});
  Model model = graph.compile({{"y", y[0]}});
  const Tensor up = Tensor::of<float>({1, 2}, {1, 2}), down = Tensor::of<float>({2, 2}, {-1, -2, 0, 1});
  EXPECT_TRUE(same_bits(model.predict(up), Tensor::of<float>({1, 2}, {3, 6})));
  EXPECT_TRUE(same_bits(model.predict(down), Tensor::of<float>({2, 2}, {1, 2, -0.0F, -1})));
  EXPECT_EQ(model.run("slope", {up})[0].item<float>(), 3);
  EXPECT_EQ(model.run("slope", {down})[0].item<float>(), 0);
  EXPECT_EQ(model.run("slope", {up})[1].item<float>(), 3);
  EXPECT_EQ(model.run("slope", {down})[1].item<float>(), 7);
}

TEST(ControlFlow, LoopsUntilTheConditionFails) {
  GraphBuilder graph;
  const Symbol x = graph.input("x", {-1}), limit = graph.variable("limit", Tensor::scalar(100.0F), false);
  const Symbol count = constant(Tensor::scalar<std::int64_t>(0)), one = constant(Tensor::scalar<std::int64_t>(1));
  const Symbols last = while_loop(
      [&](const Symbols& s) {
        return op("less", {op("max", {s[0]}, {{"axes", {0}}}), limit});
      },
      [&](const Symbols& s) {
        return Symbols{s[0] * 2, s[1] + one};
      },
      {x, count});
  graph.entry("doubled", {x}, {{"x", last[0]}, {"count", last[1]}});
  Model model = graph.compile({{"y", x * 1}});
  const std::vector<Tensor> found = model.run("doubled", {Tensor::of<float>({3}, {1, 13, 0})});
  EXPECT_TRUE(same_bits(found[0], Tensor::of<float>({3}, {8, 104, 0})));
  EXPECT_EQ(found[1].item<std::int64_t>(), 3);
  EXPECT_EQ(model.run("doubled", {Tensor::of<float>({1}, {200})})[1].item<std::int64_t>(), 0);
  model.set_variable("limit", Tensor::scalar(5.0F));
  EXPECT_EQ(model.run("doubled", {Tensor::of<float>({1}, {4})})[0].item<float>(), 8);
  expect_error(ErrorKind::value, "while_loop has no gradient", [&] { gradients(sum(last[0]), {x}); });
}

// h = tanh(x . kernel + h . recurrent) for each step: what "simple_rnn" is made of.
struct Recurrence {
  Recurrence() {
    kernel = graph.variable("kernel", initial_value("glorot_uniform", {2, 4}, 1));
    recurrent = graph.variable("recurrent", initial_value("glorot_uniform", {4, 4}, 2));
    x = graph.input("x", {-1, -1, 2});
    label = graph.input("label", {-1}, DType::int64);
    const Symbol steps = op("transpose", {matmul(x, kernel)}, {{"axes", {1, 0, 2}}});
    const Symbol begin = matmul(mean(x, {1}) * 0, kernel);
    looped = scan(
        [&](const Symbols& h, const Symbols& row) {
          const Symbol next = op("tanh", {row[0] + matmul(h[0], recurrent)});
          return Scanned{{next}, {next}};
        },
        {begin}, {steps});
    fused = op("simple_rnn", {steps, recurrent, begin});
    scores = matmul(looped.state[0], graph.variable("scores", initial_value("glorot_uniform", {4, 3}, 3)));
  }
  GraphBuilder graph;
  Symbol kernel, recurrent, x, label, fused, scores;
  Scanned looped;
};

TEST(ControlFlow, ScansAreLayers) {
  Recurrence r;
  const Symbol all = op("slice", {r.fused}, {{"starts", {1, 0, 0}}, {"stops", {r.x.size(1) + 1, r.x.size(0), 4}}});
  const Symbols slow = gradients(sum(r.looped.ys[0] * r.looped.ys[0]), {r.kernel, r.recurrent});
  const Symbols fast = gradients(sum(all * all), {r.kernel, r.recurrent});
  r.graph.entry("both", {r.x},
                {{"ys", r.looped.ys[0]}, {"all", all}, {"a", slow[0]}, {"b", fast[0]}, {"c", slow[1]}, {"d", fast[1]}});
  Model model = r.graph.compile({{"scores", r.scores}});
  for (const std::int64_t steps : {1, 2, 7}) {
    const std::vector<Tensor> found = model.run("both", {support::random<float>({3, steps, 2}, 5)});
    for (std::size_t i = 0; i < found.size(); i += 2) {
      ASSERT_EQ(found[i].shape(), found[i + 1].shape());
      for (std::int64_t j = 0; j < found[i].size(); ++j)
        EXPECT_NEAR(found[i].data<float>()[j], found[i + 1].data<float>()[j], 1e-5) << i << " " << steps;
    }
  }
}

TEST(ControlFlow, IsTrainedAndSavedLikeAnythingElse) {
  Recurrence r;
  Training training;
  training.labels = {r.label};
  training.loss = op("sparse_crossentropy", {r.scores, r.label});
  training.optimizer = {"adam", 0.05};
  Model model = r.graph.compile({{"scores", r.scores}}, training);
  const Tensor x = support::random<float>({60, 5, 2}, 7);
  Tensor y(DType::int64, {60});
  for (std::int64_t i = 0; i < 60; ++i) y.data<std::int64_t>()[i] = x.data<float>()[10 * i + 8] > 0.3F ? 2 : 0;
  FitOptions options;
  options.epochs = 30;
  const double first = model.evaluate({x}, {y})[0].second;
  model.fit({x}, {y}, options);
  EXPECT_LT(model.evaluate({x}, {y})[0].second, first / 2);
  const support::Folder folder;
  model.save(folder.path("m.lamina"));
  Model copy = Model::load(folder.path("m.lamina"));
  EXPECT_TRUE(same_bits(copy.predict(x), model.predict(x)));
  copy.fit({x}, {y});
  model.fit({x}, {y});
  EXPECT_TRUE(same_bits(copy.variable("recurrent"), model.variable("recurrent")));
}

TEST(ControlFlow, ScansBackwardsAndRunsOnConstants) {
  const Symbol xs = constant(Tensor::of<float>({3}, {1, 2, 3})), begin = constant(Tensor::scalar(10.0F));
  const auto step = [](const Symbols& s, const Symbols& x) { return Scanned{{s[0] * 2 + x[0]}, {s[0]}}; };
  GraphBuilder graph;
  const Symbol x = graph.input("x", {});
  const Scanned there = scan(step, {begin}, {xs}), back = scan(step, {begin}, {xs}, true);
  Model model = graph.compile({{"y", x + there.state[0] - back.state[0]}, {"ys", back.ys[0]}});
  const std::vector<Tensor> found = model.run("predict", {Tensor::scalar(0.0F)});
  EXPECT_EQ(found[0].item<float>(), (((10 * 2 + 1) * 2 + 2) * 2 + 3) - (((10 * 2 + 3) * 2 + 2) * 2 + 1));
  EXPECT_TRUE(same_bits(found[1], Tensor::of<float>({3}, {48, 23, 10})));
}

TEST(ControlFlow, Refuses) {
  GraphBuilder graph;
  const Symbol x = graph.input("x", {-1, 2}), flag = graph.input("flag", {}, DType::boolean);
  const auto same = [](const Symbols& s) { return s; };
  const struct {
    ErrorKind kind;
    const char* text;
    std::function<void()> call;
  } rows[] = {
      {ErrorKind::type, "cond: the predicate is not a bool. Expected: bool (). Received: float32",
       [&] {
         cond(
             x, [&] { return Symbols{x}; }, [&] { return Symbols{x}; });
       }},
      {ErrorKind::type, "switch: the index is not one whole number",
       [&] {
         cond(
             op("greater", {x, x}), [&] { return Symbols{x}; }, [&] { return Symbols{x}; });
       }},
      {ErrorKind::value, "switch: the branches give different numbers of results",
       [&] {
         cond(
             flag,
             [&] {
               return Symbols{x, x};
             },
             [&] { return Symbols{x}; });
       }},
      {ErrorKind::value, "switch: the branches give different results",
       [&] {
         cond(
             flag, [&] { return Symbols{x}; }, [&] { return Symbols{sum(x)}; });
       }},
      {ErrorKind::value, "cond: a function is missing", [&] { cond(flag, nullptr, [&] { return Symbols{x}; }); }},
      {ErrorKind::value, "while_loop: the condition is not one bool",
       [&] { while_loop([](const Symbols& s) { return s[0]; }, same, {x}); }},
      {ErrorKind::value, "while_loop: the state changes from step to step. Expected: 1 symbols. Received: 0",
       [&] { while_loop([&](const Symbols&) { return flag; }, [](const Symbols&) { return Symbols{}; }, {x}); }},
      {ErrorKind::value, "while_loop: a loop variable changes from step to step",
       [&] {
         while_loop([&](const Symbols&) { return flag; }, [](const Symbols& s) { return Symbols{sum(s[0])}; }, {x});
       }},
      {ErrorKind::value, "scan: there are no rows",
       [&] {
         scan([](const Symbols& s, const Symbols&) { return Scanned{s, {}}; }, {x}, {flag});
       }},
      {ErrorKind::value, "scan: there are no rows",
       [&] {
         scan([](const Symbols& s, const Symbols&) { return Scanned{s, {}}; }, {x}, {});
       }},
      {ErrorKind::value, "scan: the carry changes from step to step",
       [&] {
         scan([](const Symbols& s, const Symbols&) { return Scanned{{cast(s[0], DType::float64)}, {}}; }, {x}, {x});
       }},
      {ErrorKind::value, "numbers of rows",
       [&] {
         const Symbol three = constant(Tensor::of<float>({3}, {1, 2, 3})),
                      two = constant(Tensor::of<float>({2}, {1, 2}));
         scan([](const Symbols& s, const Symbols&) { return Scanned{s, {}}; }, {x}, {three, two});
       }},
  };
  for (const auto& row : rows) expect_error(row.kind, row.text, row.call);
}

}  // namespace
}  // namespace lamina
