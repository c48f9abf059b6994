// Variables and traces: state that ops do not see. A variable is read as a value and assigned a value; while a trace is
// open on the thread both are symbolic, and the trace remembers what was read and what was assigned.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "autodiff/value.h"

namespace lamina {

class Variable;
using VariablePtr = std::shared_ptr<Variable>;

class Variable : public std::enable_shared_from_this<Variable> {
 public:
  Variable(const Tensor& initial, std::string variable_name, bool is_trainable)
      : name(std::move(variable_name)), trainable(is_trainable), tensor_(initial.copy()) {}
  // A variable that shares the tensor's memory, as of a mapped file, until it is written; the memory has an owner.
  static VariablePtr sharing(const Tensor& initial, const std::string& name, bool trainable);

  Value read();
  void assign(const Value& value);  // throws Error when the shape or dtype differs
  // The value with the variable's shape, as far as its own is not known before it runs; throws as `assign` does.
  Value fitted(const Value& value) const;
  // Like `assign` of the other's value, but nothing is copied before one of the two is written.
  void share(const Variable& other);
  // What gradients with respect to the variable are taken of: the value read first in the trace, or the current one.
  Value leaf();

  DType dtype() const { return tensor_.dtype(); }
  const Shape& shape() const { return tensor_.shape(); }
  const Tensor& tensor() const { return tensor_; }
  // The numbers, to be written in place: a copy is made first when anybody else still sees them.
  Tensor& writable();
  // Grows with every call of `writable`; above 0.
  std::uint64_t version() const { return version_.load(std::memory_order_relaxed); }

  std::string name;
  bool trainable;

 private:
  Tensor tensor_;
  std::atomic<std::uint64_t> version_{1};
  Value current_;  // the tensor as a value, made when read
};

class Trace {
 public:
  struct Entry {
    VariablePtr variable;
    Value leaf;     // its value at the start
    Value current;  // its value now
    bool assigned = false;
  };

  void open();
  void close();
  static Trace* active();
  // No trace is open until `resume` gets back what `suspend` gave.
  static Trace* suspend();
  static void resume(Trace* trace);

  Entry& entry(const VariablePtr& variable);
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  Trace* outer_ = nullptr;
};

}  // namespace lamina
