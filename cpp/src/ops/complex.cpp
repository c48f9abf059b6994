#include "ops/complex.h"

#include "autodiff/gradient.h"

namespace lamina {

Specs ViewAsComplex::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::floating(name, inputs[0]);
  check::rank_at_least(name, inputs[0], 1);
  const Dim& last = inputs[0].dims.back();
  if (last.known() && last.value() != 2)
    fail(ErrorKind::value, "view_as_complex: the last axis does not hold two parts", "shape (..., 2)",
         to_string(inputs), "Stack the real and the imaginary part along a new last axis.");
  return {{inputs[0].dtype == DType::float64 ? DType::complex128 : DType::complex64,
           Dims(inputs[0].dims.begin(), inputs[0].dims.end() - 1)}};
}

// The gradient of a complex number is the complex number of the gradients of its parts.
Values ViewAsComplex::vjp(const Vjp& v) const { return call(ViewAsReal{}, {v.grad()}); }

Specs ViewAsReal::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  if (!is_complex(inputs[0].dtype))
    fail(ErrorKind::type, "view_as_real: the input is real", "complex64 or complex128", to_string(inputs),
         "Use it as it is.");
  Dims dims = inputs[0].dims;
  dims.push_back(2);
  return {{inputs[0].dtype == DType::complex128 ? DType::float64 : DType::float32, dims}};
}

Values ViewAsReal::vjp(const Vjp& v) const { return call(ViewAsComplex{}, {v.grad()}); }

}  // namespace lamina
