// Builds a network from the ops of the library, and trains it, without any file.
//
//   using namespace lamina;
//   GraphBuilder graph;
//   Symbol x = graph.input("x", {-1, 2}), label = graph.input("label", {-1}, DType::int64);
//   Symbol kernel = graph.variable("dense/kernel", initial_value("glorot_uniform", {2, 3}));
//   Symbol bias = graph.variable("dense/bias", initial_value("zeros", {3}));
//   Symbol logits = linear(x, kernel, bias);
//   Training training;
//   training.labels = {label};
//   training.loss = op("sparse_crossentropy", {logits, label});
//   training.optimizer = {"adam", 0.01};
//   Model model = graph.compile({{"probabilities", softmax(logits)}}, training);
//   model.fit({points}, {classes});     // points: float32 (n, 2), classes: int64 (n,)
//   model.save("points.lamina");        // predicts and trains on in Python and in C++
//
// Symbols are what ops take and give; they have a dtype and a shape, and numbers only when a model runs. A network is
// built by one thread at a time. Every function throws Error (value, type) where an op refuses what it gets: a wrong
// shape, dtype, name or attribute is found when the op is applied, not when the model runs.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/error.h"
#include "lamina/export.h"
#include "lamina/model.h"
#include "lamina/tensor.h"

namespace lamina {

class Dim;
class Value;

// The size of an axis: a number, or an expression of sizes that are known when data comes.
class LAMINA_API Size {
 public:
  Size(std::int64_t number) : number_(number) {}  // NOLINT: a number is a size
  Size(const Dim& dim);                           // NOLINT: the engine's
  bool known() const { return dim_ == nullptr; }
  std::int64_t value() const { return known() ? number_ : -1; }  // -1: not known
  Dim dim() const;

  LAMINA_API friend Size operator+(const Size& a, const Size& b);
  LAMINA_API friend Size operator-(const Size& a, const Size& b);
  LAMINA_API friend Size operator*(const Size& a, const Size& b);
  LAMINA_API friend Size operator/(const Size& a, const Size& b);  // rounds down

 private:
  std::int64_t number_ = 0;
  std::shared_ptr<const Dim> dim_;
};

// A tensor of the network. Copies are the same tensor.
class LAMINA_API Symbol {
 public:
  Symbol() = default;  // empty: no op takes it
  explicit Symbol(const Value& value);
  explicit operator bool() const { return value_ != nullptr; }

  DType dtype() const;
  int rank() const;
  Size size(int axis) const;                // -rank <= axis < rank
  std::vector<std::int64_t> shape() const;  // -1 where any size is taken
  const Value& value() const;               // the engine's; throws Error (value) when empty

 private:
  std::shared_ptr<const Value> value_;
};

using Symbols = std::vector<Symbol>;
using NamedSymbols = std::vector<std::pair<std::string, Symbol>>;
// Variables and what they become.
using Updates = std::vector<std::pair<Symbol, Symbol>>;

// ---- Ops

// What an op is told beside its inputs: true, 3, 0.5, "same", DType::int64, or a list of sizes such as {1, 2}.
class LAMINA_API OpAttribute {
 public:
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  OpAttribute(T number) {  // NOLINT: numbers are attributes
    if constexpr (std::is_same_v<T, bool>)
      value_ = number;
    else if constexpr (std::is_integral_v<T>)
      value_ = static_cast<std::int64_t>(number);
    else
      value_ = static_cast<double>(number);
  }
  OpAttribute(const char* text) : value_(std::string(text)) {}       // NOLINT
  OpAttribute(std::string text) : value_(std::move(text)) {}         // NOLINT
  OpAttribute(DType dtype) : value_(std::string(name_of(dtype))) {}  // NOLINT
  OpAttribute(std::initializer_list<Size> sizes) : value_(std::vector<Size>(sizes)) {}
  OpAttribute(std::vector<Size> sizes) : value_(std::move(sizes)) {}  // NOLINT

  const std::variant<bool, std::int64_t, double, std::string, std::vector<Size>>& value() const { return value_; }

