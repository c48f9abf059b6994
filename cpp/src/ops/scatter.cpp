#include "ops/scatter.h"

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/creation.h"
#include "ops/dispatch.h"
#include "ops/functions.h"
#include "ops/gather.h"
#include "ops/reduce.h"

namespace lamina {

namespace k = kernels;

namespace {

// f(indices) after all of them were found in [-size, size).
template <class F>
void with_indices(const char* name, const Operand& indices, std::int64_t size, F&& f) {
  const auto checked = [&](const auto& gather, const auto* p) {
    const std::int64_t wrong = gather.check(size, indices.shape.size(), p);
    if (wrong >= 0)
      fail(ErrorKind::index, std::string(name) + ": an index is out of range",
           "integers in [" + std::to_string(-size) + ", " + std::to_string(size) + ")",
           std::to_string(p[wrong]) + " at position " + std::to_string(wrong), "Check the indices.");
    f(p);
  };
  const auto& table = k::any_table<float>();
  if (indices.dtype == DType::int32)
    checked(table.gather32, static_cast<const std::int32_t*>(indices.data));
  else
    checked(table.gather64, static_cast<const std::int64_t*>(indices.data));
}

}  // namespace

Specs TakeAlongAxis::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check_indices(name, inputs[1], inputs);
  const int a = check::axis(name, axis, inputs[0].rank());
  Dims expected = inputs[0].dims;
  if (inputs[1].rank() == expected.rank())
    expected[static_cast<std::size_t>(a)] = inputs[1].dims[static_cast<std::size_t>(a)];
  check::shape(name, inputs[1], expected, inputs, "the indices");
  return {{inputs[0].dtype, inputs[1].dims}};
}

void TakeAlongAxis::run(const Run& run) const {
  const Shape &x = run.inputs[0].shape, &y = run.outputs[0].shape;
  const int a = check::axis(name, axis, x.rank());
  with_indices(name, run.inputs[1], x[a], [&](const auto* indices) {
    for_dtype(run.inputs[0].dtype, [&](auto t) {
      using T = decltype(t);
      k::take_along(x.size(0, a), x[a], x.size(a + 1, x.rank()), y[a], run.in<T>(0), indices, run.out<T>(0));
    });
  });
}

Values TakeAlongAxis::vjp(const Vjp& v) const {
  const int a = check::axis(name, axis, v.in(0).rank());
  return {call(AddAlongAxis{a, v.in(0).dim(a)}, {v.grad(), v.in(1)})[0], Value()};
}

Specs AddAlongAxis::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check_indices(name, inputs[1], inputs);
  check::shape(name, inputs[1], inputs[0].dims, inputs, "the indices");
  Dims out = inputs[0].dims;
  out[static_cast<std::size_t>(check::axis(name, axis, out.rank()))] = size;
  return {{inputs[0].dtype, out}};
}

void AddAlongAxis::run(const Run& run) const {
  const Shape &x = run.outputs[0].shape, &y = run.inputs[0].shape;
  const int a = check::axis(name, axis, x.rank());
  with_indices(name, run.inputs[1], x[a], [&](const auto* indices) {
    for_dtype(run.inputs[0].dtype, [&](auto t) {
      using T = decltype(t);
      k::add_along(x.size(0, a), x[a], x.size(a + 1, x.rank()), y[a], run.in<T>(0), indices, run.out<T>(0));
    });
  });
}

Values AddAlongAxis::vjp(const Vjp& v) const { return {call(TakeAlongAxis{axis}, {v.grad(), v.in(1)})[0], Value()}; }

Specs Scatter::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 3);
  check_indices(name, inputs[1], inputs);
  check::rank_at_least(name, inputs[0], 1);
  if (inputs[2].dtype != inputs[0].dtype)
    fail(ErrorKind::type, "scatter: the updates have another dtype", name_of(inputs[0].dtype), to_string(inputs),
         "Cast them to the same dtype.");
  if (inputs[1].rank() != 1)
    fail(ErrorKind::value, "scatter: wrong shape of the indices", "one axis", to_string(inputs),
         "Reshape the indices and the updates.");
  Dims expected = inputs[0].dims;
  expected[0] = inputs[1].dims[0];
  check::shape(name, inputs[2], expected, inputs, "the updates");
  return {inputs[0]};
}

void Scatter::run(const Run& run) const {
  const Shape& x = run.inputs[0].shape;
  with_indices(name, run.inputs[1], x[0], [&](const auto* indices) {
    for_dtype(run.inputs[0].dtype, [&](auto t) {
      using T = decltype(t);
      k::scatter(reduction, 1, x[0], x.size(1, x.rank()), run.inputs[1].shape[0], run.in<T>(0), indices, run.in<T>(2),
                 run.out<T>(0));
    });
  });
}

Values Scatter::vjp(const Vjp& v) const {
  const Value &x = v.in(0), &indices = v.in(1), &updates = v.in(2), &dy = v.grad();
  const auto at = [&](const Value& rows) { return call(Take{0}, {rows, indices})[0]; };
  const auto sum = [&](const Value& rows) { return call(ScatterAdd{0, x.dims()}, {rows, indices})[0]; };
  switch (reduction) {
    case k::Scatter::set: {  // of several updates of a row only the last one arrived
      const Dim count = indices.dim(0);
      const Value numbers = call(Arange{count, 0, 1, DType::int32}, {})[0];
      const Value last = call(Scatter{k::Scatter::set}, {ops::fill({x.dim(0)}, 0, DType::int32), indices, numbers})[0];
      Dims column(static_cast<std::size_t>(x.rank()), Dim(1));
      column[0] = count;
      const Value arrived = ops::reshape(ops::equal(at(last), numbers), column);
      return {call(Scatter{k::Scatter::set}, {dy, indices, ops::zeros_like(updates)})[0], Value(),
              ops::where(arrived, at(dy), ops::like(dy, 0))};
    }
    case k::Scatter::add:
      return {dy, Value(), at(dy)};
    case k::Scatter::max:
    case k::Scatter::min: {  // shared among equal extremes
      const Value stayed = ops::cast(ops::equal(x, v.out()), x.dtype());
      const Value won = ops::cast(ops::equal(updates, at(v.out())), x.dtype());
      const Value share = ops::divide(dy, ops::add(stayed, sum(won)));
      return {ops::multiply(stayed, share), Value(), ops::multiply(won, at(share))};
    }
    default: {  // times the product of all others, also where some of them are zero
      const Value zero = ops::like(x, 0), one = ops::like(x, 1);
      const Value is_zero = ops::equal(updates, zero);
      const Value safe = ops::where(is_zero, one, updates);
      const Value zeros = sum(ops::cast(is_zero, x.dtype()));
      const Value rest = call(Scatter{k::Scatter::multiply}, {ops::fill(x.dims(), 1, x.dtype()), indices, safe})[0];
      const Value none = ops::equal(zeros, zero);
      const Value dx = ops::multiply(dy, ops::where(none, rest, zero));
      const Value others = ops::where(is_zero, ops::where(ops::equal(at(zeros), one), at(rest), zero),
                                      ops::where(at(none), ops::divide(at(rest), safe), zero));
      return {dx, Value(), ops::multiply(at(ops::multiply(dy, x)), others)};
    }
  }
}

}  // namespace lamina
