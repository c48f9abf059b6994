#include "program/program.h"

#include <algorithm>
#include <cstring>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/parallel_for.h"
#include "core/spelling.h"
#include "lamina/error.h"
#include "ops/creation.h"
#include "program/passes.h"

namespace lamina {

Workspace::Workspace(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)), arena_(allocate(plan_->arena_bytes)) {
  std::size_t count = 0;
  for (const Plan::Step& step : plan_->steps) count += step.inputs.size() + step.outputs.size();
  operands_.reserve(count);
  copies_.reserve(2 * plan_->copies.size());
  inputs_.resize(plan_->inputs.size());
  outputs_.resize(plan_->outputs.size());
  variables_.resize(plan_->reads.size());
  prepared_.resize(static_cast<std::size_t>(plan_->num_prepared));
  auto add = [&](std::vector<Operand>& to, const Plan::Operand& o) {
    to.push_back({nullptr, o.dtype, o.shape});
    Operand* operand = &to.back();
    const auto index = static_cast<std::size_t>(std::max(o.place.index, 0));
    switch (o.place.kind) {
      case Place::Kind::arena:
        operand->data = static_cast<char*>(arena_.get()) + o.place.offset;
        break;
      case Place::Kind::constant:
        operand->data = const_cast<void*>(plan_->constants[index].data());
        break;
      case Place::Kind::input:
        inputs_[index].operands.push_back(operand);
        break;
      case Place::Kind::output:
        outputs_[index].operands.push_back(operand);
        break;
      case Place::Kind::prepared:
        prepared_[index].operands.push_back(operand);
        break;
      default:
        variables_[index].operands.push_back(operand);
        break;
    }
    return operand;
  };
  for (const Plan::Step& step : plan_->steps) {
    Run run{operands_.data() + operands_.size(), static_cast<int>(step.inputs.size()), nullptr, nullptr,
            static_cast<int>(step.outputs.size())};
    for (const Plan::Operand& o : step.inputs) add(operands_, o);
    run.outputs = operands_.data() + operands_.size();
    for (const Plan::Operand& o : step.outputs) add(operands_, o);
    if (step.scratch_bytes > 0) run.scratch = static_cast<char*>(arena_.get()) + step.scratch_offset;
    run.texts = &texts_;
    runs_.push_back(run);
  }
  for (const Plan::Copy& copy : plan_->copies) {
    add(copies_, copy.from);
    add(copies_, copy.to);
  }
}

void Workspace::bind(External& external, const void* data) {
  if (external.bound == data) return;
  for (Operand* o : external.operands) o->data = const_cast<void*>(data);
  external.bound = data;
}

void Workspace::take_prepared(std::shared_ptr<const std::vector<Tensor>> prepared, std::uint64_t version) {
  for (std::size_t i = 0; i < prepared_.size(); ++i) bind(prepared_[i], (*prepared)[i].data());
  prepared_tensors_ = std::move(prepared);
  prepared_version_ = version;
}

void Workspace::run(const void* const* inputs, void* const* outputs, const std::vector<VariablePtr>& variables) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) bind(inputs_[i], inputs[i]);
  for (std::size_t i = 0; i < outputs_.size(); ++i) bind(outputs_[i], outputs[i]);
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    if (plan_->writes[i])
      bind(variables_[i], variables[i]->writable().data());
    else if (plan_->reads[i])
      bind(variables_[i], variables[i]->tensor().data());
  }
  texts_.reuse();
  // A run that needs no workers wakes none: whether it does, the last one tells.
  const std::uint64_t jobs = jobs_for_workers();
  if (uses_workers_)
    with_workers([](void* workspace) { static_cast<Workspace*>(workspace)->run_steps(); }, this);
  else
    run_steps();
  uses_workers_ = jobs_for_workers() != jobs;
}

void Workspace::run_steps() {
  FlushDenormals flush;
  for (std::size_t i = 0; i < runs_.size(); ++i) plan_->steps[i].op->run(runs_[i]);
  for (std::size_t i = 0; i < copies_.size(); i += 2)
    std::memcpy(copies_[i + 1].data, copies_[i].data,
                static_cast<std::size_t>(copies_[i].shape.size()) * size_of(copies_[i].dtype));
}

