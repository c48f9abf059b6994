// A program: variables and the entries (predict, train_step, ...) that read and write them. It optimizes each entry
// once, plans it once per set of input shapes, and runs it without allocating. Many threads may run entries at once;
// entries and variables are added while none does.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/gate.h"
#include "program/graph.h"
#include "program/plans.h"

namespace lamina {

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
  // The same into tensors that the caller has. Once a batch of that size was run it neither allocates nor locks, unless
  // sizes depend on data.
  void map_batches(const std::string& entry, const std::vector<Tensor>& arrays, std::int64_t batch_size,
                   std::vector<Tensor>& results);
  // Makes what so many runs of it at once will need.
  void prepare(const std::string& entry, const std::vector<Tensor>& arrays, std::int64_t batch_size, int runs);

  // Runs pass through it: any number of those that read variables, or one that writes some. Whoever uses the variables
  // of a program that may run does so too.
  Gate& gate() const { return gate_; }

 private:
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
  std::shared_ptr<Planned> planned(const std::string& entry, const Batch& batch, const Bindings& sizes);
  bool writes(const std::string& entry) const { return !optimized(entry).writes.empty(); }
  // The sizes an entry depends on beside those of its inputs.
  Bindings measure(const std::string& entry, const Batch& batch, const std::vector<const void*>& inputs);
  void check_inputs(const std::string& entry, const std::vector<Tensor>& inputs) const;
  // Gives the workspace what the variables, as they are now, prepare.
  void give_prepared(const std::string& entry, Workspace& workspace);

  std::vector<VariablePtr> variables_;
  std::map<std::string, Graph> traced_, optimized_;           // optimized: also what measures the sizes of an entry
  std::map<std::string, std::vector<std::string>> measured_;  // the symbols of entries that measure sizes
  std::map<std::string, Preparation> preparations_;
  std::map<std::string, Plans> plans_;  // of the optimized graphs
  std::mutex planning_;
  mutable Gate gate_;
};

}  // namespace lamina
