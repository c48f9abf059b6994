#include "program/work.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/grain.h"
#include "ops/matmul.h"
#include "program/control.h"
#include "program/fused.h"
#include "program/passes.h"

namespace lamina {

namespace {

// Measured on Zen 4; what counts is how steps compare, and that differs little from machine to machine.
constexpr double kStep = 200;   // beside the work itself
constexpr double kFlop = 0.01;  // of a product
constexpr double kRecurrentFlop = 0.016;
constexpr double kElement = 0.1;  // read, written or computed
constexpr double kTurn = 100;     // of a recurrence, a step of a scan, beside the work itself

double elements(const Operand& o) { return static_cast<double>(o.shape.size()); }

double elements(const Operand* operands, int count) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += elements(operands[i]);
  return sum;
}

double last_size(const Shape& shape) { return shape.rank() == 0 ? 1 : static_cast<double>(shape[shape.rank() - 1]); }

// Each number of the product's output side (or its gradient) takes the part of the kernel that belongs to its column.
double product_flops(const Operand& side, const Operand& kernel) {
  return 2 * elements(side) * elements(kernel) / std::max(last_size(kernel.shape), 1.0);
}

// Row by row.
bool sorts(const Op& op) { return is_one_of(op, {"sort", "argsort", "top_k"}); }

// Matrix by matrix.
bool decomposes(const Op& op) {
  return is_one_of(op, {"cholesky", "triangular_solve", "lu", "solve", "qr", "eigh", "eig", "svd", "pinv"});
}

double flops_of(const Op& op, const Run& run) {
  if (const auto* matmul = op.as<Matmul>()) {
    const Shape& a = run.inputs[0].shape;
    return 2 * elements(run.outputs[0]) * static_cast<double>(a[a.rank() - (matmul->transpose_a ? 2 : 1)]);
  }
  if (is_one_of(op, {"linear", "conv", "packed"})) return product_flops(run.outputs[0], run.inputs[1]);
  if (is_one_of(op, {"conv_grad_input"})) return product_flops(run.inputs[0], run.inputs[1]);
  if (is_one_of(op, {"conv_grad_kernel"})) return product_flops(run.inputs[1], run.outputs[0]);
  if (is_one_of(op, {"attention"})) return 4 * elements(run.inputs[0]) * static_cast<double>(run.inputs[1].shape[1]);
  if (is_one_of(op, {"attention_grad"}))
    return 10 * elements(run.inputs[0]) * static_cast<double>(run.inputs[5].shape[1]);
  return 0;
}

double elements_of(const Op& op, const Run& run) {
  const double written = elements(run.outputs, run.num_outputs);
  if (is_one_of(op, {"take", "slice", "dynamic_slice", "take_along_axis"}))
    return 2 * written;  // not all that it may read
  if (const auto* fused = op.as<Fused>())
    return elements(run.outputs[0]) * static_cast<double>(fused->chain->steps.size() + 2);
  const double all = elements(run.inputs, run.num_inputs) + written;
  if (is_one_of(op, {"max_pool", "average_pool", "softmax", "batch_norm", "layer_norm"})) return 2 * all;
  if (is_one_of(op, {"max_pool_grad"})) return 3 * all;
  if (sorts(op)) return all * 4 * std::log2(all + 2);
  if (decomposes(op)) return all * last_size(run.inputs[0].shape);
  return all;
}

// The most workers that can share it.
double pieces_of(const Op& op, const Run& run) {
  const double all = elements(run.inputs, std::min(run.num_inputs, 1));
  if (sorts(op)) return all / std::max(last_size(run.inputs[0].shape), 1.0);
  if (decomposes(op)) return all / std::max(std::pow(last_size(run.inputs[0].shape), 2), 1.0);
  return std::numeric_limits<double>::infinity();
}

// A recurrence divides the rows of its batch; the fewer a worker has, the longer it takes for each.
bool recurrent_work(const Op& op, const Run& run, int workers, Work& work) {
  const bool pair = is_one_of(op, {"pair"});  // whose gradient begins with two gradients or states, not with a kernel
  const bool gradient =
      pair ? run.inputs[1].shape.rank() == 3 : is_one_of(op, {"simple_rnn_grad", "gru_grad", "lstm_grad"});
  if (!pair && !gradient && !is_one_of(op, {"simple_rnn", "gru", "lstm"})) return false;
  const Operand& z = gradient ? run.outputs[0] : run.inputs[0];
  const Operand& kernel = gradient ? run.outputs[1] : run.inputs[1];
  constexpr double kBesideRows = 8;
  const double passes = (gradient ? 2 : 1) * (pair ? 2 : 1), rows = static_cast<double>(z.shape[1]) * (pair ? 2 : 1);
  work.alone = passes * (product_flops(z, kernel) * kRecurrentFlop + elements(z) * 5 * kElement +
                         static_cast<double>(z.shape[0]) * kTurn);
  work.shared = work.alone * (std::ceil(rows / workers) + kBesideRows) / (rows + kBesideRows);
  return true;
}

double time_of(const Graphs& graphs);

// Loops are not divided, their steps are too small. How often a `while` turns nobody knows.
double control_time(const Op& op) {
  constexpr double turns = 16;
  if (const auto* scan = op.as<Scan>()) return static_cast<double>(scan->length.value()) * time_of(scan->body);
  if (const auto* loop = op.as<While>()) return turns * (time_of(loop->condition) + time_of(loop->body));
  if (const auto* choice = op.as<Switch>())
    return time_of(choice->branches) / static_cast<double>(choice->branches.size());
  return 0;
}

double time_of(const Graphs& graphs) {
  double sum = 0;
  for (const auto& graph : graphs) {
    sum += kTurn;
    for (const Graph::Node& node : graph->nodes) {
      std::vector<Operand> operands;
      for (const auto* values : {&node.inputs, &node.outputs})
        for (const int v : *values) {
          const Spec& spec = graph->values[static_cast<std::size_t>(v)];
          if (!spec.dims.known()) return sum;
          operands.push_back({nullptr, spec.dtype, spec.dims.shape()});
        }
      const int inputs = static_cast<int>(node.inputs.size());
      if (!node.op->alias())
        sum += work_of(*node.op,
                       Run{operands.data(), inputs, operands.data() + inputs, nullptr,
                           static_cast<int>(node.outputs.size())},
                       1)
                   .alone;
    }
  }
  return sum;
}

}  // namespace

Work work_of(const Op& op, const Run& run, int workers) {
  Work work;
  if (recurrent_work(op, run, workers, work)) return work;
  if (const double time = control_time(op); time > 0) return {kStep + time, kStep + time};
  const double busy = std::max(flops_of(op, run) * kFlop, elements_of(op, run) * kElement);
  const double cost = handing_over(busy);  // an op hands over at least as much
  const double pieces =
      std::max(1.0, std::floor(std::min({static_cast<double>(workers), busy / cost, pieces_of(op, run)})));
  return {kStep + busy, kStep + busy / pieces + (pieces > 1 ? cost : 0)};
}

}  // namespace lamina
