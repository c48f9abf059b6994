#include "ops/reduce.h"

#include <cstring>

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/elementwise.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

namespace {

using Axes = std::vector<std::int64_t>;

k::ReduceShape shape_of(const Shape& in, const Axes& axes) {
  k::ReduceShape s;
  s.rank = in.rank();
  for (int i = 0; i < in.rank(); ++i) s.shape[i] = in[i];
  for (std::int64_t a : axes) s.reduced[check::axis("reduce", a, in.rank())] = true;
  return s;
}

// The reduced shape with ones where the axes were.
Dims kept(const Dims& dims, const Axes& axes) {
  Dims out = dims;
  for (std::int64_t a : axes) out[static_cast<std::size_t>(check::axis("reduce", a, dims.rank()))] = 1;
  return out;
}

Dim reduced_count(const Dims& dims, const Axes& axes) {
  Dim n = 1;
  for (std::int64_t a : axes) n = n * dims[static_cast<std::size_t>(check::axis("reduce", a, dims.rank()))];
  return n;
}

std::size_t scratch_for(DType dtype, const k::ReduceShape& s) {
  return for_dtype(dtype, [&](auto t) { return k::any_table<decltype(t)>().reduce.scratch(s); });
}

void reduce_now(k::Reduce kind, const k::ReduceShape& s, const Run& run) {
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().reduce.reduce(kind, s, run.in<T>(0), run.out<T>(0), run.scratch);
  });
}

}  // namespace

namespace reduction {

Specs infer(const char* name, k::Reduce kind, const Axes& axes, bool keepdims, const Specs& inputs) {
  check::num_inputs(name, inputs, 1, 1);
  const Spec& x = inputs[0];
  if (kind == k::Reduce::mean) check::floating(name, x);
  const bool logical = kind >= k::Reduce::any;
  if (logical != (x.dtype == DType::boolean))
    fail(ErrorKind::type, std::string(name) + ": wrong dtype", logical ? "bool" : "numbers", to_string(inputs),
         "Cast the input first.");
  std::vector<bool> reduced(static_cast<std::size_t>(x.rank()), false);
  for (std::int64_t a : axes) {
    const auto i = static_cast<std::size_t>(check::axis(name, a, x.rank()));
    if (reduced[i])
      fail(ErrorKind::value, std::string(name) + ": an axis is named twice", "each axis once", std::to_string(a),
           "Remove the duplicate.");
    reduced[i] = true;
  }
  Dims out;
  for (std::size_t i = 0; i < x.dims.size(); ++i) {
    if (!reduced[i])
      out.push_back(x.dims[i]);
    else if (keepdims)
      out.push_back(1);
  }
  return {{x.dtype, out}};
}

std::size_t scratch(const Axes& axes, const Run& run) {
  return scratch_for(run.inputs[0].dtype, shape_of(run.inputs[0].shape, axes));
}

void run(k::Reduce kind, const Axes& axes, const Run& run) {
  reduce_now(kind, shape_of(run.inputs[0].shape, axes), run);
}

Values vjp(k::Reduce kind, const Axes& axes, bool keepdims, const Vjp& v) {
  const Value& x = v.in(0);
  const Dims ones = kept(x.dims(), axes);
  auto keep = [&](const Value& y) { return keepdims ? y : ops::reshape(y, ones); };
  const Value dy = keep(v.grad());
  switch (kind) {
    case k::Reduce::sum:
      return {ops::broadcast_to(dy, x.dims())};
    case k::Reduce::mean: {
      const Value n = ops::dim_value(reduced_count(x.dims(), axes), x.dtype());
      return {ops::broadcast_to(ops::divide(dy, n), x.dims())};
    }
    case k::Reduce::max:
    case k::Reduce::min: {  // shared among equal extremes, as JAX does
      const Value won = ops::cast(ops::equal(x, keep(v.out())), x.dtype());
      return {ops::multiply(won, ops::divide(dy, ops::sum(won, axes, true)))};
    }
    case k::Reduce::product: {  // dy * (product of the others), also where elements are zero
      const Value zero = ops::like(x, 0), one = ops::like(x, 1);
      const Value is_zero = ops::equal(x, zero);
      const Value safe = ops::where(is_zero, one, x);
      const Value zeros = ops::sum(ops::cast(is_zero, x.dtype()), axes, true);
      const Value rest = call(Reduce<k::Reduce::product>{axes, true}, {safe})[0];
      const Value others = ops::where(is_zero, ops::where(ops::equal(zeros, one), rest, zero),
                                      ops::where(ops::equal(zeros, zero), ops::divide(rest, safe), zero));
      return {ops::multiply(dy, others)};
    }
    default:
      return {Value()};
  }
}

}  // namespace reduction

template <bool Max>
Specs ArgExtreme<Max>::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  const int a = check::axis(name, axis, inputs[0].rank());
  const Dim& size = inputs[0].dims[static_cast<std::size_t>(a)];
  if (size.known() && size.value() == 0)
    fail(ErrorKind::value, std::string(name) + ": nothing to choose from", "at least one element along the axis",
         to_string(inputs), "Check the data.");
  Dims out = inputs[0].dims;
  out.erase(out.begin() + a);
  return {{DType::int64, out}};
}

template <bool Max>
void ArgExtreme<Max>::run(const Run& run) const {
  const Shape& s = run.inputs[0].shape;
  const int a = check::axis(name, axis, s.rank());
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    const auto& r = k::any_table<T>().reduce;
    (Max ? r.argmax : r.argmin)(s.size(0, a), s[a], s.size(a + 1, s.rank()), run.in<T>(0), run.out<std::int64_t>(0));
  });
}

template struct ArgExtreme<true>;
template struct ArgExtreme<false>;

Specs SumTo::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::rank_at_least(name, inputs[0], shape.rank());
  const Dims& x = inputs[0].dims;
  Dims kept_sizes(x.end() - shape.rank(), x.end());
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i].known() && shape[i].value() == 1) kept_sizes[i] = 1;
  check::shape(name, {inputs[0].dtype, shape}, kept_sizes, inputs, "the result");
  return {{inputs[0].dtype, shape}};
}

namespace {

// The axes of `in` that were broadcast from `out`.
k::ReduceShape broadcast_axes(const Shape& in, const Shape& out) {
  k::ReduceShape s;
  s.rank = in.rank();
  const int missing = in.rank() - out.rank();
  for (int i = 0; i < in.rank(); ++i) {
    s.shape[i] = in[i];
    s.reduced[i] = i < missing || (out[i - missing] == 1 && in[i] != 1);
  }
  return s;
}

}  // namespace

std::size_t SumTo::scratch(const Run& run) const {
  return scratch_for(run.inputs[0].dtype, broadcast_axes(run.inputs[0].shape, run.outputs[0].shape));
}

void SumTo::run(const Run& run) const {
  if (run.inputs[0].shape.size() == run.outputs[0].shape.size())
    std::memcpy(run.outputs[0].data, run.inputs[0].data, run.outputs[0].bytes());
  else
    reduce_now(k::Reduce::sum, broadcast_axes(run.inputs[0].shape, run.outputs[0].shape), run);
}

Values SumTo::vjp(const Vjp& v) const { return {ops::broadcast_to(v.grad(), v.in(0).dims())}; }

}  // namespace lamina
