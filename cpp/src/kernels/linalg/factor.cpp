// Factorizations in a fixed number of steps, and the systems they solve. Recursions on halves, so that most of the work
// is Eigen's product of matrices; its own versions are as fast, and take a minute to compile.
#include <Eigen/Householder>
#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/linalg/eigen.h"

namespace lamina::kernels {

using namespace linear;

namespace {

constexpr Index kSmall = 16, kPanel = 48;

// The lower factor in place of the lower triangle; false when there is none. Column by column.
bool factor_symmetric(Matrix& x) {
  const Index n = x.rows();
  for (Index j = 0; j < n; ++j) {
    auto column = x.col(j).tail(n - j);
    if (j > 0) column.noalias() -= x.block(j, 0, n - j, j) * x.row(j).head(j).transpose();
    if (!(column[0] > 0 && std::isfinite(column[0]))) return false;
    column /= std::sqrt(column[0]);
    x.col(j).head(j).setZero();
  }
  return true;
}

// b := (triangle of a)^-1 b.
void solve_in_place(const Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>& a, Block b, bool lower, bool unit) {
  const Index n = a.rows(), half = n / 2, rest = n - half;
  if (n <= kSmall) {
    for (Index step = 0; step < n; ++step) {
      const Index i = lower ? step : n - 1 - step, first = lower ? 0 : i + 1, count = lower ? i : n - 1 - i;
      for (Index c = 0; c < b.cols(); ++c) {
        double sum = b(i, c);
        for (Index k = first; k < first + count; ++k) sum -= a(i, k) * b(k, c);
        b(i, c) = unit ? sum : sum / a(i, i);
      }
    }
    return;
  }
  const auto top = [&] { solve_in_place(a.topLeftCorner(half, half), b.topRows(half), lower, unit); };
  const auto bottom = [&] { solve_in_place(a.bottomRightCorner(rest, rest), b.bottomRows(rest), lower, unit); };
  if (lower) {
    top();
    b.bottomRows(rest).noalias() -= a.bottomLeftCorner(rest, half) * b.topRows(half);
    bottom();
  } else {
    bottom();
    b.topRows(half).noalias() -= a.topRightCorner(half, rest) * b.bottomRows(rest);
    top();
  }
}

void exchange(Block x, const std::int32_t* pivots, Index count) {
  for (Index i = 0; i < count; ++i) x.row(i).swap(x.row(pivots[i]));
}

// LU in place with row exchanges, by halves of the columns.
void factor_in_place(Block x, std::int32_t* pivots) {
  const Index m = x.rows(), n = x.cols(), steps = std::min(m, n), left = steps / 2;
  if (steps == 1) {
    Index pivot = 0;
    for (Index i = 1; i < m; ++i)
      if (std::abs(x(i, 0)) > std::abs(x(pivot, 0))) pivot = i;
    pivots[0] = static_cast<std::int32_t>(pivot);
    x.row(0).swap(x.row(pivot));
    if (x(0, 0) != 0) x.col(0).tail(m - 1) /= x(0, 0);
    for (Index j = 1; j < n; ++j) x.col(j).tail(m - 1) -= x(0, j) * x.col(0).tail(m - 1);
    return;
  }
  factor_in_place(x.leftCols(left), pivots);
  exchange(x.rightCols(n - left), pivots, left);
  solve_in_place(x.topLeftCorner(left, left), x.topRightCorner(left, n - left), true, true);
  x.bottomRightCorner(m - left, n - left).noalias() -=
      x.bottomLeftCorner(m - left, left) * x.topRightCorner(left, n - left);
  factor_in_place(x.bottomRightCorner(m - left, n - left), pivots + left);
  exchange(x.bottomLeftCorner(m - left, left), pivots + left, steps - left);
  for (Index i = left; i < steps; ++i) pivots[i] += static_cast<std::int32_t>(left);
}

// x := reflections x, each slice of columns by itself.
template <class Reflections>
void apply(const Reflections& reflections, Block x) {
  constexpr Index most = 128;
  for_each_matrix((x.cols() + most - 1) / most, static_cast<double>(x.rows() * kPanel * most), [&](Index i) {
    x.middleCols(i * most, std::min(most, x.cols() - i * most)).applyOnTheLeft(reflections);
  });
}

// r in the upper triangle of x, and the reflections below it. Column by column.
void reflect(Block x, Eigen::Ref<Vector> factors) {
  const Index m = x.rows(), n = x.cols();
  Vector work(n);
  for (Index k = 0; k < factors.size(); ++k) {
    double beta = 0;
    x.col(k).tail(m - k).makeHouseholderInPlace(factors[k], beta);
    x(k, k) = beta;
    x.bottomRightCorner(m - k, n - k - 1).applyHouseholderOnTheLeft(x.col(k).tail(m - k - 1), factors[k], work.data());
  }
}

// The reflections of some columns: what lies below the diagonal from column `first` on.
struct Panel {
  Panel(Matrix& x, Vector& scales, Index first)
      : columns(std::min(kPanel, scales.size() - first)),
        vectors(x.block(first, first, x.rows() - first, columns)),
        factors(scales.segment(first, columns)) {}
  auto reflections() const { return Eigen::householderSequence(vectors, factors); }

