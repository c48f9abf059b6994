// Optimizer steps on one variable and its slots, in one pass. The outputs are the new variable and slots and overwrite
// the old ones where nobody else reads them. Scalars come as tensors, since they are variables too.
#pragma once

#include "kernels/update/update.h"
#include "ops/op.h"

namespace lamina {

// inputs p, g, learning_rate and, with momentum, m.
struct SgdUpdate {
  static constexpr const char* name = "sgd_update";
  double momentum = 0;
  bool nesterov = false;
  template <class V>
  void fields(V& v) {
    v("momentum", momentum);
    v("nesterov", nesterov);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  unsigned reuses(int output) const { return output == 0 ? 1u : 1u << 3; }
};

// inputs p, g, m, v, alpha and, for amsgrad, v_hat; alpha = learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t).
struct AdamUpdate {
  static constexpr const char* name = "adam_update";
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  template <class V>
  void fields(V& v) {
    v("beta_1", beta_1);
    v("beta_2", beta_2);
    v("epsilon", epsilon);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  unsigned reuses(int output) const {
    return output == 0 ? 1u : output == 1 ? 1u << 2 : output == 2 ? 1u << 3 : 1u << 5;
  }
};

// inputs p, g, learning_rate, v, then a (the mean gradient) if centered, then b if momentum > 0.
struct RmspropUpdate {
  static constexpr const char* name = "rmsprop_update";
  double rho = 0.9, momentum = 0, epsilon = 1e-7;
  bool centered = false;
  template <class V>
  void fields(V& v) {
    v("rho", rho);
    v("momentum", momentum);
    v("epsilon", epsilon);
    v("centered", centered);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  unsigned reuses(int output) const { return output == 0 ? 1u : 1u << (output + 2); }
};

}  // namespace lamina
