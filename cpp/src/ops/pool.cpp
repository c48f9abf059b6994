#include "ops/pool.h"

#include <algorithm>

#include "autodiff/gradient.h"
#include "core/grain.h"
#include "core/parallel_for.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

Dims PoolAttributes::out_dims(const char* op, const Specs& inputs, const Dims& x) const {
  if (x.rank() < 3 || x.rank() > 5)
    fail(ErrorKind::value, std::string(op) + ": wrong rank", "(batch, 1 to 3 spatial axes, channels)",
         to_string(inputs), "Add the missing axes.");
  const int axes = x.rank() - 2;
  const auto w = window::per_axis(op, "window", window, axes);
  const auto s = window::per_axis(op, "strides", strides.empty() ? window : strides, axes);
  if (padding == Padding::causal)
    fail(ErrorKind::value, std::string(op) + ": wrong padding", "'valid' or 'same'", "'causal'", "Change the padding.");
  Dims out{x[0]};
  for (std::size_t i = 0; i < static_cast<std::size_t>(axes); ++i)
    out.push_back(window::out_size(op, x[i + 1], {w[i], s[i], 1}, padding, inputs));
  out.push_back(x.back());
  return out;
}

k::PoolShape PoolAttributes::shape(const Shape& x, const Shape& y) const {
  k::PoolShape s;
  constexpr std::int64_t ones[] = {1, 1, 1};  // what no window means
  lamina::window::fill(s, x, y, window.empty() ? ones : window.data(), strides.empty() ? window : strides, {}, padding);
  s.channels = x[x.rank() - 1];
  return s;
}

namespace {

template <class Op>
Op with(const PoolAttributes& attributes) {
  Op op;
  static_cast<PoolAttributes&>(op) = attributes;
  return op;
}

}  // namespace

Specs MaxPool::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::floating(name, inputs[0]);
  return {{inputs[0].dtype, out_dims(name, inputs, inputs[0].dims)}};
}

void MaxPool::run(const Run& run) const {
  const auto s = shape(run.inputs[0].shape, run.outputs[0].shape);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().pool.max(s, run.in<T>(0), run.out<T>(0));
  });
}

Values MaxPool::vjp(const Vjp& v) const { return call(with<MaxPoolGrad>(*this), {v.in(0), v.out(), v.grad()}); }

Specs MaxPoolGrad::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 3);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  const Dims y = out_dims(name, inputs, inputs[0].dims);
  check::shape(name, inputs[1], y, inputs, "the output");
  check::shape(name, inputs[2], y, inputs, "the gradient");
  return {inputs[0]};
}

void MaxPoolGrad::run(const Run& run) const {
  const auto s = shape(run.inputs[0].shape, run.inputs[1].shape);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().pool.max_grad(s, run.in<T>(0), run.in<T>(1), run.in<T>(2), run.out<T>(0));
  });
}

Values MaxPoolGrad::vjp(const Vjp& v) const {  // which tap wins does not change with x and y
  if (!v.need(2)) return {Value(), Value(), Value()};
  return {Value(), Value(), call(with<MaxPoolGather>(*this), {v.in(0), v.in(1), v.grad()})[0]};
}

Specs MaxPoolGather::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 3);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  check::shape(name, inputs[1], out_dims(name, inputs, inputs[0].dims), inputs, "the output");
  check::shape(name, inputs[2], inputs[0].dims, inputs, "the values");
  return {inputs[1]};
}

namespace {

// The windows [begin, end), counted over batch and output positions.
template <class T>
struct Gathering {
  const k::PoolShape& s;
  const T *x, *y, *values;
  T* out;

  void window(std::int64_t o) const {
    const std::int64_t position[3] = {o / (s.out[1] * s.out[2]) % s.out[0], o / s.out[2] % s.out[1], o % s.out[2]};
    std::int64_t first[3], last[3];
    for (int a = 0; a < 3; ++a) {
      const std::int64_t start = position[a] * s.stride[a] - s.pad[a];
      first[a] = std::max<std::int64_t>(start, 0);
      last[a] = std::min(start + s.kernel[a], s.in[a]) - 1;
    }
    const T* top = y + o * s.channels;
    T* to = out + o * s.channels;
    std::fill(to, to + s.channels, T(0));
    const std::int64_t image = o / s.out_size() * s.in[0];
    for (std::int64_t d = last[0]; d >= first[0]; --d)  // backwards, so that the first maximum stays
      for (std::int64_t h = last[1]; h >= first[1]; --h)
        for (std::int64_t w = last[2]; w >= first[2]; --w) {
          const std::int64_t from = (((image + d) * s.in[1] + h) * s.in[2] + w) * s.channels;
          for (std::int64_t c = 0; c < s.channels; ++c)
            if (x[from + c] == top[c] || x[from + c] != x[from + c]) to[c] = values[from + c];
        }
  }
  static void range(void* context, std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t o = begin; o < end; ++o) static_cast<const Gathering*>(context)->window(o);
  }
};

}  // namespace

void MaxPoolGather::run(const Run& run) const {
  const auto s = shape(run.inputs[0].shape, run.inputs[1].shape);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    Gathering<T> gathering{s, run.in<T>(0), run.in<T>(1), run.in<T>(2), run.out<T>(0)};
    std::int64_t work = std::max<std::int64_t>(1, s.channels);
    for (int a = 0; a < 3; ++a) work *= std::max<std::int64_t>(1, std::min(s.kernel[a], s.in[a]));
    parallel_for(s.batch * s.out_size(), grain_for(16384, work), Gathering<T>::range, &gathering);
  });
}

Values MaxPoolGather::vjp(const Vjp& v) const {
  if (!v.need(2)) return {Value(), Value(), Value()};
  return {Value(), Value(), call(with<MaxPoolGrad>(*this), {v.in(0), v.in(1), v.grad()})[0]};
}

Specs AveragePool::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::floating(name, inputs[0]);
  return {{inputs[0].dtype, out_dims(name, inputs, inputs[0].dims)}};
}

void AveragePool::run(const Run& run) const {
  const auto s = shape(run.inputs[0].shape, run.outputs[0].shape);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().pool.average(s, run.in<T>(0), run.out<T>(0));
  });
}

Values AveragePool::vjp(const Vjp& v) const {
  auto op = with<AveragePoolGrad>(*this);
  op.input_shape = v.in(0).dims();
  return call(op, {v.grad()});
}

Specs AveragePoolGrad::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check::floating(name, inputs[0]);
  check::shape(name, inputs[0], out_dims(name, inputs, input_shape), inputs, "the gradient");
  return {{inputs[0].dtype, input_shape}};
}

void AveragePoolGrad::run(const Run& run) const {
  const auto s = shape(run.outputs[0].shape, run.inputs[0].shape);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::float_table<T>().pool.average_grad(s, run.in<T>(0), run.out<T>(0));
  });
}

Values AveragePoolGrad::vjp(const Vjp& v) const { return call(with<AveragePool>(*this), {v.grad()}); }

}  // namespace lamina
