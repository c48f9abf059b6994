// A model from a .lamina file: predicts, trains on, and saves, without Python.
//
//   lamina::Model model = lamina::Model::load("digits.lamina");
//   lamina::Tensor y = model.predict(x);      // x: float32 (n, 8, 8, 1)
//   model.fit({x}, {labels});                 // goes on where Python stopped
//   model.save("digits.lamina");
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/error.h"
#include "lamina/export.h"
#include "lamina/io.h"
#include "lamina/tensor.h"

namespace lamina {

// Named results, in the order Python reports them: "loss", then the metrics.
using Logs = std::vector<std::pair<std::string, double>>;

struct FitOptions {
  int epochs = 1;
  std::int64_t batch_size = 32;
  bool shuffle = true;  // a new order each epoch, a pure function of the model's
                        // seed and the epoch's number
  // Called after each epoch; return false to stop.
  std::function<bool(int epoch, const Logs& logs)> on_epoch_end = nullptr;
};

// What a model takes or gives.
struct Port {
  std::string name;
  DType dtype;
  std::vector<std::int64_t> shape;  // -1 where any size is taken
};

class LAMINA_API Model {
 public:
  // Reads and verifies the file: every checksum, and that this machine computes
  // the golden outputs stored in it. Throws Error (io, value).
  static Model load(const std::string& path);
  // The same from the bytes of such a file, which are copied.
  static Model load(const void* bytes, std::size_t size);

  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  std::vector<Port> inputs() const;
  std::vector<Port> outputs() const;

  // One row of output per row of input, computed in batches. May be called from
  // many threads at once. Throws Error (value, type) for wrong numbers, shapes
  // or dtypes.
  std::vector<Tensor> predict(const std::vector<Tensor>& inputs, std::int64_t batch_size = 32) const;
  Tensor predict(const Tensor& input, std::int64_t batch_size = 32) const;  // of a model with one input and output
  // By name, in any order; gives all outputs with their names. Throws Error (value) for unknown and missing names.
  NamedTensors predict(const NamedTensors& inputs, std::int64_t batch_size = 32) const;

  // Trains with the loss, optimizer and metrics the model was compiled with. x
  // and y are one tensor per input and output (and one of sample weights, if
  // the model was fitted with them), one row per sample. Gives each epoch's
  // logs. With an optimizer that keeps averages of the weights they are in place
  // at the end. Throws Error (state) for a model saved without compile().
  std::vector<Logs> fit(const std::vector<Tensor>& x, const std::vector<Tensor>& y, const FitOptions& options = {});
  Logs evaluate(const std::vector<Tensor>& x, const std::vector<Tensor>& y, std::int64_t batch_size = 32);

  // Runs one of the file's entries ("predict", "train_step", ...) once, on whole
  // tensors. Throws Error (value, type) for an unknown name or wrong inputs.
  std::vector<std::string> entries() const;
  std::vector<Tensor> run(const std::string& entry, const std::vector<Tensor>& inputs);

  double learning_rate() const;
  void set_learning_rate(double rate);

  // Weights, optimizer slots, seeds and counters by name ("conv2d/kernel",
  // "optimizer/iterations").
  std::vector<std::string> variable_names() const;
  Tensor variable(const std::string& name) const;  // a copy
  void set_variable(const std::string& name, const Tensor& value);

  // Atomic: the old file stays as it was unless all went well. Python's
  // load_model opens what this writes.
  void save(const std::string& path) const;

 private:
  struct State;
  explicit Model(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lamina
