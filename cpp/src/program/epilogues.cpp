// What follows a matrix product or a convolution goes into it, where it costs no pass over the memory.
#include <algorithm>
#include <optional>
#include <utility>

#include "ops/conv.h"
#include "ops/elementwise.h"
#include "ops/functions.h"
#include "ops/layout.h"
#include "ops/matmul.h"
#include "ops/norm.h"
#include "program/passes.h"

namespace lamina {

namespace k = kernels;

namespace {

std::optional<k::Activation> activation_of(const Op& op) {
  using U = k::Unary;
  if (op.as<Unary<U::relu>>()) return k::Activation::relu;
  if (op.as<Unary<U::relu6>>()) return k::Activation::relu6;
  if (op.as<Unary<U::sigmoid>>()) return k::Activation::sigmoid;
  if (op.as<Unary<U::tanh>>()) return k::Activation::tanh;
  if (op.as<Unary<U::silu>>()) return k::Activation::silu;
  if (op.as<Unary<U::gelu>>()) return k::Activation::gelu;
  return std::nullopt;
}

OpPtr with_activation(const OpPtr& op, k::Activation activation) {
  if (auto* conv = op->as<Conv>()) {
    Conv fused = *conv;
    fused.activation = activation;
    return make_op(fused);
  }
  Linear fused;
  fused.activation = activation;
  return make_op(fused);
}

}  // namespace

OpPtr open_product(const Graph& graph, const Graph::Node& node) {
  if (auto* matmul = node.op->as<Matmul>())
    if (!matmul->transpose_a && !matmul->transpose_b &&
        graph.values[static_cast<std::size_t>(node.inputs[1])].rank() == 2)
      return make_op(Linear{});
  if (auto* conv = node.op->as<Conv>())
    if (conv->activation == k::Activation::linear) return node.op;
  if (auto* linear = node.op->as<Linear>())
    if (linear->activation == k::Activation::linear) return node.op;
  return nullptr;
}

namespace {

// Whether adding `term` to the reshaped value is adding it, as a vector, before: the reshape cuts the last axis only,
// into the axes of the term.
bool is_cut_bias(const Dims& before, const Dims& after, const Dims& term) {
  if (before.rank() == 0 || term.rank() < 2 || after.rank() != before.rank() - 1 + term.rank()) return false;
  return term.known() && before.back().known() && before.back().value() == term.shape().size() &&
         std::equal(before.begin(), before.end() - 1, after.begin()) &&
         std::equal(term.begin(), term.end(), after.end() - term.rank());
}

}  // namespace

void add_before_reshape(Graph& graph) {
  const std::vector<int> uses = count_uses(graph);
  std::vector<int> maker(graph.values.size(), -1);  // among `nodes`
  std::vector<Graph::Node> nodes;
  const auto dims = [&](int v) -> const Dims& { return graph.values[static_cast<std::size_t>(v)].dims; };
  // The reshape that makes v out of a product that nobody else needs, or null.
  const auto reshape_of = [&](int v) -> const Graph::Node* {
    if (uses[static_cast<std::size_t>(v)] != 1 || maker[static_cast<std::size_t>(v)] < 0) return nullptr;
    const Graph::Node& reshape = nodes[static_cast<std::size_t>(maker[static_cast<std::size_t>(v)])];
    if (reshape.op->as<Reshape>() == nullptr) return nullptr;
    const int from = reshape.inputs[0], product = maker[static_cast<std::size_t>(from)];
    const bool open = uses[static_cast<std::size_t>(from)] == 1 && product >= 0 &&
                      open_product(graph, nodes[static_cast<std::size_t>(product)]);
    return open ? &reshape : nullptr;
  };
  for (Graph::Node& node : graph.nodes) {
    if (node.op->as<Binary<k::Binary::add>>() != nullptr) {
      for (int side = 0; side < 2; ++side) {
        const int cut = node.inputs[static_cast<std::size_t>(side)];
        const int term = node.inputs[static_cast<std::size_t>(1 - side)];
        const Graph::Node* reshape = reshape_of(cut);
        if (reshape == nullptr || !is_cut_bias(dims(reshape->inputs[0]), dims(cut), dims(term))) continue;
        const int whole = reshape->inputs[0];
        const Dim last = dims(whole).back();
        const Spec sum_spec = graph.values[static_cast<std::size_t>(whole)];
        const int bias = graph.add_value({sum_spec.dtype, {last}}), sum = graph.add_value(sum_spec);
        const OpPtr cutting = reshape->op;  // it moves behind the sum
        nodes.push_back({make_op(Reshape{{last}}), {term}, {bias}});
        nodes.push_back({node.op, {whole, bias}, {sum}});
        node.op = cutting;
        node.inputs = {sum};
        break;
      }
    }
    for (const int v : node.outputs)
      if (static_cast<std::size_t>(v) < maker.size())
        maker[static_cast<std::size_t>(v)] = static_cast<int>(nodes.size());
    nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
  remove_dead_nodes(graph);
}

void fuse_epilogues(Graph& graph) {
  const std::vector<int> uses = count_uses(graph);
  const std::vector<int> maker = find_makers(graph);
  std::vector<bool> absorbed(graph.nodes.size(), false);
  // The node that makes v, if nobody else needs v.
  auto sole = [&](int v) { return uses[static_cast<std::size_t>(v)] == 1 ? maker[static_cast<std::size_t>(v)] : -1; };

  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Graph::Node& node = graph.nodes[i];
    if (node.op->as<Binary<k::Binary::add>>() != nullptr) {  // product + bias, or product with bias + addend
      for (int side = 0; side < 2; ++side) {
        const int from = sole(node.inputs[static_cast<std::size_t>(side)]);
        const int term = node.inputs[static_cast<std::size_t>(1 - side)];
        if (from < 0 || absorbed[static_cast<std::size_t>(from)]) continue;
        Graph::Node& product = graph.nodes[static_cast<std::size_t>(from)];
        const Dims& y = graph.values[static_cast<std::size_t>(product.outputs[0])].dims;
        const Dims& t = graph.values[static_cast<std::size_t>(term)].dims;
        const OpPtr base = open_product(graph, product);
        const bool is_bias = product.inputs.size() == 2 && t.rank() == 1 && t[0] == y.back();
        const bool is_addend = product.inputs.size() == 3 && t == y;
        if (!base || !(is_bias || is_addend)) continue;
        absorbed[static_cast<std::size_t>(from)] = true;
        node.op = base;
        node.inputs = product.inputs;
        node.inputs.push_back(term);
        break;
      }
    } else if (const auto activation = activation_of(*node.op)) {
      const int from = sole(node.inputs[0]);
      if (from < 0 || absorbed[static_cast<std::size_t>(from)]) continue;
      Graph::Node& product = graph.nodes[static_cast<std::size_t>(from)];
      const OpPtr base = open_product(graph, product);
      if (!base) continue;
      absorbed[static_cast<std::size_t>(from)] = true;
      node.op = with_activation(base, *activation);
      node.inputs = product.inputs;
    }
  }
  std::vector<Graph::Node> kept;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (!absorbed[i]) kept.push_back(std::move(graph.nodes[i]));
  graph.nodes = std::move(kept);
}

namespace {

// The batch normalization with this activation, or null when that is no clamp or it has one already.
template <class Norm>
OpPtr finished_as(const Op& op, k::Activation activation) {
  const auto* norm = op.as<Norm>();
  if (norm == nullptr || norm->activation != k::Activation::linear) return nullptr;
  if (activation != k::Activation::relu && activation != k::Activation::relu6) return nullptr;
  Norm finished = *norm;
  finished.activation = activation;
  return make_op(finished);
}

// Whether the batch normalization can still take an addend.
template <class Norm>
bool takes_addend(const Graph::Node& node) {
  const auto* norm = node.op->as<Norm>();
  return norm && norm->activation == k::Activation::linear && node.inputs.size() == 1 + Norm::num_parameters;
}

// Each node after those that make its inputs, otherwise in the order they are in.
void sort_nodes(Graph& graph) {
  const std::vector<int> maker = find_makers(graph);
  std::vector<Graph::Node> sorted;
  std::vector<bool> begun(graph.nodes.size(), false);
  std::vector<std::pair<int, std::size_t>> open;  // nodes, and how many of their inputs have been looked at
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!begun[i]) open.emplace_back(static_cast<int>(i), 0);
    begun[i] = true;
    while (!open.empty()) {
      auto& [number, next] = open.back();
      Graph::Node& node = graph.nodes[static_cast<std::size_t>(number)];
      if (next == node.inputs.size()) {
        sorted.push_back(std::move(node));
        open.pop_back();
        continue;
      }
      const int needed = maker[static_cast<std::size_t>(node.inputs[next++])];
      if (needed < 0 || begun[static_cast<std::size_t>(needed)]) continue;
      begun[static_cast<std::size_t>(needed)] = true;
      open.emplace_back(needed, 0);
    }
  }
  graph.nodes = std::move(sorted);
}

