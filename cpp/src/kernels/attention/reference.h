// Attention straight from its formulas (see attention.h), in the type A, with all scores.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/attention/attention.h"

namespace lamina::reference {

// p[t][j] of one head, and whether each score counts.
template <class A>
struct Probabilities {
  std::vector<A> p;
  std::vector<bool> kept;
};

template <class T, class A = double>
struct Attention {
  const kernels::AttentionShape& s;
  const kernels::AttentionInputs<T>& in;

  const T* q(std::int64_t b, std::int64_t h, std::int64_t t) const {
    return in.q + ((b * s.rows + t) * s.heads + h) * s.size;
  }
  std::int64_t group(std::int64_t h) const { return h / (s.heads / s.groups); }
  std::int64_t k_at(std::int64_t b, std::int64_t h, std::int64_t j) const {
    return ((b * s.columns + j) * s.groups + group(h)) * s.size;
  }
  std::int64_t v_at(std::int64_t b, std::int64_t h, std::int64_t j) const {
    return ((b * s.columns + j) * s.groups + group(h)) * s.value_size;
  }
  std::int64_t y_at(std::int64_t b, std::int64_t h, std::int64_t t) const {
    return ((b * s.rows + t) * s.heads + h) * s.value_size;
  }

  Probabilities<A> probabilities(std::int64_t b, std::int64_t h) const {
    Probabilities<A> out;
    for (std::int64_t t = 0; t < s.rows; ++t) {
      std::vector<A> row;
      A peak = -std::numeric_limits<A>::max(), sum = 0;
      for (std::int64_t j = 0; j < s.columns; ++j) {
        const std::int64_t at =
            b * s.keep_strides[0] + h * s.keep_strides[1] + t * s.keep_strides[2] + j * s.keep_strides[3];
        const bool kept = (!s.causal || j <= t) && (in.keep == nullptr || in.keep[at]);
        A score = 0;
        for (std::int64_t i = 0; i < s.size; ++i) score += A(q(b, h, t)[i]) * A(in.k[k_at(b, h, j) + i]);
        row.push_back(kept ? score * A(in.scale) : -0.5 * A(std::numeric_limits<T>::max()));
        out.kept.push_back(kept);
        peak = row.back() > peak ? row.back() : peak;
      }
      for (A& score : row) sum += score = std::exp(score - peak);
      for (const A& score : row) out.p.push_back(score / sum);
    }
    return out;
  }

  void forward(A* y) const {
    for (std::int64_t b = 0; b < s.batch; ++b)
      for (std::int64_t h = 0; h < s.heads; ++h) {
        const Probabilities<A> p = probabilities(b, h);
        for (std::int64_t t = 0; t < s.rows; ++t)
          for (std::int64_t i = 0; i < s.value_size; ++i) {
            A sum = 0;
            for (std::int64_t j = 0; j < s.columns; ++j)
              sum += p.p[static_cast<std::size_t>(t * s.columns + j)] * A(in.v[v_at(b, h, j) + i]);
            y[y_at(b, h, t) + i] = sum;
          }
      }
  }

  // Adds to dq, dk, dv.
  void grad(const T* dy, A* dq, A* dk, A* dv) const {
    for (std::int64_t b = 0; b < s.batch; ++b)
      for (std::int64_t h = 0; h < s.heads; ++h) {
        const Probabilities<A> p = probabilities(b, h);
        for (std::int64_t t = 0; t < s.rows; ++t) {
          std::vector<A> dp;
          A mean = 0;
          for (std::int64_t j = 0; j < s.columns; ++j) {
            A sum = 0;
            for (std::int64_t i = 0; i < s.value_size; ++i)
              sum += A(dy[y_at(b, h, t) + i]) * A(in.v[v_at(b, h, j) + i]);
            dp.push_back(sum);
            mean += p.p[static_cast<std::size_t>(t * s.columns + j)] * sum;
          }
          for (std::int64_t j = 0; j < s.columns; ++j) {
            const auto at = static_cast<std::size_t>(t * s.columns + j);
            const A ds = p.kept[at] ? A(in.scale) * p.p[at] * (dp[static_cast<std::size_t>(j)] - mean) : A(0);
            for (std::int64_t i = 0; i < s.value_size; ++i) dv[v_at(b, h, j) + i] += p.p[at] * A(dy[y_at(b, h, t) + i]);
            for (std::int64_t i = 0; i < s.size; ++i) {
              dq[((b * s.rows + t) * s.heads + h) * s.size + i] += ds * A(in.k[k_at(b, h, j) + i]);
              dk[k_at(b, h, j) + i] += ds * A(q(b, h, t)[i]);
            }
          }
        }
      }
  }
};

}  // namespace lamina::reference
