#include "program/recomputation.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

#include "program/fused.h"
#include "program/lives.h"
#include "program/passes.h"

namespace lamina {

namespace {

using Size = std::size_t;
constexpr std::size_t kLeast = 1 << 18;  // bytes of a value; less is not worth a step

// Whether a second time costs about as much as a pass over the memory.
bool is_cheap(const Op& op) {
  return is_elementwise(op) &&
         !is_one_of(op, {"digamma", "bessel_i0", "bessel_i1", "erfinv", "gammainc", "gammainc_slope", "gamma_density"});
}

// A value that is not in memory behind the node `from`, and computed again in front of the node `to`.
struct Gap {
  int value;  // a root
  int from, to;
};

class Recomputation {
 public:
  explicit Recomputation(Graph& graph)
      : graph_(graph), lives_(graph), makers_(find_makers(graph)), gaps_(graph.values.size()) {
    for (const Graph::Node& node : graph.nodes)
      if (is_cheap(*node.op) && lives_[node.outputs[0]].bytes >= kLeast) candidates_.push_back(node.outputs[0]);
  }

  void run() {
    if (candidates_.empty()) return;
    const std::vector<Gap> found = find();
    if (found.empty()) return;
    gaps_.assign(gaps_.size(), {});
    starts_.resize(graph_.nodes.size());
    for (const Gap& gap : found) {
      gaps_[Size(gap.value)].push_back(gap);
      starts_[Size(gap.to)].push_back(gap.value);
    }
    rewrite();
  }

 private:
  // How a value is computed again from what is there.
  struct Recipe {
    double work = 0;           // in bytes: values between count half, since elementwise ops are fused
    std::size_t between = 0;   // bytes of these
    std::vector<int> sources;  // roots
  };

  // Whether the value is in memory when the node runs, or computed again in front of it.
  bool is_there(int v, int node) const {
    const auto& gaps = gaps_[Size(lives_.root(v))];
    return lives_[v].at(node) &&
           std::none_of(gaps.begin(), gaps.end(), [&](const Gap& gap) { return gap.from < node && node < gap.to; });
  }

  std::vector<std::size_t>::const_iterator peak() const {
    return std::max_element(lives_.live.begin(), lives_.live.end());
  }

  // A byte less is worth the work for so many.
  static constexpr double kWorth = 2;

  // The gaps that lower the peak by most, less what their work is worth.
  std::vector<Gap> find() {
    const std::size_t before = *peak();
    double most = static_cast<double>(before) / 64, work = 0;
    std::size_t best = 0;
    std::vector<Gap> found;
    while (add_gap(found, work)) {
      const double gain = static_cast<double>(before) - static_cast<double>(*peak()) - work / kWorth;
      if (gain <= most) continue;
      most = gain;
      best = found.size();
    }
    found.resize(best);
    return found;
  }

  // The last one where the memory is at its peak: others may be made from it. False when there is none.
  bool add_gap(std::vector<Gap>& found, double& work) {
    const int top = static_cast<int>(peak() - lives_.live.begin());
    for (auto v = candidates_.rbegin(); v != candidates_.rend(); ++v) {
      const Life& life = lives_[*v];
      if (!is_there(*v, top)) continue;
      const auto later = std::lower_bound(life.readers.begin(), life.readers.end(), top);
      Recipe recipe;
      if (*later == top || !follow(*v, *v, *later, recipe)) continue;
      const Gap gap = {*v, later == life.readers.begin() ? life.made : *std::prev(later), *later};
      for (int i = gap.from + 1; i < gap.to; ++i) lives_.live[Size(i)] -= life.bytes;
      lives_.live[Size(gap.to)] += recipe.between;
      for (const int source : recipe.sources) {  // no gap of theirs may be there
        auto& readers = lives_[source].readers;
        const auto place = std::lower_bound(readers.begin(), readers.end(), gap.to);
        if (place == readers.end() || *place != gap.to) readers.insert(place, gap.to);
      }
      gaps_[Size(gap.value)].push_back(gap);
      found.push_back(gap);
      work += recipe.work;
      return true;
    }
    return false;
  }

