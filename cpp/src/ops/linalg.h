// Decompositions of the matrices in the last two axes, and systems of equations. The formulas are in the kernels'
// header.
#pragma once

#include "ops/op.h"

namespace lamina {

// (x + x^T) / 2 -> its lower factor; NaN where that is not positive definite.
struct Cholesky {
  static constexpr const char* name = "cholesky";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs a [..., n, n], b [..., n, k] -> x with op(triangle of a) x = b.
struct TriangularSolve {
  static constexpr const char* name = "triangular_solve";
  bool lower = false, transpose = false, unit_diagonal = false;
  template <class V>
  void fields(V& v) {
    v("lower", lower);
    v("transpose", transpose);
    v("unit_diagonal", unit_diagonal);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// x [..., m, n] -> L and U in one matrix, int32 pivots [..., min(m, n)], int32 permutation [..., m].
struct Lu {
  static constexpr const char* name = "lu";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;  // of square matrices
};

// inputs a [..., n, n], b [..., n, k] -> x with op(a) x = b; not finite when a is singular.
struct Solve {
  static constexpr const char* name = "solve";
  bool transpose = false;
  template <class V>
  void fields(V& v) {
    v("transpose", transpose);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// x [..., m, n] -> q, r.
struct Qr {
  static constexpr const char* name = "qr";
  bool complete = false;
  template <class V>
  void fields(V& v) {
    v("complete", complete);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;  // of at least as many rows as columns, q not larger than x
};

// (x + x^T) / 2 -> eigenvalues (ascending), eigenvectors as columns.
struct Eigh {
  static constexpr const char* name = "eigh";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// x -> real and imaginary parts of the eigenvalues, then of the eigenvectors. No gradient.
struct Eig {
  static constexpr const char* name = "eig";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// x [..., m, n] -> u, s (descending), vh; s alone without compute_uv.
struct Svd {
  static constexpr const char* name = "svd";
  bool full_matrices = true, compute_uv = true;
  template <class V>
  void fields(V& v) {
    v("full_matrices", full_matrices);
    v("compute_uv", compute_uv);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;  // of u and vh only when they are not larger than x
};

// x [..., m, n] -> [..., n, m]; singular values up to rcond times the largest count as zero (negative: see the kernel).
struct Pinv {
  static constexpr const char* name = "pinv";
  double rcond = -10;
  template <class V>
  void fields(V& v) {
    v("rcond", rcond);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;  // as long as the rank stays the same
};

}  // namespace lamina
