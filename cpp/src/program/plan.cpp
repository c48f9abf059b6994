#include "program/plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "core/arena.h"
#include "core/grain.h"
#include "lamina/error.h"
#include "program/branches.h"

namespace lamina {

Bindings bind_inputs(const Graph& graph, const std::vector<Shape>& shapes) {
  if (shapes.size() != graph.inputs.size())
    fail(ErrorKind::value, "Wrong number of inputs", std::to_string(graph.inputs.size()), std::to_string(shapes.size()),
         "Pass one tensor per input.");
  Bindings bindings;
  std::map<std::string, std::string> bound_by;
  for (int pass = 0; pass < 2; ++pass)  // symbols first, then expressions of them
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const auto& input = graph.inputs[i];
      const Dims& dims = graph.values[static_cast<std::size_t>(input.value)].dims;
      auto wrong = [&](const std::string& why) {
        fail(ErrorKind::value, "Input '" + input.name + "' has the wrong shape" + why, to_string(dims),
             to_string(shapes[i]), "Give data of the expected shape (None is any size).");
      };
      if (dims.rank() != shapes[i].rank()) wrong("");
      for (int a = 0; a < dims.rank(); ++a) {
        const Dim& d = dims[static_cast<std::size_t>(a)];
        const std::int64_t size = shapes[i][a];
        if (pass == 0 && d.kind() == Dim::Kind::symbol) {
          auto [it, is_new] = bindings.emplace(d.name(), size);
          if (is_new)
            bound_by[d.name()] = input.name;
          else if (it->second != size)
            wrong(": '" + d.name() + "' is " + std::to_string(it->second) + " in input '" + bound_by[d.name()] + "'");
        } else if (pass == 1 && d.kind() != Dim::Kind::symbol && d.evaluate(bindings) != size) {
          wrong("");
        }
      }
    }
  return bindings;
}

namespace {

constexpr int kForever = std::numeric_limits<int>::max();

class Planner {
 public:
  Planner(const Graph& graph, const std::vector<Shape>& shapes, int num_variables, const Bindings& sizes,
          const Team& team)
      : graph_(graph), team_(team), bindings_(bind_inputs(graph, shapes)) {
    bindings_.insert(sizes.begin(), sizes.end());
    plan_.reads.assign(static_cast<std::size_t>(num_variables), false);
    plan_.writes.assign(static_cast<std::size_t>(num_variables), false);
  }

  Plan run() {
    bind();
    find_roots();
    find_sections();
    find_last_uses();
    place_leaves();
    place_writes();
    place_outputs();
    place_arena();
    make_steps();
    make_copies();
    place_offsets();
    return std::move(plan_);
  }

 private:
  struct BoundNode {
    OpPtr op;
    const std::vector<int>*inputs, *outputs;
  };
  using Size = std::size_t;

  // Where a node stands: its part is [begin, end), in the section [first, last); all 0 for one that is in none.
  struct Lane {
    int begin = 0, end = 0, first = 0, last = 0;
  };

  // What an op is told about sizes.
  struct Operands {
    std::vector<lamina::Operand> inputs, outputs;
    Operands(const Planner& planner, const BoundNode& node) {
      for (const int v : *node.inputs) inputs.push_back({nullptr, planner.dtype_of_value(v), planner.shape_of(v)});
      for (const int v : *node.outputs) outputs.push_back({nullptr, planner.dtype_of_value(v), planner.shape_of(v)});
    }
    Run run() const {
      return {inputs.data(), static_cast<int>(inputs.size()), outputs.data(), nullptr,
              static_cast<int>(outputs.size())};
    }
    bool has_texts() const {
      const auto is_text = [](const lamina::Operand& o) { return o.dtype == DType::string; };
      return std::any_of(inputs.begin(), inputs.end(), is_text) || std::any_of(outputs.begin(), outputs.end(), is_text);
    }
  };

  Shape shape_of(int v) const { return shapes_[Size(v)]; }
  DType dtype_of_value(int v) const { return graph_.values[Size(v)].dtype; }
  std::size_t bytes_of(int v) const { return lamina::bytes_of(dtype_of_value(v), shape_of(v)); }

