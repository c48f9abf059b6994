// Formulas written with elementwise ops, as programs run them: fused, and op by op ("plain"). GB/s of the formula's
// inputs and outputs alone, against the speed of a copy, so a share near 100% means that no pass was wasted.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ops/functions.h"
#include "peak.h"
#include "program/passes.h"
#include "program/program.h"

namespace {

using namespace lamina;

Value op(const char* name, const Values& inputs, const Attributes& attributes = {}) {
  return lamina::apply(make_op(name, attributes), inputs)[0];
}

struct Row {
  const char* name;
  int inputs;
  Values (*formula)(const Values&);
};

const Row kRows[] = {
    {"gelu", 1, [](const Values& x) { return Values{op("gelu", {x[0]})}; }},
    {"swish", 1, [](const Values& x) { return Values{ops::multiply(x[0], op("sigmoid", {x[0]}))}; }},
    {"focal_loss", 2,  // -(t log p + (1 - t) log(1 - p)) (1 - p_t)^2, of labels and probabilities
     [](const Values& x) {
       const Value &t = x[0], one = ops::like(t, 1);
       const Value p = op("clip", {x[1]}, {{"low", 1e-7}, {"high", 1 - 1e-7}});
       const Value not_t = ops::subtract(one, t), not_p = ops::subtract(one, p);
       const Value yes = ops::multiply(t, op("log", {p})), no = ops::multiply(not_t, op("log", {not_p}));
       const Value right = ops::add(ops::multiply(t, p), ops::multiply(not_t, not_p));
       return Values{ops::multiply(op("square", {ops::subtract(one, right)}), ops::negative(ops::add(yes, no)))};
     }},
    {"adam", 4,  // weight, gradient, first and second moment
     [](const Values& x) {
       auto times = [](const Value& v, double factor) { return ops::scaled(v, factor); };
       const Value m = ops::add(times(x[2], 0.9), times(x[1], 0.1));
       const Value v = ops::add(times(x[3], 0.999), times(op("square", {x[1]}), 0.001));
       const Value under = ops::add(op("sqrt", {v}), ops::like(v, 1e-7));
       return Values{ops::subtract(x[0], ops::divide(times(m, 0.001), under)), m, v};
     }},
};

Graph graph_of(const Row& row, std::int64_t n) {
  Values inputs;
  NamedValues named, outputs;
  for (int i = 0; i < row.inputs; ++i) {
    inputs.push_back(Value::placeholder({DType::float32, {Dim(n)}}, "x"));
    named.emplace_back("x" + std::to_string(i), inputs.back());
  }
  for (const Value& y : row.formula(inputs)) outputs.emplace_back("y" + std::to_string(outputs.size()), y);
  return make_graph(named, outputs, {});
}

const bool registered = [] {
  for (const Row& row : kRows)
    for (const bool fused : {true, false})
      for (const std::int64_t n : {std::int64_t(1) << 14, std::int64_t(1) << 20, std::int64_t(1) << 24}) {
        const std::string size = n < 1 << 20 ? std::to_string(n >> 10) + "k" : std::to_string(n >> 20) + "M";
        bench::add_row("fused/" + std::string(row.name) + (fused ? "/" : "/plain/") + size,
                       [=](benchmark::State& state) {
                         Graph graph = graph_of(row, n);
                         if (fused) optimize(graph);
                         const std::vector<Shape> shapes(static_cast<std::size_t>(row.inputs), Shape{n});
                         Workspace workspace(std::make_shared<const Plan>(make_plan(graph, shapes, 0)));
                         std::vector<Tensor> arrays;
                         std::vector<const void*> in;
                         std::vector<void*> out;
                         for (std::size_t i = 0; i < shapes.size() + graph.outputs.size(); ++i) {
                           arrays.emplace_back(DType::float32, Shape{n});
                           for (std::int64_t k = 0; k < n; ++k)
                             arrays.back().data<float>()[k] = 0.001f + static_cast<float>(k * 7919 % 997) * 0.001f;
                           if (i < shapes.size())
                             in.push_back(arrays.back().data());
                           else
                             out.push_back(arrays.back().data());
                         }
                         for (auto _ : state) workspace.run(in.data(), out.data(), {});
                         bench::report_bytes(state, 4.0 * static_cast<double>(arrays.size()) * static_cast<double>(n));
                       });
      }
  return true;
}();

}  // namespace
