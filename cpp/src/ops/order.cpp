#include "ops/order.h"

#include <limits>

#include "autodiff/gradient.h"
#include "ops/dispatch.h"
#include "ops/scatter.h"

namespace lamina {

namespace k = kernels;

namespace {

// Positions are int32.
void check_positions(const char* name, std::int64_t size) {
  if (size > std::numeric_limits<std::int32_t>::max())
    fail(ErrorKind::value, std::string(name) + ": the axis is too long", "fewer than 2^31 entries",
         std::to_string(size), "Work on parts of it.");
}

k::OrderShape shape_of(const char* name, const Shape& x, std::int64_t axis) {
  const int a = check::axis(name, axis, x.rank());
  check_positions(name, x[a]);
  return {x.size(0, a), x[a], x.size(a + 1, x.rank())};
}

}  // namespace

Specs Sort::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::axis(name, axis, inputs[0].rank());
  return inputs;
}

std::size_t Sort::scratch(const Run& run) const {
  const auto shape = shape_of(name, run.inputs[0].shape, axis);
  return for_dtype(run.inputs[0].dtype, [&](auto t) { return k::sort_scratch<decltype(t)>(shape); });
}

void Sort::run(const Run& run) const {
  const auto shape = shape_of(name, run.inputs[0].shape, axis);
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::sort(shape, descending, run.in<T>(0), run.out<T>(0), run.scratch);
  });
}

Values Sort::vjp(const Vjp& v) const {
  const Dim size = v.in(0).dim(check::axis(name, axis, v.in(0).rank()));
  const Value positions = call(Argsort{axis, descending}, {v.in(0)})[0];
  return call(AddAlongAxis{axis, size}, {v.grad(), positions});
}

Specs Argsort::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::axis(name, axis, inputs[0].rank());
  return {{DType::int32, inputs[0].dims}};
}

std::size_t Argsort::scratch(const Run& run) const {
  const auto shape = shape_of(name, run.inputs[0].shape, axis);
  return for_dtype(run.inputs[0].dtype, [&](auto t) { return k::argsort_scratch<decltype(t)>(shape); });
}

void Argsort::run(const Run& run) const {
  const auto shape = shape_of(name, run.inputs[0].shape, axis);
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::argsort(shape, descending, run.in<T>(0), run.out<std::int32_t>(0), run.scratch);
  });
}

Specs TopK::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::rank_at_least(name, inputs[0], 1);
  Dims out = inputs[0].dims;
  if (k < 0 || (out.back().known() && k > out.back().value()))
    fail(ErrorKind::value, "top_k: k is out of range", "0 <= k <= the size of the last axis",
         "k=" + std::to_string(k) + " for shape " + to_string(inputs[0].dims), "Choose a smaller k.");
  out.back() = k;
  return {{inputs[0].dtype, out}, {DType::int32, out}};
}

std::size_t TopK::scratch(const Run& run) const {
  const Shape& x = run.inputs[0].shape;
  const int last = x.rank() - 1;
  return for_dtype(run.inputs[0].dtype,
                   [&](auto t) { return k::top_k_scratch<decltype(t)>(x.size(0, last), x[last], k); });
}

void TopK::run(const Run& run) const {
  const Shape& x = run.inputs[0].shape;
  const int last = x.rank() - 1;
  check_positions(name, x[last]);
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::top_k(x.size(0, last), x[last], k, run.in<T>(0), run.out<T>(0), run.out<std::int32_t>(1), run.scratch);
  });
}

Values TopK::vjp(const Vjp& v) const {
  if (!v.grad(0)) return {Value()};
  return call(AddAlongAxis{-1, v.in(0).dims().back()}, {v.grad(0), v.out(1)});
}

Specs SearchSorted::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  if (inputs[0].rank() != 1)
    fail(ErrorKind::value, "search_sorted: wrong shape of the sorted entries", "one axis", to_string(inputs),
         "Search the rows one by one.");
  return {{DType::int32, inputs[1].dims}};
}

void SearchSorted::run(const Run& run) const {
  check_positions(name, run.inputs[0].shape[0]);
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::search_sorted(run.inputs[0].shape[0], run.in<T>(0), run.inputs[1].shape.size(), run.in<T>(1), right,
                     run.out<std::int32_t>(0));
  });
}

}  // namespace lamina
