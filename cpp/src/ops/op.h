// What an op is. An op is a struct of attributes with these members:
//   static constexpr const char* name
//   template <class V> void fields(V& v)                    v("axis", axis); ... every attribute, once
//   std::vector<Spec> infer(const std::vector<Spec>&) const shapes and dtypes of the outputs; throws for wrong inputs
//   void run(const Run&) const                              the numbers, for known shapes
// and, where they apply:
//   std::size_t scratch(const Run&) const                   bytes of working memory `run` needs (data is null here)
//   std::vector<Value> vjp(const Vjp&) const                gradients of the inputs, made by calling ops
//   static constexpr bool alias                             output 0 is input 0 under another shape
//   static constexpr bool takes_complex                     it only passes complex numbers on; other ops refuse them
//   static constexpr bool takes_texts                       string tensors too; other ops refuse them
//   unsigned reuses(int output) const                       bit i: the output may overwrite input i of the same size
//   static constexpr bool any_dtype                         it takes float16 and bfloat16 as they are; other ops are
//                                                           given float32 in their place, and never see them
// The struct stands in one line of ops.def. Ops are pure: state goes in and comes out as tensors.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "core/dim.h"
#include "core/texts.h"
#include "ops/attributes.h"

namespace lamina {

// A tensor as a kernel sees it.
struct Operand {
  void* data = nullptr;
  DType dtype = DType::float32;
  Shape shape;
  std::size_t bytes() const { return bytes_of(dtype, shape); }
};

// One execution of an op.
struct Run {
  const Operand* inputs;
  int num_inputs;
  const Operand* outputs;
  void* scratch;
  int num_outputs;
  Texts* texts = nullptr;  // memory for texts, where ops take or give some: it stays as it is until the next run

  template <class T>
  const T* in(int i) const {
    return static_cast<const T*>(inputs[i].data);
  }
  // Null when there are fewer inputs.
  template <class T>
  const T* in_or_null(int i) const {
    return i < num_inputs ? static_cast<const T*>(inputs[i].data) : nullptr;
  }
  template <class T>
  T* out(int i) const {
    return static_cast<T*>(outputs[i].data);
  }
};

class Value;
struct Vjp;
class Op;
using OpPtr = std::shared_ptr<const Op>;
using Values = std::vector<Value>;
using Specs = std::vector<Spec>;

// Gradients are not among these: autodiff/rules.h finds the `vjp` of an op, so that a program which takes none is
// linked without them.
class Op {
 public:
  virtual ~Op();
  virtual const char* name() const = 0;
  virtual Attributes attributes() const = 0;
  virtual bool sized() const = 0;                 // all dims in the attributes are numbers
  virtual OpPtr bind(const Bindings&) const = 0;  // the same op with its dims as numbers
  virtual Specs infer(const Specs&) const = 0;
  virtual void run(const Run&) const = 0;
  virtual std::size_t scratch(const Run&) const = 0;
  virtual bool alias() const = 0;
  virtual unsigned reuses(int output) const = 0;

  // The op as struct T, or null.
  template <class T>
  const T* as() const;
};

namespace detail {

template <class T, class = void>
struct has_scratch : std::false_type {};
template <class T>
struct has_scratch<T, std::void_t<decltype(&T::scratch)>> : std::true_type {};
template <class T, class = void>
struct has_alias : std::false_type {};
template <class T>
struct has_alias<T, std::void_t<decltype(T::alias)>> : std::true_type {};
template <class T, class = void>
struct takes_complex : std::false_type {};
template <class T>
struct takes_complex<T, std::void_t<decltype(T::takes_complex)>> : std::true_type {};
template <class T, class = void>
struct takes_texts : std::false_type {};
template <class T>
struct takes_texts<T, std::void_t<decltype(T::takes_texts)>> : std::true_type {};
template <class T, class = void>
struct has_reuses : std::false_type {};
template <class T>
struct has_reuses<T, std::void_t<decltype(&T::reuses)>> : std::true_type {};

template <class T, class = void>
struct takes_any_dtype : has_alias<T> {};
template <class T>
struct takes_any_dtype<T, std::void_t<decltype(T::any_dtype)>> : std::true_type {};

[[noreturn]] void not_differentiable(const char* op);
// Throws Error (type) when one is complex, or holds texts.
void refuse_complex(const char* op, const Specs& specs);
void refuse_texts(const char* op, const Specs& specs);

// float16 and bfloat16 are stored, not computed with: around an op they become float32, and its results become them.
bool has_half(const Specs& specs);
bool has_half(const Run& run);
Specs widened(const char* op, const Specs& inputs);  // throws Error (type) when they are mixed with other floats
// `outputs` of the op for widened inputs; those of an op that names its dtype are as it says.
Specs narrowed(const Specs& inputs, Specs outputs, bool names_dtype);
std::size_t scratch_widened(const Op& op, const Run& run);
void run_widened(const Op& op, const Run& run);

}  // namespace detail

template <class T>
class OpOf final : public Op {
 public:
  explicit OpOf(T definition) : definition_(std::move(definition)) {}
  const T& definition() const { return definition_; }