  Index columns;
  Block vectors;
  Eigen::Ref<Vector> factors;
};

// The same by panels, so that most of the work is products of matrices.
void reflect_panels(Matrix& x, Vector& factors) {
  for (Index first = 0; first < factors.size(); first += kPanel) {
    Panel panel(x, factors, first);
    reflect(panel.vectors, panel.factors);
    apply(panel.reflections().adjoint(), x.bottomRightCorner(x.rows() - first, x.cols() - first - panel.columns));
  }
}

// The first columns of the product of the reflections.
Matrix product_of_reflections(Matrix& x, Vector& factors, Index columns) {
  Matrix q = Matrix::Identity(x.rows(), columns);
  for (Index first = (factors.size() - 1) / kPanel * kPanel; first >= 0 && first < factors.size(); first -= kPanel)
    apply(Panel(x, factors, first).reflections(), q.bottomRightCorner(x.rows() - first, columns - first));
  return q;
}

}  // namespace

template <class T>
void cholesky(Index batch, Index n, const T* a, T* l) {
  for_each_matrix(batch, cube(n) / 6, [=](Index i) {
    Matrix x = load_symmetric(a + i * n * n, n);
    if (factor_symmetric(x))
      store(x, l + i * n * n);
    else
      fill_nan(l + i * n * n, n * n);
  });
}

template <class T>
void triangular_solve(Index batch, Index n, Index k, Triangle triangle, const T* a, const T* b, T* x) {
  if (n == 0 || k == 0) return;
  for_each_matrix(batch, static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(k) / 2, [=](Index i) {
    Matrix matrix = load(a + i * n * n, n, n), solution = load(b + i * n * k, n, k);
    if (triangle.transpose) matrix.transposeInPlace();
    solve_in_place(matrix, solution, triangle.lower != triangle.transpose, triangle.unit_diagonal);
    store(solution, x + i * n * k);
  });
}

template <class T>
void lu(Index batch, Index m, Index n, const T* a, T* packed, std::int32_t* pivots, std::int32_t* permutation) {
  const Index steps = std::min(m, n);
  for_each_matrix(batch, cube(std::max(m, n)) / 3, [=](Index i) {
    std::int32_t* exchanged = pivots + i * steps;
    std::int32_t* order = permutation + i * m;
    for (Index r = 0; r < m; ++r) order[r] = static_cast<std::int32_t>(r);
    if (steps == 0) return;
    Matrix x = load(a + i * m * n, m, n);
    factor_in_place(x, exchanged);
    for (Index r = 0; r < steps; ++r) std::swap(order[r], order[exchanged[r]]);
    store(x, packed + i * m * n);
  });
}

template <class T>
void solve(Index batch, Index n, Index k, bool transpose, const T* a, const T* b, T* x) {
  if (n == 0 || k == 0) return;
  for_each_matrix(batch, cube(n) / 3 + static_cast<double>(n * n) * static_cast<double>(k), [=](Index i) {
    Matrix factors = load(a + i * n * n, n, n), solution = load(b + i * n * k, n, k);
    if (transpose) factors.transposeInPlace();
    Eigen::Matrix<std::int32_t, Eigen::Dynamic, 1> pivots(n);
    factor_in_place(factors, pivots.data());
    exchange(solution, pivots.data(), n);
    solve_in_place(factors, solution, true, true);
    solve_in_place(factors, solution, false, false);
    store(solution, x + i * n * k);
  });
}

template <class T>
void qr(Index batch, Index m, Index n, bool complete, const T* a, T* q, T* r) {
  const Index columns = complete ? m : std::min(m, n);
  for_each_matrix(batch, cube(std::max(m, n)), [=](Index i) {
    Matrix x = load(a + i * m * n, m, n);
    Vector factors(std::min(m, n));
    reflect_panels(x, factors);
    store(product_of_reflections(x, factors, columns), q + i * m * columns);
    Matrix upper = Matrix::Zero(columns, n);
    for (Index j = 0; j < n; ++j) {
      const Index count = std::min(j + 1, std::min(m, n));
      upper.col(j).head(count) = x.col(j).head(count);
    }
    store(upper, r + i * columns * n);
  });
}

#define LAMINA_INSTANTIATE(T)                                                            \
  template void cholesky(Index, Index, const T*, T*);                                    \
  template void triangular_solve(Index, Index, Index, Triangle, const T*, const T*, T*); \
  template void lu(Index, Index, Index, const T*, T*, std::int32_t*, std::int32_t*);     \
  template void solve(Index, Index, Index, bool, const T*, const T*, T*);                \
  template void qr(Index, Index, Index, bool, const T*, T*, T*);
LAMINA_INSTANTIATE(float)
LAMINA_INSTANTIATE(double)

}  // namespace lamina::kernels
