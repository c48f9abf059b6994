#include "ops/resample.h"

#include <algorithm>
#include <set>

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/creation.h"
#include "ops/dispatch.h"
#include "ops/functions.h"
#include "ops/gather.h"
#include "ops/layout.h"

namespace lamina {

namespace k = kernels;

namespace {

void check_windows(const char* name, const Specs& inputs) {
  check::num_inputs(name, inputs, 3, 3);
  check::floating(name, inputs[0]);
  const Spec &starts = inputs[1], &weights = inputs[2];
  if (starts.dtype != DType::int64 || starts.rank() != 1 || weights.rank() != 2 || weights.dtype != inputs[0].dtype)
    fail(ErrorKind::type, std::string(name) + ": wrong windows",
         "starts int64 (count,), weights (count, taps) of the dtype of the first input", to_string(inputs),
         "Cast or reshape them.");
  check::equal(name, starts.dims[0], weights.dims[0], inputs, "numbers of windows");
}

// Throws unless every window lies inside the axis; returns the starts.
const std::int64_t* checked_starts(const char* name, const Run& run, std::int64_t size) {
  const std::int64_t* starts = run.in<std::int64_t>(1);
  const std::int64_t count = run.inputs[1].shape[0], last = size - run.inputs[2].shape[1];
  for (std::int64_t j = 0; j < count; ++j)
    if (starts[j] < 0 || starts[j] > last)
      fail(ErrorKind::index, std::string(name) + ": a window leaves the axis",
           "starts from 0 to " + std::to_string(last), std::to_string(starts[j]) + " at position " + std::to_string(j),
           "Clip the starts.");
  return starts;
}

// The gradient of the weights: products of the windows of x with dy, summed over all other axes.
Value weights_gradient(std::int64_t axis, const Value& x, const Value& starts, const Value& weights, const Value& dy) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(x.rank()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  std::rotate(order.begin(), order.begin() + axis, order.begin() + axis + 1);
  const Dim size = x.dim(static_cast<int>(axis)), count = weights.dim(0), taps = weights.dim(1);
  const auto as_rows = [&](const Value& v, const Dim& rows) {
    Dim rest = 1;
    for (int i = 0; i < v.rank(); ++i)
      if (i != axis) rest = rest * v.dim(i);
    return ops::reshape(ops::transpose(v, order), {rows, rest});
  };
  const Value products = ops::matmul(as_rows(dy, count), as_rows(x, size), false, true);  // [count, size]
  const auto range = [](const Dim& n) { return call(Arange{n, 0, 1, DType::int64}, {})[0]; };
  const Value row = ops::multiply(range(count), ops::dim_value(size, DType::int64));
  const Value first = ops::reshape(ops::add(row, starts), {count, 1});
  const Value places = ops::add(first, ops::reshape(range(taps), {1, taps}));
  return call(Take{0}, {ops::reshape(products, {count * size}), places})[0];
}

}  // namespace

Specs Resample::infer(const Specs& inputs) const {
  check_windows(name, inputs);
  Dims out = inputs[0].dims;
  const int a = check::axis(name, axis, out.rank());
  const Dim &size = out[static_cast<std::size_t>(a)], &taps = inputs[2].dims[1];
  if (size.known() && taps.known() && taps.value() > size.value())
    fail(ErrorKind::value, "resample: a window is wider than the axis", "at most " + to_string(size) + " taps",
         to_string(inputs), "Use narrower windows.");
  out[static_cast<std::size_t>(a)] = inputs[1].dims[0];
  return {{inputs[0].dtype, out}};
}

void Resample::run(const Run& run) const {
  const Shape& x = run.inputs[0].shape;
  const int a = check::axis(name, axis, x.rank());
  const std::int64_t* starts = checked_starts(name, run, x[a]);
  const std::int64_t count = run.inputs[1].shape[0], taps = run.inputs[2].shape[1];
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().resample.windows(x.size(0, a), x[a], x.size(a + 1, x.rank()), count, taps, run.in<T>(0), starts,
                                         run.in<T>(2), run.out<T>(0));
  });
}

