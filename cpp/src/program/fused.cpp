#include "program/fused.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "core/arena.h"
#include "core/grain.h"
#include "core/parallel_for.h"
#include "ops/elementwise.h"
#include "ops/functions.h"

namespace lamina {

namespace {

using Size = std::size_t;

// How an input lies beside the values of the chain: all of it, one number, or one row for every row.
enum class Lie : std::uint8_t { whole, scalar, row, other };

template <class Sizes>  // Dims, or Shape
Lie lie_of(const Sizes& input, const Sizes& whole) {
  if (input == whole) return Lie::whole;
  int ones = 0;
  while (ones < input.rank() && input[ones] == 1) ++ones;
  if (ones == input.rank()) return Lie::scalar;
  const bool row =
      ones == input.rank() - 1 && input.rank() <= whole.rank() && input[input.rank() - 1] == whole[whole.rank() - 1];
  return row ? Lie::row : Lie::other;
}

// The whole, cut into blocks of rows. Without inputs that are rows, a row is one element.
struct Blocks {
  static constexpr std::int64_t elements = 4096;
  std::int64_t row = 1, rows = 0, rows_of_block = 0;
  Lie lies[Fused::max_registers] = {};

  explicit Blocks(const Run& r) {
    const Shape& whole = r.outputs[0].shape;
    for (int i = 0; i < r.num_inputs; ++i) {
      lies[i] = lie_of(r.inputs[i].shape, whole);
      if (lies[i] == Lie::row) row = whole[whole.rank() - 1];
    }
    rows = row == 0 ? 0 : whole.size() / row;
    rows_of_block = std::max<std::int64_t>(1, std::min(rows, elements / std::max<std::int64_t>(row, 1)));
  }
  Shape shape(std::int64_t count) const { return row == 1 ? Shape{count} : Shape{count, row}; }
};

// Rows [begin, end) of the whole.
void run_block(const Fused::Chain& chain, const Run& r, const Blocks& blocks, std::int64_t begin, std::int64_t end,
               char* scratch) {
  std::array<Operand, Fused::max_registers> registers;
  const Shape shape = blocks.shape(end - begin);
  auto at = [&](const Operand& o) {
    return static_cast<char*>(o.data) + static_cast<Size>(begin * blocks.row) * size_of(o.dtype);
  };
  Size n = 0;
  for (int i = 0; i < r.num_inputs; ++i, ++n) {
    const Operand& in = r.inputs[i];
    if (blocks.lies[i] == Lie::whole)
      registers[n] = {at(in), in.dtype, shape};
    else
      registers[n] = {in.data, in.dtype, blocks.lies[i] == Lie::row ? Shape{blocks.row} : Shape{}};
  }
  for (int i = 0; i < r.num_outputs; ++i, ++n) registers[n] = {at(r.outputs[i]), r.outputs[i].dtype, shape};
  for (const DType dtype : chain.temporaries) {
    registers[n++] = {scratch, dtype, shape};
    scratch += aligned(static_cast<Size>(blocks.rows_of_block * blocks.row) * size_of(dtype));
  }
  for (const Fused::Step& step : chain.steps) {
    std::array<Operand, 3> inputs;
    for (Size i = 0; i < step.inputs.size(); ++i) inputs[i] = registers[static_cast<Size>(step.inputs[i])];
    const Operand& output = registers[static_cast<Size>(step.output)];
    step.op->run(Run{inputs.data(), static_cast<int>(step.inputs.size()), &output, nullptr, 1});
  }
}

std::size_t scratch_per_worker(const Fused::Chain& chain, const Blocks& blocks) {
  std::size_t bytes = 0;
  for (const DType dtype : chain.temporaries)
    bytes += aligned(static_cast<Size>(blocks.rows_of_block * blocks.row) * size_of(dtype));
  return bytes;
}

}  // namespace

Specs Fused::infer(const Specs& inputs) const {
  const Dims whole = broadcast(name, inputs);
  Specs outputs;
  for (const DType dtype : chain->outputs) outputs.push_back({dtype, whole});
  return outputs;
}

std::size_t Fused::scratch(const Run& r) const {
  return scratch_per_worker(*chain, Blocks(r)) * static_cast<Size>(max_threads());
}

void Fused::run(const Run& r) const {
  struct Context {
    const Chain& chain;
    const Run& run;
    const Blocks blocks;
    std::size_t scratch;
  };
  const Blocks blocks(r);
  const Context context{*chain, r, blocks, scratch_per_worker(*chain, blocks)};
  const std::int64_t count = (blocks.rows + blocks.rows_of_block - 1) / blocks.rows_of_block;
  constexpr std::int64_t worth = 1 << 16;  // elements times ops
  const std::int64_t work = blocks.rows_of_block * blocks.row * static_cast<std::int64_t>(chain->steps.size());
  parallel_for(
      count, grain_for(worth, work),
      [](void* opaque, std::int64_t begin, std::int64_t end, int worker) {
        const Context& c = *static_cast<const Context*>(opaque);
        char* scratch = static_cast<char*>(c.run.scratch) + static_cast<Size>(worker) * c.scratch;
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t first = i * c.blocks.rows_of_block;
          run_block(c.chain, c.run, c.blocks, first, std::min(c.blocks.rows, first + c.blocks.rows_of_block), scratch);
        }
      },
      const_cast<Context*>(&context));
}

