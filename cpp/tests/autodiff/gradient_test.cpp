// Gradients in float64 against central differences, and against the same gradients traced and run as a program.
#include "autodiff/gradient.h"

#include <algorithm>
#include <functional>
#include <set>

#include "autodiff/rules.h"
#include "ops/elementwise.h"
#include "ops/functions.h"
#include "program/program.h"
#include "support.h"

namespace lamina {
namespace {

using support::Ints;
using support::op;

using Function = std::function<Value(const Values&)>;

struct Case {
  std::string name;
  std::vector<Shape> shapes;
  Function function;
  double low = 0.1, high = 0.9;
};

Value constant(const Shape& shape, unsigned seed) { return Value(support::random<double>(shape, seed, -1, 1)); }

// sum(f(x) * w) for fixed w, so that every output counts differently.
Value scalar_of(const Value& y) {
  const Shape shape = y.dims().shape();
  const Value w = constant(shape, 99);
  Ints axes;
  for (int i = 0; i < y.rank(); ++i) axes.push_back(i);
  return ops::sum(ops::multiply(y, w), axes, false);
}

Attributes activation(const char* name) { return {{"activation", std::string(name)}}; }
Attributes joined(Attributes a, const Attributes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// x . w through the first input, as a second function whose own gradient is checked.
Function gradient_of(Function f, std::size_t input = 0) {
  return [f, input](const Values& in) {
    Values watched = in;
    for (Value& v : watched) v.watch();
    const Value g = gradient({scalar_of(f(watched))}, {watched[input]})[0];
    return g ? g : ops::zeros_like(watched[input]);
  };
}

Value ctc_loss(const Values& in) {
  const Value labels(Tensor::of<std::int64_t>({2, 2}, {1, 1, 3, 2})), counts(Tensor::of<std::int64_t>({2}, {2, 1})),
      times(Tensor::of<std::int64_t>({2}, {5, 4}));
  return op("ctc_loss", {in[0], labels, counts, times});
}

std::vector<Case> unary_cases() {
  std::vector<Case> cases;
  for (int f = 0; f < static_cast<int>(std::size(kUnaryNames)); ++f) {
    const std::string name = kUnaryNames[f];
    if (name == "digamma") continue;  // the engine does not have its derivative
    const bool above_one = name == "acosh";
    cases.push_back({name,
                     {{3, 4}},
                     [name](const Values& in) { return op(name, in); },
                     above_one ? 1.1 : 0.1,
                     above_one ? 1.9 : 0.9});
    const bool everywhere =
        name != "sqrt" && name != "rsqrt" && name != "log" && name != "log2" && name != "log10" && name != "acosh";
    if (everywhere)  // between the kinks
      cases.push_back(
          {name + " below zero", {{3, 4}}, [name](const Values& in) { return op(name, in); }, -0.45, -0.05});
  }
  for (const char* name : {"elu", "leaky_relu", "celu"})
    cases.push_back({std::string(name) + " alpha",
                     {{5}},
                     [name](const Values& in) {
                       return op(name, in, {{"alpha", 0.3}});
                     },
                     -1.9,
                     -0.1});
  return cases;
}

std::vector<Case> cases() {
  std::vector<Case> all = unary_cases();
  auto add = [&](const std::string& name, std::vector<Shape> shapes, Function f, double low = 0.1, double high = 0.9) {
    all.push_back({name, std::move(shapes), std::move(f), low, high});
  };
  auto direct = [](const char* name, Attributes attributes = {}, std::size_t output = 0) {
    return [=](const Values& in) { return support::all(name, attributes, in)[output]; };
  };
  for (const char* name : {"add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "atan2",
                           "squared_difference", "hypot", "gammainc"}) {
    add(name, {{3, 4}, {3, 4}}, direct(name));
    add(std::string(name) + " broadcast", {{3, 1, 2}, {4, 1}}, direct(name));
  }
  for (const char* name : {"mod", "fmod"})
    add(
        name, {{3, 4}},
        [name](const Values& in) {
          return op(name, {in[0], constant({4}, 1)});
        },
        2.05, 2.3);
  add("ldexp", {{3, 4}}, [](const Values& in) {
    return op("ldexp", {in[0], Value(Tensor::of<double>({4}, {-1, 0, 2, 3}))});
  });
  add("resample", {{3, 5, 2}, {4, 2}}, [](const Values& in) {
    return op("resample", {in[0], Value(Tensor::of<std::int64_t>({4}, {0, 1, 1, 3})), in[1]},
              {{"axis", std::int64_t{1}}});
  });
  add(
      "map_coordinates", {{1, 4, 5, 2}, {1, 2, 3}}, [](const Values& in) { return op("map_coordinates", in); }, 1.1,
      1.9);
  add("floor_divide", {{3, 4}, {3, 4}}, direct("floor_divide"), 0.55, 0.9);
  add("where", {{3, 4}, {4}}, [](const Values& in) {
    return ops::where(Value(Tensor::of<bool>({3, 1}, {true, false, true})), in[0], in[1]);
  });
  add("clip", {{3, 4}}, direct("clip", {{"low", 0.3}, {"high", 0.6}}));
  add("cast", {{4}},
      [](const Values& in) { return op("square", {ops::cast(ops::cast(in[0], DType::float64), DType::float64)}); });
  add("identity", {{4}}, [](const Values& in) { return op("square", {op("identity", in)}); });
  add("after", {{4}, {2}}, [](const Values& in) { return op("square", {op("after", in)}); });
  for (const char* name : {"sum", "mean", "prod", "max", "min"}) {
    add(name, {{3, 4, 2}}, direct(name, {{"axes", Ints{0, -1}}}));
    add(std::string(name) + " keepdims", {{3, 4, 2}}, direct(name, {{"axes", Ints{1}}, {"keepdims", true}}));
  }
  add("sum_to", {{3, 4}}, direct("sum_to", {{"shape", Ints{3, 1}}}));
  for (const bool a : {false, true})
    for (const bool b : {false, true}) {
      const Attributes attributes = {{"transpose_a", a}, {"transpose_b", b}};
      const std::string name = std::string("matmul ") + (a ? "T" : "N") + (b ? "T" : "N");
      add(name, {a ? Shape{4, 3} : Shape{3, 4}, b ? Shape{5, 4} : Shape{4, 5}}, direct("matmul", attributes));
      add(name + " batched", {a ? Shape{2, 1, 4, 3} : Shape{2, 1, 3, 4}, b ? Shape{3, 5, 4} : Shape{3, 4, 5}},
          direct("matmul", attributes));
      add(name + " tall", {a ? Shape{2, 4, 3} : Shape{2, 3, 4}, b ? Shape{5, 4} : Shape{4, 5}},
          direct("matmul", attributes));
    }
  for (const char* name : {"linear", "relu", "relu6", "sigmoid", "tanh", "silu", "gelu"}) {
    add(std::string("linear ") + name, {{3, 4}, {4, 5}, {5}}, direct("linear", activation(name)));
    add(std::string("conv ") + name, {{2, 6, 2}, {3, 2, 4}, {4}}, direct("conv", activation(name)));
  }
  add("linear vector", {{4}, {4, 5}}, direct("linear", activation("tanh")));
  const Attributes same = {{"padding", std::string("same")}}, causal = {{"padding", std::string("causal")}};
  add("linear addend", {{3, 4}, {4, 5}, {5}, {3, 5}}, direct("linear", activation("tanh")));
  add("conv addend", {{2, 5, 2}, {3, 2, 4}, {4}, {2, 3, 4}}, direct("conv", activation("tanh")));
  add("conv 2d strides", {{2, 7, 6, 2}, {3, 2, 2, 3}, {3}}, direct("conv", joined(same, {{"strides", Ints{2, 3}}})));
  add("conv 2d dilation", {{2, 7, 6, 2}, {2, 2, 2, 3}}, direct("conv", {{"dilation", Ints{2, 1}}}));
  add("conv 2d groups", {{1, 5, 5, 4}, {3, 3, 2, 6}}, direct("conv", joined(same, {{"groups", std::int64_t{2}}})));
  add("conv depthwise", {{1, 5, 5, 3}, {3, 3, 1, 6}}, direct("conv", joined(same, {{"groups", std::int64_t{3}}})));
  add("conv causal", {{2, 7, 2}, {3, 2, 2}}, direct("conv", joined(causal, {{"dilation", Ints{2}}})));
  add("conv 3d", {{1, 3, 4, 3, 2}, {2, 2, 2, 2, 2}}, direct("conv"));
  const Attributes pool = {{"window", Ints{3, 2}}, {"strides", Ints{2, 2}}};
  for (const char* name : {"max_pool", "average_pool"}) {
    add(name, {{2, 7, 6, 2}}, direct(name, pool));
    add(std::string(name) + " same", {{2, 6, 5, 2}}, direct(name, joined(pool, same)));
    add(std::string(name) + " 1d", {{2, 6, 2}}, direct(name, {{"window", Ints{2}}}));
  }
  for (std::size_t output = 0; output < 4; ++output)
    for (const std::int64_t axis : {-1, 1})
      add("batch_norm output " + std::to_string(output), {{4, 3, 3}, {3}, {3}},
          direct("batch_norm", {{"axis", axis}}, output));
  add("batch_norm all", {{4, 3}, {3}, {3}}, [](const Values& in) {
    const Values out = support::all("batch_norm", {}, in);
    return ops::add(ops::add(out[0], out[1]), ops::multiply(out[2], out[3]));
  });
  add("batch_norm relu", {{4, 3}, {3}, {3}, {4, 3}}, direct("batch_norm", activation("relu")));
  add("batch_norm_inference", {{4, 3}, {3}, {3}, {3}, {3}}, direct("batch_norm_inference"));
  add("batch_norm_inference addend", {{4, 3}, {3}, {3}, {3}, {3}, {4, 3}}, direct("batch_norm_inference"));
  const Attributes looking_back = {{"scale", 0.7}, {"causal", true}};
  add("attention", {{2, 3, 4, 2}, {2, 5, 2, 2}, {2, 5, 2, 3}}, direct("attention", {{"scale", 0.7}}));
  add("attention causal", {{1, 3, 2, 2}, {1, 3, 1, 2}, {1, 3, 1, 3}}, direct("attention", looking_back));
  add("simple_rnn", {{3, 2, 4}, {4, 4}, {2, 4}}, direct("simple_rnn"));
  add("gru", {{3, 2, 12}, {4, 12}, {2, 4}, {12}}, direct("gru"));
  add("lstm", {{3, 2, 16}, {4, 16}, {2, 4}, {2, 4}}, direct("lstm", {{"reverse", true}}));
  add("layer_norm", {{4, 5}, {5}, {5}}, direct("layer_norm"));
  add("layer_norm 2", {{4, 3, 2}, {3, 2}, {3, 2}}, direct("layer_norm", {{"axes", std::int64_t{2}}}));
  for (const char* name : {"softmax", "log_softmax"})
    for (const std::int64_t axis : {-1, 0, 1}) add(name, {{3, 4, 2}}, direct(name, {{"axis", axis}}));
  for (const std::int64_t axis : {-1, 0, 1}) add("sparsemax", {{3, 4, 2}}, direct("sparsemax", {{"axis", axis}}));
  const Function crossentropy = [](const Values& in) {
    return op("sparse_crossentropy", {in[0], Value(Tensor::of<std::int64_t>({3}, {1, 0, 3}))});
  };
  add("sparse_crossentropy", {{3, 4}}, crossentropy);
  add("ctc_loss", {{2, 5, 4}}, ctc_loss);
  const Value indices(Tensor::of<std::int64_t>({2, 2}, {1, -1, 0, 1})), rows(Tensor::of<std::int32_t>({3}, {2, 0, 2}));
  for (const std::int64_t axis : {0, 1})
    add("take", {{3, 4, 2}}, [=](const Values& in) { return op("take", {in[0], indices}, {{"axis", axis}}); });
  add("scatter_add", {{3, 2}}, [=](const Values& in) {
    return op("scatter_add", {in[0], rows}, {{"shape", Ints{4, 2}}});
  });
  const Value places(Tensor::of<std::int32_t>({3, 2}, {1, -1, 0, 3, 1, 1}));
  add("take_along_axis", {{3, 4}}, [=](const Values& in) { return op("take_along_axis", {in[0], places}); });
  add("add_along_axis", {{3, 2}}, [=](const Values& in) {
    return op("add_along_axis", {in[0], places}, {{"size", std::int64_t{4}}});
  });
  for (const char* reduction : {"set", "add", "max", "min", "mul"})
    add(std::string("scatter ") + reduction, {{4, 2}, {3, 2}}, [=](const Values& in) {
      return op("scatter", {in[0], rows, in[1]}, {{"reduction", std::string(reduction)}});
    });
  add("sort", {{3, 4}}, direct("sort", {{"axis", std::int64_t{0}}}));
  add("top_k", {{3, 4}}, direct("top_k", {{"k", std::int64_t{2}}}));
  for (const char* kind : {"sum", "prod", "max", "min"})
    for (const bool reverse : {false, true})
      add(std::string("cumulative ") + kind, {{3, 4}},
          direct("cumulative", {{"kind", std::string(kind)}, {"axis", std::int64_t{0}}, {"reverse", reverse}}));
  add("cumulative exclusive", {{3, 4}}, direct("cumulative", {{"kind", std::string("prod")}, {"exclusive", true}}));
  add("linear_scan", {{3, 4}, {3, 4}}, direct("linear_scan", {{"reverse", true}}));
  const Value starts(Tensor::of<std::int64_t>({2}, {1, -2}));
  add("dynamic_slice", {{4, 5}}, [=](const Values& in) {
    return op("dynamic_slice", {in[0], starts}, {{"shape", Ints{2, 2}}});
  });
  add("dynamic_update_slice", {{4, 5}, {2, 2}}, [=](const Values& in) {
    return op("dynamic_update_slice", {in[0], starts, in[1]});
  });
  add("reshape", {{3, 4}}, [](const Values& in) {
    return op("square", {op("reshape", in, {{"shape", Ints{2, -1}}})});
  });
  add("transpose", {{3, 4, 2}}, direct("transpose", {{"axes", Ints{-1, 0, 1}}}));
  add("broadcast_to", {{3, 1}}, direct("broadcast_to", {{"shape", Ints{2, 3, 4}}}));
  add("concatenate", {{3, 4}, {3, 2}, {3, 1}}, direct("concatenate"));
  const Attributes slice = {{"starts", Ints{1, 3}}, {"stops", Ints{4, -1}}, {"strides", Ints{2, -2}}};
  add("slice", {{5, 4}}, direct("slice", slice));
  add("slice_grad", {{2, 2}}, direct("slice_grad", joined({{"shape", Ints{5, 4}}}, slice)));
  add("pad", {{2, 3}}, direct("pad", {{"low", Ints{1, 0}}, {"high", Ints{2, 1}}, {"value", 3.0}}));
  add("dropout", {{4, 5}}, [](const Values& in) {
    return op("dropout", {in[0], Value(Tensor::of<std::int64_t>({2}, {5, 7}))}, {{"rate", 0.4}});
  });

  // Compositions, and gradients of gradients.
  const Function mlp = [](const Values& in) {
    const Value hidden = op("tanh", {ops::add(ops::matmul(in[0], in[1], false, false), in[2])});
    return op("log_softmax", {ops::matmul(hidden, in[1], false, true)});
  };
  add("mlp, shared weights", {{3, 4}, {4, 5}, {5}}, mlp);
  add("diamond", {{4}}, [](const Values& in) {
    const Value a = op("sin", in), b = op("exp", {a});
    return ops::add(ops::multiply(a, b), ops::divide(b, ops::add(a, b)));
  });
  for (const Case& c : unary_cases()) add("second " + c.name, c.shapes, gradient_of(c.function), c.low, c.high);
  for (const char* name : {"multiply", "divide", "power", "squared_difference"})
    add(std::string("second ") + name, {{3, 4}, {4}}, gradient_of(direct(name)));
  add("second mlp", {{3, 4}, {4, 5}, {5}}, gradient_of(mlp, 1));
  add("second linear", {{3, 4}, {4, 5}, {5}}, gradient_of(direct("linear", activation("tanh"))));
  add("second linear kernel", {{3, 4}, {4, 5}, {5}}, gradient_of(direct("linear", activation("sigmoid")), 1));
  add("second conv", {{2, 6, 2}, {3, 2, 4}}, gradient_of(direct("conv")));
  add("second conv kernel", {{2, 6, 2}, {3, 2, 4}}, gradient_of(direct("conv"), 1));
  add("second conv activation", {{2, 6, 2}, {3, 2, 4}, {4}}, gradient_of(direct("conv", activation("tanh")), 1));
  add("second softmax", {{3, 4}}, gradient_of(direct("softmax")));
  add("second log_softmax", {{3, 4}}, gradient_of(direct("log_softmax")));
  add("second log_softmax twice", {{3, 4}}, gradient_of(gradient_of(direct("log_softmax"))));
  add("second sparsemax", {{3, 4}}, gradient_of([](const Values& in) { return op("square", {op("sparsemax", in)}); }));
  add("second sparse_crossentropy", {{3, 4}}, gradient_of(crossentropy));
  for (std::size_t input = 0; input < 2; ++input) {
    for (const std::int64_t axis : {-1, 1})
      add("second batch_norm", {{4, 3, 3}, {3}, {3}}, gradient_of(direct("batch_norm", {{"axis", axis}}), input));
    add("second layer_norm", {{4, 5}, {5}, {5}}, gradient_of(direct("layer_norm"), input));
    add("second layer_norm 2", {{4, 3, 2}, {3, 2}, {3, 2}},
        gradient_of(direct("layer_norm", {{"axes", std::int64_t{2}}}), input));
  }
  for (std::size_t input = 0; input < 3; ++input)
    add("second attention", {{1, 3, 4, 2}, {1, 3, 2, 2}, {1, 3, 2, 3}},
        gradient_of(direct("attention", looking_back), input));
  for (const Attributes& attributes : {pool, joined(pool, same)})
    add("second max_pool", {{2, 7, 6, 2}},
        gradient_of([=](const Values& in) { return op("square", {op("max_pool", in, attributes)}); }));
  add("second average_pool", {{1, 6, 2}}, gradient_of([](const Values& in) {
        return op("square", {op("average_pool", in, {{"window", Ints{2}}})});
      }));
  add("second slice", {{5}}, gradient_of([](const Values& in) {
        return op("square", {op("slice", in, {{"starts", Ints{1}}, {"stops", Ints{4}}})});
      }));
  add("second take", {{5}}, gradient_of([](const Values& in) {
        return op("square", {op("take", {in[0], Value(Tensor::of<std::int64_t>({3}, {1, 1, 4}))})});
      }));
  add("second mean", {{5, 2}}, gradient_of([](const Values& in) {
        return op("square", {op("mean", {op("square", in)}, {{"axes", Ints{0}}})});
      }));
  // Matrices far from singular, with distinct eigenvalues and singular values.
  auto regular = [](const char* name, Attributes attributes = {}, std::size_t output = 0) {
    return [=](const Values& in) {
      const Shape shape = in[0].dims().shape();
      Tensor far = Tensor::zeros(DType::float64, shape);
      const std::int64_t n = shape[shape.rank() - 1], m = shape[shape.rank() - 2];
      for (std::int64_t i = 0; i < std::min(m, n); ++i) far.data<double>()[i * n + i] = 2 + static_cast<double>(i);
      Values moved = in;
      moved[0] = ops::add(in[0], Value(far));
      return support::all(name, attributes, moved)[output];
    };
  };
  add("cholesky", {{3, 3}}, regular("cholesky"));
  for (const bool transpose : {false, true}) {
    const Attributes attributes = {{"transpose", transpose}};
    add("solve", {{3, 3}, {3, 2}}, regular("solve", attributes));
    for (const bool lower : {false, true})
      for (const bool unit : {false, true})
        add("triangular_solve", {{3, 3}, {3, 2}},
            regular("triangular_solve", joined(attributes, {{"lower", lower}, {"unit_diagonal", unit}})));
  }
  add("lu", {{4, 4}}, direct("lu"));
  add("lu of a stack", {{2, 3, 3}}, direct("lu"));
  for (const std::size_t output : {0, 1}) {
    add("qr", {{4, 3}}, regular("qr", {}, output));
    add("eigh", {{3, 3}}, regular("eigh", {}, output));
    add("fft", {{2, 6}, {2, 6}}, direct("fft", {}, output));
    add("fft inverse", {{5}, {5}}, direct("fft", {{"inverse", true}}, output));
    add("rfft", {{2, 6}}, direct("rfft", {{"interior", 0.5}}, output));
    add("rfft odd", {{5}}, direct("rfft", {}, output));
  }
  for (const std::size_t output : {0, 1, 2}) {
    add("svd tall", {{4, 3}}, regular("svd", {{"full_matrices", false}}, output));
    add("svd wide", {{2, 4}}, regular("svd", {{"full_matrices", false}}, output));
    add("svd square", {{3, 3}}, regular("svd", {}, output));
  }
  add("svd values", {{3, 4}}, regular("svd", {{"compute_uv", false}}));
  add("svd full values", {{3, 4}}, regular("svd", {}, 1));
  add("pinv tall", {{4, 2}}, regular("pinv"));
  add("pinv wide", {{2, 4}}, regular("pinv"));
  add("irfft", {{2, 4}, {2, 4}}, direct("irfft", {{"length", Ints{6}}}));
  add("irfft odd", {{3}, {3}}, direct("irfft", {{"length", Ints{5}}, {"interior", 1.5}}));
  // Two paths through one complex value, whose gradients are added.
  add("view_as_complex", {{3, 2}}, [](const Values& in) {
    const Value z = op("view_as_complex", {op("square", in)});
    return ops::multiply(op("view_as_real", {z}), op("view_as_real", {op("identity", {z})}));
  });
  return all;
}

Values inputs_of(const Case& c) {
  Values inputs;
  for (std::size_t i = 0; i < c.shapes.size(); ++i)
    inputs.emplace_back(support::random<double>(c.shapes[i], 10 + static_cast<unsigned>(i), c.low, c.high));
  return inputs;
}

double evaluate(const Case& c, const Values& inputs) {
  const Recording recording;
  return scalar_of(c.function(inputs)).tensor().item<double>();
}

Values eager_gradients(const Case& c, const Values& inputs) {
  const Recording recording;
  for (const Value& v : inputs) v.watch();
  return gradient({scalar_of(c.function(inputs))}, inputs);
}

TEST(Gradient, AgreesWithCentralDifferences) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const Values inputs = inputs_of(c), gradients = eager_gradients(c, inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Tensor x = inputs[i].tensor();
      ASSERT_TRUE(!gradients[i] || gradients[i].tensor().shape() == x.shape());
      for (std::int64_t k = 0; k < x.size(); ++k) {
        constexpr double step = 1e-5;
        double& at = x.data<double>()[k];
        const double before = at;
        at = before + step;
        const double above = evaluate(c, inputs);
        at = before - step;
        const double below = evaluate(c, inputs);
        at = before;
        const double expected = (above - below) / (2 * step);
        const double found = gradients[i] ? gradients[i].tensor().data<double>()[k] : 0;
        ASSERT_NEAR(found, expected, 2e-8 * (1 + std::abs(expected) + std::abs(above)))
            << "input " << i << ", element " << k;
      }
    }
  }
}

// The same function on placeholders, run as a program.
TEST(Gradient, TracedIsEager) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const Values inputs = inputs_of(c), expected = eager_gradients(c, inputs);
    Values symbols;
    NamedValues named, outputs;
    std::vector<Tensor> tensors, wanted;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      symbols.push_back(Value::placeholder({DType::float64, inputs[i].dims()}, std::to_string(i)));
      named.emplace_back(std::to_string(i), symbols.back());
      tensors.push_back(inputs[i].tensor());
    }
    const Values gradients = gradient({scalar_of(c.function(symbols))}, symbols);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      ASSERT_EQ(static_cast<bool>(gradients[i]), static_cast<bool>(expected[i]));
      if (!gradients[i]) continue;
      outputs.emplace_back(std::to_string(i), gradients[i]);
      wanted.push_back(expected[i].tensor());
    }
    if (outputs.empty()) continue;
    Program program;
    program.add_entry("gradients", named, outputs, Trace());
    const std::vector<Tensor> found = program.run("gradients", tensors);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      double largest = 1;
      for (std::int64_t k = 0; k < wanted[i].size(); ++k)
        largest = std::max(largest, std::abs(wanted[i].data<double>()[k]));
      EXPECT_LE(support::difference<double>(found[i], wanted[i]), 1e-11 * largest);
    }
  }
}