Values Resample::vjp(const Vjp& v) const {
  const int a = check::axis(name, axis, v.in(0).rank());
  return {v.need(0) ? call(ResampleGrad{a, v.in(0).dim(a)}, {v.grad(), v.in(1), v.in(2)})[0] : Value(), Value(),
          v.need(2) ? weights_gradient(a, v.in(0), v.in(1), v.in(2), v.grad()) : Value()};
}

Specs ResampleGrad::infer(const Specs& inputs) const {
  check_windows(name, inputs);
  Dims out = inputs[0].dims;
  const auto a = static_cast<std::size_t>(check::axis(name, axis, out.rank()));
  check::equal(name, out[a], inputs[1].dims[0], inputs, "numbers of windows");
  out[a] = size;
  return {{inputs[0].dtype, out}};
}

void ResampleGrad::run(const Run& run) const {
  const Shape& x = run.outputs[0].shape;
  const int a = check::axis(name, axis, x.rank());
  const std::int64_t* starts = checked_starts(name, run, x[a]);
  const std::int64_t count = run.inputs[1].shape[0], taps = run.inputs[2].shape[1];
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().resample.windows_transposed(x.size(0, a), x[a], x.size(a + 1, x.rank()), count, taps,
                                                    run.in<T>(0), starts, run.in<T>(2), run.out<T>(0));
  });
}

Values ResampleGrad::vjp(const Vjp& v) const {
  const int a = check::axis(name, axis, v.in(0).rank());
  return {v.need(0) ? call(Resample{a}, {v.grad(), v.in(1), v.in(2)})[0] : Value(), Value(),
          v.need(2) ? weights_gradient(a, v.grad(), v.in(1), v.in(2), v.in(0)) : Value()};
}

k::Grid SampleAttributes::grid(const Shape& x, const Shape& coordinates) const {
  k::Grid g;
  g.batch = x[0];
  g.points = coordinates.size(2, coordinates.rank());
  g.channels = x[x.rank() - 1];
  g.rank = x.rank() - 2;
  for (int d = 0; d < g.rank; ++d) g.size[d] = x[d + 1];
  g.shared = coordinates[0] == 1;
  g.linear = order == 1;
  for (const std::int64_t axis : derivatives) g.derived |= 1u << axis;
  g.mode = fill_mode;
  return g;
}

void SampleAttributes::check_inputs(const char* op, const Specs& inputs, const Dims& x, const Dims& coordinates) const {
  check::num_inputs(op, inputs, 2, 2);
  check::same_dtype(op, inputs);
  check::floating(op, inputs[0]);
  const int axes = x.rank() - 2;
  if (axes < 1 || axes > k::kMaxGridRank || coordinates.rank() < 2 || coordinates[1].value_or(axes) != axes)
    fail(ErrorKind::value, std::string(op) + ": the coordinates do not fit the axes",
         "(batch, sizes of 1 to 8 axes..., channels) and coordinates (batch or 1, axes, points...)", to_string(inputs),
         "Give one coordinate per axis.");
  if (coordinates[0].value_or(1) != 1) check::equal(op, x[0], coordinates[0], inputs, "batches");
  const std::set<std::int64_t> different(derivatives.begin(), derivatives.end());
  if ((order != 0 && order != 1) || different.size() != derivatives.size() ||
      (!different.empty() && (*different.begin() < 0 || *different.rbegin() >= axes)))
    fail(ErrorKind::value, std::string(op) + ": wrong attributes",
         "order 0 or 1, derivatives by different axes below " + std::to_string(axes),
         "order " + std::to_string(order) + ", derivatives " + to_string(Attribute(derivatives)), "Correct them.");
  for (int d = 0; d < axes && fill_mode != k::FillMode::constant; ++d)
    if (x[static_cast<std::size_t>(d) + 1].value_or(1) == 0)
      fail(ErrorKind::value, std::string(op) + ": an axis is empty", "at least one entry along each axis",
           to_string(inputs), "Use fill mode 'constant'.");
}

