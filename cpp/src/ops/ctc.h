// Connectionist temporal classification: its loss, and label sequences from class probabilities over time.
#pragma once

#include "kernels/ctc/ctc.h"
#include "ops/op.h"

namespace lamina {

// inputs log_probs [batch, time, classes], labels [batch, most], their counts [batch], the times [batch] (int64)
// -> loss [batch] and its gradient by log_probs, which makes the backward pass a product.
struct CtcLoss {
  static constexpr const char* name = "ctc_loss";
  std::int64_t blank = 0;
  template <class V>
  void fields(V& v) {
    v("blank", blank);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;  // throws Error (index) for a label out of range
  Values vjp(const Vjp& v) const;
};

// inputs a class per time step [batch, time], the times [batch] (int64) -> the labels they spell, then -1 (int32).
struct CtcCollapse {
  static constexpr const char* name = "ctc_collapse";
  std::int64_t blank = 0;
  bool merge_repeated = true;
  template <class V>
  void fields(V& v) {
    v("blank", blank);
    v("merge_repeated", merge_repeated);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// inputs log_probs [batch, time, classes], the times [batch] (int64) -> labels [top_paths, batch, time] (int32, -1
// behind the last), logarithms of their probabilities [batch, top_paths].
struct CtcBeamSearch {
  static constexpr const char* name = "ctc_beam_search";
  std::int64_t blank = 0, beam_width = 100, top_paths = 1;
  template <class V>
  void fields(V& v) {
    v("blank", blank);
    v("beam_width", beam_width);
    v("top_paths", top_paths);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
};

}  // namespace lamina
