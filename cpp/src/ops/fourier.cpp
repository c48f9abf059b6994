#include "ops/fourier.h"

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace {

std::int64_t rows(const Shape& x) { return x.size(0, x.rank() - 1); }
std::int64_t length_of(const Shape& x) { return x[x.rank() - 1]; }

std::size_t scratch_for(const Shape& x, DType dtype) {  // rows of the real length, or the complex one
  return for_floating(dtype, [&](auto t) {
    return length_of(x) == 0 ? 0 : kernels::float_table<decltype(t)>().fourier.scratch(rows(x), length_of(x));
  });
}

void check_row(const char* name, const Spec& x) {
  check::floating(name, x);
  check::rank_at_least(name, x, 1);
  if (x.dims.back().known() && x.dims.back().value() < 1)
    fail(ErrorKind::value, std::string(name) + ": the last axis is empty", "at least one entry",
         "shape " + to_string(x.dims), "Check the input.");
}

void check_parts(const char* name, const Specs& inputs) {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  check_row(name, inputs[0]);
  check::shape(name, inputs[1], inputs[0].dims, inputs, "the imaginary part");
}

Dims with_length(const Spec& x, const Dim& length) {
  Dims dims = x.dims;
  dims.back() = length;
  return dims;
}

Value part(const Vjp& v, int i) { return v.grad(i) ? v.grad(i) : ops::zeros_like(v.out(i)); }

}  // namespace

Specs Fft::infer(const Specs& inputs) const {
  check_parts(name, inputs);
  return {inputs[0], inputs[0]};
}

std::size_t Fft::scratch(const Run& run) const { return scratch_for(run.inputs[0].shape, run.inputs[0].dtype); }

void Fft::run(const Run& run) const {
  const Shape& x = run.inputs[0].shape;
  const int re = inverse ? 1 : 0, im = inverse ? 0 : 1;  // the inverse has both parts exchanged
  if (x.size() == 0) return;
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    kernels::float_table<T>().fourier.complex(rows(x), length_of(x), run.in<T>(re), run.in<T>(im), run.out<T>(re),
                                              run.out<T>(im), run.scratch);
  });
}

Values Fft::vjp(const Vjp& v) const { return call(Fft{!inverse}, {part(v, 0), part(v, 1)}); }

Specs Rfft::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check_row(name, inputs[0]);
  const Spec bins{inputs[0].dtype, with_length(inputs[0], inputs[0].dims.back() / 2 + 1)};
  return {bins, bins};
}

std::size_t Rfft::scratch(const Run& run) const { return scratch_for(run.inputs[0].shape, run.inputs[0].dtype); }

void Rfft::run(const Run& run) const {
  const Shape& x = run.inputs[0].shape;
  if (x.size() == 0) return;
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    kernels::float_table<T>().fourier.real_forward(rows(x), length_of(x), static_cast<T>(interior), run.in<T>(0),
                                                   run.out<T>(0), run.out<T>(1), run.scratch);
  });
}

Values Rfft::vjp(const Vjp& v) const {
  const Value& x = v.in(0);
  return call(Irfft{x.dim(x.rank() - 1), interior}, {part(v, 0), part(v, 1)});
}

Specs Irfft::infer(const Specs& inputs) const {
  check_parts(name, inputs);
  if (length.known() && length.value() < 1)
    fail(ErrorKind::value, "irfft: wrong length", "at least 1", to_string(length), "Use the length of the signal.");
  check::shape(name, inputs[0], with_length(inputs[0], length / 2 + 1), inputs, "the parts: length / 2 + 1 bins");
  return {{inputs[0].dtype, with_length(inputs[0], length)}};
}

std::size_t Irfft::scratch(const Run& run) const { return scratch_for(run.outputs[0].shape, run.outputs[0].dtype); }

void Irfft::run(const Run& run) const {
  const Shape& y = run.outputs[0].shape;
  if (y.size() == 0) return;
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    kernels::float_table<T>().fourier.real_inverse(rows(y), length_of(y), static_cast<T>(interior), run.in<T>(0),
                                                   run.in<T>(1), run.out<T>(0), run.scratch);
  });
}

Values Irfft::vjp(const Vjp& v) const { return call(Rfft{interior}, {v.grad()}); }

}  // namespace lamina
