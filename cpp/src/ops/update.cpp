#include "ops/update.h"

#include <cstring>

#include "kernels/table.h"
#include "ops/dispatch.h"

namespace lamina {

namespace {

// Checks that variable, gradient and slots have one shape; gives the specs of the first `outputs` results.
Specs check_update(const char* name, const Specs& inputs, int expected, int scalar, int outputs) {
  check::num_inputs(name, inputs, expected, expected);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  for (int i = 0; i < expected; ++i) {
    const Spec& s = inputs[static_cast<std::size_t>(i)];
    const bool fits = i == scalar ? s.rank() == 0 : s.rank() == inputs[0].rank();
    if (!fits)
      fail(ErrorKind::value, std::string(name) + ": the inputs do not fit together",
           "gradient and slots of the variable's shape, and scalar rates", to_string(inputs), "Check the shapes.");
    for (std::size_t d = 0; i != scalar && d < s.dims.size(); ++d)
      check::equal(name, s.dims[d], inputs[0].dims[d], inputs, "sizes");
  }
  return Specs(static_cast<std::size_t>(outputs), inputs[0]);
}

// The kernels work in place: brings the old value to where the new one goes.
template <class T>
T* bring(const Run& run, int input, int output) {
  T* to = run.out<T>(output);
  if (to != run.in<T>(input))
    std::memcpy(to, run.in<T>(input), sizeof(T) * static_cast<std::size_t>(run.outputs[output].shape.size()));
  return to;
}

}  // namespace

Specs SgdUpdate::infer(const Specs& inputs) const {
  return check_update(name, inputs, momentum != 0 ? 4 : 3, 2, momentum != 0 ? 2 : 1);
}

void SgdUpdate::run(const Run& run) const {
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    T* p = bring<T>(run, 0, 0);
    T* m = momentum != 0 ? bring<T>(run, 3, 1) : nullptr;
    kernels::float_table<T>().update.sgd(run.outputs[0].shape.size(), *run.in<T>(2), static_cast<T>(momentum), nesterov,
                                         run.in<T>(1), p, m);
  });
}

Specs AdamUpdate::infer(const Specs& inputs) const {
  const bool amsgrad = inputs.size() == 6;
  return check_update(name, inputs, amsgrad ? 6 : 5, 4, amsgrad ? 4 : 3);
}

void AdamUpdate::run(const Run& run) const {
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    T* p = bring<T>(run, 0, 0);
    T* m = bring<T>(run, 2, 1);
    T* v = bring<T>(run, 3, 2);
    T* v_hat = run.num_inputs == 6 ? bring<T>(run, 5, 3) : nullptr;
    kernels::float_table<T>().update.adam(run.outputs[0].shape.size(), *run.in<T>(4), static_cast<T>(beta_1),
                                          static_cast<T>(beta_2), static_cast<T>(epsilon), run.in<T>(1), p, m, v,
                                          v_hat);
  });
}

Specs RmspropUpdate::infer(const Specs& inputs) const {
  const int slots = 1 + centered + (momentum > 0);
  return check_update(name, inputs, 3 + slots, 2, 1 + slots);
}

void RmspropUpdate::run(const Run& run) const {
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    T* p = bring<T>(run, 0, 0);
    T* v = bring<T>(run, 3, 1);
    T* a = centered ? bring<T>(run, 4, 2) : nullptr;
    T* b = momentum > 0 ? bring<T>(run, 4 + centered, 2 + centered) : nullptr;
    kernels::float_table<T>().update.rmsprop(run.outputs[0].shape.size(), *run.in<T>(2), static_cast<T>(rho),
                                             static_cast<T>(momentum), static_cast<T>(epsilon), run.in<T>(1), p, v, a,
                                             b);
  });
}

}  // namespace lamina
