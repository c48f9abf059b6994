// The product straight from its formula (see gemm.h), summed in the accumulator type A.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/gemm/gemm.h"

namespace lamina::reference {

template <class A>
A activate(kernels::Activation activation, A x) {
  using kernels::Activation;
  switch (activation) {
    case Activation::linear:
      return x;
    case Activation::relu:
      return std::max(x, A(0));
    case Activation::relu6:
      return std::min(std::max(x, A(0)), A(6));
    case Activation::sigmoid:
      return A(1) / (A(1) + std::exp(-x));
    case Activation::tanh:
      return std::tanh(x);
    case Activation::silu:
      return x / (A(1) + std::exp(-x));
    case Activation::gelu:
      return x * A(0.5) * std::erfc(-x / std::sqrt(A(2)));
  }
  return x;
}

template <class T, class A = double>
void gemm(const kernels::GemmArgs<T>& args) {
  for (std::int64_t batch = 0; batch < args.batch; ++batch) {
    const T* a = args.a + batch * args.stride_a;
    const T* b = args.b + batch * args.stride_b;
    T* c = args.c + batch * args.stride_c;
    for (std::int64_t i = 0; i < args.m; ++i) {
      for (std::int64_t j = 0; j < args.n; ++j) {
        A sum = 0;
        for (std::int64_t p = 0; p < args.k; ++p) {
          const A left = args.transpose_a ? a[p * args.lda + i] : a[i * args.lda + p];
          const A right = args.transpose_b ? b[j * args.ldb + p] : b[p * args.ldb + j];
          sum += left * right;
        }
        if (args.bias) sum += args.bias[j];
        if (args.addend) sum += args.addend[batch * args.stride_c + i * args.ldc + j];
        c[i * args.ldc + j] = static_cast<T>(activate(args.activation, sum));
      }
    }
  }
}

}  // namespace lamina::reference