// Whether v needs, directly or not, what the node makes.
bool needs(const Graph& graph, const std::vector<int>& maker, int v, int node) {
  std::vector<bool> seen(graph.nodes.size(), false);
  std::vector<int> values = {v};
  while (!values.empty()) {
    const int from = maker[static_cast<std::size_t>(values.back())];
    values.pop_back();
    if (from == node) return true;
    if (from < 0 || seen[static_cast<std::size_t>(from)]) continue;
    seen[static_cast<std::size_t>(from)] = true;
    const std::vector<int>& inputs = graph.nodes[static_cast<std::size_t>(from)].inputs;
    values.insert(values.end(), inputs.begin(), inputs.end());
  }
  return false;
}

}  // namespace

void finish_normalizations(Graph& graph) {
  const std::vector<int> uses = count_uses(graph);
  std::vector<int> maker = find_makers(graph);
  // The node whose first output is v, if nobody else needs v.
  const auto sole = [&](int v) {
    const int from = uses[static_cast<std::size_t>(v)] == 1 ? maker[static_cast<std::size_t>(v)] : -1;
    return from >= 0 && graph.nodes[static_cast<std::size_t>(from)].outputs[0] == v ? from : -1;
  };
  // The node makes what `last` made.
  const auto absorb = [&](int from, Graph::Node& last) {
    const int made = last.outputs[0];
    graph.nodes[static_cast<std::size_t>(from)].outputs[0] = made;
    maker[static_cast<std::size_t>(made)] = from;
    last.outputs.clear();
  };
  for (Graph::Node& node : graph.nodes) {
    if (const auto activation = activation_of(*node.op)) {
      const int from = sole(node.inputs[0]);
      if (from < 0) continue;
      Graph::Node& norm = graph.nodes[static_cast<std::size_t>(from)];
      OpPtr op = finished_as<BatchNorm>(*norm.op, *activation);
      if (!op) op = finished_as<BatchNormInference>(*norm.op, *activation);
      if (!op) continue;
      norm.op = op;
      absorb(from, node);
    } else if (node.op->as<Binary<k::Binary::add>>() != nullptr) {
      for (std::size_t side = 0; side < 2; ++side) {
        const int addend = node.inputs[1 - side], from = sole(node.inputs[side]);
        if (from < 0) continue;
        Graph::Node& norm = graph.nodes[static_cast<std::size_t>(from)];
        const Dims& dims = graph.values[static_cast<std::size_t>(node.outputs[0])].dims;
        if (!(takes_addend<BatchNorm>(norm) || takes_addend<BatchNormInference>(norm)) ||
            !(graph.values[static_cast<std::size_t>(addend)].dims == dims) || needs(graph, maker, addend, from))
          continue;
        norm.inputs.push_back(addend);
        absorb(from, node);
        break;
      }
    }
  }
  graph.nodes.erase(std::remove_if(graph.nodes.begin(), graph.nodes.end(),
                                   [](const Graph::Node& node) { return node.outputs.empty(); }),
                    graph.nodes.end());
  sort_nodes(graph);  // an addend may be made later than what it is added to
}

