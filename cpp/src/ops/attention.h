// Scaled dot-product attention of heads, and its gradient.
#pragma once

#include "kernels/attention/attention.h"
#include "ops/op.h"

namespace lamina {

// inputs q [batch, rows, heads, size], k and v [batch, columns, groups, ...] and, if some scores are to be left out,
// keep (bool, each axis as [batch, heads, rows, columns] or 1) -> y [batch, rows, heads, value size], and per row of
// scores [batch, heads, rows] its peak and the inverse of its sum of exponentials. `causal` leaves out columns after
// the row. Unfused: matmul, where, softmax, matmul.
struct Attention {
  static constexpr const char* name = "attention";
  double scale = 1;
  bool causal = false;
  template <class V>
  void fields(V& v) {
    v("scale", scale);
    v("causal", causal);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs dy, y, peak, inverse, q, k, v and perhaps keep -> dq, dk, dv.
struct AttentionGrad {
  static constexpr const char* name = "attention_grad";
  double scale = 1;
  bool causal = false;
  template <class V>
  void fields(V& v) {
    v("scale", scale);
    v("causal", causal);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
