#include "program/order.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "program/passes.h"

namespace lamina {

namespace {

using Size = std::size_t;

// Small values may stay for as long as anybody likes, so what computes them runs early, too: the numbers that updates
// share, such as the learning rate.
bool is_small(const Spec& spec) {
  constexpr std::int64_t most = 64;  // numbers
  return spec.dims.known() && spec.dims.shape().size() <= most;
}

class Order {
 public:
  explicit Order(Graph& graph)
      : graph_(graph), places_(graph.nodes.size()), made_(graph.values.size(), -1), users_(graph.values.size()) {
    std::vector<int> roots(graph.values.size());  // a value under another shape is in the same memory
    std::iota(roots.begin(), roots.end(), 0);
    for (Size i = 0; i < graph.nodes.size(); ++i) {
      const Graph::Node& node = graph.nodes[i];
      for (const int v : node.inputs) users_[Size(roots[Size(v)])].push_back(static_cast<int>(i));
      if (node.op->alias()) roots[Size(node.outputs[0])] = roots[Size(node.inputs[0])];
    }
    const std::vector<int> uses = count_uses(graph);
    std::map<int, int> read;  // per variable
    for (const auto& [variable, value] : graph.reads) read[variable] = value;
    for (const auto& [variable, value] : graph.writes) {
      const auto old = read.find(variable);
      updates_[value] = {old == read.end() ? -1 : old->second, uses[Size(value)] == 1};
    }
  }

  void run() {
    // A node stands behind the one that it has to wait for; those that may not move keep their places.
    for (Size i = 0; i < graph_.nodes.size(); ++i) {
      places_[i] = may_move(graph_.nodes[i]) ? first_place(static_cast<int>(i)) : static_cast<int>(i);
      for (const int v : graph_.nodes[i].outputs) made_[Size(v)] = places_[i];
    }
    std::vector<Size> order(graph_.nodes.size());
    std::iota(order.begin(), order.end(), Size{0});
    std::stable_sort(order.begin(), order.end(), [&](Size a, Size b) { return places_[a] < places_[b]; });
    std::vector<Graph::Node> nodes;
    for (const Size i : order) nodes.push_back(std::move(graph_.nodes[i]));
    graph_.nodes = std::move(nodes);
  }

 private:
  struct Update {
    int old;    // the value before, -1 if nobody reads it
    bool only;  // nobody but the variable takes the new one
  };

  bool may_move(const Graph::Node& node) const {
    return std::all_of(node.outputs.begin(), node.outputs.end(), [&](int v) {
      const auto update = updates_.find(v);
      return (update != updates_.end() && update->second.only) || is_small(graph_.values[Size(v)]);
    });
  }

  int first_place(int i) const {
    const Graph::Node& node = graph_.nodes[Size(i)];
    int place = -1;
    for (const int v : node.inputs) place = std::max(place, made_[Size(v)]);
    for (const int v : node.outputs) {
      const auto update = updates_.find(v);
      if (update == updates_.end() || update->second.old < 0) continue;
      for (const int user : users_[Size(update->second.old)])
        if (user != i) place = std::max(place, user < i ? places_[Size(user)] : i);
    }
    return place;
  }

  Graph& graph_;
  std::vector<int> places_;              // per node
  std::vector<int> made_;                // per value: the place of its node, -1 for leaves
  std::vector<std::vector<int>> users_;  // per root
  std::map<int, Update> updates_;        // per new value of a variable
};

}  // namespace

void run_updates_early(Graph& graph) { Order(graph).run(); }

}  // namespace lamina
