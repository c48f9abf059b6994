#include "ops/recurrent.h"

#include <algorithm>
#include <cstring>

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

namespace {

using Size = std::size_t;

// Where the inputs of an op stand (-1: it has none), and how many there are without the mask.
struct Places {
  int kernel = -1, h0 = -1, bias = -1, c0 = -1;
  int dh = -1, dc = -1, h = -1, c = -1, saved = -1;
  int count = 0;
};

constexpr Places forward_places(k::Cell cell) {
  Places p;
  p.kernel = 1, p.h0 = 2, p.count = 3;
  if (cell == k::Cell::gru) p.bias = p.count++;
  if (cell == k::Cell::lstm) p.c0 = p.count++;
  return p;
}

constexpr Places gradient_places(k::Cell cell) {
  Places p;
  p.dh = p.count++;
  if (cell == k::Cell::lstm) p.dc = p.count++;
  p.h = p.count++;
  if (cell == k::Cell::lstm) p.c = p.count++;
  if (cell != k::Cell::simple) p.saved = p.count++;
  p.kernel = p.count++;
  return p;
}

void check_ranks(const char* name, const Specs& inputs, std::initializer_list<int> ranks, int count) {
  check::num_inputs(name, inputs, count, count + 1);
  check::same_dtype(name, Specs(inputs.begin(), inputs.begin() + count));
  check::floating(name, inputs[0]);
  std::size_t i = 0;
  for (const int rank : ranks)
    if (inputs[i++].rank() != rank)
      fail(ErrorKind::value, std::string(name) + ": wrong rank of an input", "time first, then batch, then units",
           to_string(inputs), "Check the order of the inputs and their axes.");
}

void check_mask(const char* name, const Specs& inputs, int count, const Dim& steps, const Dim& batch) {
  if (static_cast<int>(inputs.size()) == count) return;
  const Spec& mask = inputs.back();
  if (mask.dtype != DType::boolean)
    fail(ErrorKind::type, std::string(name) + ": wrong dtype of the mask", "bool", name_of(mask.dtype),
         "Compare with 0 first.");
  check::shape(name, mask, {steps, batch}, inputs, "the mask");
}

// The shape of the problem, from h [steps + 1, batch, units].
k::RecurrentShape shape_of(const Shape& h, bool reverse) { return {h[0] - 1, h[1], h[2], reverse}; }

template <class T>
k::GemmArgs<T> kernel_gradient(k::Cell cell, const k::RecurrentShape& s) {  // old states transposed . dr
  k::GemmArgs<T> g;
  g.m = g.lda = s.units;
  g.n = g.ldb = g.ldc = k::gates_of(cell) * s.units;
  g.k = s.steps * s.batch;
  g.transpose_a = true;
  return g;
}

}  // namespace

template <k::Cell C>
Specs Recurrent<C>::infer(const Specs& inputs) const {
  const Places at = forward_places(C);
  if (C == k::Cell::simple)
    check_ranks(name, inputs, {3, 2, 2}, at.count);
  else
    check_ranks(name, inputs, {3, 2, 2, C == k::Cell::gru ? 1 : 2}, at.count);
  const Dim steps = inputs[0].dims[0], units = inputs[1].dims[0], gates = units * k::gates_of(C);
  const Dim batch = check::equal(name, inputs[0].dims[1], inputs[2].dims[0], inputs, "batches");
  check::shape(name, inputs[0], {steps, batch, gates}, inputs, "the inputs' part");
  check::shape(name, inputs[1], {units, gates}, inputs, "the recurrent kernel");
  check::shape(name, inputs[2], {batch, units}, inputs, "the initial state");
  if (at.bias >= 0) check::shape(name, inputs[Size(at.bias)], {gates}, inputs, "the recurrent bias");
  if (at.c0 >= 0) check::shape(name, inputs[Size(at.c0)], {batch, units}, inputs, "the initial cell state");
  check_mask(name, inputs, at.count, steps, batch);
  const DType dtype = inputs[0].dtype;
  const Spec states = {dtype, {steps + 1, batch, units}};
  Specs outputs = {states};
  if (C == k::Cell::lstm) outputs.push_back(states);
  if (C != k::Cell::simple && keep) outputs.push_back({dtype, {steps, batch, units * k::saved_of(C)}});
  return outputs;
}

template <k::Cell C>
std::size_t Recurrent<C>::scratch_of(const Run& run, int count) const {
  const auto s = shape_of(run.outputs[0].shape, reverse);
  return for_floating(run.inputs[0].dtype,
                      [&](auto t) { return k::float_table<decltype(t)>().recurrent.scratch(C, s, count); });
}

