// Batch and layer normalization, and their gradients.
#pragma once

#include "kernels/norm/norm.h"
#include "ops/matmul.h"
#include "ops/op.h"

namespace lamina {

// inputs x, gamma, beta and, if any, an addend like x -> y, mean, variance (biased), rstd = 1 / sqrt(variance +
// epsilon); statistics per index of `axis`. The activation is a clamp (linear, relu or relu6).
// Unfused: without activation and addend, add, the activation.
struct BatchNorm {
  static constexpr const char* name = "batch_norm";
  static constexpr std::size_t num_parameters = 2;
  double epsilon = 1e-3;
  std::int64_t axis = -1;
  kernels::Activation activation = kernels::Activation::linear;
  template <class V>
  void fields(V& v) {
    v("epsilon", epsilon);
    v("axis", axis);
    v("activation", activation);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs dy, x, gamma, mean, rstd and, behind an activation (a clamp), beta -> dx, dgamma, dbeta. Unfused: the gradient
// of the activation, then that of the plain normalization.
struct BatchNormGrad {
  static constexpr const char* name = "batch_norm_grad";
  std::int64_t axis = -1;
  kernels::Activation activation = kernels::Activation::linear;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
    v("activation", activation);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  unsigned reuses(int output) const { return output == 0 ? 3 : 0; }
  Values vjp(const Vjp& v) const;
};

// inputs x, gamma, beta, mean, variance and, if any, an addend like x -> y = activation((x - mean) * gamma /
// sqrt(variance + epsilon) + beta + addend). The activation is a clamp. Unfused: the same formula in elementwise ops.
struct BatchNormInference {
  static constexpr const char* name = "batch_norm_inference";
  static constexpr std::size_t num_parameters = 4;
  double epsilon = 1e-3;
  std::int64_t axis = -1;
  kernels::Activation activation = kernels::Activation::linear;
  template <class V>
  void fields(V& v) {
    v("epsilon", epsilon);
    v("axis", axis);
    v("activation", activation);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs x, gamma, beta over the last `axes` axes -> y, mean, rstd per row.
struct LayerNorm {
  static constexpr const char* name = "layer_norm";
  double epsilon = 1e-3;
  std::int64_t axes = 1;
  template <class V>
  void fields(V& v) {
    v("epsilon", epsilon);
    v("axes", axes);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs dy, x, gamma, mean, rstd -> dx, dgamma, dbeta.
struct LayerNormGrad {
  static constexpr const char* name = "layer_norm_grad";
  std::int64_t axes = 1;
  template <class V>
  void fields(V& v) {
    v("axes", axes);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
