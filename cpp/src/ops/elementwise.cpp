#include "ops/elementwise.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

namespace {

std::int64_t count(const Run& run) { return run.outputs[0].shape.size(); }

constexpr double kLn2 = 0.69314718055994530942, kErfSlope = 1.12837916709551257390;  // 2 / sqrt(pi)

Value normal_curve(const Value& x) {  // e^(-x^2)
  return call(Unary<k::Unary::exp>{}, {ops::negative(ops::multiply(x, x))})[0];
}

bool integers_too(k::Unary f) { return f <= k::Unary::sign; }

// The bound of a clip as a number of the tensor's dtype: integers have none beyond their ends.
template <class T>
T bound(double value) {
  using Limits = std::numeric_limits<T>;
  if constexpr (Limits::is_integer) {
    if (!(value > static_cast<double>(Limits::min()))) return Limits::min();
    if (value >= static_cast<double>(Limits::max())) return Limits::max();
  }
  return static_cast<T>(value);
}

}  // namespace

namespace elementwise {

Specs infer_unary(const char* name, k::Unary function, const Specs& inputs) {
  check::num_inputs(name, inputs, 1, 1);
  if (!integers_too(function) || inputs[0].dtype == DType::boolean) check::floating(name, inputs[0]);
  return {inputs[0]};
}

void run_unary(k::Unary function, double alpha, const Run& run) {
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().elementwise.unary(function, static_cast<T>(alpha), count(run), run.in<T>(0), run.out<T>(0));
  });
}

Values vjp_unary(k::Unary function, double alpha, const Vjp& v) {
  using U = k::Unary;
  const Value &x = v.in(0), &y = v.out(), &dy = v.grad();
  auto one_plus_square = [](const Value& a) { return ops::add(call(Unary<U::square>{}, {a})[0], ops::like(a, 1)); };
  auto one_minus_square = [](const Value& a) {
    return ops::subtract(ops::like(a, 1), call(Unary<U::square>{}, {a})[0]);
  };
  auto rsqrt = [](const Value& a) { return call(Unary<U::rsqrt>{}, {a})[0]; };
  switch (function) {
    case U::negative:
      return {ops::negative(dy)};
    case U::sign:
    case U::floor:
    case U::ceil:
    case U::round:
    case U::trunc:
      return {ops::zeros_like(x)};
    case U::cbrt:
      return {ops::divide(ops::scaled(dy, 1.0 / 3), call(Unary<U::square>{}, {y})[0])};
    case U::exp2:
      return {ops::multiply(ops::scaled(dy, kLn2), y)};
    case U::log2:
      return {ops::divide(ops::scaled(dy, 1 / kLn2), x)};
    case U::log10:
      return {ops::divide(ops::scaled(dy, 1 / std::log(10.0)), x)};
    case U::erfc:
      return {ops::multiply(ops::scaled(dy, -kErfSlope), normal_curve(x))};
    case U::erfinv:
      return {ops::divide(ops::scaled(dy, 1 / kErfSlope), normal_curve(y))};
    case U::bessel_i0:
      return {ops::multiply(dy, call(Unary<U::bessel_i1>{}, {x})[0])};
    case U::bessel_i1: {  // I0(x) - I1(x) / x, 1/2 at 0
      const Value at_zero = ops::equal(x, ops::like(x, 0));
      const Value ratio = ops::divide(y, ops::where(at_zero, ops::like(x, 1), x));
      const Value i0 = call(Unary<U::bessel_i0>{}, {x})[0];
      return {ops::multiply(dy, ops::subtract(i0, ops::where(at_zero, ops::like(x, 0.5), ratio)))};
    }
    case U::digamma:
      detail::not_differentiable("digamma");
    case U::tan:
      return {ops::multiply(dy, one_plus_square(y))};
    case U::asin:
      return {ops::multiply(dy, rsqrt(one_minus_square(x)))};
    case U::acos:
      return {ops::negative(ops::multiply(dy, rsqrt(one_minus_square(x))))};
    case U::atan:
      return {ops::divide(dy, one_plus_square(x))};
    case U::sinh:
      return {ops::multiply(dy, call(Unary<U::cosh>{}, {x})[0])};
    case U::cosh:
      return {ops::multiply(dy, call(Unary<U::sinh>{}, {x})[0])};
    case U::asinh:
      return {ops::multiply(dy, rsqrt(one_plus_square(x)))};
    case U::acosh:
      return {ops::multiply(dy, rsqrt(ops::negative(one_minus_square(x))))};
    case U::atanh:
      return {ops::divide(dy, one_minus_square(x))};
    default:
      return call(UnaryGrad{function, alpha}, {k::unary_grad_uses_output(function) ? y : x, dy});
  }
}

Specs infer_float_test(const char* name, const Specs& inputs) {
  check::num_inputs(name, inputs, 1, 1);
  check::floating(name, inputs[0]);
  return {{DType::boolean, inputs[0].dims}};
}

void run_float_test(FloatTest test, const Run& run) {
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    const auto& e = k::any_table<T>().elementwise;
    auto* f = test == FloatTest::is_finite ? e.is_finite : test == FloatTest::is_nan ? e.is_nan : e.is_inf;
    f(count(run), run.in<T>(0), run.out<bool>(0));
  });
}

}  // namespace elementwise

Specs UnaryGrad::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  check::shape(name, inputs[1], inputs[0].dims, inputs, "the gradient");
  return {inputs[0]};
}

void UnaryGrad::run(const Run& r) const {
  for_floating(r.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().elementwise.unary_grad(function, static_cast<T>(alpha), count(r), r.in<T>(0), r.in<T>(1),
                                             r.out<T>(0));
  });
}

