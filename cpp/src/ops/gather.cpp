#include "ops/gather.h"

#include "autodiff/gradient.h"
#include "kernels/scatter/scatter.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

void check_indices(const char* name, const Spec& indices, const Specs& inputs) {
  if (indices.dtype != DType::int32 && indices.dtype != DType::int64)
    fail(ErrorKind::type, std::string(name) + ": wrong dtype of the indices", "int32 or int64", to_string(inputs),
         "Cast the indices.");
}

namespace {

// f(the gather kernels for values T and the indices' type, the indices).
template <class T, class F>
void with_indices(const Operand& indices, F&& f) {
  if (indices.dtype == DType::int32)
    f(k::any_table<T>().gather32, static_cast<const std::int32_t*>(indices.data));
  else
    f(k::any_table<T>().gather64, static_cast<const std::int64_t*>(indices.data));
}

[[noreturn]] void out_of_range(const char* name, std::int64_t size, std::int64_t position, std::int64_t index) {
  fail(ErrorKind::index, std::string(name) + ": an index is out of range",
       "integers in [" + std::to_string(-size) + ", " + std::to_string(size) + ")",
       std::to_string(index) + " at position " + std::to_string(position), "Check the indices, or enlarge the table.");
}

}  // namespace

Specs Take::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check_indices(name, inputs[1], inputs);
  const int a = check::axis(name, axis, inputs[0].rank());
  Dims out(inputs[0].dims.begin(), inputs[0].dims.begin() + a);
  out.insert(out.end(), inputs[1].dims.begin(), inputs[1].dims.end());
  out.insert(out.end(), inputs[0].dims.begin() + a + 1, inputs[0].dims.end());
  return {{inputs[0].dtype, out}};
}

void Take::run(const Run& run) const {
  const Shape& x = run.inputs[0].shape;
  const int a = check::axis(name, axis, x.rank());
  const std::int64_t count = run.inputs[1].shape.size();
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    with_indices<T>(run.inputs[1], [&](const auto& gather, const auto* indices) {
      const std::int64_t wrong = gather.check(x[a], count, indices);
      if (wrong >= 0) out_of_range(name, x[a], wrong, indices[wrong]);
      gather.take(x.size(0, a), x[a], x.size(a + 1, x.rank()), count, run.in<T>(0), indices, run.out<T>(0));
    });
  });
}

Values Take::vjp(const Vjp& v) const {
  return {call(ScatterAdd{axis, v.in(0).dims()}, {v.grad(), v.in(1)})[0], Value()};
}

Specs ScatterAdd::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check_indices(name, inputs[1], inputs);
  check::axis(name, axis, shape.rank());
  const Spec taken = Take{axis}.infer({{inputs[0].dtype, shape}, inputs[1]})[0];
  if (taken.rank() != inputs[0].rank())
    fail(ErrorKind::value, "scatter_add: the updates do not fit the indices", to_string(taken), to_string(inputs),
         "Check the shapes.");
  for (std::size_t i = 0; i < taken.dims.size(); ++i)
    check::equal(name, taken.dims[i], inputs[0].dims[i], inputs, "sizes");
  return {{inputs[0].dtype, shape}};
}

void ScatterAdd::run(const Run& run) const {
  const Shape& x = run.outputs[0].shape;
  const int a = check::axis(name, axis, x.rank());
  const std::int64_t count = run.inputs[1].shape.size();
  for_dtype(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    with_indices<T>(run.inputs[1], [&](const auto& gather, const auto* indices) {
      const std::int64_t wrong = gather.check(x[a], count, indices);
      if (wrong >= 0) out_of_range(name, x[a], wrong, indices[wrong]);
      k::scatter<T>(k::Scatter::add, x.size(0, a), x[a], x.size(a + 1, x.rank()), count, nullptr, indices, run.in<T>(0),
                    run.out<T>(0));
    });
  });
}

Values ScatterAdd::vjp(const Vjp& v) const { return {call(Take{axis}, {v.grad(), v.in(1)})[0], Value()}; }

Specs OneHot::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check_indices(name, inputs[0], inputs);
  Dims out = inputs[0].dims;
  out.push_back(classes);
  return {{dtype, out}};
}

void OneHot::run(const Run& run) const {
  for_dtype(run.outputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    with_indices<T>(run.inputs[0], [&](const auto& gather, const auto* indices) {
      gather.one_hot(run.inputs[0].shape.size(), classes.value(), indices, run.out<T>(0));
    });
  });
}

}  // namespace lamina
