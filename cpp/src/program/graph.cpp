#include "program/graph.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "autodiff/custom.h"
#include "lamina/error.h"
#include "ops/creation.h"

namespace lamina {

namespace {

using Numbers = std::unordered_map<ValueKey, int, ValueKeyHash>;

// The nodes behind the values, in an order in which they can run; those behind `ends` do not count.
std::vector<const lamina::Node*> reachable(const Values& from, const Numbers& ends) {
  std::vector<const lamina::Node*> nodes, stack;
  std::unordered_set<const lamina::Node*> seen;
  auto visit = [&](const Value& value) {
    const Value v = without_gradient(value);
    if (!v.concrete() && v.node() && ends.count(ValueKey(v)) == 0 && seen.insert(v.node().get()).second)
      stack.push_back(v.node().get());
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
  Numbers numbers;
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

  auto number_of = [&](const Value& value) {
    const Value v = without_gradient(value);
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
  for (const lamina::Node* node : reachable(results, Numbers(numbers))) {
    Graph::Node out{node->op, {}, {}};
    for (const Value& v : node->inputs) out.inputs.push_back(number_of(v));
    // Keys of the outputs: the node and the index.
    const std::shared_ptr<lamina::Node> self(std::shared_ptr<void>(), const_cast<lamina::Node*>(node));
    for (int i = 0; i < static_cast<int>(node->specs.size()); ++i) {
      const int n = graph.add_value(node->specs[static_cast<std::size_t>(i)]);
      numbers.emplace(ValueKey(lamina::Node::output(self, i)), n);  // unless it is an input
      out.outputs.push_back(n);
    }
    graph.nodes.push_back(std::move(out));
  }
  for (const auto& [name, value] : outputs) graph.outputs.push_back({name, number_of(value)});
  for (const auto& [index, entry] : variables)
    if (entry->assigned) graph.writes.push_back({index, number_of(entry->current)});
  return graph;
}

namespace {

// The nodes that measure sizes, and all they need.
std::unordered_set<const lamina::Node*> measured_by(const std::vector<const lamina::Node*>& nodes) {
  std::unordered_set<const lamina::Node*> found;
  for (auto it = nodes.rbegin(); it != nodes.rend(); ++it) {  // what is needed stands before
    const lamina::Node& node = **it;
    if (node.op->as<Measure>() == nullptr && found.count(&node) == 0) continue;
    found.insert(&node);
    for (const Value& v : node.inputs)
      if (const auto& source = without_gradient(v).node()) found.insert(source.get());
  }
  return found;
}

}  // namespace

Closure close_over(const Values& parameters, const std::vector<Values>& outputs, std::uint64_t since) {
  Numbers inside;
  NamedValues inputs;
  auto add_input = [&](const Value& v) { inputs.emplace_back("x" + std::to_string(inputs.size()), v); };
  for (const Value& p : parameters) {
    inside.emplace(ValueKey(p), 0);
    add_input(p);
  }
  Values results;
  for (const Values& list : outputs) results.insert(results.end(), list.begin(), list.end());
  const std::vector<const lamina::Node*> nodes = reachable(results, Numbers(inside));
  const std::unordered_set<const lamina::Node*> measuring = measured_by(nodes);
  std::vector<const lamina::Node*> kept;
  for (const lamina::Node* node : nodes) {
    auto depends = [&](const Value& v) { return inside.count(ValueKey(without_gradient(v))) > 0; };
    const bool is_new = node->number >= since && measuring.count(node) == 0;
    if (!is_new && std::none_of(node->inputs.begin(), node->inputs.end(), depends)) continue;
    kept.push_back(node);
    const std::shared_ptr<lamina::Node> self(std::shared_ptr<void>(), const_cast<lamina::Node*>(node));
    for (int i = 0; i < static_cast<int>(node->specs.size()); ++i)
      inside.emplace(ValueKey(lamina::Node::output(self, i)), 0);
  }
  Closure closure;
  Numbers seen;
  auto capture = [&](const Value& value) {
    const Value v = without_gradient(value);
    if (inside.count(ValueKey(v)) > 0 || !seen.emplace(ValueKey(v), 0).second) return;
    closure.captured.push_back(v);
    add_input(v);
  };
  for (const lamina::Node* node : kept) std::for_each(node->inputs.begin(), node->inputs.end(), capture);
  std::for_each(results.begin(), results.end(), capture);
  for (const Values& list : outputs) {
    NamedValues named;
    for (const Value& v : list) named.emplace_back("y" + std::to_string(named.size()), v);
    closure.graphs.push_back(std::make_shared<const Graph>(make_graph(inputs, named, {})));
  }
  return closure;
}

Values call_graph(const Graph& graph, const Values& inputs) {
  Values values(graph.values.size());
  auto at = [&](int v) -> Value& { return values[static_cast<std::size_t>(v)]; };
  for (std::size_t i = 0; i < inputs.size(); ++i) at(graph.inputs[i].value) = inputs[i];
  for (const Graph::Node& node : graph.nodes) {
    Values in;
    for (int v : node.inputs) in.push_back(at(v));
    const Values out = lamina::apply(node.op, in);
    for (std::size_t i = 0; i < out.size(); ++i) at(node.outputs[i]) = out[i];
  }
  Values results;
  for (const auto& output : graph.outputs) results.push_back(at(output.value));
  return results;
}

bool sized(const Graph& graph) {
  return std::all_of(graph.values.begin(), graph.values.end(), [](const Spec& s) { return s.dims.known(); }) &&
         std::all_of(graph.nodes.begin(), graph.nodes.end(), [](const Graph::Node& n) { return n.op->sized(); });
}

std::shared_ptr<const Graph> bind(const Graph& graph, const Bindings& bindings) {
  auto bound = std::make_shared<Graph>(graph);
  auto spec = [&](int v) -> Spec& { return bound->values[static_cast<std::size_t>(v)]; };
  for (const auto& input : bound->inputs) spec(input.value).dims = Dims(spec(input.value).dims.evaluate(bindings));
  for (Graph::Node& node : bound->nodes) {
    node.op = node.op->bind(bindings);
    Specs in;
    for (int v : node.inputs) in.push_back(spec(v));
    const Specs out = node.op->infer(in);
    for (std::size_t i = 0; i < out.size(); ++i) spec(node.outputs[i]) = out[i];
  }
  return bound;
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
  for (const int value : graph.prepared)
    text += "%" + std::to_string(value) + " = prepared " + to_string(graph.values[value]) + "\n";
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
