#include "autodiff/gradient.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "autodiff/rules.h"
#include "lamina/error.h"
#include "ops/complex.h"
#include "ops/functions.h"

namespace lamina {

namespace {

// The nodes between the targets and the leaves, latest first.
std::vector<std::shared_ptr<Node>> nodes_behind(const Values& targets) {
  std::vector<std::shared_ptr<Node>> nodes, stack;
  std::unordered_set<const Node*> seen;
  auto visit = [&](const Value& v) {
    if (v.node() && seen.insert(v.node().get()).second) stack.push_back(v.node());
  };
  for (const Value& t : targets) visit(t);
  while (!stack.empty()) {
    auto node = stack.back();
    stack.pop_back();
    for (const Value& v : node->inputs) visit(v);
    nodes.push_back(std::move(node));
  }
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a->number > b->number; });
  return nodes;
}

// Gradients flow through real and complex numbers.
bool flows(const Value& v) { return is_floating(v.dtype()) || is_complex(v.dtype()); }

Value sum_of(const Value& a, const Value& b) {
  if (!is_complex(a.dtype())) return ops::add(a, b);
  const auto real = [](const Value& v) { return call(ViewAsReal{}, {v})[0]; };
  return call(ViewAsComplex{}, {ops::add(real(a), real(b))})[0];
}

class Accumulator {
 public:
  void add(const Value& value, const Value& gradient) {
    Value& sum = gradients_[ValueKey(value)];
    sum = sum ? sum_of(sum, gradient) : gradient;
  }
  Value of(const Value& value) const {
    auto it = gradients_.find(ValueKey(value));
    return it == gradients_.end() ? Value() : it->second;
  }

 private:
  std::unordered_map<ValueKey, Value, ValueKeyHash> gradients_;
};

void check_gradient(const Node& node, const Value& input, const Value& gradient) {
  if (gradient.dtype() != input.dtype() || gradient.rank() != input.rank())
    fail(ErrorKind::state, std::string(node.op->name()) + ": its gradient has the wrong kind", to_string(input.spec()),
         to_string(gradient.spec()), "This is a bug of the op.");
}

}  // namespace

Values gradient(const Values& targets, const Values& sources, const Values& output_gradients) {
  for (const Value& t : targets)
    if (!is_floating(t.dtype()))
      fail(ErrorKind::type, "A gradient cannot be taken", "floating-point targets", to_string(t.spec()),
           "Cast the target.");
  const auto nodes = nodes_behind(targets);

  std::unordered_set<ValueKey, ValueKeyHash> leads_to_source;
  for (const Value& s : sources) leads_to_source.insert(ValueKey(s));
  for (auto it = nodes.rbegin(); it != nodes.rend(); ++it) {  // earliest first
    const auto& node = *it;
    const bool leads = std::any_of(node->inputs.begin(), node->inputs.end(),
                                   [&](const Value& v) { return flows(v) && leads_to_source.count(ValueKey(v)) > 0; });
    if (!leads) continue;
    for (int i = 0; i < static_cast<int>(node->specs.size()); ++i)
      if (const Value output = Node::output(node, i); flows(output)) leads_to_source.insert(ValueKey(output));
  }

  Accumulator accumulated;
  for (std::size_t i = 0; i < targets.size(); ++i)
    accumulated.add(targets[i], i < output_gradients.size() && output_gradients[i]
                                    ? output_gradients[i]
                                    : ops::fill(targets[i].dims(), 1.0, targets[i].dtype()));
  for (const auto& node : nodes) {
    Values outputs, gradients;
    bool any = false;
    for (int i = 0; i < static_cast<int>(node->specs.size()); ++i) {
      outputs.push_back(Node::output(node, i));
      gradients.push_back(accumulated.of(outputs.back()));
      any = any || (gradients.back() && leads_to_source.count(ValueKey(outputs.back())) > 0);
    }
    if (!any) continue;
    std::vector<bool> needed;
    for (const Value& v : node->inputs) needed.push_back(flows(v) && leads_to_source.count(ValueKey(v)) > 0);
    if (std::none_of(needed.begin(), needed.end(), [](bool n) { return n; })) continue;
    const Values found = vjp(*node->op, Vjp{node->inputs, outputs, gradients, needed});
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i] && needed[i]) {
        check_gradient(*node, node->inputs[i], found[i]);
        accumulated.add(node->inputs[i], found[i]);
      }
  }
  Values result;
  for (const Value& s : sources) result.push_back(accumulated.of(s));
  return result;
}

}  // namespace lamina
