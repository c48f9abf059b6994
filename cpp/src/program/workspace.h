// The memory and the pointers for running one plan; one per concurrent run.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "program/plan.h"

namespace lamina {

class Workspace {
 public:
  explicit Workspace(std::shared_ptr<const Plan> plan);

  // `out` has the plan's shapes. Variables that the plan writes are changed in place. The bytes of texts among the
  // outputs are those of the inputs, or stay until the next run.
  void run(const void* const* in, void* const* out, const std::vector<VariablePtr>& variables);
  void run(const std::vector<VariablePtr>& variables = {}) { run(inputs.data(), outputs.data(), variables); }
  const Plan& plan() const { return *plan_; }

  // What the plan takes as prepared, and of which state of the variables it is.
  void take_prepared(std::shared_ptr<const std::vector<Tensor>> prepared, std::uint64_t version);
  std::uint64_t prepared_version() const { return prepared_version_; }

  // For whoever runs it: room for the pointers, and for rows gathered into a batch.
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  std::vector<Tensor> staging;

 private:
  struct External {  // pointers to refresh when the caller's memory moves
    std::vector<Operand*> operands;
    const void* bound = nullptr;
  };
  void bind(External& external, const void* data);
  void run_all();
  void run_steps(int begin, int end);
  void run_section(const std::vector<int>& bounds);

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<void> arena_;
  std::vector<Operand> operands_;  // of all steps, in a row
  std::vector<Run> runs_;
  std::vector<Operand> copies_;             // from, to, from, to, ...
  std::vector<std::exception_ptr> errors_;  // of the parts of a section
  Texts texts_;
  std::vector<External> inputs_, outputs_, variables_, prepared_;
  std::shared_ptr<const std::vector<Tensor>> prepared_tensors_;
  std::uint64_t prepared_version_ = 0;
  bool uses_workers_ = false;
};

}  // namespace lamina