void Program::add_variable(const VariablePtr& variable) {
  for (const VariablePtr& v : variables_) {
    if (v == variable) return;
    if (v->name == variable->name)
      fail(ErrorKind::value, "Two variables of a program have one name", "unique names",
           "'" + variable->name + "' twice", "Give the layers different names.");
  }
  variables_.push_back(variable);
  plans_.clear();  // they number the variables
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
  plans_.erase(name);
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
  plans_.erase(measures_of(entry));
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

Program::Planned& Program::planned(const std::string& entry, const std::vector<Shape>& shapes, const Bindings& sizes) {
  std::vector<std::unique_ptr<Planned>>& plans = plans_[entry];
  for (auto& p : plans)
    if (p->shapes == shapes && p->sizes == sizes) return *p;
  auto fresh = std::make_unique<Planned>();
  fresh->shapes = shapes;
  fresh->sizes = sizes;
  fresh->plan =
      std::make_shared<const Plan>(make_plan(optimized(entry), shapes, static_cast<int>(variables_.size()), sizes));
  constexpr std::size_t most = 64;  // shapes kept per entry; the oldest goes first
  if (plans.size() == most) plans.erase(plans.begin());
  plans.push_back(std::move(fresh));
  return *plans.back();
}

class Program::Lease {
 public:
  Lease(Program& program, const std::string& entry, const std::vector<Shape>& shapes, const Bindings& sizes)
      : program_(program), entry_(entry) {
    std::lock_guard<std::mutex> lock(program_.mutex_);
    Planned& planned = program_.planned(entry, shapes, sizes);
    plan_ = planned.plan;
    if (!planned.idle.empty()) {
      workspace_ = std::move(planned.idle.back());
      planned.idle.pop_back();
    } else {
      workspace_ = std::make_unique<Workspace>(plan_);
    }
  }
  ~Lease() {
    std::lock_guard<std::mutex> lock(program_.mutex_);
    auto it = program_.plans_.find(entry_);
    if (it == program_.plans_.end()) return;  // replaced meanwhile
    for (auto& p : it->second)
      if (p->plan == plan_) p->idle.push_back(std::move(workspace_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Workspace* operator->() { return workspace_.get(); }
  Workspace& operator*() { return *workspace_; }

 private:
  Program& program_;
  const std::string& entry_;
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Workspace> workspace_;
};

void Program::prepare(const std::string& entry, Workspace& workspace) {
  const auto found = preparations_.find(entry);
  if (found == preparations_.end()) return;
  Preparation& preparation = found->second;
  std::uint64_t version = 0;
  for (const Graph::OfVariable& read : preparation.graph.reads)
    version += variables_[static_cast<std::size_t>(read.variable)]->version();
  if (workspace.prepared_version() == version) return;
  std::lock_guard<std::mutex> lock(mutex_);
  if (preparation.version != version) {
    if (!preparation.plan)
      preparation.plan =
          std::make_shared<const Plan>(make_plan(preparation.graph, {}, static_cast<int>(variables_.size())));
    auto results = std::make_shared<std::vector<Tensor>>();
    std::vector<void*> out;
    for (const Spec& spec : preparation.plan->outputs) results->emplace_back(spec.dtype, spec.dims.shape());
    for (Tensor& result : *results) out.push_back(result.data());
    Workspace(preparation.plan).run(nullptr, out.data(), variables_);
    preparation.results = std::move(results);
    preparation.version = version;
  }
  workspace.take_prepared(preparation.results, version);
}

Bindings Program::measure(const std::string& entry, const std::vector<Shape>& shapes,
                          const std::vector<const void*>& inputs) {
  Bindings sizes;
  const auto found = measured_.find(entry);
  if (found == measured_.end()) return sizes;
  const std::string measures = measures_of(entry);
  std::vector<std::int64_t> values(found->second.size());
  std::vector<void*> outputs;
  for (std::int64_t& value : values) outputs.push_back(&value);
  Lease workspace(*this, measures, shapes, {});
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
  std::lock_guard<std::mutex> lock(mutex_);
  return planned(entry, input_shapes, {}).plan;
}

namespace {

std::vector<Tensor> make_outputs(const Plan& plan) {
  std::vector<Tensor> outputs;
  for (const Spec& spec : plan.outputs) outputs.emplace_back(spec.dtype, spec.dims.shape());
  return outputs;
}

// The same with bytes of their own for texts, which only a workspace holds so far.
void own_texts(std::vector<Tensor>& tensors) {
  for (Tensor& t : tensors)
    if (t.dtype() == DType::string) t = t.copy();
}

// The same for some rows of a tensor; gives what holds the bytes.
Tensor own_rows(Tensor& tensor, std::int64_t begin, std::int64_t end) {
  Tensor rows = tensor.rows(begin, end);
  Tensor own = rows.copy();
  std::memcpy(rows.data(), own.data(), rows.bytes());
  return own;
}

std::int64_t count_rows(const std::vector<Tensor>& arrays) {
  std::int64_t rows = -1;
  for (const Tensor& a : arrays) {
    if (a.rank() == 0 || (rows >= 0 && a.dim(0) != rows))
      fail(ErrorKind::value, "The arrays do not have the same number of rows", std::to_string(rows) + " rows",
           "shape " + to_string(a.shape()), "Give arrays with one row per sample.");
    rows = a.dim(0);
  }
  return std::max<std::int64_t>(rows, 0);
}

std::vector<Shape> batch_shapes(const std::vector<Tensor>& arrays, std::int64_t rows) {
  std::vector<Shape> shapes;
  for (const Tensor& a : arrays) {
    shapes.push_back(a.shape());
    shapes.back()[0] = rows;
  }
  return shapes;
}

// Tensors for the outputs of all rows, of which a batch has `size`.
std::vector<Tensor> make_rows(const std::string& entry, const Plan& plan, std::int64_t size, std::int64_t rows) {
  std::vector<Tensor> results;
  for (const Spec& spec : plan.outputs) {
    Shape shape = spec.dims.shape();
    if (shape.rank() == 0 || shape[0] != size)
      fail(ErrorKind::value, "'" + entry + "' cannot be mapped over batches", "outputs with one row per sample",
           "shape " + to_string(shape) + " for " + std::to_string(size) + " samples", "Run it on one batch instead.");
    shape[0] = rows;
    results.emplace_back(spec.dtype, shape);
  }
  return results;
}

// Throws Error (value) when the rows of a batch have other sizes than those before: sizes can depend on the data.
void check_rows(const std::string& entry, const Plan& plan, const std::vector<Tensor>& results) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    Shape shape = plan.outputs[i].dims.shape(), before = results[i].shape();
    shape[0] = before[0];
    if (shape != before)
      fail(ErrorKind::value, "'" + entry + "' gives rows of another size for each batch", to_string(before),
           to_string(shape), "Run it batch by batch, or fix the size (output_sequence_length, say).");
  }
}

std::vector<Shape> shapes_of(const std::vector<Tensor>& tensors) {
  std::vector<Shape> shapes;
  for (const Tensor& t : tensors) shapes.push_back(t.shape());
  return shapes;
}

std::vector<const void*> data_of(const std::vector<Tensor>& tensors) {
  std::vector<const void*> data;
  for (const Tensor& t : tensors) data.push_back(t.data());
  return data;
}

std::size_t row_bytes(const Tensor& a) {
  return static_cast<std::size_t>(a.shape().size(1, a.rank())) * size_of(a.dtype());
}

}  // namespace

std::size_t Program::bytes_of_run(const std::string& entry, const std::vector<Tensor>& inputs) {
  check_inputs(entry, inputs);
  const std::vector<Shape> shapes = shapes_of(inputs);
  const std::vector<const void*> in = data_of(inputs);
  const Bindings sizes = measure(entry, shapes, in);
  std::lock_guard<std::mutex> lock(mutex_);
  const Plan& plan = *planned(entry, shapes, sizes).plan;
  std::size_t bytes = plan.arena_bytes;
  for (const Spec& spec : plan.outputs)
    bytes += static_cast<std::size_t>(spec.dims.shape().size()) * size_of(spec.dtype);
  return bytes;
}

std::vector<Tensor> Program::run(const std::string& entry, const std::vector<Tensor>& inputs) {
  check_inputs(entry, inputs);
  const std::vector<Shape> shapes = shapes_of(inputs);
  const std::vector<const void*> in = data_of(inputs);
  Lease workspace(*this, entry, shapes, measure(entry, shapes, in));
  prepare(entry, *workspace);
  std::vector<Tensor> outputs = make_outputs(workspace->plan());
  std::vector<void*> out;
  for (Tensor& t : outputs) out.push_back(t.data());
  workspace->run(in.data(), out.data(), variables_);
  own_texts(outputs);
  return outputs;
}

std::vector<Tensor> Program::run_batches(const std::string& entry, const std::vector<Tensor>& arrays,
                                         std::int64_t batch_size, std::int64_t first, std::int64_t count,
                                         const Tensor* order) {
  check_inputs(entry, arrays);
  const std::int64_t rows = count_rows(arrays);
  if (batch_size < 1 || first < 0 || count < 1 || rows < 1 || first > (rows - 1) / batch_size)
    fail(ErrorKind::value, "There are no such batches", "a batch size above 0 and batches inside the data",
         "batches " + std::to_string(first) + " on, " + std::to_string(count) + " of " + std::to_string(batch_size) +
             " rows, of " + std::to_string(rows) + " rows",
         "Check the arguments.");
  if (order != nullptr && (order->dtype() != DType::int64 || order->size() != rows))
    fail(ErrorKind::value, "The order does not fit the data", "int64 row numbers, one per row",
         std::string(name_of(order->dtype())) + " " + to_string(order->shape()), "Pass a permutation of the rows.");
  const auto* row_order = order ? order->data<std::int64_t>() : nullptr;
  const std::int64_t left = (rows - 1) / batch_size + 1 - first;  // batches
  const std::int64_t end = count >= left ? rows : (first + count) * batch_size;
  for (std::int64_t i = first * batch_size; row_order != nullptr && i < end; ++i)
    if (row_order[i] < 0 || row_order[i] >= rows)
      fail(ErrorKind::index, "The order names a row that is not there", "numbers in [0, " + std::to_string(rows) + ")",
           std::to_string(row_order[i]), "Pass a permutation of the rows.");

  std::vector<Tensor> outputs;
  std::vector<const void*> in(arrays.size());
  std::vector<void*> out;
  if (row_order != nullptr) staging_.resize(arrays.size());
  // Points at the rows of a batch, or gathers them in their order.
  const auto stage = [&](std::int64_t begin, std::int64_t size) {
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      const std::size_t bytes = row_bytes(arrays[i]), needed = bytes * static_cast<std::size_t>(size);
      const char* from = static_cast<const char*>(arrays[i].data());
      if (row_order == nullptr) {
        in[i] = from + bytes * static_cast<std::size_t>(begin);
        continue;
      }
      if (!staging_[i] || staging_[i].bytes() < needed)
        staging_[i] = Tensor(DType::uint8, {static_cast<std::int64_t>(std::max<std::size_t>(needed, 1))});
      char* to = static_cast<char*>(staging_[i].data());
      for (std::int64_t r = 0; r < size; ++r)
        std::memcpy(to + bytes * static_cast<std::size_t>(r),
                    from + bytes * static_cast<std::size_t>(row_order[begin + r]), bytes);
      in[i] = to;
    }
  };
  const bool measures = measured_.count(entry) > 0;
  for (std::int64_t begin = first * batch_size; begin < end;) {
    // All full batches share a workspace, unless their sizes have to be measured; a short last one has its own.
    const std::int64_t size = std::min(batch_size, rows - begin);
    const std::vector<Shape> shapes = batch_shapes(arrays, size);
    stage(begin, size);
    Lease workspace(*this, entry, shapes, measure(entry, shapes, in));
    prepare(entry, *workspace);
    outputs = make_outputs(workspace->plan());
    out.clear();
    for (Tensor& t : outputs) out.push_back(t.data());
    workspace->run(in.data(), out.data(), variables_);
    for (begin += size; !measures && begin < end && std::min(batch_size, rows - begin) == size; begin += size) {
      stage(begin, size);
      workspace->run(in.data(), out.data(), variables_);
    }
    own_texts(outputs);
  }
  return outputs;
}

std::vector<Tensor> Program::map_batches(const std::string& entry, const std::vector<Tensor>& arrays,
                                         std::int64_t batch_size) {
  check_inputs(entry, arrays);
  const std::int64_t rows = count_rows(arrays);
  if (batch_size < 1 || rows < 1)
    fail(ErrorKind::value, "There is nothing to run on", "at least one row and a batch size above 0",
         std::to_string(rows) + " rows, batch size " + std::to_string(batch_size), "Check the data.");
  std::vector<Tensor> results, texts;
  std::vector<const void*> in(arrays.size());
  std::vector<void*> out;
  const bool measures = measured_.count(entry) > 0;
  for (std::int64_t begin = 0; begin < rows;) {
    const std::int64_t size = std::min(batch_size, rows - begin);
    const std::vector<Shape> shapes = batch_shapes(arrays, size);
    const auto point = [&] {
      for (std::size_t i = 0; i < arrays.size(); ++i)
        in[i] = static_cast<const char*>(arrays[i].data()) + row_bytes(arrays[i]) * static_cast<std::size_t>(begin);
    };
    point();
    Lease workspace(*this, entry, shapes, measure(entry, shapes, in));
    prepare(entry, *workspace);
    if (results.empty()) results = make_rows(entry, workspace->plan(), size, rows);
    out.resize(results.size());
    check_rows(entry, workspace->plan(), results);
    do {
      point();
      for (std::size_t i = 0; i < results.size(); ++i)
        out[i] = static_cast<char*>(results[i].data()) + row_bytes(results[i]) * static_cast<std::size_t>(begin);
      workspace->run(in.data(), out.data(), variables_);
      for (Tensor& result : results)
        if (result.dtype() == DType::string) texts.push_back(own_rows(result, begin, begin + size));
      begin += size;
    } while (!measures && begin < rows && std::min(batch_size, rows - begin) == size);
  }
  own_texts(results);
  return results;
}

}  // namespace lamina
