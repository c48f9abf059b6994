// Softmax over the middle axis of [outer][size][inner], its logarithm, their gradients, and the fused sparse
// cross-entropy from logits. All subtract the maximum first; a row of -inf only gives NaN, as in NumPy.
#pragma once

#include <cstdint>

namespace lamina::kernels {

struct SoftmaxShape {
  std::int64_t outer = 1, size = 1, inner = 1;
};

template <class T>
struct Softmax {
  void (*softmax)(const SoftmaxShape&, const T* x, T* y);
  // dx = y * (dy - sum(dy * y))
  void (*softmax_grad)(const SoftmaxShape&, const T* y, const T* dy, T* dx);
  void (*log_softmax)(const SoftmaxShape&, const T* x, T* y);
  // dx = dy - exp(y) * sum(dy)
  void (*log_softmax_grad)(const SoftmaxShape&, const T* y, const T* dy, T* dx);
  // loss[r] = logsumexp(x[r]) - x[r][labels[r]] ; a label outside [0, columns) gives NaN
  void (*sparse_crossentropy)(std::int64_t rows, std::int64_t columns, const T* x, const std::int64_t* labels, T* loss);
  // dx[r] = (softmax(x[r]) - onehot(labels[r])) * dloss[r] ; NaN for a label outside [0, columns)
  void (*sparse_crossentropy_grad)(std::int64_t rows, std::int64_t columns, const T* x, const std::int64_t* labels,
                                   const T* dloss, T* dx);
};

}  // namespace lamina::kernels
