// Decompositions and linear systems of stacks of row-major matrices (compiled once: Eigen's decompositions).
//   cholesky          L L^T = (a + a^T) / 2; NaN where that is not positive definite
//   triangular_solve  op(tri(a)) x = b, tri the chosen triangle, op the transpose if asked
//   lu                a[permutation] = L U with partial pivoting: L (unit diagonal) below, U above, in one matrix; row
//   i
//                     was exchanged with row pivots[i], for i = 0, 1, ...
//   solve             op(a) x = b by lu
//   qr                a = q r; q has min(m, n) columns, or m when complete
//   eigh              (a + a^T) / 2 = v diag(w) v^T, w ascending
//   eig               a v = v diag(w), columns of v of length 1, their largest entry real
//   svd               a = u diag(s) vh, s descending; u and vh have min(m, n) columns and rows, or are square when
//   full;
//                     without them when they are null
//   pinv              the pseudo-inverse; singular values up to rcond times the largest one count as zero; a negative
//                     rcond counts multiples of max(m, n) epsilon
// Matrices with an entry that is not finite give NaN. A matrix is decomposed by one thread. These kernels work on heap
// memory of Eigen's, unlike all others.
#pragma once

#include <cstdint>

namespace lamina::kernels {

// T: float, double.
template <class T>
void cholesky(std::int64_t batch, std::int64_t n, const T* a, T* l);
struct Triangle {
  bool lower = false, transpose = false, unit_diagonal = false;
};
// a[batch][n][n], b and x[batch][n][k]; x may be b.
template <class T>
void triangular_solve(std::int64_t batch, std::int64_t n, std::int64_t k, Triangle triangle, const T* a, const T* b,
                      T* x);
template <class T>
void lu(std::int64_t batch, std::int64_t m, std::int64_t n, const T* a, T* packed, std::int32_t* pivots,
        std::int32_t* permutation);
template <class T>
void solve(std::int64_t batch, std::int64_t n, std::int64_t k, bool transpose, const T* a, const T* b, T* x);
template <class T>
void qr(std::int64_t batch, std::int64_t m, std::int64_t n, bool complete, const T* a, T* q, T* r);
template <class T>
void eigh(std::int64_t batch, std::int64_t n, const T* a, T* w, T* v);
template <class T>
void eig(std::int64_t batch, std::int64_t n, const T* a, T* w_real, T* w_imag, T* v_real, T* v_imag);
template <class T>
void svd(std::int64_t batch, std::int64_t m, std::int64_t n, bool full, const T* a, T* u, T* s, T* vh);
template <class T>
void pinv(std::int64_t batch, std::int64_t m, std::int64_t n, double rcond, const T* a, T* p);

}  // namespace lamina::kernels
