#include "ops/norm.h"

#include <cmath>
#include <cstring>

#include "autodiff/gradient.h"
#include "autodiff/through.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/elementwise.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

namespace {

k::BatchNormShape batch_shape(const Shape& x, std::int64_t axis) {
  const int a = check::axis("batch_norm", axis, x.rank());
  return {x.size(0, a), x[a], x.size(a + 1, x.rank())};
}

Specs check_batch(const char* name, std::int64_t axis, const Specs& inputs, const Spec& x, std::size_t first_vector) {
  check::same_dtype(name, inputs);
  check::floating(name, x);
  check::rank_at_least(name, x, 2);
  const auto a = static_cast<std::size_t>(check::axis(name, axis, x.rank()));
  for (std::size_t i = first_vector; i < inputs.size(); ++i) {
    if (inputs[i].rank() != 1)
      fail(ErrorKind::value, std::string(name) + ": wrong rank of a parameter", "one value per channel",
           to_string(inputs), "Check the weights.");
    check::equal(name, inputs[i].dims[0], x.dims[a], inputs, "numbers of channels");
  }
  return {x};
}

void check_clamp(const char* name, k::Activation activation) {
  using A = k::Activation;
  if (activation != A::linear && activation != A::relu && activation != A::relu6)
    fail(ErrorKind::value, std::string(name) + ": wrong activation", "linear, relu or relu6",
         EnumNames<A>::names[static_cast<int>(activation)], "Apply other activations afterwards.");
}

// What stands behind x in a normalization that may have an addend and a clamp as its activation.
template <class Op>
void check_normalization(const Op& op, const Specs& inputs) {
  constexpr std::size_t plain = 1 + Op::num_parameters;
  check::num_inputs(Op::name, inputs, plain, plain + 1);
  check_batch(Op::name, op.axis, Specs(inputs.begin(), inputs.begin() + plain), inputs[0], 1);
  if (inputs.size() > plain) {
    check::same_dtype(Op::name, inputs);
    check::shape(Op::name, inputs[plain], inputs[0].dims, inputs, "the addend");
  }
  check_clamp(Op::name, op.activation);
}

// The outputs of `plain`, with the addend and the activation of `op` applied to the first.
template <class Op>
Values unfused(const Op& op, const Values& inputs) {
  Op plain = op;
  plain.activation = k::Activation::linear;
  const auto parameters_end = inputs.begin() + 1 + Op::num_parameters;
  Values outputs = call(plain, Values(inputs.begin(), parameters_end));
  if (parameters_end != inputs.end()) outputs[0] = ops::add(outputs[0], inputs.back());
  outputs[0] = activate(op.activation, outputs[0]);
  return outputs;
}

template <class Op>
bool is_plain(const Op& op, const Vjp& v) {
  return op.activation == k::Activation::linear && v.inputs.size() == 1 + Op::num_parameters;
}

// Without samples there is nothing to normalize: statistics and gradients are zero.
bool zero_if_empty(const Run& run, int input, int num_outputs) {
  if (run.inputs[input].shape.size() != 0) return false;
  for (int i = 0; i < num_outputs; ++i) std::memset(run.outputs[i].data, 0, run.outputs[i].bytes());
  return true;
}

// [1, ..., channels, ..., 1] for broadcasting against x.
Value along(const Value& vector, const Value& x, std::int64_t axis) {
  Dims dims(static_cast<std::size_t>(x.rank()), Dim(1));
  dims[static_cast<std::size_t>(check::axis("batch_norm", axis, x.rank()))] = vector.dim(0);
  return ops::reshape(vector, dims);
}

std::vector<std::int64_t> all_but(std::int64_t axis, int rank) {
  std::vector<std::int64_t> axes;
  for (int i = 0; i < rank; ++i)
    if (i != check::axis("batch_norm", axis, rank)) axes.push_back(i);
  return axes;
}

// The number of elements over these axes, as a scalar of x's dtype.
Value count_over(const std::vector<std::int64_t>& axes, const Value& x) {
  Dim count = 1;
  for (std::int64_t a : axes) count = count * x.dim(static_cast<int>(a));
  return ops::dim_value(count, x.dtype());
}

}  // namespace

Specs BatchNorm::infer(const Specs& inputs) const {
  check_normalization(*this, inputs);
  return {inputs[0], inputs[1], inputs[1], inputs[1]};
}

