#include "program/passes.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <numeric>

#include "ops/creation.h"
#include "ops/elementwise.h"
#include "ops/recurrent.h"
#include "program/control.h"
#include "program/fused.h"
#include "program/order.h"
#include "program/preparation.h"
#include "program/recomputation.h"

namespace lamina {

namespace {

namespace k = kernels;

// Every value stands for itself.
std::vector<int> same_values(const Graph& graph) {
  std::vector<int> to(graph.values.size());
  std::iota(to.begin(), to.end(), 0);
  return to;
}

// Every use of value i becomes a use of value to[i].
void rename_values(Graph& graph, const std::vector<int>& to) {
  auto rename = [&](int& v) { v = to[static_cast<std::size_t>(v)]; };
  for (Graph::Node& node : graph.nodes)
    for (int& v : node.inputs) rename(v);
  for (auto& output : graph.outputs) rename(output.value);
  for (auto& write : graph.writes) rename(write.value);
}

}  // namespace

std::vector<int> count_uses(const Graph& graph) {
  std::vector<int> uses(graph.values.size(), 0);
  for (const Graph::Node& node : graph.nodes)
    for (int v : node.inputs) ++uses[static_cast<std::size_t>(v)];
  for (const auto& output : graph.outputs) ++uses[static_cast<std::size_t>(output.value)];
  for (const auto& write : graph.writes) ++uses[static_cast<std::size_t>(write.value)];
  return uses;
}

std::vector<int> find_makers(const Graph& graph) {
  std::vector<int> makers(graph.values.size(), -1);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const int v : graph.nodes[i].outputs) makers[static_cast<std::size_t>(v)] = static_cast<int>(i);
  return makers;
}

bool is_one_of(const Op& op, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return std::strcmp(op.name(), name) == 0; });
}

void remove_dead_nodes(Graph& graph) {
  std::vector<bool> alive(graph.values.size(), false);
  for (const auto& output : graph.outputs) alive[static_cast<std::size_t>(output.value)] = true;
  for (const auto& write : graph.writes) alive[static_cast<std::size_t>(write.value)] = true;
  std::vector<Graph::Node> kept;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (std::none_of(node->outputs.begin(), node->outputs.end(),
                     [&](int v) { return alive[static_cast<std::size_t>(v)]; }))
      continue;
    for (int v : node->inputs) alive[static_cast<std::size_t>(v)] = true;
    kept.push_back(std::move(*node));
  }
  std::reverse(kept.begin(), kept.end());
  graph.nodes = std::move(kept);
  auto dead = [&](const auto& leaf) { return !alive[static_cast<std::size_t>(leaf.value)]; };
  graph.constants.erase(std::remove_if(graph.constants.begin(), graph.constants.end(), dead), graph.constants.end());
  graph.reads.erase(std::remove_if(graph.reads.begin(), graph.reads.end(), dead), graph.reads.end());
}

void remove_identities(Graph& graph) {
  std::vector<int> to = same_values(graph);
  std::vector<Graph::Node> kept;
  for (Graph::Node& node : graph.nodes) {
    if (node.op->as<Identity>() != nullptr || node.op->as<StopGradient>() != nullptr)
      to[static_cast<std::size_t>(node.outputs[0])] = to[static_cast<std::size_t>(node.inputs[0])];
    else
      kept.push_back(std::move(node));
  }
  graph.nodes = std::move(kept);
  rename_values(graph, to);
}

void remove_measures(Graph& graph) {
  std::vector<bool> measured(graph.values.size(), false);
  for (const Graph::Node& node : graph.nodes)
    if (node.op->as<Measure>() != nullptr) measured[static_cast<std::size_t>(node.outputs[0])] = true;
  for (Graph::Node& node : graph.nodes)
    if (!node.inputs.empty() && measured[static_cast<std::size_t>(node.inputs.back())]) node.inputs.pop_back();
}

void merge_equal_nodes(Graph& graph) {
  std::vector<int> to = same_values(graph);
  std::map<std::string, int> constants;
  for (const auto& [tensor, value] : graph.constants) {
    constexpr std::size_t largest = 4096;  // bytes; comparing more is not worth it
    if (tensor.bytes() > largest) continue;
    std::string key = to_string(graph.values[static_cast<std::size_t>(value)]) + " ";
    key.append(static_cast<const char*>(tensor.data()), tensor.bytes());
    to[static_cast<std::size_t>(value)] = constants.emplace(std::move(key), value).first->second;
  }
  std::map<std::string, const Graph::Node*> seen;
  std::vector<Graph::Node> kept;
  kept.reserve(graph.nodes.size());  // `seen` points into it
  for (Graph::Node& node : graph.nodes) {
    std::string key = std::string(node.op->name()) + "(" + to_string(node.op->attributes()) + ")";
    for (int& v : node.inputs) {
      v = to[static_cast<std::size_t>(v)];
      key += " " + std::to_string(v);
    }
    auto [it, is_new] = seen.emplace(std::move(key), nullptr);
    if (is_new) {
      kept.push_back(std::move(node));
      it->second = &kept.back();
    } else {
      for (std::size_t i = 0; i < node.outputs.size(); ++i)
        to[static_cast<std::size_t>(node.outputs[i])] = it->second->outputs[i];
    }
  }
  graph.nodes = std::move(kept);
  rename_values(graph, to);
}

