#include "program/preparation.h"

#include <algorithm>
#include <iterator>

#include "ops/elementwise.h"
#include "ops/norm.h"
#include "ops/packed.h"
#include "program/passes.h"

namespace lamina {

namespace {

namespace k = kernels;
using Size = std::size_t;

// Which values follow from variables alone that the graph does not write, and from how many bytes of these. Constants
// are as steady, but nothing is prepared for them alone.
struct Steadiness {
  std::vector<bool> steady;
  std::vector<std::size_t> bytes;  // 0 for constants

  explicit Steadiness(const Graph& graph) : steady(graph.values.size(), false), bytes(graph.values.size(), 0) {
    for (const auto& constant : graph.constants) steady[Size(constant.value)] = true;
    for (const auto& [variable, value] : graph.reads) {
      const int number = variable;
      const bool written = std::any_of(graph.writes.begin(), graph.writes.end(),
                                       [&](const Graph::OfVariable& write) { return write.variable == number; });
      if (written) continue;
      steady[Size(value)] = true;
      bytes[Size(value)] = std::max<std::size_t>(graph.values[Size(value)].bytes(), 1);
    }
    for (const Graph::Node& node : graph.nodes) {
      std::size_t from = 0;
      bool all = node.op->sized();
      for (const int v : node.inputs) {
        all = all && steady[Size(v)];
        from += bytes[Size(v)];
      }
      for (const int v : node.outputs) {
        const Spec& spec = graph.values[Size(v)];
        all = all && spec.dims.known() && spec.dtype != DType::string;
      }
      if (!all) continue;
      for (const int v : node.outputs) {
        steady[Size(v)] = true;
        bytes[Size(v)] = from;
      }
    }
  }

  bool prepares(int v) const { return steady[Size(v)] && bytes[Size(v)] > 0; }
};

// Appends nodes to a list, with values for their outputs.
class Writer {
 public:
  Writer(Graph& graph, std::vector<Graph::Node>& nodes) : graph_(graph), nodes_(nodes) {}

  int add(const OpPtr& op, std::vector<int> inputs) {
    Specs specs;
    for (const int v : inputs) specs.push_back(graph_.values[Size(v)]);
    const int output = graph_.add_value(op->infer(specs)[0]);
    nodes_.push_back({op, std::move(inputs), {output}});
    return output;
  }

  int scalar(double number, DType dtype) {
    Tensor tensor(dtype, {});
    if (dtype == DType::float64)
      *tensor.data<double>() = number;
    else
      *tensor.data<float>() = static_cast<float>(number);
    const int value = graph_.add_value({dtype, Dims(Shape{})});
    graph_.constants.push_back({std::move(tensor), value});
    return value;
  }