TEST(Gradient, EveryDifferentiableOpHasARow) {
  std::set<std::string> seen;
  for (const Case& c : cases()) {
    Values symbols;
    for (const Shape& shape : c.shapes) symbols.push_back(Value::placeholder({DType::float64, Dims(shape)}, "x"));
    Values all = gradient({scalar_of(c.function(symbols))}, symbols);
    all.push_back(c.function(symbols));
    std::set<const Node*> nodes;
    std::vector<const Node*> stack;
    for (const Value& v : all)
      if (v && v.node()) stack.push_back(v.node().get());
    while (!stack.empty()) {
      const Node* node = stack.back();
      stack.pop_back();
      if (!nodes.insert(node).second) continue;
      seen.insert(node->op->name());
      for (const Value& v : node->inputs)
        if (v.node()) stack.push_back(v.node().get());
    }
  }
  for (const OpInfo& info : all_ops()) {
    const std::string name = info.name;
    const bool flat = name.rfind("logical", 0) == 0 || name == "any" || name == "all" || name == "stop_gradient";
    // Of whole numbers or texts, or drawn at random; loops and branches are in program/control_test.cpp.
    const std::set<std::string> elsewhere = {
        "next_after",  "gcd",        "lcm",         "bitwise_and",  "bitwise_or",
        "bitwise_xor", "left_shift", "right_shift", "random_gamma", "random_binomial",
        "scan",        "switch",     "text_counts"};
    const bool refuses = name == "digamma" || name == "while_loop";  // with a reason
    if (flat || refuses || elsewhere.count(name) > 0 || !differentiable(*make_op(name, {}))) continue;
    EXPECT_EQ(seen.count(name), 1u) << name << " needs a row in the table above";
  }
}

