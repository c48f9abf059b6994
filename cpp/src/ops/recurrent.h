// Recurrent layers over whole sequences, and their gradients.
#pragma once

#include <string>

#include "kernels/recurrent/recurrent.h"
#include "ops/op.h"

namespace lamina {

// inputs z [steps, batch, gates * units] (what the inputs contribute), kernel [units, gates * units], h0 [batch,
// units], for gru the bias [gates * units] of what the state contributes, for lstm c0 [batch, units]; and perhaps mask
// [steps, batch] (bool; false: the states stay) -> h [steps + 1, batch, units], the states from h0 on (with
// `reverse`, which begins with the last step, h0 comes last), for lstm c likewise, for gru and lstm the gates [steps,
// batch, 4 * units], kept for the gradient unless `keep` is taken back. Unfused: a scan of matmul, add, sigmoid, tanh.
template <kernels::Cell C>
struct Recurrent {
  static constexpr const char* name = C == kernels::Cell::simple ? "simple_rnn"
                                      : C == kernels::Cell::gru  ? "gru"
                                                                 : "lstm";
  bool reverse = false, keep = true;
  template <class V>
  void fields(V& v) {
    v("reverse", reverse);
    v("keep", keep);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const { return scratch_of(run, 1); }
  void run(const Run& run) const { run_all(&run, this, 1); }
  Values vjp(const Vjp& v) const;

  std::size_t scratch_of(const Run& run, int count) const;
  static void run_all(const Run* runs, const Recurrent* ops, int count);
};

// inputs dh, for lstm dc, then all outputs of the op above, kernel, and perhaps mask -> dz, dkernel, dh0, for gru dr
// [steps, batch, gates * units] (of what the state contributes), for lstm dc0.
template <kernels::Cell C>
struct RecurrentGrad {
  static constexpr const char* name = C == kernels::Cell::simple ? "simple_rnn_grad"
                                      : C == kernels::Cell::gru  ? "gru_grad"
                                                                 : "lstm_grad";
  bool reverse = false;
  template <class V>
  void fields(V& v) {
    v("reverse", reverse);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const { return scratch_of(run, 1); }
  void run(const Run& run) const { run_all(&run, this, 1); }

  std::size_t scratch_of(const Run& run, int count) const;
  static void run_all(const Run* runs, const RecurrentGrad* ops, int count);
};

// Two of the ops above on inputs of the same shapes, neither of which needs the other: both directions of a
// bidirectional layer. The workers share the rows of both. Inputs and outputs are those of the first, then those of the
// second. Made by `pair_recurrences` only; files hold the two ops.
template <class R>
struct Pair {
  static constexpr const char* name = "pair";
  R parts[2];
  template <class V>
  void fields(V& v) {
    std::string text = R::name;
    v("op", text);
    v("first_reverse", parts[0].reverse);
    v("second_reverse", parts[1].reverse);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
};

}  // namespace lamina
