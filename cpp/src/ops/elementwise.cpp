#include "ops/elementwise.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "autodiff/gradient.h"
#include "autodiff/through.h"
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

namespace {

constexpr double kOneOverRootTwoPi = 0.3989422804014327, kRootTwoOverPi = 0.7978845608028654, kGeluCubic = 0.044715;

template <k::Unary F>
Value unary(const Value& x) {
  return call(Unary<F>{}, {x})[0];
}

Value one_minus(const Value& x) { return ops::subtract(ops::like(x, 1), x); }

// f'(x) of gelu_tanh and mish, whose second derivatives are no short formulas.
Value slope_of(k::Unary function, const Value& x) {
  using U = k::Unary;
  if (function == U::gelu_tanh) {  // s + x s (1 - s) a'(x), s = sigmoid(a(x)), a(x) = 2 sqrt(2 / pi) (x + d x^3)
    const Value square = unary<U::square>(x), one = ops::like(x, 1);
    const Value grown = ops::scaled(square, kGeluCubic);
    const Value s = unary<U::sigmoid>(ops::scaled(ops::multiply(x, ops::add(one, grown)), 2 * kRootTwoOverPi));
    const Value bend = ops::scaled(ops::add(one, ops::scaled(grown, 3)), 2 * kRootTwoOverPi);
    return ops::multiply(s, ops::add(one, ops::multiply(ops::multiply(x, one_minus(s)), bend)));
  }
  // mish: t + x s (1 - t^2), t = tanh(softplus(x)), s = sigmoid(x)
  const Value t = unary<U::tanh>(unary<U::softplus>(x)), s = unary<U::sigmoid>(x);
  return ops::add(t, ops::multiply(ops::multiply(x, s), one_minus(unary<U::square>(t))));
}

}  // namespace

Values UnaryGrad::vjp(const Vjp& v) const {
  using U = k::Unary;
  const Value &saved = v.in(0), &dy = v.in(1), &g = v.grad();
  if (function == U::gelu_tanh || function == U::mish)
    return vjp_through(v, [&](const Values& in) { return Values{ops::multiply(in[1], slope_of(function, in[0]))}; });
  Value d_saved;
  if (v.need(0)) {
    const Value both = ops::multiply(g, dy);
    auto times_slope = [&](const Value& x) { return call(*this, {saved, x})[0]; };
    auto above_zero = [&](const Value& yes, const Value& no) {
      return ops::where(ops::less(ops::like(saved, 0), saved), yes, no);
    };
    switch (function) {  // d(dy * f')/d(saved); the comments say f', of x or y as it was saved
      case U::absolute:
      case U::relu:
      case U::relu6:
      case U::leaky_relu:
      case U::hard_sigmoid:
        d_saved = ops::zeros_like(saved);
        break;
      case U::square:  // 2x
        d_saved = ops::scaled(both, 2);
        break;
      case U::exp:  // y
        d_saved = both;
        break;
      case U::expm1:  // exp(x)
        d_saved = times_slope(both);
        break;
      case U::tanh:  // 1 - y^2
        d_saved = ops::scaled(ops::multiply(both, saved), -2);
        break;
      case U::sigmoid:  // y (1 - y)
        d_saved = ops::multiply(both, one_minus(ops::scaled(saved, 2)));
        break;
      case U::log:    // 1 / x
      case U::log1p:  // 1 / (1 + x)
        d_saved = ops::negative(times_slope(times_slope(both)));
        break;
      case U::reciprocal:  // -y^2
        d_saved = ops::scaled(ops::multiply(both, saved), -2);
        break;
      case U::sqrt:  // 1 / (2y)
        d_saved = ops::scaled(ops::divide(both, unary<U::square>(saved)), -0.5);
        break;
      case U::rsqrt:  // -y^3 / 2
        d_saved = ops::scaled(ops::multiply(both, unary<U::square>(saved)), -1.5);
        break;
      case U::sin:
        d_saved = ops::negative(ops::multiply(both, unary<U::sin>(saved)));
        break;
      case U::cos:
        d_saved = ops::negative(ops::multiply(both, unary<U::cos>(saved)));
        break;
      case U::erf:  // 2 / sqrt(pi) exp(-x^2)
        d_saved = ops::scaled(ops::multiply(times_slope(both), saved), -2);
        break;
      case U::softplus:       // sigmoid(x)
      case U::log_sigmoid: {  // sigmoid(-x)
        const Value s = unary<U::sigmoid>(saved);
        const Value bend = ops::multiply(s, one_minus(s));
        d_saved = ops::multiply(both, function == U::softplus ? bend : ops::negative(bend));
        break;
      }
      case U::silu: {  // s (1 + x (1 - s)), s = sigmoid(x)
        const Value s = unary<U::sigmoid>(saved);
        const Value inner = ops::multiply(saved, one_minus(ops::scaled(s, 2)));
        d_saved = ops::multiply(ops::multiply(both, ops::multiply(s, one_minus(s))), ops::add(ops::like(s, 2), inner));
        break;
      }
      case U::gelu: {  // Phi(x) + x phi(x)
        const Value square = unary<U::square>(saved);
        const Value bell = ops::scaled(unary<U::exp>(ops::scaled(square, -0.5)), kOneOverRootTwoPi);
        d_saved = ops::multiply(ops::multiply(both, bell), ops::subtract(ops::like(square, 2), square));
        break;
      }
      case U::softsign: {  // 1 / (1 + |x|)^2
        const Value root = ops::add(ops::like(saved, 1), unary<U::absolute>(saved));
        d_saved = ops::scaled(ops::divide(ops::multiply(times_slope(both), unary<U::sign>(saved)), root), -2);
        break;
      }
      case U::hard_silu: {  // (2x + 3) / 6 between -3 and 3
        const Value inside = ops::less(unary<U::absolute>(saved), ops::like(saved, 3));
        d_saved = ops::where(inside, ops::scaled(both, 1.0 / 3), ops::like(both, 0));
        break;
      }
      case U::elu:   // 1 above zero, y + alpha below
      case U::selu:  // the same, scaled
        d_saved = above_zero(ops::like(both, 0), both);
        break;
      case U::celu:  // 1 above zero, y / alpha + 1 below
        d_saved = above_zero(ops::like(both, 0), ops::scaled(both, 1 / alpha));
        break;
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
    k::any_table<T>().elementwise.cast(count(run), run.in<T>(0), static_cast<int>(run.outputs[0].dtype),
                                       run.outputs[0].data);
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
  const std::size_t bytes = run.outputs[0].bytes();
  if (dtype == DType::boolean && run.inputs[0].dtype != DType::boolean) {
    const auto* from = static_cast<const unsigned char*>(run.inputs[0].data);
    for (std::size_t i = 0; i < bytes; ++i) run.out<bool>(0)[i] = from[i] != 0;
  } else if (bytes != 0) {
    std::memcpy(run.outputs[0].data, run.inputs[0].data, bytes);
  }
}

Specs Identity::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 2);  // the last: what sizes were measured by that ops before it have
  return {inputs[0]};
}

Values Identity::vjp(const Vjp& v) const { return {v.grad()}; }

Specs StopGradient::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  return {inputs[0]};
}

Values StopGradient::vjp(const Vjp&) const { return {Value()}; }

Specs After::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  return {inputs[0]};
}

Values After::vjp(const Vjp& v) const { return {v.grad(), Value()}; }

}  // namespace lamina