  const char* name() const override { return T::name; }
  Attributes attributes() const override {
    AttributeWriter writer;
    T copy = definition_;
    copy.fields(writer);
    return std::move(writer.attributes);
  }
  bool sized() const override {
    AttributeSizes sizes;
    const_cast<T&>(definition_).fields(sizes);  // only looks
    return sizes.known;
  }
  OpPtr bind(const Bindings& bindings) const override {
    T copy = definition_;
    AttributeBinder binder(bindings);
    copy.fields(binder);
    return make_op(std::move(copy));
  }
  Specs infer(const Specs& inputs) const override {
    if constexpr (!detail::takes_complex<T>::value) detail::refuse_complex(T::name, inputs);
    if constexpr (!detail::takes_texts<T>::value) detail::refuse_texts(T::name, inputs);
    Specs outputs = infer_widened(inputs);
    if constexpr (!detail::takes_complex<T>::value) detail::refuse_complex(T::name, outputs);  // dtype is an attribute
    if constexpr (!detail::takes_texts<T>::value) detail::refuse_texts(T::name, outputs);
    return outputs;
  }
  void run(const Run& run) const override {
    if constexpr (!detail::takes_any_dtype<T>::value)
      if (detail::has_half(run)) return detail::run_widened(*this, run);
    definition_.run(run);
  }
  std::size_t scratch([[maybe_unused]] const Run& run) const override {
    if constexpr (!detail::takes_any_dtype<T>::value)
      if (detail::has_half(run)) return detail::scratch_widened(*this, run);
    if constexpr (detail::has_scratch<T>::value)
      return definition_.scratch(run);
    else
      return 0;
  }
  bool alias() const override { return detail::has_alias<T>::value; }
  unsigned reuses([[maybe_unused]] int output) const override {
    if constexpr (detail::has_reuses<T>::value)
      return definition_.reuses(output);
    else
      return 0;
  }

 private:
  Specs infer_widened(const Specs& inputs) const {
    if constexpr (!detail::takes_any_dtype<T>::value)
      if (detail::has_half(inputs)) {
        AttributeDType named;
        const_cast<T&>(definition_).fields(named);  // only looks
        return detail::narrowed(inputs, definition_.infer(detail::widened(T::name, inputs)), named.found);
      }
    return definition_.infer(inputs);
  }

  T definition_;
};

template <class T>
const T* Op::as() const {
  auto* op = dynamic_cast<const OpOf<T>*>(this);
  return op ? &op->definition() : nullptr;
}

// By way of a pointer to Op: make_shared would add a class to the program for each of the ops.
template <class T>
OpPtr make_op(T definition) {
  std::unique_ptr<const Op> op = std::make_unique<OpOf<T>>(std::move(definition));
  return op;
}

// The closed list of ops, by name.
struct OpInfo {
  const char* name;
  OpPtr (*make)(const Attributes&);
};
const std::vector<OpInfo>& all_ops();
// Throws Error (value) with the nearest names for one that is not in the list.
OpPtr make_op(const std::string& name, const Attributes& attributes);

// What ops share that give their first input as it is, at most under another shape or dtype.
struct Renaming {
  static constexpr bool alias = true;
  static constexpr bool takes_complex = true;
  template <class V>
  void fields(V&) {}
  void run(const Run&) const {}
};

// What `infer` functions share.
namespace check {

void num_inputs(const char* op, const Specs& inputs, int at_least, int at_most);
void same_dtype(const char* op, const Specs& inputs);
void floating(const char* op, const Spec& input);
void rank_at_least(const char* op, const Spec& input, int rank);
// The axis in [0, rank); throws Error (value) when out of range.
int axis(const char* op, std::int64_t axis, int rank);
// Throws Error (value) unless `input` has these sizes, as far as they are known.
void shape(const char* op, const Spec& input, const Dims& expected, const Specs& inputs, const char* which);
// Two sizes that must agree; the known one of the two.
Dim equal(const char* op, const Dim& a, const Dim& b, const Specs& inputs, const char* which);

}  // namespace check

}  // namespace lamina
