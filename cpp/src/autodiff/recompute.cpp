#include "autodiff/recompute.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "autodiff/custom.h"
#include "autodiff/through.h"
#include "autodiff/variable.h"
#include "ops/creation.h"

namespace lamina {

namespace {

using Keys = std::unordered_set<ValueKey, ValueKeyHash>;

// How values follow from ingredients: the ops, without the numbers in between.
struct Recipe {
  struct Step {
    OpPtr op;
    std::vector<int> inputs;  // from 0: the ingredients, then all outputs of the steps; below: ~i is `fixed[i]`
  };
  Values fixed;
  std::vector<Step> steps;
  std::vector<int> results;

  Values follow(Values values) const {
    auto at = [&](int i) { return i < 0 ? fixed[static_cast<std::size_t>(~i)] : values[static_cast<std::size_t>(i)]; };
    auto all = [&](const std::vector<int>& indices) {
      Values found;
      for (const int i : indices) found.push_back(at(i));
      return found;
    };
    for (const Step& step : steps)
      for (const Value& v : lamina::apply(step.op, all(step.inputs))) values.push_back(v);
    return all(results);
  }
};

// The gradients of the ingredients, through what is computed from them once the gradient is there.
Values pull_through(const Recipe& recipe, const Vjp& v) {
  const Value& there = *std::find_if(v.gradients.begin(), v.gradients.end(), [](const Value& g) { return bool(g); });
  return vjp_through(v, [&](const Values& stand_ins) {
    Values ingredients;
    for (const Value& s : stand_ins) ingredients.push_back(s.concrete() ? s : call(After{}, {s, there})[0]);
    return recipe.follow(std::move(ingredients));
  });
}

// What is computed again: the nodes from a number on.
class Segment {
 public:
  explicit Segment(std::uint64_t since) : since_(since) {
    if (const Trace* trace = Trace::active())
      for (const Trace::Entry& entry : trace->entries())
        if (entry.assigned) assigned_.insert(ValueKey(entry.current));
  }

  // Whether the value is to be computed again. Sizes are measured once.
  bool repeats(const Value& v) const {
    const auto& node = v.node();
    return node && node->number >= since_ && node->op->as<Measure>() == nullptr && assigned_.count(ValueKey(v)) == 0;
  }

  Recipe recipe(const Values& results) {
    const auto nodes = nodes_behind(results);
    for (const auto& node : nodes)
      for (const Value& v : node->inputs)
        if (!repeats(v)) take(v);
    auto next = static_cast<int>(ingredients.size());
    Recipe recipe;
    for (const auto& node : nodes) {
      recipe.steps.push_back({node->op, numbers_of(node->inputs)});
      for (int i = 0; i < static_cast<int>(node->specs.size()); ++i)
        numbers_.emplace(ValueKey(Node::output(node, i)), next++);  // unless it was assigned: then it is taken
    }
    recipe.results = numbers_of(results);
    recipe.fixed = std::move(fixed_);
    return recipe;
  }

  Values ingredients;

 private:
  std::vector<std::shared_ptr<Node>> nodes_behind(const Values& results) const {
    std::vector<std::shared_ptr<Node>> nodes, stack;
    std::unordered_set<const Node*> seen;
    auto visit = [&](const Value& v) {
      if (repeats(v) && seen.insert(v.node().get()).second) stack.push_back(v.node());
    };
    std::for_each(results.begin(), results.end(), visit);
    while (!stack.empty()) {
      auto node = stack.back();
      stack.pop_back();
      std::for_each(node->inputs.begin(), node->inputs.end(), visit);
      nodes.push_back(std::move(node));
    }
    std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a->number < b->number; });
    return nodes;
  }

  void take(const Value& v) {
    const bool is_fixed = v.concrete() ? !v.tracked() : v.node() && v.node()->op->as<Measure>() != nullptr;
    Values& list = is_fixed ? fixed_ : ingredients;
    const auto number = static_cast<int>(list.size());
    if (numbers_.emplace(ValueKey(v), is_fixed ? ~number : number).second) list.push_back(v);
  }

  std::vector<int> numbers_of(const Values& values) const {
    std::vector<int> numbers;
    for (const Value& v : values) numbers.push_back(numbers_.at(ValueKey(v)));
    return numbers;
  }

  std::uint64_t since_;
  Keys assigned_;
  Values fixed_;
  std::unordered_map<ValueKey, int, ValueKeyHash> numbers_;
};

}  // namespace

Values recomputed(const Values& outputs, std::uint64_t since) {
  Segment segment(since);
  Values repeated, plain;
  for (const Value& v : outputs)
    if (segment.repeats(v)) {
      repeated.push_back(v);
      plain.push_back(v.concrete() ? Value(v.tensor()) : v);  // a recorded one would keep what it was made of
    }
  if (repeated.empty()) return outputs;
  Recipe recipe = segment.recipe(repeated);
  const Values found = with_gradient(plain, segment.ingredients,
                                     [recipe = std::move(recipe)](const Vjp& v) { return pull_through(recipe, v); });
  Values result = outputs;
  std::size_t next = 0;
  for (Value& v : result)
    if (segment.repeats(v)) v = found[next++];
  return result;
}

}  // namespace lamina
