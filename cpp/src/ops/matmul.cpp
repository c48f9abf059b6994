#include "ops/matmul.h"

#include <algorithm>

#include "autodiff/gradient.h"
#include "autodiff/through.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/elementwise.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

namespace {

// How many single products a batched one is cut into, and where their matrices start.
struct Batches {
  Shape outer;  // of the output
  std::int64_t strides_a[Shape::max_rank] = {}, strides_b[Shape::max_rank] = {};
  std::int64_t inner = 1;                 // products per kernel call
  std::int64_t inner_a = 0, inner_b = 0;  // their strides
};

template <class T>
k::GemmArgs<T> arguments(bool transpose_a, bool transpose_b, const Run& run) {
  const Shape &a = run.inputs[0].shape, &b = run.inputs[1].shape, &c = run.outputs[0].shape;
  k::GemmArgs<T> g;
  g.transpose_a = transpose_a;
  g.transpose_b = transpose_b;
  g.m = c[c.rank() - 2];
  g.n = c[c.rank() - 1];
  g.lda = a[a.rank() - 1];
  g.ldb = b[b.rank() - 1];
  g.ldc = g.n;
  g.k = transpose_a ? a[a.rank() - 2] : a[a.rank() - 1];
  g.a = run.in<T>(0);
  g.b = run.in<T>(1);
  g.c = run.out<T>(0);
  return g;
}

Batches batches_of(const Run& run) {
  const Shape &a = run.inputs[0].shape, &b = run.inputs[1].shape, &c = run.outputs[0].shape;
  Batches batches;
  const int outer = c.rank() - 2;
  std::int64_t stride_a = a[a.rank() - 1] * a[a.rank() - 2], stride_b = b[b.rank() - 1] * b[b.rank() - 2];
  for (int i = outer - 1; i >= 0; --i) {
    const int ia = i - (c.rank() - a.rank()), ib = i - (c.rank() - b.rank());
    const std::int64_t na = ia >= 0 ? a[ia] : 1, nb = ib >= 0 ? b[ib] : 1;
    batches.strides_a[i] = na == 1 ? 0 : stride_a;
    batches.strides_b[i] = nb == 1 ? 0 : stride_b;
    stride_a *= na;
    stride_b *= nb;
  }
  for (int i = 0; i < outer; ++i) batches.outer.push_back(c[i]);
  // The last axes that step evenly in both operands go into one kernel call.
  int axis = outer;
  while (axis > 0) {
    const int i = axis - 1;
    const bool first = batches.inner == 1;
    const bool even = first || (batches.strides_a[i] == batches.inner_a * batches.inner &&
                                batches.strides_b[i] == batches.inner_b * batches.inner);
    if (!even) break;
    if (first && c[i] != 1) {
      batches.inner_a = batches.strides_a[i];
      batches.inner_b = batches.strides_b[i];
    }
    batches.inner *= c[i];
    axis = i;
  }
  batches.outer = Shape(batches.outer.begin(), batches.outer.begin() + axis);
  return batches;
}

// Rows of a batched left operand are one tall matrix when the right one is shared.
template <class T>
bool fold_rows(k::GemmArgs<T>& g, const Run& run) {
  if (g.transpose_a || run.inputs[1].shape.rank() != 2) return false;
  const Shape& a = run.inputs[0].shape;
  g.m = a.size(0, a.rank() - 1);
  return true;
}

template <class T>
k::GemmArgs<T> batched(const k::GemmArgs<T>& single, const Batches& batches) {
  k::GemmArgs<T> g = single;
  g.batch = batches.inner;
  g.stride_a = batches.inner_a;
  g.stride_b = batches.inner_b;
  g.stride_c = g.m * g.n;
  return g;
}

}  // namespace

