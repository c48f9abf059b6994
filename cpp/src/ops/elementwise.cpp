#include "ops/elementwise.h"

#include <algorithm>

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

Dim broadcast(const char* op, const Dim& a, const Dim& b, const Specs& inputs) {
  if (a == b) return a;
  if (a.known() && a.value() == 1) return b;
  if (b.known() && b.value() == 1) return a;
  if (a.known() && b.known())
    fail(ErrorKind::value, std::string(op) + ": the shapes cannot be broadcast together",
         "sizes that are equal or 1, counted from the last axis", to_string(inputs),
         "Check the shapes, or reshape one.");
  if (a.known()) return a;
  if (b.known()) return b;
  return maximum(a, b);
}

Dims broadcast(const char* op, const Specs& inputs) {
  int rank = 0;
  for (const Spec& s : inputs) rank = std::max(rank, s.rank());
  Dims out(static_cast<std::size_t>(rank), Dim(1));
  for (const Spec& s : inputs)
    for (int i = 0; i < s.rank(); ++i) {
      Dim& d = out[static_cast<std::size_t>(rank - s.rank() + i)];
      d = broadcast(op, d, s.dims[static_cast<std::size_t>(i)], inputs);
    }
  return out;
}

namespace {

k::Broadcast strides_of(const Run& run, int first, int count) {
  k::Broadcast b;
  const Shape& out = run.outputs[0].shape;
  b.rank = out.rank();
  for (int i = 0; i < out.rank(); ++i) b.shape[i] = out[i];
  for (int j = 0; j < count; ++j) {
    const Shape& in = run.inputs[first + j].shape;
    std::int64_t stride = 1;
    for (int i = out.rank() - 1, a = in.rank() - 1; i >= 0; --i, --a) {
      const std::int64_t size = a >= 0 ? in[a] : 1;
      b.strides[j][i] = size == 1 ? 0 : stride;
      stride *= size;
    }
  }
  return b;
}

std::int64_t count(const Run& run) { return run.outputs[0].shape.size(); }

bool integers_too(k::Unary f) { return f <= k::Unary::sign; }

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

Specs infer_binary(const char* name, k::Binary function, const Specs& inputs) {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  const bool logical = function >= k::Binary::logical_and;
  if (logical != (inputs[0].dtype == DType::boolean))
    fail(ErrorKind::type, std::string(name) + ": wrong dtype", logical ? "bool" : "numbers", to_string(inputs),
         logical ? "Compare the inputs first." : "Cast the inputs first.");
  if (function == k::Binary::divide || function == k::Binary::atan2) check::floating(name, inputs[0]);
  return {{inputs[0].dtype, broadcast(name, inputs)}};
}

void run_binary(k::Binary function, const Run& run) {
  const k::Broadcast b = strides_of(run, 0, 2);
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().elementwise.binary(function, b, run.in<T>(0), run.in<T>(1), run.out<T>(0));
  });
}

Values vjp_binary(k::Binary function, const Vjp& v) {
  using B = k::Binary;
  const Value &a = v.in(0), &b = v.in(1), &y = v.out(), &dy = v.grad();
  Value da, db;
  auto log_of = [](const Value& x) { return call(Unary<k::Unary::log>{}, {x})[0]; };
  auto half_on_ties = [&](const Value& x, const Value& other) {  // as JAX: equal values share the gradient
    Value won = ops::cast(ops::equal(x, y), dy.dtype()), lost = ops::cast(ops::equal(other, y), dy.dtype());
    return ops::multiply(dy, ops::divide(won, ops::add(won, lost)));
  };
  switch (function) {
    case B::add:
      da = db = dy;
      break;
    case B::subtract:
      da = dy;
      if (v.need(1)) db = ops::negative(dy);
      break;
    case B::multiply:
      if (v.need(0)) da = ops::multiply(dy, b);
      if (v.need(1)) db = ops::multiply(dy, a);
      break;
    case B::divide:
      if (v.need(0)) da = ops::divide(dy, b);
      if (v.need(1)) db = ops::negative(ops::divide(ops::multiply(dy, y), b));
      break;
    case B::maximum:
    case B::minimum:
      if (v.need(0)) da = half_on_ties(a, b);
      if (v.need(1)) db = half_on_ties(b, a);
      break;
    case B::power: {
      if (v.need(0)) {  // b * a^(b-1), 0 where b is 0
        Value p = call(Binary<B::power>{}, {a, ops::subtract(b, ops::like(b, 1))})[0];
        Value zero = ops::zeros_like(y);
        da = ops::where(ops::equal(b, ops::like(b, 0)), zero, ops::multiply(dy, ops::multiply(b, p)));
      }
      if (v.need(1)) {  // y * log(a), 0 where a is 0
        Value safe = ops::where(ops::equal(a, ops::like(a, 0)), ops::like(a, 1), a);
        db = ops::multiply(dy, ops::multiply(y, log_of(safe)));
      }
      break;
    }
    case B::squared_difference: {
      Value twice = ops::scaled(ops::multiply(dy, ops::subtract(a, b)), 2);
      if (v.need(0)) da = twice;
      if (v.need(1)) db = ops::negative(twice);
      break;
    }
    case B::atan2: {
      Value square = ops::add(ops::multiply(a, a), ops::multiply(b, b));
      if (v.need(0)) da = ops::multiply(dy, ops::divide(b, square));
      if (v.need(1)) db = ops::negative(ops::multiply(dy, ops::divide(a, square)));
      break;
    }
    case B::mod:  // a - floor(a/b) * b
      da = dy;
      if (v.need(1)) db = ops::negative(ops::multiply(dy, call(Binary<B::floor_divide>{}, {a, b})[0]));
      break;
    default:
      break;  // floor_divide: flat; logical: not numbers
  }
  return {da ? ops::sum_to(da, a.dims()) : da, db ? ops::sum_to(db, b.dims()) : db};
}

Specs infer_compare(const char* name, const Specs& inputs) {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  return {{DType::boolean, broadcast(name, inputs)}};
}

void run_compare(k::Compare function, const Run& run) {
  const k::Broadcast b = strides_of(run, 0, 2);
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().elementwise.compare(function, b, run.in<T>(0), run.in<T>(1), run.out<bool>(0));
  });
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

Specs Where::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 3);
  check::same_dtype(name, {inputs[1], inputs[2]});
  if (inputs[0].dtype != DType::boolean)
    fail(ErrorKind::type, "where: wrong dtype of the condition", "bool", to_string(inputs), "Compare something first.");
  return {{inputs[1].dtype, broadcast(name, inputs)}};
}

void Where::run(const Run& run) const {
  const k::Broadcast b = strides_of(run, 0, 3);
  for_dtype(run.inputs[1].dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().elementwise.where(b, run.in<bool>(0), run.in<T>(1), run.in<T>(2), run.out<T>(0));
  });
}

Values Where::vjp(const Vjp& v) const {
  const Value zero = ops::like(v.grad(), 0);
  Value da, db;
  if (v.need(1)) da = ops::sum_to(ops::where(v.in(0), v.grad(), zero), v.in(1).dims());
  if (v.need(2)) db = ops::sum_to(ops::where(v.in(0), zero, v.grad()), v.in(2).dims());
  return {Value(), da, db};
}

Specs Clip::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  return {inputs[0]};
}

void Clip::run(const Run& run) const {
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().elementwise.clip(count(run), run.in<T>(0), static_cast<T>(low), static_cast<T>(high),
                                       run.out<T>(0));
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
