// Symbols and the ops on them: the engine's values under a name that stays.
#include <algorithm>

#include "autodiff/gradient.h"
#include "lamina/graph.h"
#include "ops/functions.h"

namespace lamina {

// ---- Sizes

Size::Size(const Dim& dim) : number_(dim.value_or(-1)) {
  if (!dim.known()) dim_ = std::make_shared<const Dim>(dim);
}

Dim Size::dim() const { return known() ? Dim(number_) : *dim_; }

Size operator+(const Size& a, const Size& b) { return Size(a.dim() + b.dim()); }
Size operator-(const Size& a, const Size& b) { return Size(a.dim() - b.dim()); }
Size operator*(const Size& a, const Size& b) { return Size(a.dim() * b.dim()); }
Size operator/(const Size& a, const Size& b) { return Size(a.dim() / b.dim()); }

// ---- Symbols

Symbol::Symbol(const Value& value) : value_(std::make_shared<const Value>(value)) {}

const Value& Symbol::value() const {
  if (value_) return *value_;
  fail(ErrorKind::value, "A symbol is empty", "what an input, a variable or an op gave", "Symbol()",
       "Assign it before it is used.");
}

DType Symbol::dtype() const { return value().dtype(); }
int Symbol::rank() const { return value().rank(); }

Size Symbol::size(int axis) const {
  const int at = axis < 0 ? axis + rank() : axis;
  if (at >= 0 && at < rank()) return Size(value().dim(at));
  fail(ErrorKind::value, "A tensor has no such axis", "one of " + std::to_string(rank()) + " axes",
       std::to_string(axis), "Check the axis.");
}

std::vector<std::int64_t> Symbol::shape() const {
  std::vector<std::int64_t> sizes;
  for (const Dim& d : value().dims()) sizes.push_back(d.value_or(-1));
  return sizes;
}

// ---- Ops

namespace {

struct ToAttribute {
  template <class T>
  Attribute operator()(const T& value) const {
    return value;
  }
  Attribute operator()(const std::vector<Size>& sizes) const {
    if (!std::all_of(sizes.begin(), sizes.end(), [](const Size& s) { return s.known(); })) {
      Dims dims;
      for (const Size& s : sizes) dims.push_back(s.dim());
      return dims;
    }
    std::vector<std::int64_t> numbers;
    for (const Size& s : sizes) numbers.push_back(s.dim().value());
    return numbers;
  }
};

Symbol scalar_like(const Symbol& x, double number) { return Symbol(ops::like(x.value(), number)); }
Symbol binary(const char* name, const Symbol& a, const Symbol& b) { return op(name, {a, b}); }

Symbol reduce(const char* name, const Symbol& x, const std::vector<Size>& axes, bool keepdims) {
  std::vector<Size> all = axes;
  for (int i = 0; axes.empty() && i < x.rank(); ++i) all.emplace_back(i);
  return all.empty() ? x : op(name, {x}, {{"axes", all}, {"keepdims", keepdims}});
}

}  // namespace

Symbols apply(const std::string& name, const Symbols& inputs, const OpAttributes& attributes) {
  Attributes own;
  for (const auto& [key, attribute] : attributes) own.emplace_back(key, std::visit(ToAttribute(), attribute.value()));
  Values values;
  for (const Symbol& s : inputs) values.push_back(s.value());
  Symbols outputs;
  for (const Value& v : lamina::apply(make_op(name, own), values)) outputs.emplace_back(v);
  return outputs;
}

Symbol op(const std::string& name, const Symbols& inputs, const OpAttributes& attributes) {
  return apply(name, inputs, attributes).at(0);
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const OpInfo& info : all_ops()) names.emplace_back(info.name);
  return names;
}

std::string op_attributes(const std::string& name) { return to_string(make_op(name, {})->attributes()); }

Symbol constant(const Tensor& tensor) {
  if (!tensor) fail(ErrorKind::value, "A constant is empty", "a tensor", "Tensor()", "Give it numbers.");
  return Symbol(Value(tensor.copy()));
}

Symbol operator+(const Symbol& a, const Symbol& b) { return binary("add", a, b); }
Symbol operator-(const Symbol& a, const Symbol& b) { return binary("subtract", a, b); }
Symbol operator*(const Symbol& a, const Symbol& b) { return binary("multiply", a, b); }
Symbol operator/(const Symbol& a, const Symbol& b) { return binary("divide", a, b); }
Symbol operator+(const Symbol& a, double b) { return a + scalar_like(a, b); }
Symbol operator-(const Symbol& a, double b) { return a - scalar_like(a, b); }
Symbol operator*(const Symbol& a, double b) { return a * scalar_like(a, b); }
Symbol operator/(const Symbol& a, double b) { return a / scalar_like(a, b); }
Symbol operator+(double a, const Symbol& b) { return scalar_like(b, a) + b; }
Symbol operator-(double a, const Symbol& b) { return scalar_like(b, a) - b; }
Symbol operator*(double a, const Symbol& b) { return scalar_like(b, a) * b; }
Symbol operator/(double a, const Symbol& b) { return scalar_like(b, a) / b; }
Symbol operator-(const Symbol& a) { return op("negative", {a}); }

Symbol matmul(const Symbol& a, const Symbol& b) { return op("matmul", {a, b}); }
Symbol linear(const Symbol& x, const Symbol& kernel, const Symbol& bias, const std::string& activation) {
  return op("linear", {x, kernel, bias}, {{"activation", activation}});
}
Symbol relu(const Symbol& x) { return op("relu", {x}); }
Symbol softmax(const Symbol& x, int axis) { return op("softmax", {x}, {{"axis", axis}}); }
Symbol mean(const Symbol& x, const std::vector<Size>& axes, bool keepdims) { return reduce("mean", x, axes, keepdims); }
Symbol sum(const Symbol& x, const std::vector<Size>& axes, bool keepdims) { return reduce("sum", x, axes, keepdims); }
Symbol reshape(const Symbol& x, const std::vector<Size>& shape) { return op("reshape", {x}, {{"shape", shape}}); }
Symbol cast(const Symbol& x, DType dtype) { return Symbol(ops::cast(x.value(), dtype)); }

Symbols gradients(const Symbol& target, const Symbols& sources) {
  Values values;
  for (const Symbol& s : sources) values.push_back(s.value());
  const Values found = gradient({target.value()}, values);
  Symbols result;
  for (std::size_t i = 0; i < found.size(); ++i) result.emplace_back(found[i] ? found[i] : ops::zeros_like(values[i]));
  return result;
}

}  // namespace lamina
