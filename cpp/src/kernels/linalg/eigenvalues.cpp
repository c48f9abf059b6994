// Eigenvalues and eigenvectors.
#include <Eigen/Eigenvalues>
#include <complex>

#include "kernels/linalg/eigen.h"

namespace lamina::kernels {

using namespace linear;

template <class T>
void eigh(Index batch, Index n, const T* a, T* w, T* v) {
  if (n == 0) return;
  for_each_matrix(batch, cube(n) * 9, [=](Index i) {
    const Matrix x = load_symmetric(a + i * n * n, n);
    Eigen::SelfAdjointEigenSolver<Matrix> solver;
    if (!x.allFinite() || solver.compute(x).info() != Eigen::Success) {
      fill_nan(w + i * n, n);
      fill_nan(v + i * n * n, n * n);
      return;
    }
    store_values(solver.eigenvalues(), w + i * n);
    store(solver.eigenvectors(), v + i * n * n);
  });
}

template <class T>
void eig(Index batch, Index n, const T* a, T* w_real, T* w_imag, T* v_real, T* v_imag) {
  if (n == 0) return;
  for_each_matrix(batch, cube(n) * 25, [=](Index i) {
    const Matrix x = load(a + i * n * n, n, n);
    Eigen::EigenSolver<Matrix> solver;
    if (!x.allFinite() || solver.compute(x).info() != Eigen::Success) {
      for (T* values : {w_real, w_imag}) fill_nan(values + i * n, n);
      for (T* vectors : {v_real, v_imag}) fill_nan(vectors + i * n * n, n * n);
      return;
    }
    const auto& values = solver.eigenvalues();
    auto vectors = solver.eigenvectors();
    for (Index j = 0; j < n; ++j) {
      w_real[i * n + j] = static_cast<T>(values[j].real());
      w_imag[i * n + j] = static_cast<T>(values[j].imag());
      if (values[j].imag() == 0) continue;
      Index largest = 0;
      for (Index k = 1; k < n; ++k)
        if (std::abs(vectors(k, j)) > std::abs(vectors(largest, j))) largest = k;
      const std::complex<double> turn = std::conj(vectors(largest, j)) / std::abs(vectors(largest, j));
      for (Index k = 0; k < n; ++k) vectors(k, j) *= turn;
      vectors(largest, j).imag(0);
    }
    for (Index k = 0; k < n; ++k)
      for (Index j = 0; j < n; ++j) {
        v_real[(i * n + k) * n + j] = static_cast<T>(vectors(k, j).real());
        v_imag[(i * n + k) * n + j] = static_cast<T>(vectors(k, j).imag());
      }
  });
}

#define LAMINA_INSTANTIATE(T)                         \
  template void eigh(Index, Index, const T*, T*, T*); \
  template void eig(Index, Index, const T*, T*, T*, T*, T*);
LAMINA_INSTANTIATE(float)
LAMINA_INSTANTIATE(double)

}  // namespace lamina::kernels
