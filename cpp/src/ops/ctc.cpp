#include "ops/ctc.h"

#include <algorithm>

#include "autodiff/gradient.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

namespace {

// Checks log_probs, or the path of `ctc_collapse`, and the blank.
void check_steps(const char* name, const Specs& inputs, int rank, std::int64_t blank) {
  const Spec& x = inputs[0];
  if (x.rank() != rank)
    fail(ErrorKind::value, std::string(name) + ": wrong rank", rank == 3 ? "(batch, time, classes)" : "(batch, time)",
         to_string(inputs), "Add the missing axes.");
  const bool known = rank == 3 && x.dims[2].known();
  if (blank < 0 || (known && blank >= x.dims[2].value()))
    fail(ErrorKind::value, std::string(name) + ": the blank is no class",
         known ? "a number from 0 to " + std::to_string(x.dims[2].value() - 1) : "a class number",
         std::to_string(blank), "Choose one of the classes.");
}

// Checks that input `i` has one int64 per sample.
void check_per_sample(const char* name, const Specs& inputs, std::size_t i) {
  if (inputs[i].dtype != DType::int64 || inputs[i].rank() != 1)
    fail(ErrorKind::type, std::string(name) + ": wrong lengths", "one int64 per sample", to_string(inputs),
         "Cast the lengths.");
  check::equal(name, inputs[0].dims[0], inputs[i].dims[0], inputs, "numbers of samples");
}

k::CtcShape shape_of(const Shape& x, std::int64_t blank, std::int64_t labels = 0) {
  return {x[0], x[1], x.rank() == 3 ? x[2] : 0, labels, blank};
}

}  // namespace

Specs CtcLoss::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 4, 4);
  check::floating(name, inputs[0]);
  check_steps(name, inputs, 3, blank);
  if (inputs[1].dtype != DType::int64 || inputs[1].rank() != 2)
    fail(ErrorKind::type, "ctc_loss: wrong labels", "int64 (batch, labels)", to_string(inputs), "Cast the labels.");
  check::equal(name, inputs[0].dims[0], inputs[1].dims[0], inputs, "numbers of samples");
  check_per_sample(name, inputs, 2);
  check_per_sample(name, inputs, 3);
  return {{inputs[0].dtype, {inputs[0].dims[0]}}, inputs[0]};
}

std::size_t CtcLoss::scratch(const Run& run) const {
  return k::ctc_loss_scratch(shape_of(run.inputs[0].shape, blank, run.inputs[1].shape[1]));
}

void CtcLoss::run(const Run& run) const {
  const auto s = shape_of(run.inputs[0].shape, blank, run.inputs[1].shape[1]);
  const auto *labels = run.in<std::int64_t>(1), *counts = run.in<std::int64_t>(2);
  for (std::int64_t b = 0; b < s.batch; ++b)
    for (std::int64_t n = 0; n < std::min(counts[b], s.labels); ++n)
      if (const std::int64_t label = labels[b * s.labels + n]; label < 0 || label >= s.classes)
        fail(ErrorKind::index, "ctc_loss: a label is out of range",
             "integers from 0 to " + std::to_string(s.classes - 1),
             std::to_string(label) + " of sample " + std::to_string(b),
             "Check the labels and target_length, or give the output more classes.");
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::ctc_loss(s, run.in<T>(0), labels, counts, run.in<std::int64_t>(3), run.out<T>(0), run.out<T>(1), run.scratch);
  });
}

Values CtcLoss::vjp(const Vjp& v) const {
  if (v.grad(1)) detail::not_differentiable("the gradient of ctc_loss");
  const Value per_sample = ops::reshape(v.grad(), {v.grad().dim(0), 1, 1});
  return {ops::multiply(v.out(1), per_sample), Value(), Value(), Value()};
}

Specs CtcCollapse::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check_steps(name, inputs, 2, blank);
  if (inputs[0].dtype != DType::int64)
    fail(ErrorKind::type, "ctc_collapse: wrong dtype", "int64 classes", to_string(inputs), "Cast the classes.");
  check_per_sample(name, inputs, 1);
  return {{DType::int32, inputs[0].dims}};
}

void CtcCollapse::run(const Run& run) const {
  k::ctc_collapse(shape_of(run.inputs[0].shape, blank), merge_repeated, run.in<std::int64_t>(0),
                  run.in<std::int64_t>(1), run.out<std::int32_t>(0));
}

Specs CtcBeamSearch::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check::floating(name, inputs[0]);
  check_steps(name, inputs, 3, blank);
  check_per_sample(name, inputs, 1);
  constexpr std::int64_t most = 1 << 20;
  if (top_paths < 1 || top_paths > beam_width || beam_width > most)
    fail(ErrorKind::value, "ctc_beam_search: wrong widths", "1 <= top_paths <= beam_width <= " + std::to_string(most),
         "top_paths " + std::to_string(top_paths) + ", beam_width " + std::to_string(beam_width),
         "Keep more beams, or ask for fewer paths.");
  const Dim &batch = inputs[0].dims[0], &time = inputs[0].dims[1];
  if (time.known() && time.value() >= (std::int64_t{1} << 31) / beam_width)
    fail(ErrorKind::value, "ctc_beam_search: too many steps", "beam_width * time below 2^31", to_string(inputs),
         "Keep fewer beams, or cut the sequences.");
  return {{DType::int32, {top_paths, batch, time}}, {inputs[0].dtype, {batch, top_paths}}};
}

std::size_t CtcBeamSearch::scratch(const Run& run) const {
  return k::ctc_beam_search_scratch(shape_of(run.inputs[0].shape, blank), beam_width);
}

void CtcBeamSearch::run(const Run& run) const {
  const auto s = shape_of(run.inputs[0].shape, blank);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::ctc_beam_search(s, beam_width, top_paths, run.in<T>(0), run.in<std::int64_t>(1), run.out<std::int32_t>(0),
                       run.out<T>(1), run.scratch);
  });
}

}  // namespace lamina