TEST(Gradient, WithAnUnknownBatch) {
  const Value x = Value::placeholder({DType::float64, {Dim::symbol("n"), 4}}, "x");
  const Value w = Value::placeholder({DType::float64, {4, 3}}, "w");
  const Value y = op("mean", {op("square", {ops::matmul(x, w, false, false)})}, {{"axes", Ints{0, 1}}});
  const Value plain = ops::sum(x, {0, 1}, false);  // its gradient has no number that depends on x
  const Values g = gradient({y}, {x, w}), ones = gradient({plain}, {x});
  Program program;
  program.add_entry("g", {{"x", x}, {"w", w}}, {{"dx", g[0]}, {"dw", g[1]}, {"ones", ones[0]}}, Trace());
  for (const std::int64_t n : {1, 3, 8}) {
    const Value a(support::random<double>({n, 4}, 1)), b(support::random<double>({4, 3}, 2));
    const Recording recording;
    a.watch();
    b.watch();
    const Values eager =
        gradient({op("mean", {op("square", {ops::matmul(a, b, false, false)})}, {{"axes", Ints{0, 1}}})}, {a, b});
    const std::vector<Tensor> found = program.run("g", {a.tensor(), b.tensor()});
    for (std::size_t i = 0; i < 2; ++i) EXPECT_LE(support::difference<double>(found[i], eager[i].tensor()), 1e-14);
    for (std::int64_t i = 0; i < 4 * n; ++i) EXPECT_EQ(found[2].data<double>()[i], 1.0);
  }
}

