#include "program/program.h"

#include <algorithm>

#include "core/log.h"
#include "core/spelling.h"
#include "lamina/error.h"
#include "ops/creation.h"
#include "program/passes.h"
#include "program/runs.h"

namespace lamina {

void Program::add_variable(const VariablePtr& variable) {
  for (const VariablePtr& v : variables_) {
    if (v == variable) return;
    if (v->name == variable->name)
      fail(ErrorKind::value, "Two variables of a program have one name", "unique names",
           "'" + variable->name + "' twice", "Give the layers different names.");
  }
  variables_.push_back(variable);
  for (auto& [entry, plans] : plans_) plans.clear();  // they number the variables
  for (auto& [entry, preparation] : preparations_) preparation.plan = nullptr;
}

void Program::add_entry(const std::string& name, const NamedValues& inputs, const NamedValues& outputs,
                        const Trace& trace) {
  std::vector<std::pair<int, const Trace::Entry*>> variables;
  for (const Trace::Entry& entry : trace.entries()) {
    add_variable(entry.variable);
    const auto at = std::find(variables_.begin(), variables_.end(), entry.variable) - variables_.begin();
    variables.emplace_back(static_cast<int>(at), &entry);
  }
  add_entry(name, make_graph(inputs, outputs, variables));
}

void Program::add_entry(const std::string& name, Graph graph) {
  remove_dead_nodes(graph);
  Graph fast = graph, preparation;
  optimize(fast, &preparation);
  plans_[name].clear();
  preparations_.erase(name);
  if (!fast.prepared.empty()) preparations_[name].graph = std::move(preparation);
  add_measures(name, graph);
  traced_[name] = std::move(graph);
  optimized_[name] = std::move(fast);
}

namespace {

std::string measures_of(const std::string& entry) { return entry + "/sizes"; }

}  // namespace

void Program::add_measures(const std::string& entry, const Graph& graph) {
  Graph sizes = graph;
  sizes.outputs.clear();
  sizes.writes.clear();
  for (const Graph::Node& node : graph.nodes)
    if (const auto* measure = node.op->as<Measure>()) sizes.outputs.push_back({measure->symbol, node.inputs[0]});
  measured_.erase(entry);
  plans_[measures_of(entry)].clear();
  optimized_.erase(measures_of(entry));
  if (sizes.outputs.empty()) return;
  for (const Graph::Named& output : sizes.outputs) measured_[entry].push_back(output.name);
  optimize(sizes);
  optimized_[measures_of(entry)] = std::move(sizes);
}

bool Program::has_entry(const std::string& name) const { return traced_.count(name) > 0; }

namespace {

const Graph& find(const std::map<std::string, Graph>& graphs, const std::string& entry) {
  auto it = graphs.find(entry);
  if (it != graphs.end()) return it->second;
  std::vector<std::string> names;
  for (const auto& [name, graph] : graphs) names.push_back(name);
  fail(ErrorKind::value, "The program has no entry '" + entry + "'",
       names.empty() ? "no entries yet" : nearest(entry, names), "'" + entry + "'",
       "A model has 'train_step' and 'evaluate_step' once it was compiled and fitted or evaluated.");
}

}  // namespace

const Graph& Program::graph(const std::string& entry) const { return find(traced_, entry); }
const Graph& Program::optimized(const std::string& entry) const { return find(optimized_, entry); }

const Graph* Program::preparation(const std::string& entry) const {
  const auto found = preparations_.find(entry);
  return found == preparations_.end() ? nullptr : &found->second.graph;
}

VariablePtr Program::variable(const std::string& name) const {
  for (const VariablePtr& v : variables_)
    if (v->name == name) return v;
  return nullptr;
}

namespace {

std::string described(const std::string& entry, const Planned& planned) {
  std::string text = entry + " of";
  for (const Shape& shape : planned.shapes) text += " " + to_string(shape);
  return text + ": " + std::to_string(planned.plan->steps.size()) + " steps, " +
         std::to_string(planned.plan->sections.size()) + " times side by side, " +
         std::to_string(planned.plan->arena_bytes) + " bytes";
}

}  // namespace

std::shared_ptr<Planned> Program::planned(const std::string& entry, const Batch& batch, const Bindings& sizes) {
  const Graph& graph = optimized(entry);
  Plans& plans = plans_.at(entry);
  if (auto found = plans.find(batch, sizes)) return found;
  auto fresh = std::make_shared<Planned>();
  {
    const std::lock_guard<std::mutex> lock(planning_);
    if (auto found = plans.find(batch, sizes)) return found;
    fresh->shapes = batch.shapes();
    fresh->sizes = sizes;
    fresh->plan =
        std::make_shared<const Plan>(make_plan(graph, fresh->shapes, static_cast<int>(variables_.size()), sizes));
    plans.add(fresh);
  }
  // Without the lock: who takes the line may use this program.
  if (logs(LogTopic::programs)) log(LogTopic::programs, described(entry, *fresh));
  return fresh;
}

void Program::give_prepared(const std::string& entry, Workspace& workspace) {
  const auto found = preparations_.find(entry);
  if (found == preparations_.end()) return;
  Preparation& preparation = found->second;
  std::uint64_t version = 0;
  for (const Graph::OfVariable& read : preparation.graph.reads)
    version += variables_[static_cast<std::size_t>(read.variable)]->version();
  if (workspace.prepared_version() == version) return;
  const std::lock_guard<std::mutex> lock(planning_);
  if (preparation.version != version) {
    if (!preparation.plan)
      preparation.plan =
          std::make_shared<const Plan>(make_plan(preparation.graph, {}, static_cast<int>(variables_.size())));
    auto results = std::make_shared<std::vector<Tensor>>(make_outputs(*preparation.plan));
    Workspace once(preparation.plan);
    for (std::size_t i = 0; i < results->size(); ++i) once.outputs[i] = (*results)[i].data();
    once.run(variables_);
    preparation.results = std::move(results);
    preparation.version = version;
  }
  workspace.take_prepared(preparation.results, version);
}

Bindings Program::measure(const std::string& entry, const Batch& batch, const std::vector<const void*>& inputs) {
  Bindings sizes;
  const auto found = measured_.find(entry);
  if (found == measured_.end()) return sizes;
  std::vector<std::int64_t> values(found->second.size());
  std::vector<void*> outputs;
  for (std::int64_t& value : values) outputs.push_back(&value);
  Lease workspace(*this, measures_of(entry), batch, {});
  workspace->run(inputs.data(), outputs.data(), variables_);
  for (std::size_t i = 0; i < values.size(); ++i) sizes[found->second[i]] = values[i];
  return sizes;
}

void Program::check_inputs(const std::string& entry, const std::vector<Tensor>& inputs) const {
  const Graph& g = optimized(entry);
  if (inputs.size() != g.inputs.size())
    fail(ErrorKind::value, "'" + entry + "' got the wrong number of inputs", std::to_string(g.inputs.size()),
         std::to_string(inputs.size()), "Pass one tensor per input.");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Spec& spec = g.values[static_cast<std::size_t>(g.inputs[i].value)];
    if (inputs[i].dtype() != spec.dtype)
      fail(ErrorKind::type, "Input '" + g.inputs[i].name + "' has the wrong dtype", to_string(spec),
           std::string(name_of(inputs[i].dtype())) + " " + to_string(inputs[i].shape()), "Convert the data.");
  }
}

