// Normalizations in training and their gradients. All variances are biased (divided by the count).
// Batch normalization sees x as [outer][channels][inner] and normalizes each channel over outer and inner:
//   mean[c], variance[c] of x[:, c, :] ; rstd[c] = 1/sqrt(variance[c] + epsilon)
//   y = activation((x - mean) * rstd * gamma + beta + addend), the activation a clamp (linear, relu, relu6)
// Layer normalization sees x as [rows][columns] and normalizes each row; gamma and beta have `columns` values;
// mean and rstd have `rows`. Null gamma means ones, null beta zeros (their gradients are then not written).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/activation.h"

namespace lamina::kernels {

struct BatchNormShape {
  std::int64_t outer = 1, channels = 1, inner = 1;
};

template <class T>
struct Norm {
  std::size_t (*batch_scratch)(const BatchNormShape&);
  void (*moments)(const BatchNormShape&, const T* x, T* mean, T* variance, void* scratch);
  // y = activation(x * scale[c] + offset[c] + addend): normalization with given statistics.
  void (*scale_offset)(const BatchNormShape&, const T* x, const T* scale, const T* offset,
                       const T* addend /* as x, or null */, Activation, T* y);
  // Also gives mean and variance (for the moving averages) and rstd (for the gradient).
  void (*batch)(const BatchNormShape&, const T* x, const T* gamma, const T* beta, const T* addend /* as x, or null */,
                T epsilon, Activation, T* y, T* mean, T* variance, T* rstd, void* scratch);
  // `beta` is only needed to tell what the activation clamps, from the bits that `batch` clamped. dx may be dy or x.
  void (*batch_grad)(const BatchNormShape&, const T* dy, const T* x, const T* gamma, const T* beta, const T* mean,
                     const T* rstd, Activation, T* dx, T* dgamma, T* dbeta, void* scratch);

  std::size_t (*layer_scratch)(std::int64_t rows, std::int64_t columns);
  void (*layer)(std::int64_t rows, std::int64_t columns, const T* x, const T* gamma, const T* beta, T epsilon, T* y,
                T* mean, T* rstd);
  void (*layer_grad)(std::int64_t rows, std::int64_t columns, const T* dy, const T* x, const T* gamma, const T* mean,
                     const T* rstd, T* dx, T* dgamma, T* dbeta, void* scratch);
};

}  // namespace lamina::kernels
