#include "ops/softmax.h"

#include <algorithm>
#include <limits>

#include "autodiff/gradient.h"
#include "autodiff/through.h"
#include "core/grain.h"
#include "core/parallel_for.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/elementwise.h"
#include "ops/functions.h"
#include "ops/gather.h"

namespace lamina {

namespace k = kernels;

namespace {

k::SoftmaxShape shape_of(const Shape& x, std::int64_t axis) {
  const int a = check::axis("softmax", axis, x.rank());
  return {x.size(0, a), x[a], x.size(a + 1, x.rank())};
}

}  // namespace

template <bool Log>
Specs SoftmaxOp<Log>::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::floating(name, inputs[0]);
  check::axis(name, axis, inputs[0].rank());
  return {inputs[0]};
}

template <bool Log>
void SoftmaxOp<Log>::run(const Run& run) const {
  const auto s = shape_of(run.inputs[0].shape, axis);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    const auto& f = k::float_table<T>().softmax;
    (Log ? f.log_softmax : f.softmax)(s, run.in<T>(0), run.out<T>(0));
  });
}

template <bool Log>
Values SoftmaxOp<Log>::vjp(const Vjp& v) const {
  return call(SoftmaxGradOp<Log>{axis}, {v.out(), v.grad()});
}

template <bool Log>
Specs SoftmaxGradOp<Log>::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  check::axis(name, axis, inputs[0].rank());
  check::shape(name, inputs[1], inputs[0].dims, inputs, "the gradient");
  return {inputs[0]};
}

template <bool Log>
void SoftmaxGradOp<Log>::run(const Run& run) const {
  const auto s = shape_of(run.inputs[0].shape, axis);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    const auto& f = k::float_table<T>().softmax;
    (Log ? f.log_softmax_grad : f.softmax_grad)(s, run.in<T>(0), run.in<T>(1), run.out<T>(0));
  });
}

template <bool Log>
Values SoftmaxGradOp<Log>::vjp(const Vjp& v) const {
  return vjp_through(v, [&](const Values& in) {
    const Value &y = in[0], &dy = in[1];
    if (Log) {
      const Value p = call(Unary<k::Unary::exp>{}, {y})[0];
      return Values{ops::subtract(dy, ops::multiply(p, ops::sum(dy, {axis}, true)))};
    }
    return Values{ops::multiply(y, ops::subtract(dy, ops::sum(ops::multiply(dy, y), {axis}, true)))};
  });
}

template struct SoftmaxOp<false>;
template struct SoftmaxOp<true>;
template struct SoftmaxGradOp<false>;
template struct SoftmaxGradOp<true>;

Specs Sparsemax::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::floating(name, inputs[0]);
  check::axis(name, axis, inputs[0].rank());
  return {inputs[0]};
}

namespace {

template <class T>
struct Projection {
  k::SoftmaxShape s;
  const T* x;
  T* y;

  // Starts with all entries and drops those that are not above the threshold of the rest, until none is (Michelot
  // 1986).
  void row(std::int64_t r) const {
    const std::int64_t first = r / s.inner * s.size * s.inner + r % s.inner;
    double top = -std::numeric_limits<double>::infinity(), tau = top;
    for (std::int64_t i = 0; i < s.size; ++i) top = std::max<double>(top, x[first + i * s.inner]);
    for (std::int64_t before = -1, count = 0; count != before;) {
      double sum = 0;
      before = count;
      count = 0;
      for (std::int64_t i = 0; i < s.size; ++i) {
        const double value = x[first + i * s.inner] - top;  // the largest is 0 and always stays
        if (value <= tau) continue;                         // NaN stays too, and makes the row NaN
        sum += value;
        ++count;
      }
      tau = (sum - 1) / static_cast<double>(count);
    }
    for (std::int64_t i = 0; i < s.size; ++i) {
      const double value = x[first + i * s.inner] - top - tau;
      y[first + i * s.inner] = static_cast<T>(value <= 0 ? 0 : value);
    }
  }
  static void range(void* context, std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) static_cast<const Projection*>(context)->row(r);
  }
};

}  // namespace

