// Recurrent layers straight from their formulas (see recurrent.h), in the type A. Gradients are those of central
// differences: the test compares with them.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/recurrent/recurrent.h"

namespace lamina::reference {

// All states; c for lstm only. Inputs as in RecurrentArrays, the first states given.
template <class A, class T>
void recurrent(kernels::Cell cell, const kernels::RecurrentShape& s, const T* z, const T* kernel, const T* bias,
               const bool* mask, A* h, A* c) {
  using kernels::Cell;
  const std::int64_t n = s.units, gates = kernels::gates_of(cell) * n;
  auto sigmoid = [](A x) { return 1 / (1 + std::exp(-x)); };
  for (std::int64_t step = 0; step < s.steps; ++step)
    for (std::int64_t b = 0; b < s.batch; ++b) {
      const std::int64_t t = s.reverse ? s.steps - 1 - step : step;
      const A* old = h + (s.old_state(t) * s.batch + b) * n;
      std::vector<A> p(static_cast<std::size_t>(gates));
      for (std::int64_t j = 0; j < gates; ++j)
        for (std::int64_t i = 0; i < n; ++i) p[static_cast<std::size_t>(j)] += old[i] * A(kernel[i * gates + j]);
      const T* in = z + (t * s.batch + b) * gates;
      for (std::int64_t i = 0; i < n; ++i) {
        auto gate = [&](std::int64_t k) { return A(in[k * n + i]) + p[static_cast<std::size_t>(k * n + i)]; };
        const std::int64_t next = (s.new_state(t) * s.batch + b) * n + i, now = old - h + i;
        if (mask != nullptr && !mask[t * s.batch + b]) {
          h[next] = h[now];
          if (cell == Cell::lstm) c[next] = c[now];
        } else if (cell == Cell::simple) {
          h[next] = std::tanh(gate(0));
        } else if (cell == Cell::gru) {
          const A update = sigmoid(gate(0) + A(bias[i])), reset = sigmoid(gate(1) + A(bias[n + i]));
          const A recurrent = p[static_cast<std::size_t>(2 * n + i)] + A(bias[2 * n + i]);
          h[next] = update * old[i] + (1 - update) * std::tanh(A(in[2 * n + i]) + reset * recurrent);
        } else {
          c[next] = sigmoid(gate(1)) * c[now] + sigmoid(gate(0)) * std::tanh(gate(2));
          h[next] = sigmoid(gate(3)) * std::tanh(c[next]);
        }
      }
    }
}

}  // namespace lamina::reference
