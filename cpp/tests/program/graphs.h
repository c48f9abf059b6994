// Graphs for the tests of passes and plans, and two ways to run them: planned, and node by node.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "program/program.h"
#include "support.h"

namespace lamina::support {

inline Graph graph_of(const NamedValues& inputs, const Values& outputs) {
  NamedValues named;
  for (const Value& v : outputs) named.emplace_back(std::to_string(named.size()), v);
  return make_graph(inputs, named, {});
}

inline std::vector<Shape> shapes_of(const std::vector<Tensor>& tensors) {
  std::vector<Shape> shapes;
  for (const Tensor& t : tensors) shapes.push_back(t.shape());
  return shapes;
}

inline std::vector<Tensor> run_planned(const Graph& graph, const std::vector<Tensor>& inputs,
                                       const std::vector<VariablePtr>& variables = {}, const Team& team = {}) {
  auto plan =
      std::make_shared<const Plan>(make_plan(graph, shapes_of(inputs), static_cast<int>(variables.size()), {}, team));
  EXPECT_GE(plan->arena_bytes, plan->live_bytes);
  Workspace workspace(plan);
  std::vector<Tensor> outputs;
  std::vector<const void*> in;
  std::vector<void*> out;
  for (const Tensor& t : inputs) in.push_back(t.data());
  for (const Spec& spec : plan->outputs) {
    outputs.emplace_back(spec.dtype, spec.dims.shape());
    out.push_back(outputs.back().data());
  }
  workspace.run(in.data(), out.data(), variables);
  return outputs;
}

// Every node on its own memory: what a plan must compute.
inline std::vector<Tensor> run_plainly(const Graph& graph, const std::vector<Tensor>& inputs,
                                       const std::vector<VariablePtr>& variables = {}) {
  const Bindings bindings = bind_inputs(graph, shapes_of(inputs));
  std::map<int, Tensor> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) values[graph.inputs[i].value] = inputs[i];
  for (const auto& constant : graph.constants) values[constant.value] = constant.tensor;
  for (const auto& read : graph.reads)
    values[read.value] = variables[static_cast<std::size_t>(read.variable)]->tensor().copy();
  for (const Graph::Node& node : graph.nodes) {
    std::vector<Tensor> in;
    for (int v : node.inputs) in.push_back(values.at(v));
    const std::vector<Tensor> out = run_now(*node.op->bind(bindings), in);
    for (std::size_t i = 0; i < out.size(); ++i) values[node.outputs[i]] = out[i];
  }
  std::vector<Tensor> outputs;
  for (const auto& output : graph.outputs) outputs.push_back(values.at(output.value).copy());
  for (const auto& write : graph.writes)
    variables[static_cast<std::size_t>(write.variable)]->assign(Value(values.at(write.value)));
  return outputs;
}

inline std::string ops_of(const Graph& graph) {
  std::string text;
  for (const Graph::Node& node : graph.nodes) text += (text.empty() ? "" : " ") + std::string(node.op->name());
  return text;
}

}  // namespace lamina::support
