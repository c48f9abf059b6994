#include "program/preparation.h"

#include <functional>

#include "program/graphs.h"
#include "program/program.h"

namespace lamina {
namespace {

using support::Ints;
using support::op;
using support::ops_of;
using support::same_bits;

VariablePtr variable(const char* name, const Shape& shape, unsigned seed) {
  return std::make_shared<Variable>(support::random<float>(shape, seed), name, true);
}

// A program with the entry "predict" from x, of `dims`, to what `make` gives.
struct Traced {
  Program program;
  Traced(const Dims& dims, const std::function<Value(const Value&)>& make) {
    const Value x = Value::placeholder({DType::float32, dims}, "x");
    Trace trace;
    trace.open();
    const Value y = make(x);
    trace.close();
    program.add_entry("predict", {{"x", x}}, {{"y", y}}, trace);
  }
  Tensor predict(const Tensor& x) { return program.run("predict", {x})[0]; }
  // Node by node, as traced.
  Tensor plainly(const Tensor& x) {
    return support::run_plainly(program.graph("predict"), {x}, program.variables())[0];
  }
  std::string ops() const { return ops_of(program.optimized("predict")); }
};

const Dim n = Dim::symbol("n");

TEST(Preparation, HoldsWhatFollowsFromVariablesAlone) {
  const VariablePtr w = variable("w", {5, 7}, 1), g = variable("g", {7}, 2);
  Traced traced({n, 5}, [&](const Value& x) {
    return ops::matmul(x, ops::multiply(op("tanh", {w->read()}), op("exp", {g->read()})), false, false);
  });
  EXPECT_EQ(traced.ops(), "packed");
  EXPECT_EQ(ops_of(*traced.program.preparation("predict")), "exp fused pack");
  const Tensor x = support::random<float>({3, 5}, 3);
  EXPECT_TRUE(same_bits(traced.predict(x), traced.plainly(x)));
  // It is computed again when a variable has changed, whoever changed it, and only then.
  const Tensor before = traced.predict(x);
  g->assign(Value(support::random<float>({7}, 4)));
  EXPECT_FALSE(same_bits(traced.predict(x), before));
  EXPECT_TRUE(same_bits(traced.predict(x), traced.plainly(x)));
  w->writable().data<float>()[3] += 1.0f;
  EXPECT_TRUE(same_bits(traced.predict(x), traced.plainly(x)));
  EXPECT_TRUE(same_bits(traced.program.map_batches("predict", {x}, 2)[0], traced.plainly(x)));
}

TEST(Preparation, LeavesOutWhatTheEntryWrites) {
  const VariablePtr w = variable("w", {4}, 1), steps = variable("steps", {4}, 2);
  Traced traced({n, 4}, [&](const Value& x) {
    steps->assign(ops::add(steps->read(), op("exp", {w->read()})));
    return ops::multiply(x, op("tanh", {steps->read()}));
  });
  EXPECT_EQ(ops_of(*traced.program.preparation("predict")), "exp");
  const Tensor x = support::random<float>({2, 4}, 3);
  const Tensor first = traced.predict(x);
  EXPECT_FALSE(same_bits(traced.predict(x), first));
}

TEST(Preparation, HoldsWhatIsLeftOutToo) {  // the reshape costs nothing, and is done on both sides
  const VariablePtr w = variable("w", {2, 3, 7}, 1);
  Traced traced({n, 6}, [&](const Value& x) { return ops::matmul(x, ops::reshape(w->read(), {6, 7}), false, false); });
  EXPECT_EQ(traced.ops(), "reshape packed");
  EXPECT_EQ(ops_of(*traced.program.preparation("predict")), "reshape pack");
  for (const std::int64_t batch : {1, 30}) {
    const Tensor x = support::random<float>({batch, 6}, 3);
    EXPECT_TRUE(same_bits(traced.predict(x), traced.plainly(x)));
  }
}

TEST(Preparation, TakesNoMoreMemoryThanTheVariables) {
  const VariablePtr w = variable("w", {300, 1}, 1);
  Traced traced({n, 300}, [&](const Value& x) {
    return ops::matmul(x, op("broadcast_to", {w->read()}, {{"shape", Dims{300, 300}}}), false, false);
  });
  EXPECT_EQ(traced.program.preparation("predict"), nullptr);
  const Tensor x = support::random<float>({2, 300}, 3);
  EXPECT_TRUE(same_bits(traced.predict(x), traced.plainly(x)));
}

TEST(FoldNormalizations, GoIntoTheKernelAndTheBias) {
  struct Row {
    Dims input;
    Shape kernel;
    std::int64_t groups;
    bool bias;
    const char *activation, *ops;
  };
  const Row rows[] = {
      {{n, 6, 6, 3}, {3, 3, 3, 8}, 1, false, "relu", "packed"},
      {{n, 6, 6, 4}, {1, 1, 4, 20}, 1, true, "relu6", "packed"},
      {{n, 6, 6, 16}, {3, 3, 1, 16}, 16, true, "sigmoid", "conv"},
      {{n, 9}, {9, 5}, 0, true, "relu", "packed"},
      {{n, 9}, {9, 5}, 0, false, "softplus", "packed softplus"},
  };
  for (const Row& row : rows) {
    const std::int64_t channels = row.kernel[row.kernel.rank() - 1];
    const VariablePtr kernel = variable("kernel", row.kernel, 1), bias = variable("bias", {channels}, 2),
                      gamma = variable("gamma", {channels}, 3), beta = variable("beta", {channels}, 4),
                      mean = variable("mean", {channels}, 5), variance = variable("variance", {channels}, 6);
    variance->assign(op("square", {Value(variance->tensor())}));
    Traced traced(row.input, [&](const Value& x) {
      Value y = row.groups == 0
                    ? ops::matmul(x, kernel->read(), false, false)
                    : op("conv", {x, kernel->read()}, {{"padding", std::string("same")}, {"groups", row.groups}});
      if (row.bias) y = ops::add(y, bias->read());
      y = op("batch_norm_inference", {y, gamma->read(), beta->read(), mean->read(), variance->read()});
      return op(row.activation, {y});
    });
    EXPECT_EQ(traced.ops(), row.ops);
    for (const std::int64_t batch : {1, 3, 40}) {
      Shape shape{batch};
      for (int i = 1; i < row.input.rank(); ++i) shape.push_back(row.input[static_cast<std::size_t>(i)].value());
      const Tensor x = support::random<float>(shape, 7);
      EXPECT_LE(support::difference<float>(traced.predict(x), traced.plainly(x)), 2e-5);
      beta->writable().data<float>()[0] += 0.5f;
    }
  }
}

TEST(FoldNormalizations, StayWhereSomebodyElseNeedsTheProduct) {
  const VariablePtr kernel = variable("kernel", {9, 5}, 1), gamma = variable("gamma", {5}, 3);
  Traced traced({n, 9}, [&](const Value& x) {
    const Value y = ops::matmul(x, kernel->read(), false, false), g = gamma->read();
    return ops::add(y, op("batch_norm_inference", {y, g, g, g, op("square", {g})}));
  });
  EXPECT_NE(traced.ops().find("batch_norm_inference"), std::string::npos);
  const Tensor x = support::random<float>({2, 9}, 3);
  EXPECT_LE(support::difference<float>(traced.predict(x), traced.plainly(x)), 1e-5);
}

TEST(PackKernels, KeepsTheBits) {
  const VariablePtr kernel = variable("kernel", {70, 45}, 1), bias = variable("bias", {45}, 2);
  Traced traced({n, 70}, [&](const Value& x) {
    return op("linear", {x, kernel->read(), bias->read()}, {{"activation", std::string("relu")}});
  });
  EXPECT_EQ(traced.ops(), "packed");
  for (const std::int64_t batch : {1, 4, 5, 64, 300}) {
    const Tensor x = support::random<float>({batch, 70}, 3);
    EXPECT_TRUE(same_bits(traced.predict(x), traced.plainly(x))) << batch;
  }
}

}  // namespace
}  // namespace lamina
