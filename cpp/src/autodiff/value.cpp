#include "autodiff/value.h"

#include <algorithm>
#include <atomic>

#include "autodiff/order.h"
#include "core/arena.h"
#include "core/cpu.h"
#include "lamina/error.h"

namespace lamina {

namespace {

thread_local int recordings = 0;

}  // namespace

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> count{0};
  return count.fetch_add(1, std::memory_order_relaxed);
}

Recording::Recording() { ++recordings; }
Recording::~Recording() { --recordings; }
bool Recording::active() { return recordings > 0; }

Value::Value(Tensor tensor) : impl_(std::make_shared<Impl>()) { impl_->tensor = std::move(tensor); }

Value Value::placeholder(Spec spec, std::string name) {
  auto impl = std::make_shared<Impl>();
  impl->spec = std::move(spec);
  impl->name = std::move(name);
  return Value(std::move(impl));
}

bool Value::concrete() const { return static_cast<bool>(impl_->tensor); }

const Tensor& Value::tensor() const {
  if (!concrete())
    fail(ErrorKind::type, "A symbolic tensor has no numbers yet", "a concrete tensor",
         "a symbolic " + to_string(spec()),
         "Compute with ops (ops.where, ops.cond), or run the model eagerly: compile(run_eagerly=True).");
  return impl_->tensor;
}

DType Value::dtype() const { return concrete() ? impl_->tensor.dtype() : impl_->spec.dtype; }
int Value::rank() const { return concrete() ? impl_->tensor.rank() : impl_->spec.rank(); }
Dim Value::dim(int axis) const { return concrete() ? Dim(impl_->tensor.dim(axis)) : impl_->spec.dims[axis]; }
Dims Value::dims() const { return concrete() ? Dims(impl_->tensor.shape()) : impl_->spec.dims; }
Spec Value::spec() const { return {dtype(), dims()}; }
const std::shared_ptr<Node>& Value::node() const { return impl_->node; }
int Value::index() const { return impl_->index; }
const std::string& Value::name() const { return impl_->name; }
bool Value::tracked() const { return impl_->node != nullptr || impl_->watched; }
void Value::watch() const { impl_->watched = true; }

Value Node::output(const std::shared_ptr<Node>& node, int index) {
  auto impl = std::make_shared<Value::Impl>();
  if (!node->tensors.empty())
    impl->tensor = node->tensors[index];
  else
    impl->spec = node->specs[index];
  impl->node = node;
  impl->index = index;
  return Value(std::move(impl));
}

std::vector<Tensor> run_now(const Op& op, const std::vector<Tensor>& inputs) {
  Specs specs;
  std::vector<Operand> in, out;
  for (const Tensor& t : inputs) {
    specs.push_back({t.dtype(), Dims(t.shape())});
    in.push_back({const_cast<void*>(t.data()), t.dtype(), t.shape()});
  }
  std::vector<Tensor> outputs;
  if (op.alias()) {
    const Spec spec = op.infer(specs)[0];
    if (spec.dtype == inputs[0].dtype()) return {inputs[0].reshaped(spec.dims.shape())};
    return {Tensor(spec.dtype, spec.dims.shape(), const_cast<void*>(inputs[0].data()), inputs[0].owner())};
  }
  for (const Spec& spec : op.infer(specs)) {
    outputs.emplace_back(spec.dtype, spec.dims.shape());
    out.push_back({outputs.back().data(), spec.dtype, outputs.back().shape()});
  }
  Run run{in.data(), static_cast<int>(in.size()), out.data(), nullptr, static_cast<int>(out.size())};
  std::shared_ptr<void> scratch;
  if (const std::size_t bytes = op.scratch(run)) {
    scratch = allocate(bytes);
    run.scratch = scratch.get();
  }
  Texts texts;
  run.texts = &texts;
  FlushDenormals flush;
  op.run(run);
  for (Tensor& t : outputs)
    if (t.dtype() == DType::string) t = t.copy();  // its bytes are those of inputs, or of `texts`
  return outputs;
}

Values apply(const OpPtr& op, const Values& inputs) {
  const bool concrete =
      op->sized() && std::all_of(inputs.begin(), inputs.end(), [](const Value& v) { return v.concrete(); });
  if (concrete) {
    std::vector<Tensor> tensors;
    tensors.reserve(inputs.size());
    for (const Value& v : inputs) tensors.push_back(v.tensor());
    std::vector<Tensor> results = run_now(*op, tensors);
    const bool record =
        recordings > 0 && std::any_of(inputs.begin(), inputs.end(), [](const Value& v) { return v.tracked(); });
    Values outputs;
    if (!record) {
      for (Tensor& t : results) outputs.emplace_back(std::move(t));
      return outputs;
    }
    auto node = std::make_shared<Node>(Node{op, inputs, {}, std::move(results), next_number()});
    for (const Tensor& t : node->tensors) node->specs.push_back({t.dtype(), Dims(t.shape())});
    for (std::size_t i = 0; i < node->tensors.size(); ++i) outputs.push_back(Node::output(node, static_cast<int>(i)));
    return outputs;
  }
  Specs specs;
  for (const Value& v : inputs) specs.push_back(v.spec());
  auto node = std::make_shared<Node>(Node{op, inputs, op->infer(specs), {}, next_number()});
  Values outputs;
  for (std::size_t i = 0; i < node->specs.size(); ++i) outputs.push_back(Node::output(node, static_cast<int>(i)));
  return outputs;
}

}  // namespace lamina
