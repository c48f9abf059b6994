// A model from a .lamina file, or built in C++ (graph.h): predicts, trains on, and saves, without Python.
//
//   lamina::Model model = lamina::Model::load("digits.lamina");
//   lamina::Tensor y = model.predict(x);      // x: float32 (n, 8, 8, 1)
//   model.fit({x}, {labels});                 // goes on where Python stopped
//   model.save("digits.lamina");
//
// Threads may use one model at once, whatever they do with it: predictions run side by side, each with memory of its
// own; a step of `fit` waits until those that run have ended, and a prediction sees the weights between two steps.
// `fit` and `evaluate` on one model come one after the other. Only moving and destroying it are for one thread alone.
//
// What a model refuses changes nothing in it. Errors name the input, file or variable, and the reason.
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
  int epochs = 1;                // at least 0
  std::int64_t batch_size = 32;  // at least 1; the last batch of an epoch may be smaller
  bool shuffle = true;           // a new order each epoch, a pure function of the model's
                                 // seed and the epoch's number
  // Called after each epoch, in the thread of `fit`; return false to stop. It may use the model in any way.
  std::function<bool(int epoch, const Logs& logs)> on_epoch_end = nullptr;
};

// What a model takes or gives: the shape of all rows, the first size being their number.
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
  // Into tensors of the caller, of the outputs' dtypes and shapes. Once a batch of this size was predicted (and what is
  // left over for the last batch), it takes no memory and no lock, as long as no more threads predict at once than did
  // before, or than `prepare` was told. Models whose sizes depend on their data, such as those that split texts, still
  // take memory. Throws Error (type, value) for tensors that do not fit, and for outputs that are texts.
  //   std::vector<lamina::Tensor> x = {image}, y = {lamina::Tensor(lamina::DType::float32, {1, 10})};
  //   model.prepare(x, 1);
  //   for (;;) model.predict_into(x, y, 1);
  void predict_into(const std::vector<Tensor>& inputs, std::vector<Tensor>& outputs,
                    std::int64_t batch_size = 32) const;
  // Plans batches of such inputs, whose numbers do not matter, and takes the memory that so many threads need. The
  // first run of a thread still starts its workers when runs may use more than one (runtime.h).
  void prepare(const std::vector<Tensor>& inputs, std::int64_t batch_size = 32, int threads = 1) const;

  // Trains with the loss, optimizer and metrics the model was compiled with. x
  // and y are one tensor per input and output (and one of sample weights, if
  // the model was fitted with them), one row per sample. Gives each epoch's
  // logs. With an optimizer that keeps averages of the weights they are in place
  // at the end. Throws Error (state) for a model that was not compiled for training, Error (value, type, index) for
  // data that do not fit.
  std::vector<Logs> fit(const std::vector<Tensor>& x, const std::vector<Tensor>& y, const FitOptions& options = {});
  Logs evaluate(const std::vector<Tensor>& x, const std::vector<Tensor>& y, std::int64_t batch_size = 32);

  // Runs one of the model's entries ("predict", "train_step", ...) once, on whole tensors, and gives its outputs.
  // Throws Error (value, type) for an unknown name or wrong inputs.
  //   model.run("train_step", {x, labels});   // one batch
  std::vector<std::string> entries() const;
  std::vector<Tensor> run(const std::string& entry, const std::vector<Tensor>& inputs);

  // Of the optimizer; counts from the next step on. Throws Error (value) for a model that has none, or whose rate
  // follows a schedule.
  double learning_rate() const;
  void set_learning_rate(double rate);

  // Weights, optimizer slots, seeds and counters by name ("conv2d/kernel",
  // "optimizer/iterations").
  std::vector<std::string> variable_names() const;
  Tensor variable(const std::string& name) const;  // a copy; throws Error (value) with the nearest names
  // Copies the value. Throws Error (value) for an unknown name, and for another dtype or shape than the variable's.
  void set_variable(const std::string& name, const Tensor& value);

  // Atomic: the old file stays as it was unless all went well. Python's load_model opens what this writes. Throws Error
  // (io) that names the path and the reason: a folder that is missing or read-only, a full disk.
  void save(const std::string& path) const;

  struct State;  // the library's
  explicit Model(std::unique_ptr<State> state);

 private:
  std::unique_ptr<State> state_;
};

}  // namespace lamina