  // Ops and shapes with numbers for all dims.
  void bind() {
    shapes_.resize(graph_.values.size());
    auto known = [&](int v) {
      shapes_[Size(v)] = graph_.values[Size(v)].dims.evaluate(bindings_);
      check_size(shapes_[Size(v)]);
    };
    for (const auto& input : graph_.inputs) {
      known(input.value);
      plan_.inputs.push_back({dtype_of_value(input.value), Dims(shape_of(input.value))});
    }
    for (const auto& constant : graph_.constants) known(constant.value);
    for (const auto& read : graph_.reads) known(read.value);
    for (const int value : graph_.prepared) known(value);
    for (const Graph::Node& node : graph_.nodes) {
      OpPtr op = node.op->bind(bindings_);
      Specs inputs;
      for (int v : node.inputs) inputs.push_back({dtype_of_value(v), Dims(shape_of(v))});
      const Specs outputs = op->infer(inputs);
      for (Size i = 0; i < outputs.size(); ++i) {
        shapes_[Size(node.outputs[i])] = outputs[i].dims.shape();
        check_size(shapes_[Size(node.outputs[i])]);
      }
      nodes_.push_back({std::move(op), &node.inputs, &node.outputs});
    }
  }

  // A value under another shape has the memory of its root. The nodes that give it that shape have nothing to do.
  void find_roots() {
    roots_.resize(graph_.values.size());
    std::iota(roots_.begin(), roots_.end(), 0);
    for (const BoundNode& node : nodes_) {
      if (!node.op->alias()) continue;
      const int v = (*node.outputs)[0];
      roots_[Size(v)] = root((*node.inputs)[0]);
      waits_[v] = waits_[(*node.inputs)[0]];  // what comes after something (see `After`) does so for its memory's sake
      waits_[v].insert(waits_[v].end(), node.inputs->begin() + 1, node.inputs->end());
    }
    nodes_.erase(std::remove_if(nodes_.begin(), nodes_.end(), [](const BoundNode& n) { return n.op->alias(); }),
                 nodes_.end());
    find_producers();
  }
  int root(int v) const { return roots_[Size(v)]; }

  void find_producers() {
    producers_.assign(graph_.values.size(), -1);
    for (Size i = 0; i < nodes_.size(); ++i)
      for (int v : *nodes_[i].outputs) producers_[Size(v)] = static_cast<int>(i);
  }

  // The nodes of a part come to stand one behind the other.
  void find_sections() {
    lanes_.resize(nodes_.size());
    std::vector<BoundNode> ordered = nodes_;
    const std::vector<Task> all = tasks();
    double time = 0;
    for (const Task& task : all) time += task.work.shared;
    const double cost = team_.handing_over ? *team_.handing_over : handing_over(time);
    for (const Section& section : find_branches(all, team_.workers, cost)) {
      std::vector<int> bounds = {section.first};
      for (const std::vector<int>& part : section.parts) {
        const int begin = bounds.back(), end = begin + static_cast<int>(part.size());
        for (int i = begin; i < end; ++i) {
          ordered[Size(i)] = nodes_[Size(part[Size(i - begin)])];
          lanes_[Size(i)] = {begin, end, section.first, section.last};
        }
        bounds.push_back(end);
      }
      plan_.sections.push_back(std::move(bounds));
    }
    nodes_ = std::move(ordered);
    find_producers();
  }

  std::vector<Task> tasks() const {
    std::vector<Task> tasks(nodes_.size());
    std::vector<std::vector<int>> readers(graph_.values.size());  // per root
    for (Size i = 0; i < nodes_.size(); ++i) {
      const Operands operands(*this, nodes_[i]);
      tasks[i].work = work_of(*nodes_[i].op, operands.run(), team_.workers);
      tasks[i].by_itself = operands.has_texts();  // their memory is one for all steps
      for (const int v : *nodes_[i].inputs) {
        readers[Size(root(v))].push_back(static_cast<int>(i));
        if (const int from = producers_[Size(root(v))]; from >= 0) tasks[i].after.push_back(from);
        if (const auto waits = waits_.find(v); waits != waits_.end())
          for (const int w : waits->second)
            if (const int from = producers_[Size(root(w))]; from >= 0) tasks[i].after.push_back(from);
      }
    }
    // The new value of a variable may be computed right into it: not while others read the old one.
    std::map<int, int> replaced;  // per variable: the node
    for (const auto& [variable, value] : graph_.writes) replaced[variable] = producers_[Size(root(value))];
    for (const auto& [variable, value] : graph_.reads) {
      const auto by = replaced.find(variable);
      if (by == replaced.end() || by->second < 0) continue;
      for (const int reader : readers[Size(value)])
        if (reader != by->second)
          tasks[Size(std::max(reader, by->second))].after.push_back(std::min(reader, by->second));
    }
    return tasks;
  }

