#include "lamina/graph.h"

#include <algorithm>

#include "model/builder.h"
#include "model/state.h"

namespace lamina {

// ---- What a network is made of

GraphBuilder::GraphBuilder() : state_(std::make_unique<State>()) {}
GraphBuilder::GraphBuilder(GraphBuilder&&) noexcept = default;
GraphBuilder& GraphBuilder::operator=(GraphBuilder&&) noexcept = default;
GraphBuilder::~GraphBuilder() = default;

namespace {

void require_new(const std::string& name, const std::vector<std::string>& taken, const char* what) {
  if (name.empty() || std::find(taken.begin(), taken.end(), name) != taken.end())
    fail(ErrorKind::value, std::string(what) + " cannot be named '" + name + "'", "a name that is not taken",
         name.empty() ? "an empty one" : "the same name twice", "Choose another name.");
}

template <class List>
std::vector<std::string> names_of(const List& list) {
  std::vector<std::string> names;
  for (const auto& item : list) names.push_back(item.name);
  return names;
}

}  // namespace

Symbol GraphBuilder::input(const std::string& name, const std::vector<std::int64_t>& shape, DType dtype) {
  require_new(name, names_of(state_->inputs), "An input");
  Dims dims;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < -1 || shape.size() > Shape::max_rank)
      fail(ErrorKind::value, "Input '" + name + "' cannot have this shape",
           "at most 8 sizes of at least 0, or -1 where any will do", std::to_string(shape[axis]), "Check the shape.");
    const std::string unknown = axis == 0 ? "batch" : name + "." + std::to_string(axis);
    dims.push_back(shape[axis] >= 0 ? Dim(shape[axis]) : Dim::symbol(unknown));
  }
  state_->inputs.push_back({name, Symbol(Value::placeholder({dtype, dims}, name))});
  return state_->inputs.back().symbol;
}

Symbol GraphBuilder::variable(const std::string& name, const Tensor& initial, bool trainable) {
  require_new(name, names_of(state_->variables), "A variable");
  for (const char* prefix : {"optimizer/", "metrics/", "sampler/"})
    if (name.rfind(prefix, 0) == 0)
      fail(ErrorKind::value, "A variable cannot be named '" + name + "'",
           "a name that does not begin with '" + std::string(prefix) + "'", "'" + name + "'", "Choose another name.");
  if (!initial || (trainable && !is_floating(initial.dtype())))
    fail(ErrorKind::type, "Variable '" + name + "' cannot begin with this tensor",
         trainable ? "floating numbers, since it is trainable" : "a tensor",
         initial ? name_of(initial.dtype()) : "an empty one", "Pass numbers, or trainable=false.");
  const Value leaf = Value::placeholder({initial.dtype(), Dims(initial.shape())}, name);
  state_->variables.push_back({name, Symbol(leaf), initial.copy(), trainable});
  return Symbol(leaf);
}

void GraphBuilder::entry(const std::string& name, const Symbols& inputs, const NamedSymbols& outputs,
                         const Updates& updates) {
  std::vector<std::string> taken = names_of(state_->entries);
  taken.insert(taken.end(), {"predict", "train_step", "evaluate_step", "results", "reset_metrics", "finish_training"});
  require_new(name, taken, "An entry");
  Entry entry{name, inputs, outputs, updates};
  Assembly(*state_).add(entry);  // says now what is wrong with it
  state_->entries.push_back(std::move(entry));
}

Model GraphBuilder::compile(const NamedSymbols& outputs) const { return Model(assemble(*state_, outputs, nullptr)); }

Model GraphBuilder::compile(const NamedSymbols& outputs, const Training& training) const {
  return Model(assemble(*state_, outputs, &training));
}

// ---- Programs

Assembly::Assembly(const GraphBuilder::State& state) : inputs_(state.inputs) {
  for (const auto& v : state.variables) add_variable(v.name, v.initial, v.trainable, v.leaf);
}

Symbol Assembly::add_variable(const std::string& name, const Tensor& initial, bool trainable, const Symbol& leaf) {
  const auto variable = std::make_shared<Variable>(initial, name, trainable);
  program_->add_variable(variable);
  const Value value = leaf ? leaf.value() : Value::placeholder({initial.dtype(), Dims(initial.shape())}, name);
  variables_.push_back({variable, value, value, false});
  return Symbol(value);
}

namespace {

bool same(const Value& a, const Value& b) { return ValueKey(a) == ValueKey(b); }

}  // namespace

void Assembly::add(const Entry& entry) {
  NamedValues inputs, outputs;
  for (const Symbol& x : entry.inputs) {
    const auto found = std::find_if(inputs_.begin(), inputs_.end(),
                                    [&](const auto& input) { return same(input.symbol.value(), x.value()); });
    if (found == inputs_.end())
      fail(ErrorKind::value, "'" + entry.name + "' takes what is no input of this network", "what input() gave",
           to_string(x.value().spec()), "Pass inputs, and symbols of one network.");
    inputs.emplace_back(found->name, x.value());
  }
  for (const auto& [name, symbol] : entry.outputs) outputs.emplace_back(name, symbol.value());

  std::vector<Trace::Entry> variables = variables_;
  for (const auto& [variable, value] : entry.updates) {
    const auto found = std::find_if(variables.begin(), variables.end(),
                                    [&, &of = variable](const auto& v) { return same(v.leaf, of.value()); });
    if (found == variables.end() || found->assigned)
      fail(ErrorKind::value, "'" + entry.name + "' cannot update this", "a variable of this network, once",
           found == variables.end() ? to_string(variable.value().spec()) + ", which is no variable"
                                    : "'" + found->variable->name + "' twice",
           "Put what variable() gave on the left.");
    found->current = found->variable->fitted(value.value());
    found->assigned = true;
  }
  std::vector<std::pair<int, const Trace::Entry*>> numbered;
  for (std::size_t i = 0; i < variables.size(); ++i) numbered.emplace_back(static_cast<int>(i), &variables[i]);
  program_->add_entry(entry.name, make_graph(inputs, outputs, numbered));
}

}  // namespace lamina