 private:
  Graph& graph_;
  std::vector<Graph::Node>& nodes_;
};

template <k::Binary Op>
OpPtr binary() {
  return make_op(Binary<Op>{});
}

bool computed_with(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

}  // namespace

void fold_normalizations(Graph& graph) {
  const Steadiness known(graph);
  const std::vector<int> uses = count_uses(graph);

  std::vector<int> maker(graph.values.size(), -1);  // among `nodes`
  std::vector<Graph::Node> nodes;
  for (Graph::Node& node : graph.nodes) {
    const auto* norm = node.op->as<BatchNormInference>();
    const int from = norm ? maker[Size(node.inputs[0])] : -1;
    if (from >= 0 && uses[Size(node.inputs[0])] == 1 && nodes[Size(from)].inputs.size() <= 3 &&
        open_product(graph, nodes[Size(from)])) {
      const Graph::Node product = nodes[Size(from)];
      const Spec y = graph.values[Size(node.inputs[0])];
      const bool last_axis = norm->axis == -1 || norm->axis == y.rank() - 1;
      const auto steady = [&](int v) { return known.prepares(v); };
      if (last_axis && computed_with(y.dtype) &&
          std::all_of(product.inputs.begin() + 1, product.inputs.end(), steady) &&
          std::all_of(node.inputs.begin() + 1, node.inputs.end(), steady)) {
        nodes[Size(from)].outputs.clear();  // dead
        Writer write(graph, nodes);
        const int gamma = node.inputs[1], beta = node.inputs[2], mean = node.inputs[3], variance = node.inputs[4];
        const int deviation =
            write.add(make_op(Unary<k::Unary::sqrt>{}),
                      {write.add(binary<k::Binary::add>(), {variance, write.scalar(norm->epsilon, y.dtype)})});
        const int scale = write.add(binary<k::Binary::divide>(), {gamma, deviation});
        const int center =
            product.inputs.size() == 3 ? write.add(binary<k::Binary::subtract>(), {mean, product.inputs[2]}) : mean;
        const int bias =
            write.add(binary<k::Binary::subtract>(), {beta, write.add(binary<k::Binary::multiply>(), {center, scale})});
        const int kernel = write.add(binary<k::Binary::multiply>(), {product.inputs[1], scale});
        node.op = open_product(graph, product);
        node.inputs = {product.inputs[0], kernel, bias};
      }
    }
    for (const int v : node.outputs)
      if (Size(v) < maker.size()) maker[Size(v)] = static_cast<int>(nodes.size());
    nodes.push_back(std::move(node));
  }
  nodes.erase(std::remove_if(nodes.begin(), nodes.end(), [](const Graph::Node& n) { return n.outputs.empty(); }),
              nodes.end());
  graph.nodes = std::move(nodes);
}

namespace {

// The product as one that takes a packed kernel, when its kernel is worth packing.
template <class Product>
bool pack_kernel(Graph::Node& node, Writer& write, const Spec& kernel) {
  constexpr std::size_t largest = 1 << 26;  // bytes; the copy of a larger one is not worth its memory
  const auto* product = node.op->as<Product>();
  if (product == nullptr) return false;
  const std::size_t bytes = product->packed_bytes(kernel.dims.shape(), kernel.dtype);
  if (bytes == 0 || bytes > largest) return false;
  const int packed = write.add(make_op(Pack<Product>{{*product}}), {node.inputs[1]});
  node.op = make_op(Packed<Product>{{*product}});
  node.inputs.push_back(packed);
  return true;
}

}  // namespace

void pack_kernels(Graph& graph) {
  const Steadiness known(graph);
  std::vector<int> unscaled(graph.values.size(), -1);  // per value: the kernel that it is a multiple of
  std::vector<Graph::Node> nodes;
  Writer write(graph, nodes);
  for (Graph::Node& node : graph.nodes) {
    if (node.op->as<Binary<k::Binary::multiply>>() != nullptr) unscaled[Size(node.outputs[0])] = node.inputs[0];
    if (node.inputs.size() >= 2 && known.prepares(node.inputs[1])) {
      const int value = node.inputs[1];
      const Spec kernel = graph.values[Size(value)];
      if (computed_with(kernel.dtype)) {
        // Packed convolutions look at the shape of the kernel only: a scaled one need not be kept for that.
        if (pack_kernel<Conv>(node, write, kernel)) {
          const int plain = unscaled[Size(value)];
          if (plain >= 0 && graph.values[Size(plain)].dims == kernel.dims) node.inputs[1] = plain;
        } else {
          if (node.op->as<Matmul>() != nullptr)
            if (OpPtr linear = open_product(graph, node)) node.op = linear;
          pack_kernel<Linear>(node, write, kernel);
        }
      }
    }
    nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
}

Graph take_preparation(Graph& graph) {
  const Steadiness known(graph);
  std::vector<bool> outside(graph.values.size(), false);  // used by what stays
  for (const auto& output : graph.outputs) outside[Size(output.value)] = true;
  for (const auto& write : graph.writes) outside[Size(write.value)] = true;
  Graph preparation;
  std::vector<Graph::Node> kept;
  std::vector<int> results;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const auto needed = [&](int v) { return outside[Size(v)]; };
    const bool steady =
        std::all_of(node->outputs.begin(), node->outputs.end(), [&](int v) { return known.prepares(v); });
    if (steady) preparation.nodes.push_back(*node);
    // What stays uses it: then it is kept in memory, which must be worth it, and must be memory of its own.
    const bool used = std::any_of(node->outputs.begin(), node->outputs.end(), needed);
    constexpr std::size_t little = 1 << 16;  // bytes
    const auto is_worth_it = [&](int v) { return graph.values[Size(v)].bytes() <= 2 * known.bytes[Size(v)] + little; };
    const bool keeps =
        steady && !node->op->alias() && std::all_of(node->outputs.begin(), node->outputs.end(), is_worth_it);
    if (keeps || (steady && !used)) {
      std::copy_if(node->outputs.begin(), node->outputs.end(), std::back_inserter(results), needed);
    } else {
      for (const int v : node->inputs) outside[Size(v)] = true;
      kept.push_back(std::move(*node));
    }
  }
  std::reverse(preparation.nodes.begin(), preparation.nodes.end());
  std::reverse(kept.begin(), kept.end());
  graph.nodes = std::move(kept);
  for (const int v : results) preparation.outputs.push_back({std::to_string(v), v});
  graph.prepared = std::move(results);
  preparation.values = graph.values;
  preparation.constants = graph.constants;
  preparation.reads = graph.reads;
  remove_dead_nodes(preparation);
  remove_dead_nodes(graph);
  return preparation;
}

}  // namespace lamina