Specs Matmul::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  check::rank_at_least(name, inputs[0], 2);
  check::rank_at_least(name, inputs[1], 2);
  const Dims &a = inputs[0].dims, &b = inputs[1].dims;
  const std::size_t ra = a.size(), rb = b.size();
  check::equal(name, transpose_a ? a[ra - 2] : a[ra - 1], transpose_b ? b[rb - 1] : b[rb - 2], inputs, "inner sizes");
  Dims out = broadcast(
      name, {{inputs[0].dtype, Dims(a.begin(), a.end() - 2)}, {inputs[0].dtype, Dims(b.begin(), b.end() - 2)}});
  out.push_back(transpose_a ? a[ra - 1] : a[ra - 2]);
  out.push_back(transpose_b ? b[rb - 2] : b[rb - 1]);
  return {{inputs[0].dtype, out}};
}

std::size_t Matmul::scratch(const Run& run) const {
  return for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    auto g = arguments<T>(transpose_a, transpose_b, run);
    if (!fold_rows(g, run)) g = batched(g, batches_of(run));
    return k::float_table<T>().gemm.scratch(g);
  });
}

void Matmul::run(const Run& run) const {
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    const auto& gemm = k::float_table<T>().gemm;
    auto g = arguments<T>(transpose_a, transpose_b, run);
    if (fold_rows(g, run)) {
      gemm.run(g, run.scratch);
      return;
    }
    const Batches batches = batches_of(run);
    g = batched(g, batches);
    const std::int64_t calls = batches.outer.size();
    for (std::int64_t i = 0; i < calls; ++i) {
      auto one = g;
      std::int64_t rest = i;
      for (int axis = batches.outer.rank() - 1; axis >= 0; --axis) {
        const std::int64_t at = rest % batches.outer[axis];
        rest /= batches.outer[axis];
        one.a += at * batches.strides_a[axis];
        one.b += at * batches.strides_b[axis];
      }
      one.c += i * g.batch * g.stride_c;
      gemm.run(one, run.scratch);
    }
  });
}

Values Matmul::vjp(const Vjp& v) const {
  const Value &a = v.in(0), &b = v.in(1), &dc = v.grad();
  Value da, db;
  if (b.rank() == 2 && a.rank() > 2 && !transpose_a) {  // one tall product instead of a batch summed afterwards
    const Dims dims = a.dims(), out = dc.dims();
    const Dims rows(dims.begin(), dims.end() - 1);
    if (v.need(0)) da = ops::matmul(dc, b, false, !transpose_b);
    if (v.need(1)) {
      const Value a2 = ops::reshape(a, {rows.elements(), dims.back()}),
                  dc2 = ops::reshape(dc, {rows.elements(), out.back()});
      db = transpose_b ? ops::matmul(dc2, a2, true, false) : ops::matmul(a2, dc2, true, false);
    }
    return {da, db};
  }
  if (v.need(0)) {
    da = transpose_a ? ops::matmul(b, dc, transpose_b, true) : ops::matmul(dc, b, false, !transpose_b);
    da = ops::sum_to(da, a.dims());
  }
  if (v.need(1)) {
    db = transpose_b ? ops::matmul(dc, a, true, transpose_a) : ops::matmul(a, dc, !transpose_a, false);
    db = ops::sum_to(db, b.dims());
  }
  return {da, db};
}

namespace {

template <class T>
k::GemmArgs<T> arguments(const Linear& op, const Run& run) {
  const Shape &x = run.inputs[0].shape, &w = run.inputs[1].shape;
  k::GemmArgs<T> g;
  g.m = x.size(0, x.rank() - 1);
  g.k = g.lda = w[0];
  g.n = g.ldb = g.ldc = w[1];
  g.a = run.in<T>(0);
  g.b = run.in<T>(1);
  g.c = run.out<T>(0);
  g.bias = run.in_or_null<T>(2);
  g.addend = run.in_or_null<T>(3);
  g.activation = op.activation;
  return g;
}

}  // namespace

