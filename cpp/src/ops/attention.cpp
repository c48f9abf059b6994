#include "ops/attention.h"

#include <cstring>

#include "autodiff/through.h"
#include "kernels/table.h"
#include "ops/creation.h"
#include "ops/dispatch.h"
#include "ops/functions.h"
#include "ops/softmax.h"

namespace lamina {

namespace k = kernels;

namespace {

// The inputs from `first` on are q, k, v and perhaps keep.
Specs check_heads(const char* name, const Specs& inputs, std::size_t first) {
  const Spec &q = inputs[first], &key = inputs[first + 1], &v = inputs[first + 2];
  check::floating(name, q);
  check::same_dtype(name, {q, key, v});
  for (std::size_t i = first; i < inputs.size(); ++i)
    if (inputs[i].rank() != 4)
      fail(ErrorKind::value, std::string(name) + ": wrong rank", "tensors of 4 axes", to_string(inputs),
           "Reshape to (batch, time, heads, size), and the mask to (batch, heads, query time, key time).");
  const Dim batch =
      check::equal(name, check::equal(name, q.dims[0], key.dims[0], inputs, "batches"), v.dims[0], inputs, "batches");
  check::equal(name, q.dims[3], key.dims[3], inputs, "sizes of query and key");
  check::equal(name, key.dims[1], v.dims[1], inputs, "times of key and value");
  check::equal(name, key.dims[2], v.dims[2], inputs, "heads of key and value");
  const Dim &heads = q.dims[2], &groups = key.dims[2];
  if (!heads.known() || !groups.known() || groups.value() < 1 || heads.value() % groups.value() != 0)
    fail(ErrorKind::value, std::string(name) + ": the heads do not fit", "a multiple of the key's heads in the query",
         to_string(inputs), "Check the numbers of heads.");
  const Dims rows = {batch, heads, q.dims[1]};
  if (inputs.size() > first + 3) {
    const Spec& keep = inputs[first + 3];
    Dims scores = rows;
    scores.push_back(key.dims[1]);
    bool fits = keep.dtype == DType::boolean;
    for (std::size_t i = 0; fits && i < scores.size(); ++i)
      if (!(keep.dims[i] == Dim(1))) check::equal(name, keep.dims[i], scores[i], inputs, "sizes of mask and scores");
    if (!fits)
      fail(ErrorKind::type, std::string(name) + ": wrong dtype of the mask", "bool", name_of(keep.dtype),
           "Compare with 0 first.");
  }
  return {{q.dtype, {batch, q.dims[1], heads, v.dims[3]}}, {q.dtype, rows}, {q.dtype, rows}};
}

k::AttentionShape shape_of(bool causal, const Run& run, int first) {
  const Shape &q = run.inputs[first].shape, &key = run.inputs[first + 1].shape, &v = run.inputs[first + 2].shape;
  k::AttentionShape s;
  s.batch = q[0];
  s.rows = q[1];
  s.heads = q[2];
  s.size = q[3];
  s.columns = key[1];
  s.groups = key[2];
  s.value_size = v[3];
  s.causal = causal;
  if (run.num_inputs > first + 3) {
    const Shape& keep = run.inputs[first + 3].shape;
    std::int64_t stride = 1;
    for (int axis = 3; axis >= 0; --axis) {
      s.keep_strides[axis] = keep[axis] == 1 ? 0 : stride;
      stride *= keep[axis];
    }
  }
  return s;
}

template <class T>
k::AttentionInputs<T> inputs_of(double scale, const Run& run, int first) {
  return {run.in<T>(first), run.in<T>(first + 1), run.in<T>(first + 2), run.in_or_null<bool>(first + 3),
          static_cast<T>(scale)};
}

// Without columns there is nothing to attend to: zeros.
bool zero_if_empty(const Run& run, const k::AttentionShape& s) {
  if (s.columns != 0 && s.rows != 0) return false;
  for (int i = 0; i < run.num_outputs; ++i)
    if (const std::size_t bytes = run.outputs[i].bytes()) std::memset(run.outputs[i].data, 0, bytes);
  return true;
}

// What the score of a pair that is left out is replaced by.
double lowest(DType dtype) {
  return for_floating(dtype, [](auto t) { return static_cast<double>(k::lowest_score<decltype(t)>()); });
}

// Which scores count, or an empty value for all of them.
Value kept(bool causal, const Value& keep, const Dim& rows, const Dim& columns) {
  if (!causal) return keep;
  const Value row = call(Arange{rows, 0, 1, DType::int32}, {})[0];
  const Value column = call(Arange{columns, 0, 1, DType::int32}, {})[0];
  const Value seen = ops::less_equal(column, ops::reshape(row, {rows, 1}));
  return keep ? ops::logical_and(keep, seen) : seen;
}

// The gradient in plain ops; those of y, peak and inverse are not asked for, since these are functions of the others.
Values plain_gradient(const AttentionGrad& op, const Values& in) {
  auto heads_first = [](const Value& x) { return ops::transpose(x, {0, 2, 1, 3}); };
  const Value dy = heads_first(in[0]), q = heads_first(in[4]), key = heads_first(in[5]), v = heads_first(in[6]);
  const Dim batch = q.dim(0), heads = q.dim(1), rows = q.dim(2), groups = key.dim(1), columns = key.dim(2);
  const Dim shared = rows * (heads.value() / groups.value());  // heads that share a key are rows of one matrix
  auto grouped = [&](const Value& x) { return ops::reshape(x, {batch, groups, shared, x.dim(3)}); };
  const Dims scores = {batch, heads, rows, columns};
  const Value keep = kept(op.causal, in.size() > 7 ? in[7] : Value(), rows, columns);
  const Value q_rows = grouped(q), dy_rows = grouped(dy);
  Value s = ops::scaled(ops::reshape(ops::matmul(q_rows, key, false, true), scores), op.scale);
  if (keep) s = ops::where(keep, s, ops::like(s, lowest(s.dtype())));
  const Value p = call(Softmax{3}, {s})[0];
  const Value dp = ops::reshape(ops::matmul(dy_rows, v, false, true), scores);
  Value ds = ops::multiply(p, ops::subtract(dp, ops::sum(ops::multiply(p, dp), {3}, true)));
  if (keep) ds = ops::where(keep, ds, ops::like(ds, 0));
  const Value ds_rows = ops::scaled(grouped(ds), op.scale);
  return {heads_first(ops::reshape(ops::matmul(ds_rows, key, false, false), {batch, heads, rows, q.dim(3)})),
          heads_first(ops::matmul(ds_rows, q_rows, true, false)),
          heads_first(ops::matmul(grouped(p), dy_rows, true, false))};
}

}  // namespace

Specs Attention::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 4);
  return check_heads(name, inputs, 0);
}

