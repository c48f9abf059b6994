// The ops of elementwise.h that broadcast: functions of two tensors, comparisons and selection.
#include <algorithm>

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/elementwise.h"
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

enum class Takes { numbers, numbers_and_truth, floating, integers, truth };

Takes takes(k::Binary f) {
  using B = k::Binary;
  switch (f) {
    case B::add:
    case B::multiply:
    case B::maximum:
    case B::minimum:
      return Takes::numbers_and_truth;
    case B::divide:
    case B::atan2:
    case B::hypot:
    case B::next_after:
    case B::ldexp:
    case B::gammainc:
    case B::gammainc_slope:
    case B::gamma_density:
      return Takes::floating;
    case B::gcd:
    case B::lcm:
    case B::bitwise_and:
    case B::bitwise_or:
    case B::bitwise_xor:
    case B::left_shift:
    case B::right_shift:
      return Takes::integers;
    case B::logical_and:
    case B::logical_or:
    case B::logical_xor:
      return Takes::truth;
    default:
      return Takes::numbers;
  }
}

}  // namespace

namespace elementwise {

Specs infer_binary(const char* name, k::Binary function, const Specs& inputs) {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  const Takes wanted = takes(function);
  const bool truth = inputs[0].dtype == DType::boolean;
  if (wanted == Takes::floating) check::floating(name, inputs[0]);
  if (truth ? wanted == Takes::numbers || wanted == Takes::integers : wanted == Takes::truth)
    fail(ErrorKind::type, std::string(name) + ": wrong dtype", truth ? "numbers" : "bool", to_string(inputs),
         truth ? "Cast the inputs first." : "Compare the inputs first.");
  if (wanted == Takes::integers && is_floating(inputs[0].dtype))
    fail(ErrorKind::type, std::string(name) + ": wrong dtype", "integers", to_string(inputs), "Cast the inputs first.");
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
  auto by_order = [&](const Value& order, const Value& x) {  // d ln(gamma_density) / d order
    return ops::subtract(log_of(x), call(Unary<k::Unary::digamma>{}, {order})[0]);
  };
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
    case B::fmod:  // a - trunc(a/b) * b
      da = dy;
      if (v.need(1)) db = ops::negative(ops::multiply(dy, call(Unary<k::Unary::trunc>{}, {ops::divide(a, b)})[0]));
      break;
    case B::hypot: {  // 0 at the tip of the cone
      const Value tip = ops::equal(y, ops::like(y, 0));
      const Value slope = ops::where(tip, ops::like(y, 0), ops::divide(dy, ops::where(tip, ops::like(y, 1), y)));
      if (v.need(0)) da = ops::multiply(slope, a);
      if (v.need(1)) db = ops::multiply(slope, b);
      break;
    }
    case B::ldexp:
      da = call(Binary<B::ldexp>{}, {dy, b})[0];
      break;
    case B::gammainc:
      if (v.need(0)) da = ops::multiply(dy, call(Binary<B::gammainc_slope>{}, {a, b})[0]);
      if (v.need(1)) db = ops::multiply(dy, call(Binary<B::gamma_density>{}, {a, b})[0]);
      break;
    case B::gammainc_slope: {  // by b: the density's derivative by a
      if (v.need(0)) detail::not_differentiable("the gradient of gammainc by its first argument");
      const Value density = call(Binary<B::gamma_density>{}, {a, b})[0];
      db = ops::multiply(dy, ops::multiply(density, by_order(a, b)));
      break;
    }
    case B::gamma_density:  // y = b^(a-1) e^-b / Gamma(a)
      if (v.need(0)) da = ops::multiply(dy, ops::multiply(y, by_order(a, b)));
      if (v.need(1)) {
        const Value slope = ops::subtract(ops::divide(ops::subtract(a, ops::like(a, 1)), b), ops::like(b, 1));
        db = ops::multiply(dy, ops::multiply(y, slope));
      }
      break;
    default:
      break;  // floor_divide, next_after: flat; the others: not real numbers
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

}  // namespace elementwise

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

}  // namespace lamina
