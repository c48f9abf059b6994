// The optimizer updates of one element, in double.
#pragma once

#include <cmath>

namespace lamina::reference {

inline void sgd(double learning_rate, double momentum, bool nesterov, double g, double& p, double* m) {
  if (m == nullptr) {
    p -= learning_rate * g;
    return;
  }
  *m = momentum * *m - learning_rate * g;
  p += nesterov ? momentum * *m - learning_rate * g : *m;
}

inline void adam(double alpha, double beta_1, double beta_2, double epsilon, double g, double& p, double& m, double& v,
                 double* v_hat) {
  m += (g - m) * (1 - beta_1);
  v += (g * g - v) * (1 - beta_2);
  double variance = v;
  if (v_hat != nullptr) variance = *v_hat = std::fmax(*v_hat, v);
  p -= alpha * m / (std::sqrt(variance) + epsilon);
}

inline void rmsprop(double learning_rate, double rho, double momentum, double epsilon, double g, double& p, double& v,
                    double* a, double* b) {
  v = rho * v + (1 - rho) * g * g;
  double denominator = v + epsilon;
  if (a != nullptr) {
    *a = rho * *a + (1 - rho) * g;
    denominator -= *a * *a;
  }
  double step = learning_rate * g / std::sqrt(denominator);
  if (b != nullptr) step = *b = momentum * *b + step;
  p -= step;
}

}  // namespace lamina::reference
