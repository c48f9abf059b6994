#include "program/workspace.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/parallel_for.h"

namespace lamina {

Workspace::Workspace(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)), arena_(allocate(plan_->arena_bytes)) {
  std::size_t count = 0;
  for (const Plan::Step& step : plan_->steps) count += step.inputs.size() + step.outputs.size();
  operands_.reserve(count);
  copies_.reserve(2 * plan_->copies.size());
  inputs_.resize(plan_->inputs.size());
  outputs_.resize(plan_->outputs.size());
  inputs.resize(inputs_.size());
  outputs.resize(outputs_.size());
  variables_.resize(plan_->reads.size());
  prepared_.resize(static_cast<std::size_t>(plan_->num_prepared));
  for (const std::vector<int>& section : plan_->sections) errors_.resize(std::max(errors_.size(), section.size() - 1));
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

void Workspace::run(const void* const* in, void* const* out, const std::vector<VariablePtr>& variables) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) bind(inputs_[i], in[i]);
  for (std::size_t i = 0; i < outputs_.size(); ++i) bind(outputs_[i], out[i]);
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    if (plan_->writes[i])
      bind(variables_[i], variables[i]->writable().data());
    else if (plan_->reads[i])
      bind(variables_[i], variables[i]->tensor().data());
  }
  texts_.reuse();
  // Before the workers come: they take over the mode.
  const FlushDenormals flush;
  // A run that needs no workers wakes none: whether it does, the last one tells.
  const std::uint64_t jobs = jobs_for_workers();
  if (uses_workers_)
    with_workers([](void* workspace) { static_cast<Workspace*>(workspace)->run_all(); }, this);
  else
    run_all();
  uses_workers_ = jobs_for_workers() != jobs;
}

void Workspace::run_all() {
  int done = 0;
  for (const std::vector<int>& section : plan_->sections) {
    run_steps(done, section.front());
    run_section(section);
    done = section.back();
  }
  run_steps(done, static_cast<int>(runs_.size()));
  for (std::size_t i = 0; i < copies_.size(); i += 2)
    std::memcpy(copies_[i + 1].data, copies_[i].data, copies_[i].bytes());
}

void Workspace::run_steps(int begin, int end) {
  for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
    plan_->steps[i].op->run(runs_[i]);
}

// What a part throws is thrown on when all are through.
void Workspace::run_section(const std::vector<int>& bounds) {
  struct Context {
    Workspace& workspace;
    const std::vector<int>& bounds;
  } context{*this, bounds};
  const auto run_parts = [](void* opaque, std::int64_t begin, std::int64_t end, int) {
    const Context& c = *static_cast<const Context*>(opaque);
    for (auto part = static_cast<std::size_t>(begin); part < static_cast<std::size_t>(end); ++part) try {
        c.workspace.run_steps(c.bounds[part], c.bounds[part + 1]);
      } catch (...) {
        c.workspace.errors_[part] = std::current_exception();
      }
  };
  parallel_for(static_cast<std::int64_t>(bounds.size()) - 1, 1, run_parts, &context);
  std::exception_ptr first;
  for (auto error = errors_.rbegin(); error != errors_.rend(); ++error)
    if (*error) first = std::exchange(*error, nullptr);
  if (first) std::rethrow_exception(first);
}

}  // namespace lamina
