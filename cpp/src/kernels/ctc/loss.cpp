// The loss by the recursion of Keras over two kinds of states: after[n], n labels are spelled and a blank may have
// followed; at[n], label n is being spelled. The gradient is the recursion's own, backwards.
#include <cstring>

#include "kernels/ctc/samples.h"

namespace lamina::kernels {
namespace {

constexpr double kForbidden = -1e5;

struct Sample {
  std::int64_t times, count, classes, blank;
  const std::int64_t* labels;
  std::int64_t num_labels;
  double* rows;  // times + 1 states of after[count + 1], at[count]; then two such states and one of after[count + 1]

  std::int64_t width() const { return 2 * count + 1; }
  double* after(std::int64_t t) const { return rows + t * width(); }
  double* at(std::int64_t t) const { return after(t) + count + 1; }
  bool repeats(std::int64_t n) const { return n + 1 < num_labels && labels[n] == labels[n + 1]; }
  // What a step from label n to the state after it costs: without a blank (within the step before), and with one.
  double free(std::int64_t n) const { return repeats(n) ? kForbidden : 0; }
  double through_blank(std::int64_t n) const { return repeats(n) ? 0 : kForbidden; }

  // after[] once free steps are made.
  void skip(const double* after_in, const double* at_in, double* skipped) const {
    skipped[0] = after_in[0];
    for (std::int64_t n = 0; n < count; ++n) skipped[n + 1] = ctc::log_add(after_in[n + 1], at_in[n] + free(n));
  }

  template <class T>
  double forward(const T* log_probs) const {
    double* skipped = after(times + 1);
    for (std::int64_t i = 0; i < width(); ++i) rows[i] = kForbidden;
    rows[0] = 0;
    for (std::int64_t t = 0; t < times; ++t, log_probs += classes) {
      const double* label = at(t);
      skip(after(t), label, skipped);
      const double blank_cost = static_cast<double>(log_probs[blank]);
      double *next_after = after(t + 1), *next_at = at(t + 1);
      next_after[0] = skipped[0] + blank_cost;
      for (std::int64_t n = 0; n < count; ++n) {
        next_at[n] = ctc::log_add(skipped[n], label[n]) + static_cast<double>(log_probs[labels[n]]);
        next_after[n + 1] = ctc::log_add(skipped[n + 1], label[n] + through_blank(n)) + blank_cost;
      }
    }
    return count == 0 ? after(times)[0] : ctc::log_add(after(times)[count], at(times)[count - 1]);
  }

  // gradient (zero before) = -d score / d log_probs, with the states of `forward`.
  template <class T>
  void backward(double score, T* gradient) const {
    double *d_after = after(times + 1), *d_at = at(times + 1), *before = after(times + 2);
    double *skipped = after(times + 3), *d_skipped = skipped + count + 1;
    for (std::int64_t i = 0; i < width(); ++i) d_after[i] = 0;
    d_after[count] = count == 0 ? 1 : std::exp(after(times)[count] - score);
    if (count > 0) d_at[count - 1] = std::exp(at(times)[count - 1] - score);
    for (std::int64_t t = times - 1; t >= 0; --t) {
      const double *state = after(t), *label = at(t);
      T* row = gradient + t * classes;
      double *d_after_in = before, *d_at_in = before + count + 1, blanks = d_after[0];
      skip(state, label, skipped);
      for (std::int64_t n = 0; n <= count; ++n) d_skipped[n] = 0;
      for (std::int64_t n = 0; n < count; ++n) d_at_in[n] = 0;
      d_skipped[0] = d_after[0];
      for (std::int64_t n = 0; n < count; ++n) {
        if (const double g = d_at[n]; g != 0) {
          row[labels[n]] -= static_cast<T>(g);
          const double sum = ctc::log_add(skipped[n], label[n]);
          d_skipped[n] += g * std::exp(skipped[n] - sum);
          d_at_in[n] += g * std::exp(label[n] - sum);
        }
        if (const double g = d_after[n + 1]; g != 0) {
          blanks += g;
          const double other = label[n] + through_blank(n), sum = ctc::log_add(skipped[n + 1], other);
          d_skipped[n + 1] += g * std::exp(skipped[n + 1] - sum);
          d_at_in[n] += g * std::exp(other - sum);
        }
      }
      row[blank] -= static_cast<T>(blanks);
      d_after_in[0] = d_skipped[0];
      for (std::int64_t n = 0; n < count; ++n) {
        const double g = d_skipped[n + 1];
        d_after_in[n + 1] = g == 0 ? 0 : g * std::exp(state[n + 1] - skipped[n + 1]);
        if (g != 0) d_at_in[n] += g * std::exp(label[n] + free(n) - skipped[n + 1]);
      }
      std::swap(d_after, before);
      d_at = d_after + count + 1;
    }
  }
};

// States of one sample in doubles: one per time step, and four more to work with.
std::size_t slot_size(const CtcShape& s) {
  return static_cast<std::size_t>(s.time + 5) * static_cast<std::size_t>(2 * s.labels + 2);
}

}  // namespace

std::size_t ctc_loss_scratch(const CtcShape& s) {
  return s.batch == 0 ? 0 : static_cast<std::size_t>(max_threads()) * slot_size(s) * sizeof(double);
}

template <class T>
void ctc_loss(const CtcShape& s, const T* log_probs, const std::int64_t* labels, const std::int64_t* counts,
              const std::int64_t* times, T* loss, T* gradient, void* scratch) {
  const std::int64_t size = s.time * s.classes;
  ctc::for_samples(s, [&](std::int64_t b, int worker) {
    const Sample sample{ctc::clamped(times[b], s.time),
                        ctc::clamped(counts[b], s.labels),
                        s.classes,
                        s.blank,
                        labels + b * s.labels,
                        s.labels,
                        static_cast<double*>(scratch) + static_cast<std::size_t>(worker) * slot_size(s)};
    const double score = sample.forward(log_probs + b * size);
    loss[b] = static_cast<T>(-score);
    std::memset(gradient + b * size, 0, static_cast<std::size_t>(size) * sizeof(T));
    sample.backward(score, gradient + b * size);
  });
}

template void ctc_loss(const CtcShape&, const float*, const std::int64_t*, const std::int64_t*, const std::int64_t*,
                       float*, float*, void*);
template void ctc_loss(const CtcShape&, const double*, const std::int64_t*, const std::int64_t*, const std::int64_t*,
                       double*, double*, void*);

}  // namespace lamina::kernels
