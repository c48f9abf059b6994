#include "ops/conv.h"

#include "autodiff/gradient.h"
#include "autodiff/through.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

k::ConvShape ConvAttributes::shape(const Shape& x, const Shape& kernel, const Shape& y) const {
  k::ConvShape s;
  window::fill(s, x, y, kernel.begin(), strides, dilation, padding);
  s.channels = x[x.rank() - 1];
  s.filters = y[y.rank() - 1];
  s.groups = groups;
  return s;
}

namespace {

// The gradient ops of a convolution carry its attributes.
template <class Op>
Op with(const ConvAttributes& attributes) {
  Op op;
  static_cast<ConvAttributes&>(op) = attributes;
  return op;
}

}  // namespace

Specs Conv::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 4);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  const Spec &x = inputs[0], &w = inputs[1];
  if (x.rank() < 3 || x.rank() > 5 || w.rank() != x.rank())
    fail(ErrorKind::value, "conv: wrong ranks",
         "an input (batch, 1 to 3 spatial axes, channels) and a kernel (spatial axes, channels / groups, filters)",
         to_string(inputs), "Add the missing axes.");
  const int axes = x.rank() - 2;
  const auto s = window::per_axis(name, "strides", strides, axes),
             d = window::per_axis(name, "dilation", dilation, axes);
  const Dim channels = x.dims.back(), filters = w.dims.back(), depth = w.dims[static_cast<std::size_t>(axes)];
  if (groups < 1 || groups > (std::int64_t{1} << 30) ||
      (channels.known() && depth.known() && channels.value() != depth.value() * groups) ||
      (filters.known() && filters.value() % groups != 0))
    fail(ErrorKind::value, "conv: channels, groups and kernel do not fit together",
         "channels = groups * the kernel's next-to-last size, and filters divisible by groups",
         to_string(inputs) + ", groups " + std::to_string(groups), "Check groups and the number of channels.");
  if (inputs.size() >= 3) check::shape(name, inputs[2], {filters}, inputs, "the bias");
  if (padding == Padding::causal && axes != 1)
    fail(ErrorKind::value, "conv: 'causal' padding is for one spatial axis", "'valid' or 'same'", "'causal'",
         "Change the padding.");
  Dims out{x.dims[0]};
  for (std::size_t i = 0; i < static_cast<std::size_t>(axes); ++i)
    out.push_back(window::out_size(name, x.dims[i + 1], {w.dims[i].value(), s[i], d[i]}, padding, inputs));
  out.push_back(filters);
  if (inputs.size() == 4) check::shape(name, inputs[3], out, inputs, "the addend");
  return {{x.dtype, out}};
}

std::size_t Conv::scratch(const Run& run) const { return scratch_of(run, false); }
std::size_t Conv::scratch_packed(const Run& run) const { return scratch_of(run, true); }

std::size_t Conv::scratch_of(const Run& run, bool is_packed) const {
  const auto s = shape(run.inputs[0].shape, run.inputs[1].shape, run.outputs[0].shape);
  return for_floating(run.inputs[0].dtype,
                      [&](auto t) { return k::float_table<decltype(t)>().conv.forward_scratch(s, is_packed); });
}

void Conv::run(const Run& run) const { run_packed(run, nullptr); }

void Conv::run_packed(const Run& run, const void* packed) const {
  const auto s = shape(run.inputs[0].shape, run.inputs[1].shape, run.outputs[0].shape);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().conv.forward(s, run.in<T>(0), run.in<T>(1), packed, run.in_or_null<T>(2), run.in_or_null<T>(3),
                                     activation, run.out<T>(0), run.scratch);
  });
}

namespace {

// As far as packing looks at it.
k::ConvShape shape_of_kernel(const Shape& kernel, std::int64_t groups) {
  k::ConvShape s;
  const int axes = kernel.rank() - 2;
  for (int i = 0; i < axes; ++i) s.kernel[3 - axes + i] = kernel[i];
  s.channels = kernel[axes] * groups;
  s.filters = kernel[axes + 1];
  s.groups = groups;
  return s;
}

}  // namespace

