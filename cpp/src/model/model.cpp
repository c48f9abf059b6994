#include "lamina/model.h"

#include <algorithm>
#include <cstring>

#include "core/spelling.h"
#include "kernels/random/random.h"
#include "model/state.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

Model::Model(std::unique_ptr<State> state) : state_(std::move(state)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Model Model::load(const std::string& path) { return Model(std::make_unique<State>(io::load(path))); }

Model Model::load(const void* bytes, std::size_t size) { return Model(std::make_unique<State>(io::load(bytes, size))); }

namespace {

std::vector<Port> ports(const Graph& graph, const std::vector<Graph::Named>& values) {
  std::vector<Port> result;
  for (const auto& [name, value] : values) {
    const Spec& spec = graph.values[static_cast<std::size_t>(value)];
    Port port{name, spec.dtype, {}};
    for (const Dim& d : spec.dims) port.shape.push_back(d.value_or(-1));
    result.push_back(std::move(port));
  }
  return result;
}

Variable& variable_of(const Program& program, const std::string& name) {
  if (const VariablePtr v = program.variable(name)) return *v;
  std::vector<std::string> names;
  for (const VariablePtr& v : program.variables()) names.push_back(v->name);
  fail(ErrorKind::value, "The model has no variable '" + name + "'",
       "one of its names; the nearest are " + nearest(name, names), "'" + name + "'",
       "Correct the name; variable_names() lists them.");
}

std::int64_t integer(const Program& program, const std::string& name) {
  return variable_of(program, name).tensor().item<std::int64_t>();
}

void require(const Program& program, const char* entry) {
  if (program.has_entry(entry)) return;
  fail(ErrorKind::state, std::string("The model cannot be trained or evaluated: it has no '") + entry + "'",
       "a model that was compiled before it was saved", "one that only predicts",
       "Call compile() in Python, and save again.");
}

std::vector<Tensor> joined(const std::vector<Tensor>& x, const std::vector<Tensor>& y) {
  std::vector<Tensor> all = x;
  all.insert(all.end(), y.begin(), y.end());
  return all;
}

std::int64_t rows_of(const std::vector<Tensor>& arrays) {
  if (arrays.empty() || arrays[0].rank() == 0 || arrays[0].dim(0) == 0)
    fail(ErrorKind::value, "There is no data", "tensors with at least one row",
         arrays.empty() ? "none" : to_string(arrays[0].shape()), "Check what is passed.");
  return arrays[0].dim(0);
}

Logs results(Program& program) {
  Logs logs;
  const Graph& graph = program.graph("results");
  const std::vector<Tensor> values = program.run("results", {});
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Tensor value = widened(values[i]);
    for_dtype(value.dtype(), [&](auto t) {
      if (value.size() == 1) logs.emplace_back(graph.outputs[i].name, static_cast<double>(value.item<decltype(t)>()));
    });
  }
  return logs;
}

}  // namespace

std::vector<Port> Model::inputs() const {
  const Graph& graph = state_->program().graph("predict");
  return ports(graph, graph.inputs);
}

std::vector<Port> Model::outputs() const {
  const Graph& graph = state_->program().graph("predict");
  return ports(graph, graph.outputs);
}

std::vector<Tensor> Model::predict(const std::vector<Tensor>& inputs, std::int64_t batch_size) const {
  return state_->program().map_batches("predict", inputs, batch_size);
}

void Model::predict_into(const std::vector<Tensor>& inputs, std::vector<Tensor>& outputs,
                         std::int64_t batch_size) const {
  if (outputs.empty()) outputs.resize(state_->program().graph("predict").outputs.size());  // which do not fit
  state_->program().map_batches("predict", inputs, batch_size, outputs);
}

void Model::prepare(const std::vector<Tensor>& inputs, std::int64_t batch_size, int threads) const {
  state_->program().prepare("predict", inputs, batch_size, threads);
}

Tensor Model::predict(const Tensor& input, std::int64_t batch_size) const {
  std::vector<Tensor> outputs = predict(std::vector<Tensor>{input}, batch_size);
  if (outputs.size() != 1)
    fail(ErrorKind::value, "The model has several outputs", "a model with one output",
         std::to_string(outputs.size()) + " outputs", "Call predict with a list of tensors.");
  return outputs[0];
}