  // Whether two nodes may run at the same time.
  bool side_by_side(int i, int j) const {
    const Lane &a = lanes_[Size(i)], &b = lanes_[Size(j)];
    return a.end > 0 && b.end > 0 && a.first == b.first && a.begin != b.begin;
  }

  void find_last_uses() {
    last_use_.assign(graph_.values.size(), -1);
    parallel_uses_.assign(graph_.values.size(), false);
    for (Size i = 0; i < nodes_.size(); ++i)
      for (int v : *nodes_[i].inputs) {
        const Size r = Size(root(v));
        const int before = last_use_[r], now = static_cast<int>(i);
        // Once true it stays so for the other parts' nodes of the same section.
        const bool same_section = before >= 0 && lanes_[i].end > 0 && lanes_[Size(before)].first == lanes_[i].first &&
                                  lanes_[Size(before)].end > 0;
        parallel_uses_[r] = same_section && (parallel_uses_[r] || side_by_side(before, now));
        last_use_[r] = now;
      }
    for (const auto& output : graph_.outputs) last_use_[Size(root(output.value))] = kForever;
    for (const auto& write : graph_.writes)  // a leaf that becomes another variable's value is copied at the end
      if (producers_[Size(root(write.value))] < 0) last_use_[Size(root(write.value))] = kForever;
  }

  void place_leaves() {
    places_.resize(graph_.values.size());
    for (Size i = 0; i < graph_.inputs.size(); ++i)
      places_[Size(graph_.inputs[i].value)] = {Place::Kind::input, static_cast<int>(i), 0};
    for (Size i = 0; i < graph_.constants.size(); ++i) {
      places_[Size(graph_.constants[i].value)] = {Place::Kind::constant, static_cast<int>(i), 0};
      plan_.constants.push_back(graph_.constants[i].tensor);
    }
    for (const auto& [variable, value] : graph_.reads) {
      places_[Size(value)] = {Place::Kind::variable, variable, 0};
      plan_.reads[Size(variable)] = true;
    }
    for (const int value : graph_.prepared) places_[Size(value)] = {Place::Kind::prepared, plan_.num_prepared++, 0};
  }

  // Whether node i may write its output v over the root r, of which it is the last user.
  bool may_overwrite(int i, int v, int r) const {
    if (parallel_uses_[Size(r)]) return false;
    const BoundNode& node = nodes_[Size(i)];
    const Size output = Size(std::find(node.outputs->begin(), node.outputs->end(), v) - node.outputs->begin());
    const unsigned reuses = node.op->reuses(static_cast<int>(output));
    bool used = false;
    for (Size k = 0; k < node.inputs->size(); ++k) {
      const int in = (*node.inputs)[k];
      if (root(in) != r) continue;
      if (k >= 32 || !(reuses >> k & 1u) || bytes_of(in) != bytes_of(v)) return false;
      used = true;
    }
    return used;
  }

  // A new value of a variable is computed right into it when nobody reads the old value afterwards.
  void place_writes() {
    for (const auto& [variable, value] : graph_.writes) {
      plan_.writes[Size(variable)] = true;
      const int r = root(value), producer = producers_[Size(r)];
      if (producer < 0 || places_[Size(r)].kind != Place::Kind::none || last_use_[Size(r)] == kForever) continue;
      int last_read = -1, read_root = -1;
      for (const auto& read : graph_.reads)
        if (read.variable == variable) {
          read_root = read.value;
          last_read = last_use_[Size(read.value)];
        }
      if (last_read > producer || (last_read == producer && !may_overwrite(producer, r, read_root))) continue;
      places_[Size(r)] = {Place::Kind::variable, variable, 0};
    }
  }

  void place_outputs() {
    for (Size i = 0; i < graph_.outputs.size(); ++i) {
      const int value = graph_.outputs[i].value;
      plan_.outputs.push_back({dtype_of_value(value), Dims(shape_of(value))});
      Place& place = places_[Size(root(value))];
      if (producers_[Size(root(value))] >= 0 && place.kind == Place::Kind::none)
        place = {Place::Kind::output, static_cast<int>(i), 0};
    }
  }