// What the kernel works on, the first states in their places.
template <class T, k::Cell C>
static k::Recurrence<T> recurrence(const Recurrent<C>& op, const Run& run) {
  const Places at = forward_places(C);
  k::Recurrence<T> r = {};
  r.shape = shape_of(run.outputs[0].shape, op.reverse);
  const auto bytes = static_cast<std::size_t>(r.shape.batch * r.shape.units) * sizeof(T);
  auto start = [&](T* states, int input) {
    T* const first = states + r.shape.first_state() * r.shape.batch * r.shape.units;
    if (bytes != 0) std::memcpy(first, run.in<T>(input), bytes);
    return states;
  };
  r.arrays.z = run.in<T>(0);
  r.arrays.kernel = run.in<T>(at.kernel);
  r.arrays.mask = run.in_or_null<bool>(at.count);
  r.arrays.h = start(run.out<T>(0), at.h0);
  if (at.bias >= 0) r.arrays.bias = run.in<T>(at.bias);
  if (at.c0 >= 0) r.arrays.c = start(run.out<T>(1), at.c0);
  if (C != k::Cell::simple && op.keep) r.arrays.saved = run.out<T>(C == k::Cell::lstm ? 2 : 1);
  return r;
}

template <k::Cell C>
void Recurrent<C>::run_all(const Run* runs, const Recurrent* ops, int count) {
  for_floating(runs[0].inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::Recurrence<T> all[2];
    for (int i = 0; i < count; ++i) all[i] = recurrence<T>(ops[i], runs[i]);
    const k::RecurrentShape& s = all[0].shape;
    if (s.steps * s.batch * s.units != 0) k::float_table<T>().recurrent.forward(C, all, count, runs[0].scratch);
  });
}

template <k::Cell C>
Values Recurrent<C>::vjp(const Vjp& v) const {
  const Places at = forward_places(C);
  constexpr bool lstm = C == k::Cell::lstm, gru = C == k::Cell::gru;
  auto gradient_of = [&](int output) { return v.grad(output) ? v.grad(output) : ops::zeros_like(v.out(output)); };
  if (!v.grad(0) && !(lstm && v.grad(1))) return Values(v.inputs.size());  // the saved gates are nobody's business
  Values inputs = {gradient_of(0)};
  if (lstm) inputs.push_back(gradient_of(1));
  inputs.insert(inputs.end(), v.outputs.begin(), v.outputs.end());
  inputs.push_back(v.in(at.kernel));
  if (v.has(at.count)) inputs.push_back(v.in(at.count));
  const Values g = call(RecurrentGrad<C>{reverse}, inputs);
  Values gradients(v.inputs.size());
  std::copy_n(g.begin(), 3, gradients.begin());
  if (lstm) gradients[Size(at.c0)] = g[3];
  if (gru && v.need(at.bias)) gradients[Size(at.bias)] = ops::sum(g[3], {0, 1}, false);
  return gradients;
}

template <k::Cell C>
Specs RecurrentGrad<C>::infer(const Specs& inputs) const {
  const Places at = gradient_places(C);
  if (C == k::Cell::simple)
    check_ranks(name, inputs, {3, 3, 2}, at.count);
  else if (C == k::Cell::gru)
    check_ranks(name, inputs, {3, 3, 3, 2}, at.count);
  else
    check_ranks(name, inputs, {3, 3, 3, 3, 3, 2}, at.count);
  const Dims& h = inputs[Size(at.h)].dims;
  const Dim steps = h[0] - 1, batch = h[1], units = h[2], gates = units * k::gates_of(C);
  for (const int i : {at.dh, at.dc, at.c})
    if (i >= 0) check::shape(name, inputs[Size(i)], h, inputs, "the states or their gradients");
  if (at.saved >= 0)
    check::shape(name, inputs[Size(at.saved)], {steps, batch, units * k::saved_of(C)}, inputs, "the gates");
  check::shape(name, inputs[Size(at.kernel)], {units, gates}, inputs, "the recurrent kernel");
  check_mask(name, inputs, at.count, steps, batch);
  const DType dtype = inputs[0].dtype;
  const Spec parts = {dtype, {steps, batch, gates}}, state = {dtype, {batch, units}};
  Specs outputs = {parts, inputs[Size(at.kernel)], state};
  if (C == k::Cell::gru) outputs.push_back(parts);
  if (C == k::Cell::lstm) outputs.push_back(state);
  return outputs;
}

