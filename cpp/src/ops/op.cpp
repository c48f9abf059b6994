#include "ops/op.h"

#include <algorithm>

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