std::size_t Conv::packed_bytes(const Shape& kernel, DType dtype) const {
  return for_floating(
      dtype, [&](auto t) { return k::float_table<decltype(t)>().conv.packed_bytes(shape_of_kernel(kernel, groups)); });
}

void Conv::pack(const Run& run) const {
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().conv.pack(shape_of_kernel(run.inputs[0].shape, groups), run.in<T>(0), run.out<T>(0));
  });
}

Values Conv::vjp(const Vjp& v) const {
  const Value dy = gradient_before(activation, v.out(), v.grad());
  if (!dy)
    return vjp_through(v, [&](const Values& inputs) {
      Conv plain = *this;
      plain.activation = k::Activation::linear;
      return Values{activate(activation, call(plain, inputs)[0])};
    });
  Value dx, dw;
  if (v.need(0)) {
    auto op = with<ConvGradInput>(*this);
    op.input_shape = v.in(0).dims();
    dx = call(op, {dy, v.in(1)})[0];
  }
  if (v.need(1)) {
    auto op = with<ConvGradKernel>(*this);
    op.kernel_shape = v.in(1).dims();
    dw = call(op, {v.in(0), dy})[0];
  }
  Values found = {dx, dw};
  if (v.has(2)) found.push_back(v.need(2) ? ops::sum_to(dy, v.in(2).dims()) : Value());
  if (v.has(3)) found.push_back(dy);
  return found;
}

Specs ConvGradInput::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  const Specs y = with<Conv>(*this).infer({{inputs[0].dtype, input_shape}, inputs[1]});
  check::shape(name, inputs[0], y[0].dims, inputs, "the gradient");
  return {{inputs[0].dtype, input_shape}};
}

std::size_t ConvGradInput::scratch(const Run& run) const {
  const auto s = shape(run.outputs[0].shape, run.inputs[1].shape, run.inputs[0].shape);
  return for_floating(run.inputs[0].dtype,
                      [&](auto t) { return k::float_table<decltype(t)>().conv.grad_input_scratch(s); });
}

void ConvGradInput::run(const Run& run) const {
  const auto s = shape(run.outputs[0].shape, run.inputs[1].shape, run.inputs[0].shape);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().conv.grad_input(s, run.in<T>(0), run.in<T>(1), run.out<T>(0), run.scratch);
  });
}

Values ConvGradInput::vjp(const Vjp& v) const {  // linear in dy and in the kernel
  Value d_dy, dw;
  if (v.need(0)) d_dy = call(with<Conv>(*this), {v.grad(), v.in(1)})[0];
  if (v.need(1)) {
    auto op = with<ConvGradKernel>(*this);
    op.kernel_shape = v.in(1).dims();
    dw = call(op, {v.grad(), v.in(0)})[0];
  }
  return {d_dy, dw};
}

Specs ConvGradKernel::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  const Specs y = with<Conv>(*this).infer({inputs[0], {inputs[0].dtype, kernel_shape}});
  check::shape(name, inputs[1], y[0].dims, inputs, "the gradient");
  return {{inputs[0].dtype, kernel_shape}};
}

std::size_t ConvGradKernel::scratch(const Run& run) const {
  const auto s = shape(run.inputs[0].shape, run.outputs[0].shape, run.inputs[1].shape);
  return for_floating(run.inputs[0].dtype,
                      [&](auto t) { return k::float_table<decltype(t)>().conv.grad_kernel_scratch(s); });
}

void ConvGradKernel::run(const Run& run) const {
  const auto s = shape(run.inputs[0].shape, run.outputs[0].shape, run.inputs[1].shape);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().conv.grad_kernel(s, run.in<T>(0), run.in<T>(1), run.out<T>(0), run.scratch);
  });
}

Values ConvGradKernel::vjp(const Vjp& v) const {  // linear in x and in dy
  Value dx, d_dy;
  if (v.need(0)) {
    auto op = with<ConvGradInput>(*this);
    op.input_shape = v.in(0).dims();
    dx = call(op, {v.in(1), v.grad()})[0];
  }
  if (v.need(1)) d_dy = call(with<Conv>(*this), {v.in(0), v.grad()})[0];
  return {dx, d_dy};
}

}  // namespace lamina