void fold_constants(Graph& graph) {
  constexpr std::size_t largest = 4096;  // bytes; larger ones are cheaper to compute than to keep
  std::map<int, Tensor> known;
  for (const auto& [tensor, value] : graph.constants) known[value] = tensor;
  std::vector<Graph::Node> kept;
  for (Graph::Node& node : graph.nodes) {
    bool fold = node.op->sized();
    std::vector<Tensor> inputs;
    for (int v : node.inputs) {
      auto it = known.find(v);
      fold = fold && it != known.end();
      if (fold) inputs.push_back(it->second);
    }
    for (int v : node.outputs) {
      const Spec& spec = graph.values[static_cast<std::size_t>(v)];
      fold = fold && spec.dims.known() && spec.bytes() <= largest;
    }
    if (!fold) {
      kept.push_back(std::move(node));
      continue;
    }
    const std::vector<Tensor> results = run_now(*node.op->bind({}), inputs);
    for (std::size_t i = 0; i < results.size(); ++i) {
      known[node.outputs[i]] = results[i];
      graph.constants.push_back({results[i], node.outputs[i]});
    }
  }
  graph.nodes = std::move(kept);
}

namespace {

// Takes `keep` back, with the last `count` outputs, when nobody uses these.
template <class T>
void trim(Graph::Node& node, const T* op, int count, const std::vector<int>& uses) {
  if (op == nullptr || !op->keep) return;
  const auto kept = node.outputs.end() - count;
  if (std::any_of(kept, node.outputs.end(), [&](int v) { return uses[static_cast<std::size_t>(v)] > 0; })) return;
  node.outputs.erase(kept, node.outputs.end());
  T trimmed = *op;
  trimmed.keep = false;
  node.op = make_op(std::move(trimmed));
}

}  // namespace

void trim_kept(Graph& graph) {
  const std::vector<int> uses = count_uses(graph);
  for (Graph::Node& node : graph.nodes) {
    if (const auto* scan = node.op->as<Scan>()) trim(node, scan, scan->carries, uses);
    trim(node, node.op->as<Recurrent<k::Cell::gru>>(), 1, uses);
    trim(node, node.op->as<Recurrent<k::Cell::lstm>>(), 1, uses);
  }
}

namespace {

// The two ops as one, or null when they are not both an R.
template <class R>
OpPtr paired_as(const Op& a, const Op& b) {
  const R *first = a.as<R>(), *second = b.as<R>();
  return first && second ? make_op(Pair<R>{{*first, *second}}) : nullptr;
}

OpPtr paired(const Op& a, const Op& b) {
  for (const auto make : {paired_as<Recurrent<k::Cell::simple>>, paired_as<Recurrent<k::Cell::gru>>,
                          paired_as<Recurrent<k::Cell::lstm>>, paired_as<RecurrentGrad<k::Cell::simple>>,
                          paired_as<RecurrentGrad<k::Cell::gru>>, paired_as<RecurrentGrad<k::Cell::lstm>>})
    if (OpPtr op = make(a, b)) return op;
  return nullptr;
}

bool same_specs(const Graph& graph, const std::vector<int>& a, const std::vector<int>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](int x, int y) {
    const Spec &first = graph.values[static_cast<std::size_t>(x)], &second = graph.values[static_cast<std::size_t>(y)];
    return first.dtype == second.dtype && first.dims == second.dims;
  });
}

// For each of the nodes [from, to), whether node `to` needs, directly or not, what it makes.
std::vector<bool> needed(const Graph& graph, std::size_t from, std::size_t to) {
  std::vector<bool> wanted(graph.values.size(), false), found(to - from, false);
  for (const int v : graph.nodes[to].inputs) wanted[static_cast<std::size_t>(v)] = true;
  for (std::size_t i = to; i-- > from;) {
    const Graph::Node& node = graph.nodes[i];
    found[i - from] = std::any_of(node.outputs.begin(), node.outputs.end(),
                                  [&](int v) { return wanted[static_cast<std::size_t>(v)]; });
    if (found[i - from])
      for (const int v : node.inputs) wanted[static_cast<std::size_t>(v)] = true;
  }
  return found;
}

void append(std::vector<int>& to, const std::vector<int>& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

void pair_recurrences(Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!paired(*graph.nodes[i].op, *graph.nodes[i].op)) continue;  // no recurrence
    for (std::size_t j = i + 1; j < graph.nodes.size(); ++j) {
      Graph::Node &first = graph.nodes[i], &second = graph.nodes[j];
      const OpPtr op = paired(*first.op, *second.op);
      if (!op || !same_specs(graph, first.inputs, second.inputs) || !same_specs(graph, first.outputs, second.outputs))
        continue;
      const std::vector<bool> before = needed(graph, i, j);
      if (before[0]) continue;
      // What the second needs comes first, then the pair, then the rest, among which is what needs the first.
      Graph::Node pair = {op, first.inputs, first.outputs};
      append(pair.inputs, second.inputs);
      append(pair.outputs, second.outputs);
      std::vector<Graph::Node> order, rest;
      for (std::size_t n = i + 1; n < j; ++n) (before[n - i] ? order : rest).push_back(std::move(graph.nodes[n]));
      order.push_back(std::move(pair));
      std::move(rest.begin(), rest.end(), std::back_inserter(order));
      graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(j));
      std::move(order.begin(), order.end(), graph.nodes.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
  }
}

void optimize(Graph& graph, Graph* preparation) {
  remove_measures(graph);
  remove_dead_nodes(graph);
  remove_identities(graph);
  merge_equal_nodes(graph);
  fold_constants(graph);
  trim_kept(graph);
  add_before_reshape(graph);
  fuse_epilogues(graph);
  fold_normalizations(graph);
  fuse_epilogues(graph);  // activations that stood behind a normalization
  finish_normalizations(graph);
  clamp_in_gradients(graph);
  pair_recurrences(graph);
  pack_kernels(graph);
  if (preparation != nullptr) {
    *preparation = take_preparation(graph);
    fuse_elementwise(*preparation);
  }
  run_updates_early(graph);
  recompute_cheap(graph);
  fuse_elementwise(graph);  // what is computed again goes into those who read it
}

}  // namespace lamina
