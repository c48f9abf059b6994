#include "ops/random.h"

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/dispatch.h"

namespace lamina {

namespace {

void check_state(const char* name, const Spec& state) {
  if (state.dtype != DType::int64 || state.rank() != 1 || !state.dims[0].known() || state.dims[0].value() != 2)
    fail(ErrorKind::value, std::string(name) + ": wrong random state", "int64 (2,): key and counter", to_string(state),
         "Pass the state of a SeedGenerator.");
}

struct State {
  std::uint64_t key, counter;
  State(const Run& run, int input)
      : key(static_cast<std::uint64_t>(run.in<std::int64_t>(input)[0])),
        counter(static_cast<std::uint64_t>(run.in<std::int64_t>(input)[1])) {}
};

}  // namespace

template <Distribution D>
Specs RandomOp<D>::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check_state(name, inputs[0]);
  check::floating(name, {dtype, shape});
  return {{dtype, shape}};
}

template <Distribution D>
void RandomOp<D>::run(const Run& run) const {
  const State state(run, 0);
  for_floating(run.outputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    const auto& r = kernels::float_table<T>().random;
    auto* f = D == Distribution::uniform ? r.uniform : D == Distribution::normal ? r.normal : r.truncated_normal;
    f(run.outputs[0].shape.size(), state.key, state.counter, static_cast<T>(first), static_cast<T>(second),
      run.out<T>(0));
  });
}

template struct RandomOp<Distribution::uniform>;
template struct RandomOp<Distribution::normal>;
template struct RandomOp<Distribution::truncated_normal>;

Specs RandomIntegers::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check_state(name, inputs[0]);
  if (high <= low)
    fail(ErrorKind::value, "random_integers: the range is empty", "low < high",
         std::to_string(low) + " and " + std::to_string(high), "Widen the range.");
  return {{DType::int64, shape}};
}

void RandomIntegers::run(const Run& run) const {
  const State state(run, 0);
  kernels::random_integers(run.outputs[0].shape.size(), state.key, state.counter, low, high, run.out<std::int64_t>(0));
}

Specs RandomPermutation::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  check_state(name, inputs[0]);
  return {{DType::int64, {size}}};
}

void RandomPermutation::run(const Run& run) const {
  const State state(run, 0);
  kernels::random_permutation(run.outputs[0].shape.size(), state.key, state.counter, run.out<std::int64_t>(0));
}

Specs RandomGamma::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::floating(name, inputs[0]);
  check_state(name, inputs[1]);
  return {inputs[0]};
}

void RandomGamma::run(const Run& run) const {
  const State state(run, 1);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    kernels::random_gamma(run.outputs[0].shape.size(), state.key, state.counter, logarithm, run.in<T>(0),
                          run.out<T>(0));
  });
}

Values RandomGamma::vjp(const Vjp&) const { return {Value(), Value()}; }

Specs RandomBinomial::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 3);
  const Specs parameters = {inputs[0], inputs[1]};
  check::floating(name, inputs[0]);
  check::same_dtype(name, parameters);
  check::shape(name, inputs[1], inputs[0].dims, inputs, "probabilities");
  check_state(name, inputs[2]);
  return {inputs[0]};
}

void RandomBinomial::run(const Run& run) const {
  const State state(run, 2);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    kernels::random_binomial(run.outputs[0].shape.size(), state.key, state.counter, run.in<T>(0), run.in<T>(1),
                             run.out<T>(0));
  });
}

Values RandomBinomial::vjp(const Vjp&) const { return {Value(), Value(), Value()}; }

Specs Dropout::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::floating(name, inputs[0]);
  check_state(name, inputs[1]);
  if (!(rate >= 0 && rate <= 1))
    fail(ErrorKind::value, "dropout: wrong rate", "a number in [0, 1]", std::to_string(rate), "Use a probability.");
  return {inputs[0]};
}

void Dropout::run(const Run& run) const {
  const State state(run, 1);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    if (rate >= 1) {
      kernels::any_table<T>().elementwise.fill(run.outputs[0].shape.size(), T(0), run.out<T>(0));
      return;
    }
    kernels::float_table<T>().random.dropout(run.outputs[0].shape.size(), state.key, state.counter, rate, run.in<T>(0),
                                             run.out<T>(0));
  });
}

Values Dropout::vjp(const Vjp& v) const {  // the same state draws the same mask
  return {call(*this, {v.grad(), v.in(1)})[0], Value()};
}

}  // namespace lamina
