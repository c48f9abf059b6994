#include "program/order.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "program/fused.h"
#include "program/passes.h"

namespace lamina {

namespace {

using Size = std::size_t;

bool is_small(const Spec& spec) {
  constexpr std::int64_t most = 64;  // numbers
  return spec.dims.known() && spec.dims.shape().size() <= most;
}

class Order {
 public:
  explicit Order(Graph& graph)
      : graph_(graph),
        roles_(graph.nodes.size(), Role::stays),
        places_(graph.nodes.size()),
        maker_(find_makers(graph)),
        users_(graph.values.size()) {
    for (Size i = 0; i < graph.nodes.size(); ++i)
      for (const int v : graph.nodes[i].inputs) users_[Size(v)].push_back(static_cast<int>(i));
    std::map<int, int> read;  // per variable
    for (const auto& [variable, value] : graph.reads) read[variable] = value;
    for (const auto& [variable, value] : graph.writes) {
      const auto old = read.find(variable);
      replaced_[value] = old == read.end() ? kNone : old->second;
    }
    std::vector<bool> is_output(graph.values.size(), false);
    for (const auto& output : graph.outputs) is_output[Size(output.value)] = true;
    for (Size i = graph.nodes.size(); i-- > 0;) roles_[i] = role(graph.nodes[i], is_output);
  }

  void run() {
    std::iota(places_.begin(), places_.end(), 0);
    // One update may have to wait for what helps another one, whose place is known only then.
    for (int round = 0; round < 3; ++round) place();
    std::vector<Size> order(graph_.nodes.size());
    std::iota(order.begin(), order.end(), Size{0});
    std::stable_sort(order.begin(), order.end(), [&](Size x, Size y) { return places_[x] < places_[y]; });
    std::vector<Graph::Node> nodes;
    for (const Size i : order) nodes.push_back(std::move(graph_.nodes[i]));
    graph_.nodes = std::move(nodes);
  }

 private:
  void place() {
    const int count = static_cast<int>(graph_.nodes.size());
    std::vector<int> ready(graph_.nodes.size());  // the place of the last node that it has to wait for
    for (int i = 0; i < count; ++i) {
      ready[Size(i)] = i;
      if (roles_[Size(i)] == Role::stays) continue;
      int last = kNone;
      for (const int v : graph_.nodes[Size(i)].inputs)
        if (const int from = maker_[Size(v)]; from != kNone) last = std::max(last, ready[Size(from)]);
      if (roles_[Size(i)] == Role::updates) last = std::max(last, last_reader(i));
      ready[Size(i)] = std::min(last, i);
    }
    for (int i = count; i-- > 0;) {
      places_[Size(i)] = roles_[Size(i)] == Role::updates ? ready[Size(i)] : i;
      if (roles_[Size(i)] != Role::helps) continue;
      for (const int v : graph_.nodes[Size(i)].outputs)
        for (const int user : users_[Size(v)]) places_[Size(i)] = std::min(places_[Size(i)], places_[Size(user)]);
    }
  }

  static constexpr int kNone = -1;
  enum class Role : std::uint8_t {
    stays,
    updates,  // as early as it can
    helps,    // when an update needs it: small, or elementwise and for updates alone
  };

  Role role(const Graph::Node& node, const std::vector<bool>& is_output) const {
    bool small = true, written = false, alone = true;
    for (const int v : node.outputs) {
      const bool is_new = replaced_.count(v) > 0;
      written = written || is_new;
      small = small && (is_new || is_small(graph_.values[Size(v)]));
      alone = alone && !is_output[Size(v)];
      for (const int user : users_[Size(v)]) alone = alone && roles_[Size(user)] != Role::stays;
    }
    if (small) return written ? Role::updates : Role::helps;
    return alone && !written && (node.op->alias() || is_elementwise(*node.op)) ? Role::helps : Role::stays;
  }

  // The place of the last node that uses what node i replaces, but for those that help it.
  int last_reader(int i) const {
    std::set<int> helpers = {i};
    for (std::vector<int> stack = {i}; !stack.empty();) {
      const int node = stack.back();
      stack.pop_back();
      for (const int v : graph_.nodes[Size(node)].inputs) {
        const int from = maker_[Size(v)];
        if (from != kNone && roles_[Size(from)] == Role::helps && helpers.insert(from).second) stack.push_back(from);
      }
    }
    int last = kNone;
    std::vector<int> values;  // in the memory of what is replaced
    for (const int v : graph_.nodes[Size(i)].outputs)
      if (const auto old = replaced_.find(v); old != replaced_.end() && old->second != kNone)
        values.push_back(old->second);
    while (!values.empty()) {
      const int v = values.back();
      values.pop_back();
      for (const int user : users_[Size(v)]) {
        const Graph::Node& node = graph_.nodes[Size(user)];
        if (node.op->alias() && node.inputs[0] == v) values.push_back(node.outputs[0]);
        if (helpers.count(user) == 0) last = std::max(last, places_[Size(user)]);
      }
    }
    return last;
  }

  Graph& graph_;
  std::vector<Role> roles_;              // per node
  std::vector<int> places_;              // per node: behind which it stands
  std::vector<int> maker_;               // per value: the node, kNone for leaves
  std::vector<std::vector<int>> users_;  // per value: nodes
  std::map<int, int> replaced_;          // per new value of a variable: the old one, kNone if nobody reads it
};

}  // namespace

void run_updates_early(Graph& graph) { Order(graph).run(); }

}  // namespace lamina