 private:
  std::variant<bool, std::int64_t, double, std::string, std::vector<Size>> value_;
};
using OpAttributes = std::vector<std::pair<std::string, OpAttribute>>;

// The op of that name on these inputs: its first output, or all of them.
//   op("max_pool", {images}, {{"window", {2, 2}}, {"padding", "same"}})
// Attributes that are left out have their defaults. Throws Error (value) with the nearest names for an unknown op.
LAMINA_API Symbol op(const std::string& name, const Symbols& inputs, const OpAttributes& attributes = {});
LAMINA_API Symbols apply(const std::string& name, const Symbols& inputs, const OpAttributes& attributes = {});

// All ops, and the attributes of one with their defaults: "strides=[], padding=valid, ...".
LAMINA_API std::vector<std::string> op_names();
LAMINA_API std::string op_attributes(const std::string& name);

// A tensor that is part of the network and never changes.
LAMINA_API Symbol constant(const Tensor& tensor);

// Element by element; shapes broadcast as in NumPy, numbers take the other's dtype.
LAMINA_API Symbol operator+(const Symbol& a, const Symbol& b);
LAMINA_API Symbol operator-(const Symbol& a, const Symbol& b);
LAMINA_API Symbol operator*(const Symbol& a, const Symbol& b);
LAMINA_API Symbol operator/(const Symbol& a, const Symbol& b);
LAMINA_API Symbol operator+(const Symbol& a, double b);
LAMINA_API Symbol operator-(const Symbol& a, double b);
LAMINA_API Symbol operator*(const Symbol& a, double b);
LAMINA_API Symbol operator/(const Symbol& a, double b);
LAMINA_API Symbol operator+(double a, const Symbol& b);
LAMINA_API Symbol operator-(double a, const Symbol& b);
LAMINA_API Symbol operator*(double a, const Symbol& b);
LAMINA_API Symbol operator/(double a, const Symbol& b);
LAMINA_API Symbol operator-(const Symbol& a);

// The ops that most networks use, under their own names.
LAMINA_API Symbol matmul(const Symbol& a, const Symbol& b);  // (..., m, k) . (..., k, n)
// activation(x . kernel + bias): x (..., k), kernel (k, n), bias (n,); "linear", "relu", "sigmoid", "tanh", "gelu", ...
LAMINA_API Symbol linear(const Symbol& x, const Symbol& kernel, const Symbol& bias,
                         const std::string& activation = "linear");
LAMINA_API Symbol relu(const Symbol& x);
LAMINA_API Symbol softmax(const Symbol& x, int axis = -1);
LAMINA_API Symbol mean(const Symbol& x, const std::vector<Size>& axes = {}, bool keepdims = false);  // {}: over all
LAMINA_API Symbol sum(const Symbol& x, const std::vector<Size>& axes = {}, bool keepdims = false);
LAMINA_API Symbol reshape(const Symbol& x, const std::vector<Size>& shape);  // one size may be -1
LAMINA_API Symbol cast(const Symbol& x, DType dtype);

// ---- Control flow. What an axis of data or a value decides when the model runs: the functions are called once, while
// the network is built, on symbols that stand for any step, and may use what there is outside of them.

// What `then` gives where the predicate, a bool of shape (), is true, else what `otherwise` gives; only one of them is
// computed. Throws Error (value) when they differ in number, dtypes or shapes.
//   Symbol y = cond(op("greater", {sum(x), limit}), [&] { return Symbols{x * 2}; }, [&] { return Symbols{x}; })[0];
LAMINA_API Symbols cond(const Symbol& predicate, const std::function<Symbols()>& then,
                        const std::function<Symbols()>& otherwise);

// state = body(state) while condition(state), a bool of shape (). The state keeps its dtypes and shapes, else it throws
// Error (value). It has no gradient.
//   Symbols s = while_loop([&](const Symbols& s) { return op("less", {s[0], limit}); },
//                          [](const Symbols& s) { return Symbols{s[0] * 2}; }, {x});
LAMINA_API Symbols while_loop(const std::function<Symbol(const Symbols& state)>& condition,
                              const std::function<Symbols(const Symbols& state)>& body, const Symbols& begin);

// (state, ys) = step(state, row) for row i of all xs, in turn, the last row first if `reverse`: the last state, and the
// ys joined to rows. All xs have one first size, which may be unknown. Gradients flow through all steps. Throws Error
// (value) for a state that changes its dtypes or shapes, and for xs without rows.
//   Scanned s = scan([&](const Symbols& h, const Symbols& x) {
//     const Symbol next = op("tanh", {x[0] + matmul(h[0], recurrent)});
//     return Scanned{{next}, {next}};
//   }, {h0}, {steps});                 // steps (time, batch, units); s.ys[0] the same, s.state[0] (batch, units)
struct Scanned {
  Symbols state, ys;
};
LAMINA_API Scanned scan(const std::function<Scanned(const Symbols& state, const Symbols& row)>& step,
                        const Symbols& begin, const Symbols& xs, bool reverse = false);

// d sum(target) / d source for each source, of its shape; zeros where the target does not depend on it. The target is
// of a floating dtype. Throws Error (type) for an op on the way that has no gradient.
LAMINA_API Symbols gradients(const Symbol& target, const Symbols& sources);

// ---- Numbers to begin with

// "zeros", "ones", "random_normal" and "random_uniform" (deviation and limit 0.05), "truncated_normal", or
// "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", whose deviation
// follows from the shape: (..., inputs, outputs). The same seed gives the numbers of Python's initializer of that name.
// Without one the next seed of the process is taken (runtime.h). Throws Error (value) for another name.
LAMINA_API Tensor initial_value(const std::string& name, const Shape& shape, std::int64_t seed,
                                DType dtype = DType::float32);
LAMINA_API Tensor initial_value(const std::string& name, const Shape& shape);

// ---- Networks

// How variables follow their gradients: "sgd" (momentum, nesterov), "adam" (beta_1, beta_2, epsilon) or "rmsprop" (rho,
// momentum, epsilon, centered), with the attributes of the op of that name and "_update".
//   Optimizer{"sgd", 0.1, {{"momentum", 0.9}}}
struct Optimizer {
  std::string name = "adam";
  double learning_rate = 0.001;
  OpAttributes attributes = {};
};

// What `fit` and `evaluate` do with a network.
struct Training {
  Symbols labels;        // the inputs that are passed as y, in this order
  Symbol loss;           // floating; a scalar, or numbers per sample, whose mean counts
  NamedSymbols metrics;  // numbers per sample (booleans are 0 and 1); reported is the mean over all samples
  Updates updates;       // what else changes in a step: moving averages, the states of random numbers
  Optimizer optimizer;
  // For networks that behave differently in training (dropout, batch normalization): what `evaluate` reports. Empty:
  // the same as above.
  Symbol evaluation_loss = {};
  NamedSymbols evaluation_metrics = {};
};

class LAMINA_API GraphBuilder {
 public:
  GraphBuilder();
  GraphBuilder(GraphBuilder&&) noexcept;
  GraphBuilder& operator=(GraphBuilder&&) noexcept;
  ~GraphBuilder();

