// What the sources of this family share. The build gives them an Eigen of their own (-DEigen=eigen_once).
// All work is done in double: it costs little, floats come out exact to the last bits, and half is left to compile.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <limits>

#include "core/grain.h"
#include "core/parallel_for.h"
#include "kernels/linalg/linalg.h"

namespace lamina::kernels::linear {

using Index = std::int64_t;
using Matrix = Eigen::MatrixXd;  // columns first, as Eigen likes it best
using Vector = Eigen::VectorXd;
using Block = Eigen::Ref<Matrix, 0, Eigen::OuterStride<>>;

// Between rows first in T and columns first in double.
template <class T>
Matrix load(const T* x, Index m, Index n) {
  Matrix loaded(m, n);
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < n; ++j) loaded(i, j) = static_cast<double>(x[i * n + j]);
  return loaded;
}

template <class T>
void store(const Matrix& x, T* y) {
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < x.cols(); ++j) *y++ = static_cast<T>(x(i, j));
}

template <class T>
void store_values(const Vector& x, T* y) {
  for (Index i = 0; i < x.size(); ++i) y[i] = static_cast<T>(x[i]);
}

template <class T>
void fill_nan(T* y, Index count) {
  if (y != nullptr) std::fill_n(y, count, std::numeric_limits<T>::quiet_NaN());
}

// (x + x^T) / 2
template <class T>
Matrix load_symmetric(const T* x, Index n) {
  Matrix loaded(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      loaded(i, j) = (static_cast<double>(x[i * n + j]) + static_cast<double>(x[j * n + i])) / 2;
  return loaded;
}

// body(i) for each matrix of the batch; `work` is about the number of multiplications of one.
template <class Body>
void for_each_matrix(Index batch, double work, const Body& body) {
  // The blocks of Eigen's products follow the sizes of the caches: with these, bits do not depend on the machine.
  static const bool pinned = (Eigen::setCpuCacheSizes(32 << 10, 512 << 10, 4 << 20), true);
  static_cast<void>(pinned);
  if (batch == 1) return body(0);  // which may have work for the workers itself
  constexpr Index kGrain = 20000;
  parallel_for(
      batch, grain_for(kGrain, static_cast<Index>(work)),
      [](void* context, Index begin, Index end, int) {
        for (Index i = begin; i < end; ++i) (*static_cast<const Body*>(context))(i);
      },
      const_cast<Body*>(&body));
}

inline double cube(Index n) { return static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n); }

}  // namespace lamina::kernels::linear