void clamp_in_gradients(Graph& graph) {
  const std::vector<int> uses = count_uses(graph);
  const std::vector<int> maker = find_makers(graph);
  // The node that makes v, or null.
  const auto made_by = [&](int v) {
    const int from = maker[static_cast<std::size_t>(v)];
    return from < 0 ? nullptr : &graph.nodes[static_cast<std::size_t>(from)];
  };
  for (Graph::Node& node : graph.nodes) {
    const auto* gradient = node.op->as<BatchNormGrad>();
    if (gradient == nullptr || uses[static_cast<std::size_t>(node.inputs[0])] != 1) continue;
    const Graph::Node* masking = made_by(node.inputs[0]);
    const auto* mask = masking != nullptr ? masking->op->as<UnaryGrad>() : nullptr;
    const Graph::Node* forward = mask != nullptr ? made_by(masking->inputs[0]) : nullptr;
    const auto* norm = forward != nullptr ? forward->op->as<BatchNorm>() : nullptr;
    if (norm == nullptr || norm->axis != gradient->axis) continue;
    // The gradient must be that of this normalization. What was clamped is computed again from x: with an addend that
    // would have to be read, too, and halves were rounded in between.
    const auto& in = forward->inputs;
    const auto& out = forward->outputs;
    const std::vector<int> expected = {node.inputs[0], in[0], in[1], out[1], out[3]};
    if (masking->inputs[0] != out[0] || node.inputs != expected || in.size() != 1 + BatchNorm::num_parameters ||
        is_half(graph.values[static_cast<std::size_t>(out[0])].dtype))
      continue;
    if (norm->activation == k::Activation::linear ||
        mask->function != (norm->activation == k::Activation::relu ? k::Unary::relu : k::Unary::relu6))
      continue;
    node.op = make_op(BatchNormGrad{norm->axis, norm->activation});
    node.inputs[0] = masking->inputs[1];
    node.inputs.push_back(in[2]);
  }
  remove_dead_nodes(graph);
}

}  // namespace lamina