NamedTensors Model::predict(const NamedTensors& inputs, std::int64_t batch_size) const {
  const Graph& graph = state_->program().graph("predict");
  std::vector<std::string> names;
  for (const Graph::Named& input : graph.inputs) names.push_back(input.name);
  std::vector<Tensor> ordered(names.size());
  for (const auto& [name, tensor] : inputs) {
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (at == names.size() || ordered[at])
      fail(ErrorKind::value, "The model has no input '" + name + "'" + (at < names.size() ? " but one" : ""),
           "each of its names once; the nearest are " + nearest(name, names), "'" + name + "'", "Correct the name.");
    ordered[at] = tensor;
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!ordered[i])
      fail(ErrorKind::value, "An input is missing", "a tensor for '" + names[i] + "'",
           std::to_string(inputs.size()) + " of " + std::to_string(names.size()) + " inputs", "Pass all inputs.");
  std::vector<Tensor> found = predict(ordered, batch_size);
  NamedTensors outputs;
  for (std::size_t i = 0; i < found.size(); ++i) outputs.emplace_back(graph.outputs[i].name, std::move(found[i]));
  return outputs;
}

std::vector<Logs> Model::fit(const std::vector<Tensor>& x, const std::vector<Tensor>& y, const FitOptions& options) {
  const std::lock_guard<std::recursive_mutex> alone(state_->training);
  Program& program = state_->program();
  for (const char* entry : {"train_step", "results", "reset_metrics"}) require(program, entry);
  const std::vector<Tensor> arrays = joined(x, y);
  const std::int64_t rows = rows_of(arrays);
  if (options.batch_size < 1 || options.epochs < 0)
    fail(ErrorKind::value, "fit cannot run", "a batch size of at least 1 and epochs of at least 0",
         "batch size " + std::to_string(options.batch_size) + ", epochs " + std::to_string(options.epochs),
         "Check the options.");
  const std::int64_t batches = (rows - 1) / options.batch_size + 1;
  std::vector<Logs> history;
  Tensor order(DType::int64, {rows});
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    program.run("reset_metrics", {});
    if (options.shuffle) {
      const Gate::Pass pass(program.gate(), true);
      kernels::random_permutation(rows, static_cast<std::uint64_t>(integer(program, "sampler/seed")),
                                  static_cast<std::uint64_t>(integer(program, "sampler/epoch")),
                                  order.data<std::int64_t>());
      *variable_of(program, "sampler/epoch").writable().data<std::int64_t>() += 1;
    }
    program.run_batches("train_step", arrays, options.batch_size, 0, batches, options.shuffle ? &order : nullptr);
    history.push_back(results(program));
    if (options.on_epoch_end && !options.on_epoch_end(epoch, history.back())) break;
  }
  // What the optimizer does at the end, such as averages in place of weights. Most models have no such entry.
  if (!history.empty() && program.has_entry("finish_training")) program.run("finish_training", {});
  return history;
}

Logs Model::evaluate(const std::vector<Tensor>& x, const std::vector<Tensor>& y, std::int64_t batch_size) {
  const std::lock_guard<std::recursive_mutex> alone(state_->training);
  Program& program = state_->program();
  for (const char* entry : {"evaluate_step", "results", "reset_metrics"}) require(program, entry);
  const std::vector<Tensor> arrays = joined(x, y);
  const std::int64_t rows = rows_of(arrays);
  program.run("reset_metrics", {});
  program.run_batches("evaluate_step", arrays, batch_size, 0, batch_size < 1 ? 1 : (rows - 1) / batch_size + 1,
                      nullptr);
  return results(program);
}

std::vector<std::string> Model::entries() const {
  std::vector<std::string> names;
  for (const auto& [name, graph] : state_->program().graphs()) names.push_back(name);
  return names;
}

std::vector<Tensor> Model::run(const std::string& entry, const std::vector<Tensor>& inputs) {
  return state_->program().run(entry, inputs);
}

double Model::learning_rate() const {
  const Gate::Pass pass(state_->program().gate(), false);
  return static_cast<double>(variable_of(state_->program(), "optimizer/learning_rate").tensor().item<float>());
}

void Model::set_learning_rate(double rate) {
  const Gate::Pass pass(state_->program().gate(), true);
  *variable_of(state_->program(), "optimizer/learning_rate").writable().data<float>() = static_cast<float>(rate);
}

std::vector<std::string> Model::variable_names() const {
  std::vector<std::string> names;
  for (const VariablePtr& v : state_->program().variables()) names.push_back(v->name);
  return names;
}

Tensor Model::variable(const std::string& name) const {
  const Gate::Pass pass(state_->program().gate(), false);
  return variable_of(state_->program(), name).tensor().copy();
}

void Model::set_variable(const std::string& name, const Tensor& value) {
  const Gate::Pass pass(state_->program().gate(), true);
  variable_of(state_->program(), name).assign(Value(value));
}

void Model::save(const std::string& path) const {
  io::save(path, state_->program(), state_->file.metadata, state_->file.golden);
}

}  // namespace lamina
