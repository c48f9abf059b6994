#include "ops/op.h"

#include <algorithm>

#include "core/arena.h"
#include "kernels/table.h"
#include "lamina/error.h"
#include "ops/functions.h"

namespace lamina {

Op::~Op() = default;

void detail::not_differentiable(const char* op) {
  fail(ErrorKind::value, std::string(op) + " has no gradient", "differentiable ops between the sources and the target",
       op, "Put stop_gradient before it, or use another op.");
}

void detail::refuse_complex(const char* op, const Specs& specs) {
  for (const Spec& s : specs)
    if (is_complex(s.dtype))
      fail(ErrorKind::type, std::string(op) + ": does not take complex numbers", "real tensors", to_string(specs),
           "Compute with view_as_real(x), or with the real and imaginary parts.");
}

void detail::refuse_texts(const char* op, const Specs& specs) {
  for (const Spec& s : specs)
    if (s.dtype == DType::string)
      fail(ErrorKind::type, std::string(op) + ": does not take texts", "tensors of numbers", to_string(specs),
           "Make numbers of texts first, with TextVectorization, StringLookup or Hashing.");
}

namespace detail {

namespace {

DType wide(DType dtype) { return is_half(dtype) ? DType::float32 : dtype; }

kernels::HalfKind kind_of(DType dtype) {
  return dtype == DType::float16 ? kernels::HalfKind::float16 : kernels::HalfKind::bfloat16;
}

std::size_t wide_bytes(const Operand& o) {
  return is_half(o.dtype) ? aligned(static_cast<std::size_t>(o.shape.size()) * sizeof(float)) : 0;
}

// The operands of a run with float32 in the place of the halves, one after the other in the scratch memory.
class Widened {
 public:
  Widened(const Run& run, int num_outputs) : first_(static_cast<char*>(run.scratch)) {
    for (int i = 0; i < run.num_inputs; ++i) add(run.inputs[i]);
    for (int i = 0; i < num_outputs; ++i) add(run.outputs[i]);
    run_ = {operands_.data(), run.num_inputs, operands_.data() + run.num_inputs, nullptr, num_outputs};
    if (first_ != nullptr) run_.scratch = first_ + bytes_;
  }
  const Run& run() const { return run_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void add(const Operand& o) {
    void* data = is_half(o.dtype) && first_ != nullptr ? first_ + bytes_ : o.data;
    operands_.push_back({data, wide(o.dtype), o.shape});
    bytes_ += wide_bytes(o);
  }
  char* first_;
  std::size_t bytes_ = 0;
  std::vector<Operand> operands_;
  Run run_{};
};

}  // namespace

bool has_half(const Specs& specs) {
  return std::any_of(specs.begin(), specs.end(), [](const Spec& s) { return is_half(s.dtype); });
}

bool has_half(const Run& run) {
  for (int i = 0; i < run.num_inputs; ++i)
    if (is_half(run.inputs[i].dtype)) return true;
  for (int i = 0; i < run.num_outputs; ++i)
    if (is_half(run.outputs[i].dtype)) return true;
  return false;
}

Specs widened(const char* op, const Specs& inputs) {
  Specs specs = inputs;
  const Spec* first = nullptr;
  for (Spec& spec : specs) {
    if (!is_floating(spec.dtype)) continue;
    if (first != nullptr && spec.dtype != inputs[static_cast<std::size_t>(first - specs.data())].dtype)
      fail(ErrorKind::type, std::string(op) + ": the inputs have different dtypes", "one floating dtype",
           to_string(inputs), "Cast them to the same dtype.");
    first = first == nullptr ? &spec : first;
    spec.dtype = wide(spec.dtype);
  }
  return specs;
}

Specs narrowed(const Specs& inputs, Specs outputs, bool names_dtype) {
  if (names_dtype) return outputs;
  const auto half = std::find_if(inputs.begin(), inputs.end(), [](const Spec& s) { return is_half(s.dtype); });
  for (Spec& spec : outputs)
    if (spec.dtype == DType::float32) spec.dtype = half->dtype;
  return outputs;
}

std::size_t scratch_widened(const Op& op, const Run& run) {
  const Widened wide(run, run.num_outputs);
  return wide.bytes() + op.scratch(wide.run());
}

void run_widened(const Op& op, const Run& run) {
  const Widened wide(run, run.num_outputs);
  const kernels::Half& half = kernels::table().half;
  for (int i = 0; i < run.num_inputs; ++i)
    if (is_half(run.inputs[i].dtype))
      half.widen(kind_of(run.inputs[i].dtype), run.inputs[i].shape.size(), run.in<std::uint16_t>(i),
                 static_cast<float*>(wide.run().inputs[i].data));
  op.run(wide.run());
  for (int i = 0; i < run.num_outputs; ++i)
    if (is_half(run.outputs[i].dtype))
      half.narrow(kind_of(run.outputs[i].dtype), run.outputs[i].shape.size(), wide.run().out<float>(i),
                  run.out<std::uint16_t>(i));
}

}  // namespace detail

namespace check {

void num_inputs(const char* op, const Specs& inputs, int at_least, int at_most) {
  const int n = static_cast<int>(inputs.size());
  if (n >= at_least && n <= at_most) return;
  std::string expected = std::to_string(at_least);
  if (at_most > at_least) expected += at_most > 99 ? " or more" : " to " + std::to_string(at_most);
  fail(ErrorKind::type, std::string(op) + ": wrong number of inputs", expected + " tensors", std::to_string(n),
       "Check the call.");
}

void same_dtype(const char* op, const Specs& inputs) {
  for (const Spec& s : inputs)
    if (s.dtype != inputs[0].dtype)
      fail(ErrorKind::type, std::string(op) + ": the inputs have different dtypes", "one dtype", to_string(inputs),
           "Cast them to the same dtype.");
}

void floating(const char* op, const Spec& input) {
  if (!is_floating(input.dtype))
    fail(ErrorKind::type, std::string(op) + ": needs floating-point numbers", "float32 or float64", to_string(input),
         "Cast the input.");
}

void rank_at_least(const char* op, const Spec& input, int rank) {
  if (input.rank() < rank)
    fail(ErrorKind::value, std::string(op) + ": the input has too few axes",
         "at least " + std::to_string(rank) + " axes", "shape " + to_string(input.dims),
         "Add an axis, or check what the input is.");
}

int axis(const char* op, std::int64_t axis, int rank) {
  const std::int64_t a = axis < 0 ? axis + rank : axis;
  if (a < 0 || a >= rank)
    fail(ErrorKind::value, std::string(op) + ": axis out of range",
         "an axis in [" + std::to_string(-rank) + ", " + std::to_string(rank) + ")", std::to_string(axis),
         "Use an axis that the tensor has.");
  return static_cast<int>(a);
}

void shape(const char* op, const Spec& input, const Dims& expected, const Specs& inputs, const char* which) {
  bool fits = input.rank() == expected.rank();
  for (std::size_t i = 0; fits && i < expected.size(); ++i)
    fits = !input.dims[i].known() || !expected[i].known() || input.dims[i].value() == expected[i].value();
  if (!fits)
    fail(ErrorKind::value, std::string(op) + ": wrong shape of " + which, to_string(expected), to_string(inputs),
         "Check the shapes.");
}

Dim equal(const char* op, const Dim& a, const Dim& b, const Specs& inputs, const char* which) {
  if (a.known() && b.known() && a.value() != b.value())
    fail(ErrorKind::value, std::string(op) + ": the inputs do not fit together", std::string(which) + " that agree",
         to_string(inputs) + " (" + to_string(a) + " and " + to_string(b) + ")", "Check the shapes.");
  return a.known() ? a : b;
}

}  // namespace check

}  // namespace lamina