void Sparsemax::run(const Run& run) const {
  const auto s = shape_of(run.inputs[0].shape, axis);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    Projection<T> projection{s, run.in<T>(0), run.out<T>(0)};
    parallel_for(s.outer * s.inner, grain_for(4096, s.size), Projection<T>::range, &projection);
  });
}

Values Sparsemax::vjp(const Vjp& v) const {  // the mean over the support is taken off, and nothing flows outside it
  const Value &y = v.out(), &dy = v.grad();
  const Value support = ops::cast(ops::less(ops::like(y, 0), y), y.dtype());
  const Value total = ops::sum(ops::multiply(dy, support), {axis}, true);
  return {ops::multiply(support, ops::subtract(dy, ops::divide(total, ops::sum(support, {axis}, true))))};
}

namespace {

void check_labels(const char* name, const Specs& inputs) {
  const Spec &x = inputs[0], &labels = inputs[1];
  check::floating(name, x);
  check::rank_at_least(name, x, 1);
  if (labels.dtype != DType::int64)
    fail(ErrorKind::type, std::string(name) + ": wrong dtype of the labels", "int64", to_string(inputs),
         "Cast the labels.");
  if (labels.rank() != x.rank() - 1)
    fail(ErrorKind::value, std::string(name) + ": wrong rank of the labels", "one class number per row of the logits",
         to_string(inputs), "Remove or add an axis of the labels.");
  for (std::size_t i = 0; i < labels.dims.size(); ++i) check::equal(name, x.dims[i], labels.dims[i], inputs, "sizes");
}

}  // namespace

Specs SparseCrossentropy::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check_labels(name, inputs);
  return {{inputs[0].dtype, inputs[1].dims}};
}

void SparseCrossentropy::run(const Run& run) const {
  const std::int64_t rows = run.inputs[1].shape.size(), columns = run.inputs[0].shape[run.inputs[0].shape.rank() - 1];
  const auto* labels = run.in<std::int64_t>(1);
  for (std::int64_t i = 0; i < rows; ++i)
    if (labels[i] < 0 || labels[i] >= columns)
      fail(ErrorKind::index, "A class label is out of range",
           "integers from 0 to " + std::to_string(columns - 1) + " for an output of " + std::to_string(columns) +
               " classes",
           std::to_string(labels[i]) + " at row " + std::to_string(i),
           "Check the labels (NaN becomes a label out of range), or give the last layer more units.");
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().softmax.sparse_crossentropy(rows, columns, run.in<T>(0), labels, run.out<T>(0));
  });
}

Values SparseCrossentropy::vjp(const Vjp& v) const {
  return {call(SparseCrossentropyGrad{}, {v.in(0), v.in(1), v.grad()})[0], Value()};
}

Specs SparseCrossentropyGrad::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 3);
  check_labels(name, inputs);
  check::same_dtype(name, {inputs[0], inputs[2]});
  check::shape(name, inputs[2], inputs[1].dims, inputs, "the gradient");
  return {inputs[0]};
}

void SparseCrossentropyGrad::run(const Run& run) const {
  const std::int64_t rows = run.inputs[1].shape.size(), columns = run.inputs[0].shape[run.inputs[0].shape.rank() - 1];
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().softmax.sparse_crossentropy_grad(rows, columns, run.in<T>(0), run.in<std::int64_t>(1),
                                                         run.in<T>(2), run.out<T>(0));
  });
}

Values SparseCrossentropyGrad::vjp(const Vjp& v) const {
  const std::int64_t classes = v.in(0).rank() - 1;
  return vjp_through(v, [&](const Values& in) {
    const Value &logits = in[0], &labels = in[1], &dloss = in[2];
    const Value hot = call(OneHot{logits.dim(static_cast<int>(classes)), logits.dtype()}, {labels})[0];
    Dims column = dloss.dims();
    column.push_back(1);
    return Values{ops::multiply(ops::subtract(call(Softmax{classes}, {logits})[0], hot), ops::reshape(dloss, column))};
  });
}

}  // namespace lamina
