#include "program/graph.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "lamina/error.h"

namespace lamina {

namespace {

std::vector<const lamina::Node*> reachable(const Values& from) {
  std::vector<const lamina::Node*> nodes, stack;
  std::unordered_set<const lamina::Node*> seen;
  auto visit = [&](const Value& v) {
    if (!v.concrete() && v.node() && seen.insert(v.node().get()).second) stack.push_back(v.node().get());
  };
  for (const Value& v : from) visit(v);
  while (!stack.empty()) {
    const lamina::Node* node = stack.back();
    stack.pop_back();
    nodes.push_back(node);
    for (const Value& v : node->inputs) visit(v);
  }
  std::sort(nodes.begin(), nodes.end(), [](auto* a, auto* b) { return a->number < b->number; });
  return nodes;
}

}  // namespace

Graph make_graph(const NamedValues& inputs, const NamedValues& outputs,
                 const std::vector<std::pair<int, const Trace::Entry*>>& variables) {
  Graph graph;
  std::unordered_map<ValueKey, int, ValueKeyHash> numbers;
  for (const auto& [name, value] : inputs) {
    numbers.emplace(ValueKey(value), static_cast<int>(graph.values.size()));
    graph.inputs.push_back({name, graph.add_value(value.spec())});
  }
  Values results;
  for (const auto& [name, value] : outputs) results.push_back(value);
  for (const auto& [index, entry] : variables) {
    numbers.emplace(ValueKey(entry->leaf), static_cast<int>(graph.values.size()));
    graph.reads.push_back({index, graph.add_value(entry->leaf.spec())});
    if (entry->assigned) results.push_back(entry->current);
  }

  auto number_of = [&](const Value& v) {
    auto it = numbers.find(ValueKey(v));
    if (it != numbers.end()) return it->second;
    if (!v.concrete())
      fail(ErrorKind::value, "A result depends on a tensor that is not there",
           "only the inputs and variables of the trace", "the placeholder '" + v.name() + "', " + to_string(v.spec()),
           "Make every tensor that is used an input, or compute it inside the traced function.");
    const int n = graph.add_value(v.spec());
    graph.constants.push_back({v.tensor(), n});
    numbers.emplace(ValueKey(v), n);
    return n;
  };
  for (const lamina::Node* node : reachable(results)) {
    Graph::Node out{node->op, {}, {}};
    for (const Value& v : node->inputs) out.inputs.push_back(number_of(v));
    // Keys of the outputs: the node and the index.
    const std::shared_ptr<lamina::Node> self(std::shared_ptr<void>(), const_cast<lamina::Node*>(node));
    for (int i = 0; i < static_cast<int>(node->specs.size()); ++i) {
      const int n = graph.add_value(node->specs[static_cast<std::size_t>(i)]);
      numbers.emplace(ValueKey(lamina::Node::output(self, i)), n);
      out.outputs.push_back(n);
    }
    graph.nodes.push_back(std::move(out));
  }
  for (const auto& [name, value] : outputs) graph.outputs.push_back({name, number_of(value)});
  for (const auto& [index, entry] : variables)
    if (entry->assigned) graph.writes.push_back({index, number_of(entry->current)});
  return graph;
}

std::string to_string(const Graph& graph) {
  std::string text;
  auto names = [](const std::vector<int>& values) {
    std::string s;
    for (int v : values) s += (s.empty() ? "%" : ", %") + std::to_string(v);
    return s;
  };
  for (const auto& [name, value] : graph.inputs)
    text += "%" + std::to_string(value) + " = input '" + name + "' " + to_string(graph.values[value]) + "\n";
  for (const auto& [variable, value] : graph.reads)
    text += "%" + std::to_string(value) + " = variable " + std::to_string(variable) + " " +
            to_string(graph.values[value]) + "\n";
  for (const auto& [tensor, value] : graph.constants)
    text += "%" + std::to_string(value) + " = constant " + to_string(graph.values[value]) + "\n";
  for (const Graph::Node& node : graph.nodes) {
    text += names(node.outputs) + " = " + node.op->name() + "(" + names(node.inputs);
    const std::string attributes = to_string(node.op->attributes());
    if (!attributes.empty()) text += (node.inputs.empty() ? "" : "; ") + attributes;
    text += ") ";
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      text += (i ? ", " : "") + to_string(graph.values[static_cast<std::size_t>(node.outputs[i])]);
    text += "\n";
  }
  for (const auto& [name, value] : graph.outputs) text += "output '" + name + "' = %" + std::to_string(value) + "\n";
  for (const auto& [variable, value] : graph.writes)
    text += "variable " + std::to_string(variable) + " := %" + std::to_string(value) + "\n";
  return text;
}

}  // namespace lamina