std::size_t BatchNorm::scratch(const Run& run) const {
  const auto s = batch_shape(run.inputs[0].shape, axis);
  return for_floating(run.inputs[0].dtype, [&](auto t) { return k::float_table<decltype(t)>().norm.batch_scratch(s); });
}

void BatchNorm::run(const Run& run) const {
  if (zero_if_empty(run, 0, 4)) return;
  const auto s = batch_shape(run.inputs[0].shape, axis);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().norm.batch(s, run.in<T>(0), run.in<T>(1), run.in<T>(2), run.in_or_null<T>(3),
                                   static_cast<T>(epsilon), activation, run.out<T>(0), run.out<T>(1), run.out<T>(2),
                                   run.out<T>(3), run.scratch);
  });
}

Values BatchNorm::vjp(const Vjp& v) const {
  if (!is_plain(*this, v)) return vjp_through(v, [&](const Values& inputs) { return unfused(*this, inputs); });
  const Value &x = v.in(0), &gamma = v.in(1), &mean = v.out(1), &rstd = v.out(3);
  Value dx, dgamma, dbeta;
  if (v.grad(0)) {
    const Values g = call(BatchNormGrad{axis}, {v.grad(0), x, gamma, mean, rstd});
    dx = g[0], dgamma = g[1], dbeta = g[2];
  }
  // The statistics are outputs too; somebody may differentiate through them.
  Value d_mean = v.grad(1), d_variance = v.grad(2);
  if (v.grad(3)) {  // rstd = (variance + epsilon)^-1/2
    const Value cubed = ops::multiply(rstd, ops::multiply(rstd, rstd));
    const Value d = ops::scaled(ops::multiply(v.grad(3), cubed), -0.5);
    d_variance = d_variance ? ops::add(d_variance, d) : d;
  }
  if (v.need(0) && (d_mean || d_variance)) {
    const Value n = count_over(all_but(axis, x.rank()), x);
    Value sum;
    if (d_mean) sum = ops::broadcast_to(along(ops::divide(d_mean, n), x, axis), x.dims());
    if (d_variance) {
      const Value centered = ops::subtract(x, along(mean, x, axis));
      const Value d = ops::multiply(centered, along(ops::scaled(ops::divide(d_variance, n), 2), x, axis));
      sum = sum ? ops::add(sum, d) : d;
    }
    dx = dx ? ops::add(dx, sum) : sum;
  }
  return {dx, dgamma, dbeta};
}

Specs BatchNormGrad::infer(const Specs& inputs) const {
  const int count = activation == k::Activation::linear ? 5 : 6;
  check::num_inputs(name, inputs, count, count);
  check_clamp(name, activation);
  check_batch(name, axis, inputs, inputs[1], 2);
  check::shape(name, inputs[0], inputs[1].dims, inputs, "the gradient");
  return {inputs[1], inputs[2], inputs[2]};
}

std::size_t BatchNormGrad::scratch(const Run& run) const {
  const auto s = batch_shape(run.inputs[1].shape, axis);
  return for_floating(run.inputs[0].dtype, [&](auto t) { return k::float_table<decltype(t)>().norm.batch_scratch(s); });
}

void BatchNormGrad::run(const Run& run) const {
  if (zero_if_empty(run, 1, 3)) return;
  const auto s = batch_shape(run.inputs[1].shape, axis);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().norm.batch_grad(s, run.in<T>(0), run.in<T>(1), run.in<T>(2), run.in_or_null<T>(5), run.in<T>(3),
                                        run.in<T>(4), activation, run.out<T>(0), run.out<T>(1), run.out<T>(2),
                                        run.scratch);
  });
}

