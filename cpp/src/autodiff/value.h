// Values: what ops take and give. A value is concrete (a tensor) or symbolic (an output of a node to be run later).
// `apply` is the one place where it is decided whether an op runs now or becomes a node.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/dim.h"
#include "ops/op.h"

namespace lamina {

struct Node;
class Variable;

class Value {
 public:
  struct Impl;

  Value() = default;
  explicit Value(Tensor tensor);
  explicit Value(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  // A symbolic leaf.
  static Value placeholder(Spec spec, std::string name);

  explicit operator bool() const { return impl_ != nullptr; }
  bool concrete() const;
  const Tensor& tensor() const;  // throws Error (type) when symbolic
  DType dtype() const;
  int rank() const;
  Dim dim(int axis) const;
  Dims dims() const;
  Spec spec() const;

  // The node that made it; null for leaves and for concrete values nobody records.
  const std::shared_ptr<Node>& node() const;
  int index() const;  // which output of the node
  const std::string& name() const;
  bool tracked() const;  // gradients may be asked through it
  void watch() const;

  const std::shared_ptr<Impl>& impl() const { return impl_; }

 private:
  std::shared_ptr<Impl> impl_;
};

struct Value::Impl {
  Tensor tensor;
  Spec spec;  // when symbolic
  std::shared_ptr<Node> node;
  int index = 0;
  bool watched = false;
  std::string name;  // of a placeholder
};

// An op and its inputs. Nodes are numbered as they are made, so a larger number never feeds a smaller one.
struct Node {
  OpPtr op;
  Values inputs;
  Specs specs;                  // of the outputs
  std::vector<Tensor> tensors;  // of the outputs, when concrete
  std::uint64_t number = 0;

  static Value output(const std::shared_ptr<Node>& node, int index);
};

// What makes two values the same one: the node and output index, or the leaf itself.
struct ValueKey {
  const void* origin;
  int index;
  explicit ValueKey(const Value& v)
      : origin(v.node() ? static_cast<const void*>(v.node().get()) : v.impl().get()), index(v.index()) {}
  friend bool operator==(const ValueKey& a, const ValueKey& b) { return a.origin == b.origin && a.index == b.index; }
};
struct ValueKeyHash {
  std::size_t operator()(const ValueKey& k) const {
    return std::hash<const void*>()(k.origin) * 31 + static_cast<std::size_t>(k.index);
  }
};

// Runs the op now when all inputs are concrete, else adds a node.
Values apply(const OpPtr& op, const Values& inputs);

template <class T>
Values call(T definition, const Values& inputs) {
  return lamina::apply(make_op(std::move(definition)), inputs);
}

// Runs an op on tensors, outputs freshly allocated.
std::vector<Tensor> run_now(const Op& op, const std::vector<Tensor>& inputs);

// While one lives on this thread, concrete ops on tracked values are recorded for `gradient`.
class Recording {
 public:
  Recording();
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  static bool active();
};

}  // namespace lamina