template <k::Cell C>
std::size_t RecurrentGrad<C>::scratch_of(const Run& run, int count) const {
  const auto s = shape_of(run.inputs[gradient_places(C).h].shape, reverse);
  return for_floating(run.inputs[0].dtype, [&](auto t) {
    const auto& table = k::float_table<decltype(t)>();
    return std::max(table.recurrent.grad_scratch(C, s, count), table.gemm.scratch(kernel_gradient<decltype(t)>(C, s)));
  });
}

template <class T, k::Cell C>
static k::Recurrence<T> recurrence(const RecurrentGrad<C>& op, const Run& run) {
  const Places at = gradient_places(C);
  auto values = [&](int i) { return i < 0 ? nullptr : static_cast<T*>(run.inputs[i].data); };
  k::Recurrence<T> r = {};
  r.shape = shape_of(run.inputs[at.h].shape, op.reverse);
  r.arrays.kernel = values(at.kernel);
  r.arrays.mask = run.in_or_null<bool>(at.count);
  r.arrays.h = values(at.h), r.arrays.c = values(at.c), r.arrays.saved = values(at.saved);
  r.gradients.dh = values(at.dh), r.gradients.dc = values(at.dc);
  r.gradients.dz = run.out<T>(0), r.gradients.dh0 = run.out<T>(2);
  if (C == k::Cell::gru) r.gradients.dr = run.out<T>(3);
  if (C == k::Cell::lstm) r.gradients.dc0 = run.out<T>(3);
  return r;
}

template <k::Cell C>
void RecurrentGrad<C>::run_all(const Run* runs, const RecurrentGrad* ops, int count) {
  for_floating(runs[0].inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::Recurrence<T> all[2];
    for (int i = 0; i < count; ++i) all[i] = recurrence<T>(ops[i], runs[i]);
    const k::RecurrentShape& s = all[0].shape;
    if (s.batch * s.units == 0) {
      for (int i = 0; i < count; ++i)
        for (int out = 0; out < runs[i].num_outputs; ++out)
          if (const auto bytes = static_cast<std::size_t>(runs[i].outputs[out].shape.size()) * sizeof(T))
            std::memset(runs[i].outputs[out].data, 0, bytes);
      return;
    }
    const auto& table = k::float_table<T>();
    table.recurrent.grad(C, all, count, runs[0].scratch);
    for (int i = 0; i < count; ++i) {
      auto product = kernel_gradient<T>(C, s);
      product.a = all[i].arrays.h + all[i].shape.old_state(0) * s.batch * s.units;
      product.b = all[i].gradients.dr ? all[i].gradients.dr : all[i].gradients.dz;
      product.c = runs[i].out<T>(1);
      table.gemm.run(product, runs[i].scratch);
    }
  });
}

// ---- Pairs

template <class R>
Specs Pair<R>::infer(const Specs& inputs) const {
  const auto half = inputs.begin() + static_cast<std::ptrdiff_t>(inputs.size() / 2);
  Specs outputs = parts[0].infer(Specs(inputs.begin(), half));
  const Specs second = parts[1].infer(Specs(half, inputs.end()));
  outputs.insert(outputs.end(), second.begin(), second.end());
  return outputs;
}

static Run half_of(const Run& run, int i) {
  Run half = run;
  half.num_inputs /= 2, half.num_outputs /= 2;
  half.inputs += i * half.num_inputs, half.outputs += i * half.num_outputs;
  return half;
}

template <class R>
std::size_t Pair<R>::scratch(const Run& run) const {
  return parts[0].scratch_of(half_of(run, 0), 2);
}

template <class R>
void Pair<R>::run(const Run& run) const {
  const Run halves[] = {half_of(run, 0), half_of(run, 1)};
  R::run_all(halves, parts, 2);
}

template struct Recurrent<k::Cell::simple>;
template struct Recurrent<k::Cell::gru>;
template struct Recurrent<k::Cell::lstm>;
template struct RecurrentGrad<k::Cell::simple>;
template struct RecurrentGrad<k::Cell::gru>;
template struct RecurrentGrad<k::Cell::lstm>;

template struct Pair<Recurrent<k::Cell::simple>>;
template struct Pair<Recurrent<k::Cell::gru>>;
template struct Pair<Recurrent<k::Cell::lstm>>;
template struct Pair<RecurrentGrad<k::Cell::simple>>;
template struct Pair<RecurrentGrad<k::Cell::gru>>;
template struct Pair<RecurrentGrad<k::Cell::lstm>>;

}  // namespace lamina