Specs Linear::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 4);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  check::rank_at_least(name, inputs[0], 1);
  if (inputs[1].rank() != 2 || (inputs.size() >= 3 && inputs[2].rank() != 1))
    fail(ErrorKind::value, "linear: wrong ranks", "a kernel of 2 axes and a bias of 1", to_string(inputs),
         "Check the weights.");
  check::equal(name, inputs[0].dims.back(), inputs[1].dims[0], inputs, "inner sizes");
  if (inputs.size() >= 3)
    check::equal(name, inputs[1].dims[1], inputs[2].dims[0], inputs, "the kernel's and the bias's last sizes");
  Dims out = inputs[0].dims;
  out.back() = inputs[1].dims[1];
  if (inputs.size() == 4) check::shape(name, inputs[3], out, inputs, "the addend");
  return {{inputs[0].dtype, out}};
}

std::size_t Linear::scratch(const Run& run) const {
  return for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    return k::float_table<T>().gemm.scratch(arguments<T>(*this, run));
  });
}

void Linear::run(const Run& run) const {
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().gemm.run(arguments<T>(*this, run), run.scratch);
  });
}

std::size_t Linear::packed_bytes(const Shape& kernel, DType dtype) const {
  return for_floating(dtype,
                      [&](auto t) { return k::float_table<decltype(t)>().gemm.packed_bytes(kernel[0], kernel[1]); });
}

void Linear::pack(const Run& run) const {
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::GemmArgs<T> g;
    g.k = run.inputs[0].shape[0];
    g.n = g.ldb = run.inputs[0].shape[1];
    g.b = run.in<T>(0);
    k::float_table<T>().gemm.pack(g, run.out<T>(0));
  });
}

void Linear::run_packed(const Run& run, const void* packed) const {
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().gemm.run_packed(arguments<T>(*this, run), packed, run.scratch);
  });
}

Values Linear::unfused(k::Activation activation, const Values& inputs) {
  const bool vector = inputs[0].rank() == 1;
  const Value x = vector ? ops::reshape(inputs[0], {1, inputs[0].dim(0)}) : inputs[0];
  Value y = ops::matmul(x, inputs[1], false, false);
  if (vector) y = ops::reshape(y, {inputs[1].dim(1)});
  for (std::size_t i = 2; i < inputs.size(); ++i) y = ops::add(y, inputs[i]);
  return {activate(activation, y)};
}

Values Linear::vjp(const Vjp& v) const {
  const Value dy = gradient_before(activation, v.out(), v.grad());
  if (!dy) return vjp_through(v, [&](const Values& inputs) { return unfused(activation, inputs); });
  // A vector is a row.
  const bool vector = v.in(0).rank() == 1;
  const auto row = [&](const Value& x) { return vector ? ops::reshape(x, {1, x.dim(0)}) : x; };
  Values found = Matmul{}.vjp({{row(v.in(0)), v.in(1)}, {}, {row(dy)}, v.needed});
  if (found[0] && vector) found[0] = ops::reshape(found[0], v.in(0).dims());
  if (v.has(2)) found.push_back(v.need(2) ? ops::sum_to(dy, v.in(2).dims()) : Value());
  if (v.has(3)) found.push_back(dy);
  return found;
}

namespace {

struct ActivationOp {
  k::Unary function;
  Value (*apply)(const Value& x);
};

template <k::Unary F>
constexpr ActivationOp kActivationOp = {F, [](const Value& x) { return call(Unary<F>{}, {x})[0]; }};

// In the order of the enum, without linear.
constexpr ActivationOp kActivationOps[] = {kActivationOp<k::Unary::relu>,    kActivationOp<k::Unary::relu6>,
                                           kActivationOp<k::Unary::sigmoid>, kActivationOp<k::Unary::tanh>,
                                           kActivationOp<k::Unary::silu>,    kActivationOp<k::Unary::gelu>};

const ActivationOp& op_of(k::Activation activation) { return kActivationOps[static_cast<int>(activation) - 1]; }

}  // namespace

Value activate(k::Activation activation, const Value& x) {
  return activation == k::Activation::linear ? x : op_of(activation).apply(x);
}

Value gradient_before(k::Activation activation, const Value& y, const Value& dy) {
  if (activation == k::Activation::linear) return dy;
  const k::Unary function = op_of(activation).function;
  return k::unary_grad_uses_output(function) ? call(UnaryGrad{function}, {y, dy})[0] : Value();
}

}  // namespace lamina