  // An input: -1 for sizes that any data may have. The first size, if it is -1, is the batch, the same for all inputs.
  // Throws Error (value) for a name that is taken and for other negative sizes.
  Symbol input(const std::string& name, const std::vector<std::int64_t>& shape, DType dtype = DType::float32);
  // State of the network that begins with a copy of `initial`. Trainable ones follow their gradients in `fit`. Names
  // such as "conv/kernel" are unique; "optimizer/", "metrics/" and "sampler/" belong to the library.
  Symbol variable(const std::string& name, const Tensor& initial, bool trainable = true);

  // A function of the model beside those of `compile`, for Model::run(name, inputs): gives the outputs and then changes
  // the variables, all from what they were before. Throws Error (value) for a name that is taken and for symbols that
  // belong to another network.
  void entry(const std::string& name, const Symbols& inputs, const NamedSymbols& outputs, const Updates& updates = {});

  // The model that predicts these outputs from all inputs (but the labels), with variables of its own: each call gives
  // a new one that begins with the initial values. With `training` it also fits and evaluates.
  Model compile(const NamedSymbols& outputs) const;
  Model compile(const NamedSymbols& outputs, const Training& training) const;

  struct State;  // the library's

 private:
  std::unique_ptr<State> state_;
};

}  // namespace lamina