  // The rest gets intervals of the arena; a value that overwrites another shares its interval.
  void place_arena() {
    intervals_of_.assign(graph_.values.size(), -1);
    for (const auto& [variable, value] : graph_.writes) {  // copied out at the end
      int& last = last_use_[Size(root(value))];
      if (places_[Size(root(value))].kind == Place::Kind::none) last = kForever;
    }
    for (Size i = 0; i < nodes_.size(); ++i) {
      std::vector<int> taken;
      for (int v : *nodes_[i].outputs) {
        if (places_[Size(v)].kind != Place::Kind::none) continue;
        int interval = -1;
        for (int in : *nodes_[i].inputs) {
          const int r = root(in), candidate = intervals_of_[Size(r)];
          if (candidate < 0 || last_use_[Size(r)] != static_cast<int>(i) || !may_overwrite(static_cast<int>(i), v, r))
            continue;
          if (std::find(taken.begin(), taken.end(), candidate) != taken.end()) continue;
          interval = candidate;
          break;
        }
        if (interval < 0) {
          interval = static_cast<int>(intervals_.size());
          intervals_.push_back({bytes_of(v), static_cast<int>(i), static_cast<int>(i), 0});
        }
        taken.push_back(interval);
        intervals_[Size(interval)].last =
            std::max({intervals_[Size(interval)].last, last_use_[Size(v)], static_cast<int>(i)});
        intervals_of_[Size(v)] = interval;
        places_[Size(v)].kind = Place::Kind::arena;
      }
    }
  }

  Plan::Operand operand(int v) const { return {places_[Size(root(v))], dtype_of_value(v), shape_of(v)}; }

  void make_steps() {
    for (Size i = 0; i < nodes_.size(); ++i) {
      const BoundNode& node = nodes_[i];
      Plan::Step step{node.op, {}, {}, 0, 0};
      std::int64_t elements = 0;
      for (int v : *node.inputs) step.inputs.push_back(operand(v));
      for (int v : *node.outputs) {
        step.outputs.push_back(operand(v));
        elements += shape_of(v).size();
      }
      if (elements == 0) continue;
      const Operands operands(*this, node);
      step.scratch_bytes = node.op->scratch(operands.run());
      if (step.scratch_bytes > 0) {
        scratch_intervals_.push_back(static_cast<int>(intervals_.size()));
        intervals_.push_back({step.scratch_bytes, static_cast<int>(i), static_cast<int>(i), 0});
      } else {
        scratch_intervals_.push_back(-1);
      }
      node_of_step_.push_back(static_cast<int>(i));
      plan_.steps.push_back(std::move(step));
    }
    for (std::vector<int>& section : plan_.sections)
      for (int& bound : section)
        bound = static_cast<int>(std::lower_bound(node_of_step_.begin(), node_of_step_.end(), bound) -
                                 node_of_step_.begin());
  }

  // What was not computed in place: outputs first, since variables may still hold what they want.
  void make_copies() {
    for (Size i = 0; i < graph_.outputs.size(); ++i) {
      const int value = graph_.outputs[i].value;
      const Plan::Operand from = operand(value);
      if (from.place.kind == Place::Kind::output && from.place.index == static_cast<int>(i)) continue;
      add_copy(value, from, {{Place::Kind::output, static_cast<int>(i), 0}, from.dtype, from.shape});
    }
    std::vector<Plan::Copy> last;
    for (const auto& [variable, value] : graph_.writes) {
      Plan::Operand from = operand(value);
      if (from.place.kind == Place::Kind::variable && from.place.index == variable) continue;
      const Plan::Operand to{{Place::Kind::variable, variable, 0}, from.dtype, from.shape};
      if (from.place.kind == Place::Kind::variable && plan_.writes[Size(from.place.index)]) {
        // Its variable may be overwritten first (two that swap): by way of the arena.
        const Plan::Operand way{{Place::Kind::arena, static_cast<int>(intervals_.size()), 0}, from.dtype, from.shape};
        intervals_.push_back({bytes_of(value), kForever - 1, kForever, 0});
        plan_.copies.push_back({from, way});
        last.push_back({way, to});
      } else {
        last.push_back({from, to});
        if (from.place.kind == Place::Kind::arena) last.back().from.place.index = intervals_of_[Size(root(value))];
      }
    }
    plan_.copies.insert(plan_.copies.end(), last.begin(), last.end());
  }

