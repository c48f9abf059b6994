#include "ops/creation.h"

#include "kernels/table.h"
#include "ops/dispatch.h"

namespace lamina {

namespace {

void check_sizes(const char* name, const Dims& dims) {
  for (const Dim& d : dims)
    if (d.known() && d.value() < 0)
      fail(ErrorKind::value, std::string(name) + ": a size is negative", "sizes of 0 or more",
           to_string(Attribute(dims)), "Check the shape.");
}

}  // namespace

Specs Fill::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 0, 0);
  check_sizes(name, shape);
  return {{dtype, shape}};
}

void Fill::run(const Run& run) const {
  for_dtype(run.outputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    kernels::any_table<T>().elementwise.fill(run.outputs[0].shape.size(), static_cast<T>(value), run.out<T>(0));
  });
}

Specs Arange::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 0, 0);
  check_sizes(name, {size});
  return {{dtype, {size}}};
}

void Arange::run(const Run& run) const {
  for_dtype(run.outputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    kernels::any_table<T>().elementwise.arange(run.outputs[0].shape.size(), static_cast<T>(start), static_cast<T>(step),
                                               run.out<T>(0));
  });
}

Specs DimValue::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 0, 0);
  return {{dtype, {}}};
}

void DimValue::run(const Run& run) const {
  for_dtype(run.outputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    *run.out<T>(0) = static_cast<T>(dim.value());
  });
}

Specs Measure::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  if (inputs[0].dtype != DType::int64 || inputs[0].rank() != 0)
    fail(ErrorKind::type, "measure: this is no size", "one int64 number", to_string(inputs), "Cast or reduce it.");
  return inputs;
}

void Measure::run(const Run& run) const { *run.out<std::int64_t>(0) = *run.in<std::int64_t>(0); }

}  // namespace lamina
