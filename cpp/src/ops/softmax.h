// Softmax, its logarithm, sparsemax, and the cross-entropy of class numbers.
#pragma once

#include "kernels/softmax/softmax.h"
#include "ops/op.h"

namespace lamina {

template <bool Log>
struct SoftmaxOp {
  static constexpr const char* name = Log ? "log_softmax" : "softmax";
  std::int64_t axis = -1;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};
using Softmax = SoftmaxOp<false>;
using LogSoftmax = SoftmaxOp<true>;

// inputs y, dy. Unfused: y * (dy - sum(dy * y)), or dy - exp(y) * sum(dy).
template <bool Log>
struct SoftmaxGradOp {
  static constexpr const char* name = Log ? "log_softmax_grad" : "softmax_grad";
  std::int64_t axis = -1;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// The point of the simplex that is nearest to x along the axis (Martins and Astudillo 2016): max(x - tau, 0), where tau
// makes the sum 1.
struct Sparsemax {
  static constexpr const char* name = "sparsemax";
  std::int64_t axis = -1;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs logits [..., classes], labels [...] int64 in [0, classes) -> loss [...].
struct SparseCrossentropy {
  static constexpr const char* name = "sparse_crossentropy";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;  // throws Error (index) for a label out of range
  Values vjp(const Vjp& v) const;
};

// inputs logits, labels, dloss -> dlogits.
struct SparseCrossentropyGrad {
  static constexpr const char* name = "sparse_crossentropy_grad";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