bool SampleAttributes::derived(std::int64_t axis) const {
  return std::find(derivatives.begin(), derivatives.end(), axis) != derivatives.end();
}

SampleAttributes SampleAttributes::derived_by(std::int64_t axis) const {
  SampleAttributes more = *this;
  more.derivatives.push_back(axis);
  return more;
}

namespace {

// The gradient of the coordinates: along each axis, dy times the derivative of the samples of x, summed over the
// channels, and over the batch where it shares its coordinates. Linear samples have no second derivative along one
// axis, nearest ones no first.
Value coordinates_gradient(const SampleAttributes& attributes, double value, const Value& x, const Value& coordinates,
                           const Value& dy) {
  const Dims all = coordinates.dims();
  Dims one = all;
  one[1] = 1;
  Dims points = all;
  points.erase(points.begin() + 1);
  const std::int64_t axes = x.rank() - 2;
  Values parts;
  for (std::int64_t d = 0; d < axes; ++d) {
    if (attributes.order == 0 || attributes.derived(d)) {
      parts.push_back(ops::fill(one, 0, x.dtype()));
      continue;
    }
    MapCoordinates slope;
    static_cast<SampleAttributes&>(slope) = attributes.derived_by(d);
    slope.value = value;
    const Value products = ops::multiply(dy, call(slope, {x, coordinates})[0]);
    parts.push_back(ops::reshape(ops::sum_to(ops::sum(products, {dy.rank() - 1}, false), points), one));
  }
  return parts.size() == 1 ? parts[0] : call(Concatenate{1}, parts)[0];
}

}  // namespace

Specs MapCoordinates::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  const Dims &x = inputs[0].dims, &coordinates = inputs[1].dims;
  check_inputs(name, inputs, x, coordinates);
  Dims out{x[0]};
  out.insert(out.end(), coordinates.begin() + 2, coordinates.end());
  out.push_back(x.back());
  return {{inputs[0].dtype, out}};
}

void MapCoordinates::run(const Run& run) const {
  k::Grid g = grid(run.inputs[0].shape, run.inputs[1].shape);
  g.value = value;
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().resample.sample(g, run.in<T>(0), run.in<T>(1), run.out<T>(0));
  });
}

Values MapCoordinates::vjp(const Vjp& v) const {
  Values gradients(2);
  if (v.need(0)) {
    MapCoordinatesGrad back;
    static_cast<SampleAttributes&>(back) = *this;
    back.shape = v.in(0).dims();
    gradients[0] = call(back, {v.grad(), v.in(1)})[0];
  }
  if (v.need(1)) gradients[1] = coordinates_gradient(*this, value, v.in(0), v.in(1), v.grad());
  return gradients;
}

Specs MapCoordinatesGrad::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  const Dims& coordinates = inputs[1].dims;
  check_inputs(name, inputs, shape, coordinates);
  Dims dy{shape[0]};
  dy.insert(dy.end(), coordinates.begin() + 2, coordinates.end());
  dy.push_back(shape.back());
  check::shape(name, inputs[0], dy, inputs, "the gradient");
  return {{inputs[0].dtype, shape}};
}

void MapCoordinatesGrad::run(const Run& run) const {
  const k::Grid g = grid(run.outputs[0].shape, run.inputs[1].shape);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().resample.sample_transposed(g, run.in<T>(0), run.in<T>(1), run.out<T>(0));
  });
}

Values MapCoordinatesGrad::vjp(const Vjp& v) const {
  Values gradients(2);
  if (v.need(0)) {
    MapCoordinates forth;
    static_cast<SampleAttributes&>(forth) = *this;
    gradients[0] = call(forth, {v.grad(), v.in(1)})[0];
  }
  if (v.need(1)) gradients[1] = coordinates_gradient(*this, 0, v.grad(), v.in(1), v.in(0));
  return gradients;
}

}  // namespace lamina