Values UnaryGrad::vjp(const Vjp& v) const {
  using U = k::Unary;
  const Value &saved = v.in(0), &dy = v.in(1), &g = v.grad();
  Value d_saved;
  if (v.need(0)) {
    const Value both = ops::multiply(g, dy);
    switch (function) {  // d(dy * f')/d(saved), where it is short
      case U::absolute:
      case U::relu:
      case U::relu6:
      case U::leaky_relu:
      case U::hard_sigmoid:
        d_saved = ops::zeros_like(saved);
        break;
      case U::square:
        d_saved = ops::scaled(both, 2);
        break;  // 2x
      case U::exp:
        d_saved = both;
        break;  // y
      case U::tanh:
        d_saved = ops::scaled(ops::multiply(both, saved), -2);
        break;  // 1 - y^2
      case U::sigmoid:
        d_saved = ops::multiply(both, ops::subtract(ops::like(saved, 1), ops::scaled(saved, 2)));
        break;
      case U::log:
        d_saved = ops::negative(ops::divide(both, ops::multiply(saved, saved)));
        break;  // 1/x
      case U::reciprocal:
        d_saved = ops::scaled(ops::multiply(both, saved), -2);
        break;  // -y^2
      case U::sqrt:
        d_saved = ops::scaled(ops::divide(both, ops::multiply(saved, saved)), -0.5);
        break;  // 1/(2y)
      case U::sin:
        d_saved = ops::negative(ops::multiply(both, call(Unary<U::sin>{}, {saved})[0]));
        break;
      case U::cos:
        d_saved = ops::negative(ops::multiply(both, call(Unary<U::cos>{}, {saved})[0]));
        break;
      case U::softplus: {  // sigmoid(x)
        Value s = call(Unary<U::sigmoid>{}, {saved})[0];
        d_saved = ops::multiply(both, ops::multiply(s, ops::subtract(ops::like(s, 1), s)));
        break;
      }
      default:
        detail::not_differentiable((std::string("the gradient of ") + kUnaryNames[static_cast<int>(function)]).c_str());
    }
  }
  return {d_saved, v.need(1) ? call(*this, {saved, g})[0] : Value()};
}

Specs LogicalNot::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  if (inputs[0].dtype != DType::boolean)
    fail(ErrorKind::type, "logical_not: wrong dtype", "bool", to_string(inputs), "Compare the input first.");
  return {inputs[0]};
}

void LogicalNot::run(const Run& run) const {
  k::Broadcast b;
  b.rank = 1;
  b.shape[0] = count(run);
  b.strides[0][0] = 1;
  const bool no = false;
  k::any_table<bool>().elementwise.compare(k::Compare::equal, b, run.in<bool>(0), &no, run.out<bool>(0));
}

Specs Clip::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  return {inputs[0]};
}

void Clip::run(const Run& run) const {
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().elementwise.clip(count(run), run.in<T>(0), bound<T>(low), bound<T>(high), run.out<T>(0));
  });
}

Values Clip::vjp(const Vjp& v) const {
  const Value& x = v.in(0);
  const Value inside = ops::logical_and(ops::less_equal(ops::like(x, low), x), ops::less_equal(x, ops::like(x, high)));
  return {ops::where(inside, v.grad(), ops::like(v.grad(), 0))};
}

Specs Cast::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  return {{dtype, inputs[0].dims}};
}

void Cast::run(const Run& run) const {
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().elementwise.cast(count(run), run.in<T>(0), static_cast<int>(run.outputs[0].dtype), run.outputs[0].data);
  });
}

Values Cast::vjp(const Vjp& v) const { return {is_floating(dtype) ? ops::cast(v.grad(), v.in(0).dtype()) : Value()}; }

Specs Bitcast::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  const auto from = static_cast<std::int64_t>(size_of(inputs[0].dtype));
  const auto to = static_cast<std::int64_t>(size_of(dtype));
  Dims dims = inputs[0].dims;
  if (from == to) return {{dtype, dims}};
  const std::string received = to_string(inputs) + " as " + name_of(dtype);
  if (dims.empty())
    fail(ErrorKind::value, "bitcast: a scalar has no axis to grow or to shrink", "a dtype of the same size", received,
         "Reshape the scalar to (1,) first.");
  Dim& last = dims.back();
  if (from < to && last.known() && last.value() * from % to != 0)
    fail(ErrorKind::value, "bitcast: the last axis does not divide into numbers of the new dtype",
         "a multiple of " + std::to_string(to / from), received, "Pad the last axis, or choose another dtype.");
  last = from > to ? last * Dim(from / to) : last / Dim(to / from);
  return {{dtype, dims}};
}

void Bitcast::run(const Run& run) const {
  const std::size_t bytes = size_of(dtype) * static_cast<std::size_t>(count(run));
  if (dtype == DType::boolean && run.inputs[0].dtype != DType::boolean) {
    const auto* from = static_cast<const unsigned char*>(run.inputs[0].data);
    for (std::size_t i = 0; i < bytes; ++i) run.out<bool>(0)[i] = from[i] != 0;
  } else if (bytes != 0) {
    std::memcpy(run.outputs[0].data, run.inputs[0].data, bytes);
  }
}

Specs Identity::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  return {inputs[0]};
}

Values Identity::vjp(const Vjp& v) const { return {v.grad()}; }

Specs StopGradient::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  return {inputs[0]};
}

Values StopGradient::vjp(const Vjp&) const { return {Value()}; }

}  // namespace lamina