TEST(Gradient, IsEmptyWithoutAPath) {
  const Recording recording;
  const Value x(support::random<double>({3}, 1)), other(support::random<double>({3}, 2)),
      unwatched(support::random<double>({3}, 3));
  x.watch();
  other.watch();
  const Value y = ops::add(op("square", {x}), op("stop_gradient", {op("exp", {other})}));
  const Values g = gradient({y}, {x, other, y, unwatched});
  EXPECT_TRUE(g[0]);
  EXPECT_FALSE(g[1]);
  EXPECT_EQ(g[2].tensor().data<double>()[0], 1.0);  // of the target itself
  EXPECT_FALSE(g[3]);
  const Value through_integers = ops::cast(ops::cast(x, DType::int32), DType::float64);
  EXPECT_FALSE(gradient({through_integers}, {x})[0]);
}

TEST(Gradient, TakesGradientsOfTheOutputs) {
  const Recording recording;
  const Value x(Tensor::of<double>({2}, {2, 3}));
  x.watch();
  const Value y = op("square", {x}), z = op("exp", {x});
  const Values g = gradient({y, z, x}, {x}, {Value(Tensor::of<double>({2}, {10, 100})), Value()});
  EXPECT_DOUBLE_EQ(g[0].tensor().data<double>()[0], 10 * 2 * 2 + std::exp(2.0) + 1);
  EXPECT_DOUBLE_EQ(g[0].tensor().data<double>()[1], 100 * 2 * 3 + std::exp(3.0) + 1);
}