  // Adds to the recipe of the target what v takes in front of the node. False when that is too much, or not there.
  bool follow(int v, int target, int node, Recipe& recipe) const {
    const int root = lives_.root(v), maker = makers_[Size(v)];
    if (root != target && is_there(v, node)) {
      recipe.sources.push_back(root);
      return true;
    }
    if (maker < 0) return false;
    const Graph::Node& made = graph_.nodes[Size(maker)];
    if (made.op->alias()) return follow(made.inputs[0], target, node, recipe);
    if (!is_cheap(*made.op)) return false;
    const std::size_t bytes = lives_[v].bytes;
    if (root != target) recipe.between += bytes;
    recipe.work += static_cast<double>(bytes) / (root == target ? 1 : 2);
    if (recipe.work >= kWorth * static_cast<double>(lives_[target].bytes)) return false;
    return std::all_of(made.inputs.begin(), made.inputs.end(),
                       [&](int input) { return follow(input, target, node, recipe); });
  }

  // Puts the nodes in front of those that need them, which then read what these make.
  void rewrite() {
    stand_ins_ = lives_.roots;
    views_.resize(gaps_.size());
    for (Size i = 0; i < graph_.nodes.size(); ++i) {
      const int number = static_cast<int>(i);
      for (Size k = 0; k < starts_[i].size(); ++k) compute_again(starts_[i][k], number);
      Graph::Node node = graph_.nodes[i];
      if (!node.op->alias())
        for (int& v : node.inputs) v = stand_in(v);
      nodes_.push_back(std::move(node));
    }
    graph_.nodes = std::move(nodes_);
    remove_dead_nodes(graph_);
  }

  int add(Graph::Node node) {
    const Spec spec = graph_.values[Size(node.outputs[0])];
    const int value = graph_.add_value(spec);
    node.outputs = {value};
    nodes_.push_back(std::move(node));
    return value;
  }

  void compute_again(int root, int node) {
    auto& waiting = starts_[Size(node)];
    const auto place = std::find(waiting.begin(), waiting.end(), root);
    if (root == kDone || place == waiting.end()) return;
    *place = kDone;
    std::map<int, int> copies;
    stand_ins_[Size(root)] = copy(root, node, copies);
  }

  // The value, made again in front of the node.
  int copy(int v, int node, std::map<int, int>& copies) {
    if (const auto found = copies.find(v); found != copies.end()) return found->second;
    Graph::Node made = graph_.nodes[Size(makers_[Size(v)])];
    for (int& input : made.inputs) {
      if (is_there(input, node)) {
        compute_again(lives_.root(input), node);
        input = stand_in(input);
      } else {
        input = copy(input, node, copies);
      }
      if (made.op->alias()) break;  // the others are not read
    }
    return copies[v] = add(std::move(made));
  }

  // What now stands for the value, which is there: itself, unless its root was computed again.
  int stand_in(int v) {
    const int root = lives_.root(v), now = stand_ins_[Size(root)];
    if (now == root || v == root) return now == root ? v : now;
    auto& [of, view] = views_[Size(v)];
    if (of != now) {
      Graph::Node made = graph_.nodes[Size(makers_[Size(v)])];
      made.inputs[0] = stand_in(made.inputs[0]);
      view = add(std::move(made));
      of = now;
    }
    return view;
  }

  static constexpr int kDone = -1;
  Graph& graph_;
  Lives lives_;
  std::vector<int> makers_;             // per value
  std::vector<std::vector<Gap>> gaps_;  // per root
  std::vector<int> candidates_;
  // While it is rewritten:
  std::vector<Graph::Node> nodes_;
  std::vector<std::vector<int>> starts_;    // per node: the roots that are computed again in front of it
  std::vector<int> stand_ins_;              // per root: the last one
  std::vector<std::pair<int, int>> views_;  // per value under another shape: the stand-in of its root, and its own
};

}  // namespace

void recompute_cheap(Graph& graph) { Recomputation(graph).run(); }

}  // namespace lamina