namespace {

// --- Which nodes become one. A group runs where its last node stood, so it takes no more nodes once a node outside it
// reads one of its values.

constexpr int kNone = -1;

const std::set<std::string>& elementwise_names() {
  static const std::set<std::string> names = [] {
    std::set<std::string> all(std::begin(kUnaryNames), std::end(kUnaryNames));
    all.insert(std::begin(kBinaryNames), std::end(kBinaryNames));
    all.insert(std::begin(kCompareNames), std::end(kCompareNames));
    all.insert(std::begin(kFloatTestNames), std::end(kFloatTestNames));
    for (const char* name : {UnaryGrad::name, LogicalNot::name, Where::name, Clip::name, Cast::name}) all.insert(name);
    return all;
  }();
  return names;
}

class Fuser {
 public:
  explicit Fuser(Graph& graph) : graph_(graph), maker_(graph.values.size(), kNone), group_(graph.nodes.size(), kNone) {}

  void run() {
    for (Size i = 0; i < graph_.nodes.size(); ++i) {
      if (fits(graph_.nodes[i])) join(static_cast<int>(i));
      for (const int v : graph_.nodes[i].inputs)
        if (const int other = group_of(v); other != kNone && other != group_[i]) groups_[Size(other)].open = false;
      for (const int v : graph_.nodes[i].outputs) maker_[Size(v)] = static_cast<int>(i);
    }
    rewrite();
  }

 private:
  struct Group {
    std::vector<int> nodes;
    bool open = true;
  };

  const Spec& spec(int v) const { return graph_.values[Size(v)]; }
  int group_of(int v) const { return maker_[Size(v)] == kNone ? kNone : group_[Size(maker_[Size(v)])]; }
  const Dims& dims(const Group& g) const { return spec(graph_.nodes[Size(g.nodes[0])].outputs[0]).dims; }

  bool fits(const Graph::Node& node) const {
    if (elementwise_names().count(node.op->name()) == 0) return false;
    const Spec& out = spec(node.outputs[0]);
    return out.rank() > 0 && !is_half(out.dtype) && std::all_of(node.inputs.begin(), node.inputs.end(), [&](int v) {
             return !is_half(spec(v).dtype) && lie_of(spec(v).dims, out.dims) != Lie::other;
           });
  }

  void join(int i) {
    constexpr Size most = 20;  // nodes; each brings at most three registers
    int into = kNone;
    for (const int v : graph_.nodes[Size(i)].inputs) {
      const int g = group_of(v);
      if (g == kNone || g == into) continue;
      Group& from = groups_[Size(g)];
      if (!from.open || !(dims(from) == spec(graph_.nodes[Size(i)].outputs[0]).dims)) continue;
      const Size size = from.nodes.size() + (into == kNone ? 0 : groups_[Size(into)].nodes.size());
      if (size >= most) continue;
      if (into == kNone) {
        into = g;
        continue;
      }
      for (const int node : from.nodes) {
        group_[Size(node)] = into;
        groups_[Size(into)].nodes.push_back(node);
      }
      from = {{}, false};
    }
    if (into == kNone) {
      into = static_cast<int>(groups_.size());
      groups_.emplace_back();
    }
    groups_[Size(into)].nodes.push_back(i);
    group_[Size(i)] = into;
  }

