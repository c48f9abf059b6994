#include "autodiff/variable.h"

#include <cstring>

#include "lamina/error.h"
#include "ops/functions.h"

namespace lamina {

namespace {

thread_local Trace* active_trace = nullptr;

}  // namespace

Value Variable::read() {
  if (Trace* trace = Trace::active()) return trace->entry(shared_from_this()).current;
  return leaf();
}

Value Variable::leaf() {
  if (Trace* trace = Trace::active()) return trace->entry(shared_from_this()).leaf;
  if (!current_) {
    current_ = Value(tensor_);
    if (trainable && is_floating(dtype())) current_.watch();
  }
  return current_;
}

VariablePtr Variable::sharing(const Tensor& initial, const std::string& name, bool trainable) {
  auto variable = std::make_shared<Variable>(Tensor(initial.dtype(), Shape{0}), name, trainable);
  variable->tensor_ = initial;
  return variable;
}

Value Variable::fitted(const Value& value) const {
  const bool same_rank = value.rank() == shape().rank();
  bool same = same_rank && value.dtype() == dtype();
  for (int i = 0; same_rank && i < shape().rank(); ++i) {
    const Dim d = value.dim(i);
    same = same && (!d.known() || d.value() == shape()[i]);
  }
  if (!same)
    fail(ErrorKind::value, "Variable '" + name + "' cannot be assigned", to_string(Spec{dtype(), Dims(shape())}),
         to_string(value.spec()), "Assign a value of the variable's shape and dtype.");
  return value.dims() == Dims(shape()) ? value : ops::reshape(value, shape());  // checked again when they are known
}

void Variable::assign(const Value& value) {
  const Value fit = fitted(value);
  if (Trace* trace = Trace::active()) {
    Trace::Entry& entry = trace->entry(shared_from_this());
    entry.current = fit;
    entry.assigned = true;
    return;
  }
  const Tensor source = value.tensor();
  Tensor& target = writable();
  if (source.data() != target.data()) std::memcpy(target.data(), source.data(), source.bytes());
}

void Variable::share(const Variable& other) {
  const Tensor same = fitted(Value(other.tensor_)).tensor();
  version_.fetch_add(1, std::memory_order_relaxed);
  current_ = Value();
  tensor_ = same;
}

Tensor& Variable::writable() {
  version_.fetch_add(1, std::memory_order_relaxed);
  current_ = Value();
  if (tensor_.shared()) tensor_ = tensor_.copy();
  return tensor_;
}

void Trace::open() {
  outer_ = active_trace;
  active_trace = this;
}

void Trace::close() { active_trace = outer_; }

Trace* Trace::active() { return active_trace; }

Trace* Trace::suspend() {
  Trace* trace = active_trace;
  active_trace = nullptr;
  return trace;
}

void Trace::resume(Trace* trace) { active_trace = trace; }

Trace::Entry& Trace::entry(const VariablePtr& variable) {
  for (Entry& e : entries_)
    if (e.variable == variable) return e;
  Value leaf = Value::placeholder({variable->dtype(), Dims(variable->shape())}, variable->name);
  entries_.push_back({variable, leaf, leaf, false});
  return entries_.back();
}

}  // namespace lamina