Values BatchNormGrad::vjp(const Vjp& v) const {
  return vjp_through(v, [&](const Values& in) {
    const Value &x = in[1], &gamma = in[2], &mean = in[3], &rstd = in[4];
    const auto axes = all_but(axis, x.rank());
    const Value n = count_over(axes, x);
    auto wide = [&](const Value& vector) { return along(vector, x, axis); };
    const Value normal = ops::multiply(ops::subtract(x, wide(mean)), wide(rstd));
    Value dy = in[0];
    if (activation != k::Activation::linear)
      dy = gradient_before(activation, ops::add(ops::multiply(normal, wide(gamma)), wide(in[5])), dy);
    const Value dgamma = ops::sum(ops::multiply(dy, normal), axes, false), dbeta = ops::sum(dy, axes, false);
    const Value centered = ops::subtract(dy, wide(ops::divide(dbeta, n)));
    const Value rest = ops::subtract(centered, ops::multiply(normal, wide(ops::divide(dgamma, n))));
    return Values{ops::multiply(wide(ops::multiply(gamma, rstd)), rest), dgamma, dbeta};
  });
}

Specs BatchNormInference::infer(const Specs& inputs) const {
  check_normalization(*this, inputs);
  return {inputs[0]};
}

std::size_t BatchNormInference::scratch(const Run& run) const { return 2 * run.inputs[1].bytes(); }

void BatchNormInference::run(const Run& run) const {
  const auto s = batch_shape(run.inputs[0].shape, axis);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    T* scale = static_cast<T*>(run.scratch);
    T* offset = scale + s.channels;
    for (std::int64_t c = 0; c < s.channels; ++c) {
      scale[c] = run.in<T>(1)[c] / std::sqrt(run.in<T>(4)[c] + static_cast<T>(epsilon));
      offset[c] = run.in<T>(2)[c] - run.in<T>(3)[c] * scale[c];
    }
    k::float_table<T>().norm.scale_offset(s, run.in<T>(0), scale, offset, run.in_or_null<T>(5), activation,
                                          run.out<T>(0));
  });
}

Values BatchNormInference::vjp(const Vjp& v) const {
  if (!is_plain(*this, v)) return vjp_through(v, [&](const Values& inputs) { return unfused(*this, inputs); });
  return vjp_through(v, [&](const Values& in) {
    const Value rstd = call(Unary<k::Unary::rsqrt>{}, {ops::add(in[4], ops::like(in[4], epsilon))})[0];
    const Value scale = ops::multiply(in[1], rstd);
    const Value offset = ops::subtract(in[2], ops::multiply(in[3], scale));
    return Values{ops::add(ops::multiply(in[0], along(scale, in[0], axis)), along(offset, in[0], axis))};
  });
}

namespace {

// Rows and columns of x when the last `axes` axes are normalized.
std::pair<std::int64_t, std::int64_t> rows_and_columns(const Shape& x, std::int64_t axes) {
  const int split = x.rank() - static_cast<int>(axes);
  return {x.size(0, split), x.size(split, x.rank())};
}

void check_layer(const char* name, std::int64_t axes, const Specs& inputs, const Spec& x, std::size_t first,
                 std::size_t last) {
  check::same_dtype(name, inputs);
  check::floating(name, x);
  if (axes < 1 || axes > x.rank())
    fail(ErrorKind::value, std::string(name) + ": wrong number of axes", "1 to " + std::to_string(x.rank()),
         std::to_string(axes), "Check the axis argument.");
  for (std::size_t i = first; i < last; ++i) {
    if (inputs[i].rank() != axes)
      fail(ErrorKind::value, std::string(name) + ": wrong rank of a parameter", "the shape of the normalized axes",
           to_string(inputs), "Check the weights.");
    for (int a = 0; a < axes; ++a)
      check::equal(name, inputs[i].dims[static_cast<std::size_t>(a)],
                   x.dims[static_cast<std::size_t>(x.rank() - axes + a)], inputs, "the normalized sizes");
  }
}

}  // namespace

Specs LayerNorm::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 3);
  check_layer(name, axes, inputs, inputs[0], 1, 3);
  const Spec row{inputs[0].dtype, Dims(inputs[0].dims.begin(), inputs[0].dims.end() - axes)};
  return {inputs[0], row, row};
}

void LayerNorm::run(const Run& run) const {
  if (zero_if_empty(run, 0, 3)) return;
  const auto [rows, columns] = rows_and_columns(run.inputs[0].shape, axes);
  for_floating(run.inputs[0].dtype, [&, r = rows, c = columns](auto t) {
    using T = decltype(t);
    k::float_table<T>().norm.layer(r, c, run.in<T>(0), run.in<T>(1), run.in<T>(2), static_cast<T>(epsilon),
                                   run.out<T>(0), run.out<T>(1), run.out<T>(2));
  });
}

