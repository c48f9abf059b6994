#include "ops/scan.h"

#include "autodiff/gradient.h"
#include "ops/creation.h"
#include "ops/dispatch.h"
#include "ops/functions.h"
#include "ops/layout.h"
#include "ops/scatter.h"

namespace lamina {

namespace k = kernels;

namespace {

k::ScanShape shape_of(const char* name, const Shape& x, std::int64_t axis, bool reverse, bool exclusive) {
  const int a = check::axis(name, axis, x.rank());
  return {x.size(0, a), x[a], x.size(a + 1, x.rank()), reverse, exclusive};
}

// x moved by one entry along the axis, toward the front or away from it; `fill` enters at the other end.
Value shifted(const Value& x, int axis, bool to_front, double fill) {
  const auto rank = static_cast<std::size_t>(x.rank()), a = static_cast<std::size_t>(axis);
  Pad pad{std::vector<std::int64_t>(rank, 0), std::vector<std::int64_t>(rank, 0), fill};
  (to_front ? pad.high : pad.low)[a] = 1;
  Slice slice{Dims(rank, Dim(0)), x.dims(), {}};
  if (to_front) {
    slice.starts[a] = 1;
    slice.stops[a] = slice.stops[a] + Dim(1);
  }
  return call(slice, call(pad, {x}))[0];
}

Value scan(const Value& a, const Value& b, int axis, bool reverse) {
  return call(LinearScan{axis, reverse}, {a, b})[0];
}

}  // namespace

Specs Cumulative::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::axis(name, axis, inputs[0].rank());
  if (inputs[0].dtype == DType::boolean)
    fail(ErrorKind::type, "cumulative: wrong dtype", "numbers", to_string(inputs), "Cast the input first.");
  if (exclusive && kind >= k::Cumulative::max)
    fail(ErrorKind::value, "cumulative: an exclusive extreme has no first entry", "exclusive=False", "exclusive=True",
         "Shift the result instead.");
  return inputs;
}

void Cumulative::run(const Run& run) const {
  const auto shape = shape_of(name, run.inputs[0].shape, axis, reverse, exclusive);
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    if constexpr (!std::is_same_v<T, bool>) k::cumulative(kind, shape, run.in<T>(0), run.out<T>(0));
  });
}

Values Cumulative::vjp(const Vjp& v) const {
  const Value &x = v.in(0), &dy = v.grad();
  const int a = check::axis(name, axis, x.rank());
  if (kind == k::Cumulative::sum) return call(Cumulative{kind, a, !reverse, exclusive}, {dy});
  if (kind == k::Cumulative::product) {
    // d/dx[i] = (product before i) * s[i] with s[i] = dy[i] + x[i + 1] s[i + 1]: no division, so zeros are no
    // exception.
    const Value before = call(Cumulative{kind, a, reverse, true}, {x})[0];
    const Value next = shifted(x, a, !reverse, 0);
    const Value after = scan(next, exclusive ? shifted(dy, a, !reverse, 0) : dy, a, !reverse);
    return {ops::multiply(before, after)};
  }
  // The place of the extreme that rules at each entry: the last one that equals it.
  const Dim n = x.dim(a);
  Dims along(static_cast<std::size_t>(x.rank()), Dim(1));
  along[static_cast<std::size_t>(a)] = n;
  const Value places = ops::reshape(call(Arange{n, 0, 1, DType::int32}, {})[0], along);
  const Value first = reverse ? ops::dim_value(n - Dim(1), DType::int32) : ops::like(places, 0);
  const Value reached = ops::where(ops::equal(x, v.out()), places, first);
  const auto later = reverse ? k::Cumulative::min : k::Cumulative::max;
  const Value ruling = call(Cumulative{later, a, reverse, false}, {reached})[0];
  return call(AddAlongAxis{a, n}, {dy, ruling});
}

Specs LinearScan::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  check::axis(name, axis, inputs[0].rank());
  check::shape(name, inputs[1], inputs[0].dims, inputs, "b");
  return {inputs[0]};
}

void LinearScan::run(const Run& run) const {
  const auto shape = shape_of(name, run.inputs[0].shape, axis, reverse, false);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::linear_scan(shape, run.in<T>(0), run.in<T>(1), run.out<T>(0));
  });
}

Values LinearScan::vjp(const Vjp& v) const {
  const int a = check::axis(name, axis, v.in(0).rank());
  const Value db = scan(shifted(v.in(0), a, !reverse, 0), v.grad(), a, !reverse);
  return {v.need(0) ? ops::multiply(db, shifted(v.out(), a, reverse, 0)) : Value(), db};
}

}  // namespace lamina