  void rewrite() {
    std::vector<std::vector<int>> readers(graph_.values.size());  // groups; kNone for everybody else
    for (Size i = 0; i < graph_.nodes.size(); ++i)
      for (const int v : graph_.nodes[i].inputs) readers[Size(v)].push_back(group_[i]);
    for (const auto& output : graph_.outputs) readers[Size(output.value)].push_back(kNone);
    for (const auto& write : graph_.writes) readers[Size(write.value)].push_back(kNone);
    std::vector<Graph::Node> kept;
    for (Size i = 0; i < graph_.nodes.size(); ++i) {
      const int g = group_[i];
      if (g == kNone || groups_[Size(g)].nodes.size() == 1) {
        kept.push_back(std::move(graph_.nodes[i]));
        continue;
      }
      Group& group = groups_[Size(g)];
      std::sort(group.nodes.begin(), group.nodes.end());
      if (group.nodes.back() == static_cast<int>(i)) kept.push_back(fused(group, g, readers));
    }
    graph_.nodes = std::move(kept);
  }

  Graph::Node fused(const Group& group, int g, const std::vector<std::vector<int>>& readers) {
    auto chain = std::make_shared<Fused::Chain>();
    std::vector<int> inputs, outputs;
    std::vector<int> last_read(graph_.values.size(), kNone);  // step
    for (Size s = 0; s < group.nodes.size(); ++s) {
      const Graph::Node& node = graph_.nodes[Size(group.nodes[s])];
      for (const int v : node.inputs) {
        last_read[Size(v)] = static_cast<int>(s);
        if (group_of(v) != g && std::find(inputs.begin(), inputs.end(), v) == inputs.end()) inputs.push_back(v);
      }
      const auto& users = readers[Size(node.outputs[0])];
      if (std::any_of(users.begin(), users.end(), [&](int user) { return user != g; })) {
        outputs.push_back(node.outputs[0]);
        chain->outputs.push_back(spec(node.outputs[0]).dtype);
      }
    }
    std::vector<int> place(graph_.values.size(), kNone);
    int registers = 0;
    for (const auto* list : {&inputs, &outputs})
      for (const int v : *list) place[Size(v)] = registers++;
    std::vector<int> held;  // per temporary: the value in it
    for (Size s = 0; s < group.nodes.size(); ++s) {
      const Graph::Node& node = graph_.nodes[Size(group.nodes[s])];
      Fused::Step step{node.op, {}, kNone};
      chain->text += (s ? "; " : "") + std::string(node.op->name());
      for (const int v : node.inputs) step.inputs.push_back(place[Size(v)]);
      const int out = node.outputs[0];
      if (place[Size(out)] == kNone) {
        Size t = 0;
        while (t < held.size() &&
               (chain->temporaries[t] != spec(out).dtype || last_read[Size(held[t])] >= static_cast<int>(s)))
          ++t;
        if (t == held.size()) {
          held.push_back(out);
          chain->temporaries.push_back(spec(out).dtype);
        }
        held[t] = out;
        place[Size(out)] = registers + static_cast<int>(t);
      } else {
        chain->reuses.push_back(reusable(node, inputs, last_read, static_cast<int>(s)));
      }
      step.output = place[Size(out)];
      chain->steps.push_back(std::move(step));
    }
    chain->text += " on " + std::to_string(inputs.size()) + " inputs, block registers";
    for (const Fused::Step& step : chain->steps) {
      chain->text += " ";
      for (const int in : step.inputs) chain->text += std::to_string(in) + ",";
      chain->text += ">" + std::to_string(step.output);
    }
    return {make_op(Fused{std::move(chain)}), std::move(inputs), std::move(outputs)};
  }

  // The inputs that the output of step s may overwrite.
  unsigned reusable(const Graph::Node& node, const std::vector<int>& inputs, const std::vector<int>& last_read,
                    int s) const {
    unsigned mask = 0;
    const Spec& out = spec(node.outputs[0]);
    for (Size i = 0; i < inputs.size() && i < 32; ++i) {
      const int v = inputs[i];
      if (spec(v).dtype != out.dtype || lie_of(spec(v).dims, out.dims) != Lie::whole) continue;
      bool free = last_read[Size(v)] <= s;
      for (Size k = 0; k < node.inputs.size(); ++k)  // read by this step itself: then the op has to allow it
        if (node.inputs[k] == v) free = free && (node.op->reuses(0) >> k & 1u) != 0;
      if (free) mask |= 1u << i;
    }
    return mask;
  }

  Graph& graph_;
  std::vector<int> maker_;  // per value: the node
  std::vector<int> group_;  // per node
  std::vector<Group> groups_;
};

}  // namespace

bool is_elementwise(const Op& op) { return op.as<Fused>() != nullptr || elementwise_names().count(op.name()) > 0; }

void fuse_elementwise(Graph& graph) { Fuser(graph).run(); }

}  // namespace lamina
