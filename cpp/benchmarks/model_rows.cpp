#include "model_rows.h"

#include <lamina/model.h>

#include <cstring>
#include <memory>

#include "peak.h"

namespace lamina::bench {

namespace {

// Numbers between -1 and 1, zeros for ints, which may be indices.
Tensor made_up(const Port& port, const Options& options, const std::string& file) {
  if (port.dtype == DType::string)
    fail(ErrorKind::type, "No texts can be made up for the input \"" + port.name + "\"", "inputs of numbers",
         "\"" + file + "\"", "Measure it in Python: lamina bench FILE");
  Shape shape;
  for (const std::int64_t size : port.shape)
    shape.push_back(size >= 0 ? size : shape.rank() == 0 ? options.batch : options.size);
  Tensor x = Tensor::zeros(port.dtype, shape);
  if (port.dtype == DType::float32)
    for (std::int64_t i = 0; i < x.size(); ++i)
      x.data<float>()[i] = static_cast<float>(static_cast<std::uint64_t>(i) * 2654435761u % 2001) / 1000 - 1;
  return x;
}

}  // namespace

void add_model_rows(const Options& options) {
  for (const std::string& file : options.models) {
    const auto model = std::make_shared<const Model>(Model::load(file));
    std::vector<Tensor> inputs;
    for (const Port& port : model->inputs()) inputs.push_back(made_up(port, options, file));
    const auto samples = static_cast<double>(inputs.empty() || inputs[0].shape().rank() == 0 ? 1 : inputs[0].dim(0));
    add_row("predict " + file + ", batch " + std::to_string(options.batch),
            [model, inputs, samples, batch = options.batch](benchmark::State& state) {
              for (auto _ : state) benchmark::DoNotOptimize(model->predict(inputs, batch));
              state.counters["samples/s"] = benchmark::Counter(samples, benchmark::Counter::kIsIterationInvariantRate);
            });
  }
}

}  // namespace lamina::bench
