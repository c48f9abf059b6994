// Attention of heads, without the matrix of all scores (Dao et al. 2022, Rabe and Staats 2021). For batch entry b, head
// h, row t and column j:
//   s[t][j] = scale * q[t] . k[j];  the lowest score where keep[b][h][t][j] is false or, if causal, where j > t
//   peak[t] = max over j of s[t][j],   inverse[t] = 1 / sum over j of exp(s[t][j] - peak[t])
//   p[t][j] = exp(s[t][j] - peak[t]) * inverse[t],   y[t] = sum over j of p[t][j] * v[j]
// A row that keeps nothing is the mean of all v. Gradients, with d[t] = dy[t] . y[t]:
//   ds[t][j] = p[t][j] * (dy[t] . v[j] - d[t]) where s is not the lowest score, else 0
//   dq[t] = scale * sum over j of ds[t][j] * k[j],  dk[j] = scale * sum over t of ds[t][j] * q[t]
//   dv[j] = sum over t of p[t][j] * dy[t]
// q and y are [batch][rows][heads][size or value_size], k and v [batch][columns][groups][...]: heads / groups heads
// that follow each other share one of k and v. peak and inverse are [batch][heads][rows].
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace lamina::kernels {

struct AttentionShape {
  std::int64_t batch = 0, rows = 0, columns = 0, heads = 0, groups = 1, size = 0, value_size = 0;
  bool causal = false;
  std::int64_t keep_strides[4] = {};  // of batch, heads, rows, columns; 0 where keep has one value for all
};

// Finite, so that a row that keeps nothing becomes the mean and not NaN.
template <class T>
constexpr T lowest_score() {
  return T(-0.7 * static_cast<double>(std::numeric_limits<T>::max()));
}

template <class T>
struct AttentionInputs {
  const T *q, *k, *v;
  const bool* keep;  // or null: all are kept
  T scale;
};

template <class T>
struct Attention {
  std::size_t (*scratch)(const AttentionShape&);
  void (*forward)(const AttentionShape&, const AttentionInputs<T>&, T* y, T* peak, T* inverse, void* scratch);

  std::size_t (*grad_scratch)(const AttentionShape&);
  void (*grad)(const AttentionShape&, const AttentionInputs<T>&, const T* y, const T* peak, const T* inverse,
               const T* dy, T* dq, T* dk, T* dv, void* scratch);
};

}  // namespace lamina::kernels