  void add_copy(int value, Plan::Operand from, const Plan::Operand& to) {
    if (from.place.kind == Place::Kind::arena) from.place.index = intervals_of_[Size(root(value))];
    plan_.copies.push_back({from, to});
  }

  Lane lane_of(int i) const { return i < static_cast<int>(lanes_.size()) ? lanes_[Size(i)] : Lane{}; }

  // The parts of a section run at the same time: what lives within one of them lies in a block that is its own, and
  // what lives longer lives as long as the section.
  void place_intervals() {
    struct Block {
      std::vector<Interval> intervals;
      std::vector<Size> which;
    };
    Block whole;
    std::map<int, Block> blocks;  // by the first node of the part
    for (Size k = 0; k < intervals_.size(); ++k) {
      Interval interval = intervals_[k];
      const Lane first = lane_of(interval.first), last = lane_of(interval.last);
      const bool within = first.end > 0 && interval.last < first.end;
      if (!within && first.end > 0) interval.first = first.first;
      if (!within && last.end > 0) interval.last = last.last - 1;
      Block& block = within ? blocks[first.begin] : whole;
      block.intervals.push_back(interval);
      block.which.push_back(k);
    }
    for (auto& [begin, block] : blocks)
      whole.intervals.push_back({place(block.intervals), lanes_[Size(begin)].first, lanes_[Size(begin)].last - 1, 0});
    plan_.arena_bytes = place(whole.intervals);
    for (Size k = 0; k < whole.which.size(); ++k) intervals_[whole.which[k]].offset = whole.intervals[k].offset;
    Size k = whole.which.size();
    for (const auto& [begin, block] : blocks) {
      for (Size j = 0; j < block.which.size(); ++j)
        intervals_[block.which[j]].offset = whole.intervals[k].offset + block.intervals[j].offset;
      ++k;
    }
    for (int i = 0; i < static_cast<int>(nodes_.size()); ++i) {
      std::size_t live = 0;
      for (const Interval& interval : whole.intervals)
        if (interval.first <= i && i <= interval.last) live += aligned(interval.bytes);
      plan_.live_bytes = std::max(plan_.live_bytes, live);
    }
  }

  void place_offsets() {
    place_intervals();
    for (Size s = 0; s < plan_.steps.size(); ++s) {
      Plan::Step& step = plan_.steps[s];
      const BoundNode& node = nodes_[Size(node_of_step_[s])];
      for (Size k = 0; k < step.inputs.size(); ++k) set_offset(step.inputs[k], root((*node.inputs)[k]));
      for (Size k = 0; k < step.outputs.size(); ++k) set_offset(step.outputs[k], root((*node.outputs)[k]));
      if (scratch_intervals_[s] >= 0) step.scratch_offset = intervals_[Size(scratch_intervals_[s])].offset;
    }
    for (Plan::Copy& copy : plan_.copies)
      for (Plan::Operand* o : {&copy.from, &copy.to})
        if (o->place.kind == Place::Kind::arena) o->place.offset = intervals_[Size(o->place.index)].offset;
  }

  void set_offset(Plan::Operand& o, int r) {
    if (o.place.kind == Place::Kind::arena) o.place.offset = intervals_[Size(intervals_of_[Size(r)])].offset;
  }

  const Graph& graph_;
  const Team team_;
  Bindings bindings_;
  Plan plan_;
  std::vector<BoundNode> nodes_;           // without those that only give another shape
  std::vector<Lane> lanes_;                // per node
  std::vector<Shape> shapes_;              // per value
  std::vector<int> roots_;                 // per value
  std::vector<int> producers_;             // per value: the node, or -1 for leaves
  std::map<int, std::vector<int>> waits_;  // per value: what else must be there before it
  std::vector<int> last_use_;              // per root: the node
  std::vector<bool> parallel_uses_;        // per root: the last use may be at the same time as another one
  std::vector<Place> places_;              // per root
  std::vector<Interval> intervals_;
  std::vector<int> intervals_of_;       // per root
  std::vector<int> scratch_intervals_;  // per step
  std::vector<int> node_of_step_;       // per step
};

}  // namespace

Plan make_plan(const Graph& graph, const std::vector<Shape>& input_shapes, int num_variables, const Bindings& sizes,
               const Team& team) {
  return Planner(graph, input_shapes, num_variables, sizes, team).run();
}

}  // namespace lamina