namespace {

// The last `axes` axes of x.
std::vector<std::int64_t> last_axes(const Value& x, std::int64_t axes) {
  std::vector<std::int64_t> last;
  for (std::int64_t a = x.rank() - axes; a < x.rank(); ++a) last.push_back(a);
  return last;
}

// [rows..., 1...] for broadcasting against x.
Value beside(const Value& rows, const Value& x) {
  Dims dims = rows.dims();
  dims.resize(static_cast<std::size_t>(x.rank()), Dim(1));
  return ops::reshape(rows, dims);
}

}  // namespace

Values LayerNorm::vjp(const Vjp& v) const {
  const Value &x = v.in(0), &mean = v.out(1), &rstd = v.out(2);
  Value dx, dgamma, dbeta;
  if (v.grad(0)) {
    const Values g = call(LayerNormGrad{axes}, {v.grad(0), x, v.in(1), mean, rstd});
    dx = g[0], dgamma = g[1], dbeta = g[2];
  }
  // The statistics are outputs too: the gradient of this gradient flows through them.
  if (v.need(0) && (v.grad(1) || v.grad(2))) {
    const Value n = count_over(last_axes(x, axes), x);
    Value sum;
    if (v.grad(1)) sum = ops::broadcast_to(beside(ops::divide(v.grad(1), n), x), x.dims());
    if (v.grad(2)) {  // rstd = (variance + epsilon)^-1/2
      const Value cubed = ops::multiply(rstd, ops::multiply(rstd, rstd));
      const Value slope = ops::negative(ops::divide(ops::multiply(v.grad(2), cubed), n));
      const Value d = ops::multiply(ops::subtract(x, beside(mean, x)), beside(slope, x));
      sum = sum ? ops::add(sum, d) : d;
    }
    dx = dx ? ops::add(dx, sum) : sum;
  }
  return {dx, dgamma, dbeta};
}

Specs LayerNormGrad::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 5, 5);
  check_layer(name, axes, inputs, inputs[1], 2, 3);
  const Dims rows(inputs[1].dims.begin(), inputs[1].dims.end() - axes);
  check::shape(name, inputs[0], inputs[1].dims, inputs, "the gradient");
  check::shape(name, inputs[3], rows, inputs, "the mean");
  check::shape(name, inputs[4], rows, inputs, "the deviation");
  return {inputs[1], inputs[2], inputs[2]};
}

std::size_t LayerNormGrad::scratch(const Run& run) const {
  const auto [rows, columns] = rows_and_columns(run.inputs[1].shape, axes);
  return for_floating(run.inputs[0].dtype, [r = rows, c = columns](auto t) {
    return k::float_table<decltype(t)>().norm.layer_scratch(r, c);
  });
}

void LayerNormGrad::run(const Run& run) const {
  if (zero_if_empty(run, 1, 3)) return;
  const auto [rows, columns] = rows_and_columns(run.inputs[1].shape, axes);
  for_floating(run.inputs[0].dtype, [&, r = rows, c = columns](auto t) {
    using T = decltype(t);
    k::float_table<T>().norm.layer_grad(r, c, run.in<T>(0), run.in<T>(1), run.in<T>(2), run.in<T>(3), run.in<T>(4),
                                        run.out<T>(0), run.out<T>(1), run.out<T>(2), run.scratch);
  });
}

Values LayerNormGrad::vjp(const Vjp& v) const {
  return vjp_through(v, [&](const Values& in) {
    const Value &dy = in[0], &x = in[1], &gamma = in[2];
    const Value rstd = beside(in[4], x), normal = ops::multiply(ops::subtract(x, beside(in[3], x)), rstd);
    const auto over = last_axes(x, axes);
    const Value n = count_over(over, x);
    auto mean = [&](const Value& y) { return ops::divide(ops::sum(y, over, true), n); };
    const Value weighted = ops::multiply(dy, gamma);
    const Value centered = ops::subtract(weighted, mean(weighted));
    const Value rest = ops::subtract(centered, ops::multiply(normal, mean(ops::multiply(weighted, normal))));
    return Values{ops::multiply(rstd, rest), ops::sum_to(ops::multiply(dy, normal), gamma.dims()),
                  ops::sum_to(dy, gamma.dims())};
  });
}

}  // namespace lamina