std::size_t Attention::scratch(const Run& run) const {
  const auto s = shape_of(causal, run, 0);
  return for_floating(run.inputs[0].dtype, [&](auto t) { return k::float_table<decltype(t)>().attention.scratch(s); });
}

void Attention::run(const Run& run) const {
  const auto s = shape_of(causal, run, 0);
  if (zero_if_empty(run, s)) return;
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().attention.forward(s, inputs_of<T>(scale, run, 0), run.out<T>(0), run.out<T>(1), run.out<T>(2),
                                          run.scratch);
  });
}

Values Attention::vjp(const Vjp& v) const {
  if (!v.grad(0)) return Values(v.inputs.size());
  Values inputs = {v.grad(0), v.out(0), v.out(1), v.out(2)};
  inputs.insert(inputs.end(), v.inputs.begin(), v.inputs.end());
  Values gradients = call(AttentionGrad{scale, causal}, inputs);
  gradients.resize(v.inputs.size());
  return gradients;
}

Specs AttentionGrad::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 7, 8);
  const Specs outputs = check_heads(name, inputs, 4);
  check::shape(name, inputs[0], outputs[0].dims, inputs, "the gradient");
  check::shape(name, inputs[1], outputs[0].dims, inputs, "the output");
  check::shape(name, inputs[2], outputs[1].dims, inputs, "the peaks");
  check::shape(name, inputs[3], outputs[1].dims, inputs, "the inverses");
  return {inputs[4], inputs[5], inputs[6]};
}

std::size_t AttentionGrad::scratch(const Run& run) const {
  const auto s = shape_of(causal, run, 4);
  return for_floating(run.inputs[0].dtype,
                      [&](auto t) { return k::float_table<decltype(t)>().attention.grad_scratch(s); });
}

void AttentionGrad::run(const Run& run) const {
  const auto s = shape_of(causal, run, 4);
  if (zero_if_empty(run, s)) return;
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().attention.grad(s, inputs_of<T>(scale, run, 4), run.in<T>(1), run.in<T>(2), run.in<T>(3),
                                       run.in<T>(0), run.out<T>(0), run.out<T>(1), run.out<T>(2), run.scratch);
  });
}

Values AttentionGrad::vjp(const Vjp& v) const {
  return vjp_through(v, [&](const Values& in) { return plain_gradient(*this, in); });
}

}  // namespace lamina
