// A program: variables and the entries (predict, train_step, ...) that read and write them. It optimizes each entry
// once, plans it once per set of input shapes, and runs it without allocating.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "program/graph.h"
#include "program/plan.h"

namespace lamina {

// The memory and the pointers for running one plan; one per concurrent run.
class Workspace {
 public:
  explicit Workspace(std::shared_ptr<const Plan> plan);

  // `outputs` have the plan's shapes. Variables that the plan writes are changed in place. The bytes of texts among the
  // outputs are those of the inputs, or stay until the next run.
  void run(const void* const* inputs, void* const* outputs, const std::vector<VariablePtr>& variables);
  const Plan& plan() const { return *plan_; }

  // What the plan takes as prepared, and of which state of the variables it is.
  void take_prepared(std::shared_ptr<const std::vector<Tensor>> prepared, std::uint64_t version);
  std::uint64_t prepared_version() const { return prepared_version_; }

 private:
  struct External {  // pointers to refresh when the caller's memory moves
    std::vector<Operand*> operands;
    const void* bound = nullptr;
  };
  void bind(External& external, const void* data);
  void run_steps();

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<void> arena_;
  std::vector<Operand> operands_;  // of all steps, in a row
  std::vector<Run> runs_;
  std::vector<Operand> copies_;  // from, to, from, to, ...
  Texts texts_;
  std::vector<External> inputs_, outputs_, variables_, prepared_;
  std::shared_ptr<const std::vector<Tensor>> prepared_tensors_;
  std::uint64_t prepared_version_ = 0;
  bool uses_workers_ = false;
};

class Program {
 public:
  // An entry of the same name is replaced.
  void add_entry(const std::string& name, const NamedValues& inputs, const NamedValues& outputs, const Trace& trace);
  void add_entry(const std::string& name, Graph graph);
  void add_variable(
      const VariablePtr& variable);  // unless it is there; throws Error (value) for a name taken by another
  bool has_entry(const std::string& name) const;
  const Graph& graph(const std::string& entry) const;  // as traced; throws Error (value) for an unknown entry
  const Graph& optimized(const std::string& entry) const;
  const Graph* preparation(const std::string& entry) const;  // null when nothing is prepared
  const std::map<std::string, Graph>& graphs() const { return traced_; }
  const std::vector<VariablePtr>& variables() const { return variables_; }
  VariablePtr variable(const std::string& name) const;  // null when there is none

  std::shared_ptr<const Plan> plan(const std::string& entry, const std::vector<Shape>& input_shapes);

  std::vector<Tensor> run(const std::string& entry, const std::vector<Tensor>& inputs);
  // Runs the entry over `count` batches of the arrays' rows from batch `first` on, in the order given by row numbers
  // (null: as they are); gives the outputs of the last batch.
  std::vector<Tensor> run_batches(const std::string& entry, const std::vector<Tensor>& arrays, std::int64_t batch_size,
                                  std::int64_t first, std::int64_t count, const Tensor* order);
  // What a run on these inputs needs: its arena and its outputs.
  std::size_t bytes_of_run(const std::string& entry, const std::vector<Tensor>& inputs);
  // Runs the entry over all rows and puts the outputs of the batches one after the other.
  std::vector<Tensor> map_batches(const std::string& entry, const std::vector<Tensor>& arrays, std::int64_t batch_size);

 private:
  struct Planned {
    std::vector<Shape> shapes;
    Bindings sizes;  // that were measured
    std::shared_ptr<const Plan> plan;
    std::vector<std::unique_ptr<Workspace>> idle;
  };
  // What an entry computes from its variables alone, and the last results.
  struct Preparation {
    Graph graph;
    std::shared_ptr<const Plan> plan;
    std::shared_ptr<const std::vector<Tensor>> results;
    std::uint64_t version = 0;  // of the variables that the results are of
  };
  // A workspace taken from its pool for the time of a run.
  class Lease;

  void add_measures(const std::string& entry, const Graph& graph);
  Planned& planned(const std::string& entry, const std::vector<Shape>& shapes, const Bindings& sizes);  // locked
  // The sizes an entry depends on beside those of its inputs.
  Bindings measure(const std::string& entry, const std::vector<Shape>& shapes, const std::vector<const void*>& inputs);
  void check_inputs(const std::string& entry, const std::vector<Tensor>& inputs) const;
  // Gives the workspace what the variables, as they are now, prepare.
  void prepare(const std::string& entry, Workspace& workspace);

  std::vector<VariablePtr> variables_;
  std::map<std::string, Graph> traced_, optimized_;           // optimized: also what measures the sizes of an entry
  std::map<std::string, std::vector<std::string>> measured_;  // the symbols of entries that measure sizes
  std::map<std::string, Preparation> preparations_;
  std::map<std::string, std::vector<std::unique_ptr<Planned>>> plans_;
  std::vector<Tensor> staging_;  // rows gathered for a shuffled batch
  std::mutex mutex_;
};

}  // namespace lamina
