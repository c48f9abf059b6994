// Matrix product with bias, addend and activation:
//   c[b] = activation(op(a[b]) . op(b[b]) + bias + addend[b])   for b in [0, batch),  op(x) = x or its transpose
// Matrices are row-major; `m, n, k` are the sizes of the product: op(a) is m x k, op(b) is k x n, c is m x n.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/activation.h"

namespace lamina::kernels {

template <class T>
struct GemmArgs {
  std::int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  std::int64_t lda = 0;  // elements between rows of a as stored
  bool transpose_a = false;
  const T* b = nullptr;
  std::int64_t ldb = 0;
  bool transpose_b = false;
  T* c = nullptr;
  std::int64_t ldc = 0;
  const T* bias = nullptr;    // n values or null
  const T* addend = nullptr;  // laid out as c, or null; not c itself
  Activation activation = Activation::linear;
  std::int64_t batch = 1;
  std::int64_t stride_a = 0, stride_b = 0, stride_c = 0;  // elements between the matrices of a batch; 0 = shared
};

template <class T>
struct Gemm {
  // Bytes of scratch `run` needs for these sizes (pointers are not read).
  std::size_t (*scratch)(const GemmArgs<T>&);
  void (*run)(const GemmArgs<T>&, void* scratch);

  // Constant right operands are packed once: `pack` fills packed_bytes(k, n) bytes from args.b (and args.ldb,
  // args.transpose_b); `run_packed` then takes them in place of args.b, or, when args.b is given too, where they help.
  std::size_t (*packed_bytes)(std::int64_t k, std::int64_t n);
  void (*pack)(const GemmArgs<T>&, void* packed);
  void (*run_packed)(const GemmArgs<T>&, const void* packed, void* scratch);
};

}  // namespace lamina::kernels