TEST(Gradient, NothingIsRecordedWithoutARecording) {
  const Value x(Tensor::of<double>({2}, {2, 3}));
  x.watch();
  EXPECT_FALSE(op("square", {x}).node());
  {
    const Recording outer;
    {
      const Recording inner;
      EXPECT_TRUE(op("square", {x}).tracked());
    }
    EXPECT_TRUE(op("square", {x}).tracked());
    EXPECT_FALSE(op("square", {Value(Tensor::scalar(1.0))}).tracked());
  }
  EXPECT_FALSE(Recording::active());
}

TEST(Gradient, Refuses) {
  const Recording recording;
  const Value i(Tensor::of<std::int64_t>({2}, {2, 3})), x(support::random<double>({2, 5, 4}, 1));
  x.watch();
  support::expect_error(ErrorKind::type,
                        "A gradient cannot be taken. Expected: floating-point targets. Received: int64 (2,)",
                        [&] { gradient({i}, {x}); });
  const Value twice = gradient({ops::sum(ctc_loss({x}), {0}, false)}, {x})[0];
  support::expect_error(ErrorKind::value, "the gradient of ctc_loss has no gradient", [&] { gradient({twice}, {x}); });
}

TEST(Value, SymbolicHasNoNumbers) {
  const Value x = Value::placeholder({DType::float32, {Dim::symbol("n"), 3}}, "x");
  support::expect_error_text(
      ErrorKind::type,
      "A symbolic tensor has no numbers yet. Expected: a concrete tensor. Received: a symbolic float32 "
      "(None, 3). Compute with ops (ops.where, ops.cond), or run the model eagerly: "
      "compile(run_eagerly=True).",
      [&] { (void)op("relu", {x}).tensor(); });
}

}  // namespace
}  // namespace lamina