std::shared_ptr<const Plan> Program::plan(const std::string& entry, const std::vector<Shape>& input_shapes) {
  std::vector<Tensor> inputs;
  for (const Shape& shape : input_shapes) inputs.emplace_back(DType::uint8, shape, nullptr, nullptr);
  return planned(entry, Batch{inputs}, {})->plan;
}

std::vector<Tensor> make_outputs(const Plan& plan) {
  std::vector<Tensor> outputs;
  for (const Spec& spec : plan.outputs) outputs.emplace_back(spec.dtype, spec.dims.shape());
  return outputs;
}

void own_texts(std::vector<Tensor>& tensors) {
  for (Tensor& t : tensors)
    if (t.dtype() == DType::string) t = t.copy();
}

std::vector<const void*> data_of(const std::vector<Tensor>& arrays) {
  std::vector<const void*> data;
  for (const Tensor& a : arrays) data.push_back(a.data());
  return data;
}

std::size_t Program::bytes_of_run(const std::string& entry, const std::vector<Tensor>& inputs) {
  check_inputs(entry, inputs);
  const Gate::Pass pass(gate_, false);
  const Batch batch{inputs};
  const auto plan = planned(entry, batch, measure(entry, batch, data_of(inputs)))->plan;
  std::size_t bytes = plan->arena_bytes;
  for (const Spec& spec : plan->outputs) bytes += spec.bytes();
  return bytes;
}

std::vector<Tensor> Program::run(const std::string& entry, const std::vector<Tensor>& inputs) {
  check_inputs(entry, inputs);
  const Gate::Pass pass(gate_, writes(entry));
  const Batch batch{inputs};
  Lease workspace(*this, entry, batch, measure(entry, batch, data_of(inputs)));
  std::vector<Tensor> outputs = make_outputs(workspace->plan());
  workspace->inputs = data_of(inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) workspace->outputs[i] = outputs[i].data();
  workspace->run(variables_);
  own_texts(outputs);
  return outputs;
}

}  // namespace lamina
