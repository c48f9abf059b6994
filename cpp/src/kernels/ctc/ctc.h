// Connectionist temporal classification (Graves et al. 2006): labels without known times. A path names a class at each
// time step; it spells the labels that are left when repeats are merged and blanks dropped.
// Compiled once: exponentials one at a time and bookkeeping, with one sample per task. Sums are in double.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::kernels {

struct CtcShape {
  std::int64_t batch = 0, time = 0, classes = 0;
  std::int64_t labels = 0;  // the most labels of a sample
  std::int64_t blank = 0;
};

// loss[b] = -log(sum over the paths that spell the labels of exp(sum of log_probs[b, t, path[t]] over t < times[b])),
// gradient = d loss[b] / d log_probs. Counts outside [0, time] and [0, labels] are moved into it; the labels that count
// are in [0, classes). A move that no path may make costs 1e5, as in Keras: labels that do not fit into the time have a
// large finite loss.
std::size_t ctc_loss_scratch(const CtcShape&);
template <class T>
void ctc_loss(const CtcShape&, const T* log_probs, const std::int64_t* labels, const std::int64_t* counts,
              const std::int64_t* times, T* loss, T* gradient, void* scratch);

// The labels that the path spells, then -1. Past times[b] every class counts as blank.
void ctc_collapse(const CtcShape&, bool merge_repeated, const std::int64_t* path, const std::int64_t* times,
                  std::int32_t* labels);

// The `top_paths` likeliest labels and the logarithms of their probabilities, found by keeping the `beam_width` (at
// least top_paths) likeliest beginnings after each step: labels[top_paths][batch][time], -1 behind the last;
// scores[batch][top_paths], -infinity where there are fewer. Equally likely ones go by class number, longer ones first.
std::size_t ctc_beam_search_scratch(const CtcShape&, std::int64_t beam_width);
template <class T>
void ctc_beam_search(const CtcShape&, std::int64_t beam_width, std::int64_t top_paths, const T* log_probs,
                     const std::int64_t* times, std::int32_t* labels, T* scores, void* scratch);

}  // namespace lamina::kernels
