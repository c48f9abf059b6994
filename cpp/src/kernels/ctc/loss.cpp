// The loss by the recursion of Keras over two kinds of states: after[n], n labels are spelled and a blank may have
// followed; at[n], label n is being spelled. The gradient is the recursion's own, backwards: a sum of probabilities
// shares it among its terms as they contribute, and these shares are kept for each step.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/ctc/samples.h"

namespace lamina::kernels {
namespace {

constexpr double kForbidden = -1e5;

// log(exp(a) + exp(b)), and the share of a.
double log_add(double a, double b, double& share) {
  constexpr double underflow = 745.2;
  const double d = a == b ? 0 : b - a;  // also of infinities
  if (d < -underflow || d > underflow) {
    share = d < 0 ? 1 : 0;
    return d < 0 ? a : b;
  }
  const double e = std::exp(-std::abs(d));
  share = (d < 0 ? 1 : e) / (1 + e);
  return std::max(a, b) + std::log1p(e);
}

struct Shares {
  double skip, at, after;  // of the state before, in the sums below
};

struct Sample {
  std::int64_t times, count, classes, blank, num_labels;
  const std::int64_t* labels;
  Shares* shares;  // [times][count]
  double *after, *at;

  bool repeats(std::int64_t n) const { return n + 1 < num_labels && labels[n] == labels[n + 1]; }

  template <class T>
  double forward(const T* log_probs) const {
    std::fill(after, after + count + 1, kForbidden);
    std::fill(at, at + count, kForbidden);
    after[0] = 0;
    Shares* share = shares;
    for (std::int64_t t = 0; t < times; ++t, log_probs += classes) {
      const double blank_cost = static_cast<double>(log_probs[blank]);
      double before = after[0];  // n labels are spelled, and the next may begin
      after[0] += blank_cost;
      for (std::int64_t n = 0; n < count; ++n, ++share) {
        // From a label to the next one without a blank, unless they are the same; with one otherwise.
        const bool same = repeats(n);
        const double ended = log_add(after[n + 1], at[n] + (same ? kForbidden : 0), share->skip);
        after[n + 1] = log_add(ended, at[n] + (same ? 0 : kForbidden), share->after) + blank_cost;
        at[n] = log_add(before, at[n], share->at) + static_cast<double>(log_probs[labels[n]]);
        before = ended;
      }
    }
    return count == 0 ? after[0] : log_add(after[count], at[count - 1], share->skip);
  }

  // gradient (zero before) = -d score / d log_probs, of what `forward` left.
  template <class T>
  void backward(T* gradient) const {
    const Shares* share = shares + times * count;
    const double last = count == 0 ? 1 : share->skip;
    std::fill(after, after + count + 1, 0);
    std::fill(at, at + count, 0);
    after[count] = last;
    if (count > 0) at[count - 1] = 1 - last;
    for (std::int64_t t = times - 1; t >= 0; --t) {
      T* row = gradient + t * classes;
      share -= count;
      double blanks = after[0];
      if (count > 0) after[0] += share[0].at * at[0];
      for (std::int64_t n = 0; n < count; ++n) {
        row[labels[n]] -= static_cast<T>(at[n]);
        blanks += after[n + 1];
        const double next = n + 1 < count ? share[n + 1].at * at[n + 1] : 0;
        const double ended = share[n].after * after[n + 1] + next;
        at[n] = (1 - share[n].at) * at[n] + (1 - share[n].after) * after[n + 1] + (1 - share[n].skip) * ended;
        after[n + 1] = share[n].skip * ended;
      }
      row[blank] -= static_cast<T>(blanks);
    }
  }
};

// The shares of a sample and of its last sum, and its states.
std::size_t num_shares(const CtcShape& s) { return static_cast<std::size_t>(s.time * s.labels + 1); }

std::size_t slot_size(const CtcShape& s) {
  return num_shares(s) * sizeof(Shares) + static_cast<std::size_t>(2 * s.labels + 1) * sizeof(double);
}

}  // namespace

std::size_t ctc_loss_scratch(const CtcShape& s) {
  return s.batch == 0 ? 0 : static_cast<std::size_t>(max_threads()) * slot_size(s);
}

template <class T>
void ctc_loss(const CtcShape& s, const T* log_probs, const std::int64_t* labels, const std::int64_t* counts,
              const std::int64_t* times, T* loss, T* gradient, void* scratch) {
  const std::int64_t size = s.time * s.classes;
  ctc::for_samples(s, [&](std::int64_t b, int worker) {
    auto* shares =
        reinterpret_cast<Shares*>(static_cast<char*>(scratch) + static_cast<std::size_t>(worker) * slot_size(s));
    auto* states = reinterpret_cast<double*>(shares + num_shares(s));
    const Sample sample{ctc::clamped(times[b], s.time),
                        ctc::clamped(counts[b], s.labels),
                        s.classes,
                        s.blank,
                        s.labels,
                        labels + b * s.labels,
                        shares,
                        states,
                        states + s.labels + 1};
    const double score = sample.forward(log_probs + b * size);
    loss[b] = static_cast<T>(-score);
    std::memset(gradient + b * size, 0, static_cast<std::size_t>(size) * sizeof(T));
    sample.backward(gradient + b * size);
  });
}

template void ctc_loss(const CtcShape&, const float*, const std::int64_t*, const std::int64_t*, const std::int64_t*,
                       float*, float*, void*);
template void ctc_loss(const CtcShape&, const double*, const std::int64_t*, const std::int64_t*, const std::int64_t*,
                       double*, double*, void*);

}  // namespace lamina::kernels
