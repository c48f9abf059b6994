// Products of at most kFewRows rows: bound by reading b, so b is read where it lies, once, by all workers side by side.
#pragma once

#include "kernels/gemm/gemm.h"
#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL {

constexpr Index kFewRows = 4;

// Both take a(i, p) at a[i * a_row + p * a_step].

// b is stored k x n, or packed (see gemm.h); else packed_b is null.
template <class T>
void few_rows(const GemmArgs<T>& args, const T* packed_b, Index a_row, Index a_step);

// b is stored n x k: dot products. scratch: args.m * args.k values, used when a_step is not 1.
template <class T>
void few_rows_transposed(const GemmArgs<T>& args, Index a_row, Index a_step, T* scratch);

// One column: op(a) times the vector b, as the product of one row with a transposed. scratch: args.m + args.k values.
template <class T>
void one_column(const GemmArgs<T>& args, T* scratch);

}  // namespace lamina::kernels::LAMINA_LEVEL
