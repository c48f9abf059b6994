// Singular values and what is made of them.
#include <Eigen/SVD>

#include "kernels/linalg/eigen.h"

namespace lamina::kernels {

using namespace linear;

namespace {

using Decomposition = Eigen::BDCSVD<Matrix>;  // divide and conquer

// False when there is no result. Not for empty matrices.
bool decompose(const Matrix& x, unsigned options, Decomposition& found) {
  return x.allFinite() && found.compute(x, options).info() == Eigen::Success;
}

}  // namespace

template <class T>
void svd(Index batch, Index m, Index n, bool full, const T* a, T* u, T* s, T* vh) {
  const Index count = std::min(m, n), columns = full ? m : count, rows = full ? n : count;
  const bool vectors = u != nullptr;
  for_each_matrix(batch, cube(std::max(m, n)) * (vectors ? 20 : 4), [=](Index i) {
    T* u_out = vectors ? u + i * m * columns : nullptr;
    T* vh_out = vectors ? vh + i * rows * n : nullptr;
    if (count == 0) {
      if (!vectors) return;
      store(Matrix::Identity(m, columns), u_out);
      store(Matrix::Identity(rows, n), vh_out);
      return;
    }
    unsigned options = 0;
    if (vectors) options = full ? Eigen::ComputeFullU | Eigen::ComputeFullV : Eigen::ComputeThinU | Eigen::ComputeThinV;
    Decomposition found;
    if (!decompose(load(a + i * m * n, m, n), options, found)) {
      fill_nan(u_out, m * columns);
      fill_nan(s + i * count, count);
      fill_nan(vh_out, rows * n);
      return;
    }
    store_values(found.singularValues(), s + i * count);
    if (!vectors) return;
    store(found.matrixU(), u_out);
    store(found.matrixV().transpose(), vh_out);
  });
}

template <class T>
void pinv(Index batch, Index m, Index n, double rcond, const T* a, T* p) {
  if (m == 0 || n == 0) return;
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  const double relative = rcond < 0 ? -rcond * static_cast<double>(std::max(m, n)) * epsilon : rcond;
  for_each_matrix(batch, cube(std::max(m, n)) * 20, [=](Index i) {
    Decomposition found;
    if (!decompose(load(a + i * m * n, m, n), Eigen::ComputeThinU | Eigen::ComputeThinV, found)) {
      fill_nan(p + i * m * n, m * n);
      return;
    }
    const Vector& s = found.singularValues();
    Matrix v = found.matrixV();
    for (Index j = 0; j < s.size(); ++j) v.col(j) *= s[j] > relative * s[0] && s[j] > 0 ? 1 / s[j] : 0;
    store(v * found.matrixU().transpose(), p + i * m * n);
  });
}

#define LAMINA_INSTANTIATE(T)                                         \
  template void svd(Index, Index, Index, bool, const T*, T*, T*, T*); \
  template void pinv(Index, Index, Index, double, const T*, T*);
LAMINA_INSTANTIATE(float)
LAMINA_INSTANTIATE(double)

}  // namespace lamina::kernels
