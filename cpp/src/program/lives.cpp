#include "program/lives.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "lamina/error.h"

namespace lamina {

namespace {

using Size = std::size_t;

// Gives each symbol of the size a number.
void bind(const Dim& dim, Bindings& bindings) {
  constexpr std::int64_t usual = 128;
  if (dim.known()) return;
  if (dim.kind() == Dim::Kind::symbol) {
    bindings.emplace(dim.name(), usual);
  } else {
    bind(dim.left(), bindings);
    bind(dim.right(), bindings);
  }
}

std::size_t bytes_of(const Spec& spec, Bindings& bindings) {
  constexpr double most = static_cast<double>(std::int64_t{1} << 40);  // files may say anything
  auto bytes = static_cast<double>(size_of(spec.dtype));
  try {
    for (const Dim& dim : spec.dims) {
      bind(dim, bindings);
      bytes *= static_cast<double>(std::max<std::int64_t>(dim.evaluate(bindings), 0));
    }
  } catch (const Error&) {
    return 0;  // these numbers do not fit together
  }
  return static_cast<Size>(std::min(bytes, most));
}

// The input whose memory the node's only output takes over, or -1.
int overwritten(const Graph::Node& node, const Lives& lives, int position) {
  if (node.outputs.size() != 1) return -1;
  const unsigned reuses = node.op->reuses(0);
  for (Size k = 0; k < node.inputs.size() && k < 32; ++k) {
    const Life& input = lives[node.inputs[k]];
    if ((reuses >> k & 1u) && input.last == position && input.bytes == lives[node.outputs[0]].bytes)
      return node.inputs[k];
  }
  return -1;
}

}  // namespace

Lives::Lives(const Graph& graph) : roots(graph.values.size()), all(graph.values.size()), live(graph.nodes.size() + 1) {
  std::iota(roots.begin(), roots.end(), 0);
  Bindings bindings;
  for (Size i = 0; i < graph.nodes.size(); ++i) {
    const Graph::Node& node = graph.nodes[i];
    if (node.op->alias()) {
      roots[Size(node.outputs[0])] = root(node.inputs[0]);
      continue;
    }
    for (const int v : node.inputs) {
      Life& input = (*this)[v];
      input.last = static_cast<int>(i);
      if (input.readers.empty() || input.readers.back() != input.last) input.readers.push_back(input.last);
    }
    for (const int v : node.outputs) {
      all[Size(v)].made = static_cast<int>(i);
      all[Size(v)].bytes = bytes_of(graph.values[Size(v)], bindings);
    }
  }
  const auto keep = [&](int v) { (*this)[v].last = Life::forever; };
  for (const auto& input : graph.inputs) keep(input.value);
  for (const auto& constant : graph.constants) keep(constant.value);
  for (const int v : graph.prepared) keep(v);
  for (const auto& output : graph.outputs) keep(output.value);
  std::set<int> written;  // variables: they are there until their new values are computed in their places
  for (const auto& write : graph.writes) {
    written.insert(write.variable);
    keep(write.value);
  }
  for (const auto& read : graph.reads)
    if (written.count(read.variable) == 0) keep(read.value);
  for (Life& life : all)
    if (life.last == Life::forever) life.bytes = 0;  // not shared

  std::vector<std::ptrdiff_t> change(live.size() + 1, 0);
  for (Size i = 0; i < graph.nodes.size(); ++i) {
    const Graph::Node& node = graph.nodes[i];
    if (node.op->alias()) continue;
    for (const int v : node.outputs) {
      const Life& life = all[Size(v)];
      change[i] += static_cast<std::ptrdiff_t>(life.bytes);
      change[Size(std::min(std::max(life.last, life.made), static_cast<int>(live.size()) - 1)) + 1] -=
          static_cast<std::ptrdiff_t>(life.bytes);
    }
    if (const int v = overwritten(node, *this, static_cast<int>(i)); v >= 0) {
      change[i] -= static_cast<std::ptrdiff_t>((*this)[v].bytes);
      change[i + 1] += static_cast<std::ptrdiff_t>((*this)[v].bytes);
    }
  }
  std::ptrdiff_t now = 0;
  for (Size i = 0; i < live.size(); ++i) live[i] = Size(now += change[i]);
}

}  // namespace lamina
