// Decompositions: their products give back the matrix, and their factors are what they promise to be.
#include "kernels/linalg/linalg.h"

#include "kernels/buffers.h"

namespace lamina {
namespace {

using namespace testing_buffers;

template <class T>
class LinalgTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(LinalgTest, Floats);

// A matrix in double, to check with.
struct Dense {
  Index m, n;
  std::vector<double> entries;
  Dense(Index rows, Index columns) : m(rows), n(columns), entries(static_cast<std::size_t>(rows * columns)) {}
  template <class T>
  static Dense of(const Buffer<T>& buffer, Index which, Index rows, Index columns) {
    Dense x(rows, columns);
    for (Index i = 0; i < rows * columns; ++i)
      x.entries[static_cast<std::size_t>(i)] = static_cast<double>(buffer[which * rows * columns + i]);
    return x;
  }
  static Dense identity(Index size) {
    Dense x(size, size);
    for (Index i = 0; i < size; ++i) x(i, i) = 1;
    return x;
  }
  double& operator()(Index i, Index j) { return entries[static_cast<std::size_t>(i * n + j)]; }
  double operator()(Index i, Index j) const { return entries[static_cast<std::size_t>(i * n + j)]; }
};

Dense operator*(const Dense& a, const Dense& b) {
  Dense c(a.m, b.n);
  for (Index i = 0; i < a.m; ++i)
    for (Index k = 0; k < a.n; ++k)
      for (Index j = 0; j < b.n; ++j) c(i, j) += a(i, k) * b(k, j);
  return c;
}

Dense transposed(const Dense& a) {
  Dense c(a.n, a.m);
  for (Index i = 0; i < a.m; ++i)
    for (Index j = 0; j < a.n; ++j) c(j, i) = a(i, j);
  return c;
}

Dense scaled_columns(Dense a, const Dense& s) {
  for (Index i = 0; i < a.m; ++i)
    for (Index j = 0; j < a.n; ++j) a(i, j) *= s(0, j);
  return a;
}

void expect_same(const Dense& a, const Dense& b, double tolerance, const char* what) {
  ASSERT_EQ(a.m, b.m);
  ASSERT_EQ(a.n, b.n);
  double worst = 0;
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    const double difference = std::fabs(a.entries[i] - b.entries[i]);
    worst = difference <= worst ? worst : difference;  // NaN counts
  }
  EXPECT_LE(worst, tolerance) << what;
}

constexpr Index kBatch = 5;
constexpr Index kSizes[] = {1, 2, 3, 8, 17, 40, 130};
struct Shape {
  Index m, n;
};
constexpr Shape kShapes[] = {{1, 1}, {3, 3}, {4, 2}, {2, 4}, {30, 7}, {7, 30}, {60, 60}, {90, 40}};

// Entries in [-1, 1]; `diagonal` is added to those on the diagonal.
template <class T>
Buffer<T> random_matrices(Index m, Index n, double diagonal = 0) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(m * 1000 + n));
  Buffer<T> x(kBatch * m * n);
  x.randomize(engine);
  for (Index b = 0; b < kBatch; ++b)
    for (Index i = 0; i < std::min(m, n); ++i) x[b * m * n + i * n + i] += static_cast<T>(diagonal);
  return x;
}

template <class T>
double bound(Index n) {
  return epsilon<T>() * 30 * static_cast<double>(n + 3);
}

TYPED_TEST(LinalgTest, Cholesky) {
  using T = TypeParam;
  for (const Index n : kSizes) {
    SCOPED_TRACE(n);
    const Buffer<T> x = random_matrices<T>(n, n, 2 * static_cast<double>(n));
    const auto l =
        with_threads<T>(x.size(), [&](Buffer<T>& out) { kernels::cholesky(kBatch, n, x.data(), out.data()); });
    for (Index b = 0; b < kBatch; ++b) {
      Dense a = Dense::of(x, b, n, n);
      const Dense turned = transposed(a), factor = Dense::of(l, b, n, n);
      for (std::size_t i = 0; i < a.entries.size(); ++i) a.entries[i] = (a.entries[i] + turned.entries[i]) / 2;
      for (Index i = 0; i < n; ++i)
        for (Index j = i + 1; j < n; ++j) EXPECT_EQ(factor(i, j), 0);
      expect_same(factor * transposed(factor), a, bound<T>(n) * static_cast<double>(n), "L L^T");
    }
  }
}

TYPED_TEST(LinalgTest, NotPositiveDefiniteIsNan) {
  using T = TypeParam;
  Buffer<T> x(8), l(8);
  const T entries[] = {1, 2, 2, 1, 4, 0, 0, 9};
  for (Index i = 0; i < 8; ++i) x[i] = entries[i];
  kernels::cholesky(2, 2, x.data(), l.data());
  for (Index i = 0; i < 4; ++i) EXPECT_TRUE(std::isnan(l[i]));
  EXPECT_EQ(l[4], T(2));
  EXPECT_EQ(l[7], T(3));
}

TYPED_TEST(LinalgTest, Systems) {
  using T = TypeParam;
  constexpr Index k = 3;
  for (const Index n : kSizes) {
    SCOPED_TRACE(n);
    const Buffer<T> a = random_matrices<T>(n, n, static_cast<double>(n)), b = random_matrices<T>(n, k);
    for (const bool transpose : {false, true}) {
      const auto x = with_threads<T>(
          b.size(), [&](Buffer<T>& out) { kernels::solve(kBatch, n, k, transpose, a.data(), b.data(), out.data()); });
      for (Index i = 0; i < kBatch; ++i) {
        const Dense matrix = Dense::of(a, i, n, n);
        expect_same((transpose ? transposed(matrix) : matrix) * Dense::of(x, i, n, k), Dense::of(b, i, n, k),
                    bound<T>(n), "op(a) x");
      }
      for (const bool lower : {false, true})
        for (const bool unit : {false, true}) {
          if (unit && n > 8) continue;  // those grow with 2^n
          const auto y = with_threads<T>(b.size(), [&](Buffer<T>& out) {
            kernels::triangular_solve(kBatch, n, k, {lower, transpose, unit}, a.data(), b.data(), out.data());
          });
          Dense half = Dense::of(a, 0, n, n);
          for (Index i = 0; i < n; ++i)
            for (Index j = 0; j < n; ++j)
              half(i, j) = i == j ? (unit ? 1 : half(i, j)) : (i > j) == lower ? half(i, j) : 0;
          expect_same((transpose ? transposed(half) : half) * Dense::of(y, 0, n, k), Dense::of(b, 0, n, k),
                      bound<T>(n) * (unit ? 1000 : 1), "op(triangle) x");
        }
    }
  }
}

TYPED_TEST(LinalgTest, Lu) {
  using T = TypeParam;
  for (const auto& [m, n] : kShapes) {
    SCOPED_TRACE(shape_string({m, n}));
    const Index steps = std::min(m, n);
    const Buffer<T> x = random_matrices<T>(m, n);
    Buffer<std::int32_t> pivots(kBatch * steps), order(kBatch * m);
    const auto packed = with_threads<T>(x.size(), [&, m = m, n = n](Buffer<T>& out) {
      kernels::lu(kBatch, m, n, x.data(), out.data(), pivots.data(), order.data());
    });
    for (Index b = 0; b < kBatch; ++b) {
      const Dense both = Dense::of(packed, b, m, n), a = Dense::of(x, b, m, n);
      Dense lower(m, steps), upper(steps, n), moved(m, n);
      for (Index i = 0; i < m; ++i)
        for (Index j = 0; j < n; ++j) {
          if (j < steps && i > j) {
            lower(i, j) = both(i, j);
            EXPECT_LE(std::fabs(both(i, j)), 1);
          }
          if (i < steps && i <= j) upper(i, j) = both(i, j);
          moved(i, j) = a(order[b * m + i], j);
        }
      for (Index i = 0; i < steps; ++i) lower(i, i) = 1;
      expect_same(lower * upper, moved, bound<T>(steps), "L U");
      std::vector<std::int32_t> rows(static_cast<std::size_t>(m));
      for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int32_t>(i);
      for (Index i = 0; i < steps; ++i)
        std::swap(rows[static_cast<std::size_t>(i)], rows[static_cast<std::size_t>(pivots[b * steps + i])]);
      for (Index i = 0; i < m; ++i) EXPECT_EQ(rows[static_cast<std::size_t>(i)], order[b * m + i]);
    }
  }
}

TYPED_TEST(LinalgTest, Qr) {
  using T = TypeParam;
  for (const auto& [m, n] : kShapes)
    for (const bool complete : {false, true}) {
      SCOPED_TRACE(shape_string({m, n}) + (complete ? " complete" : ""));
      const Index columns = complete ? m : std::min(m, n);
      const Buffer<T> x = random_matrices<T>(m, n);
      Buffer<T> r(kBatch * columns * n);
      const auto q = with_threads<T>(kBatch * m * columns, [&, m = m, n = n](Buffer<T>& out) {
        kernels::qr(kBatch, m, n, complete, x.data(), out.data(), r.data());
      });
      const Dense first = Dense::of(q, 2, m, columns), second = Dense::of(r, 2, columns, n);
      expect_same(first * second, Dense::of(x, 2, m, n), bound<T>(m), "q r");
      expect_same(transposed(first) * first, Dense::identity(columns), bound<T>(m), "q^T q");
      for (Index i = 0; i < columns; ++i)
        for (Index j = 0; j < std::min(i, n); ++j) EXPECT_EQ(second(i, j), 0);
    }
}

// By panels of columns, the rest in slices for the workers.
TYPED_TEST(LinalgTest, QrOfOneLargeMatrix) {
  using T = TypeParam;
  constexpr Index m = 170, n = 200, columns = m;
  const Buffer<T> x = random_matrices<T>(m, n);
  Buffer<T> r(columns * n);
  const auto q = with_threads<T>(m * columns,
                                 [&](Buffer<T>& out) { kernels::qr(1, m, n, false, x.data(), out.data(), r.data()); });
  const Dense first = Dense::of(q, 0, m, columns), second = Dense::of(r, 0, columns, n);
  expect_same(first * second, Dense::of(x, 0, m, n), bound<T>(m), "q r");
  expect_same(transposed(first) * first, Dense::identity(columns), bound<T>(m), "q^T q");
}

TYPED_TEST(LinalgTest, Eigenvalues) {
  using T = TypeParam;
  for (const Index n : kSizes) {
    SCOPED_TRACE(n);
    const Buffer<T> x = random_matrices<T>(n, n);
    Buffer<T> v(x.size()), v_im(x.size()), w_im(kBatch * n);
    const double tolerance = bound<T>(n) * static_cast<double>(n);
    const auto w =
        with_threads<T>(kBatch * n, [&](Buffer<T>& out) { kernels::eigh(kBatch, n, x.data(), out.data(), v.data()); });
    for (Index b = 0; b < kBatch; ++b) {
      Dense a = Dense::of(x, b, n, n);
      const Dense turned = transposed(a), vectors = Dense::of(v, b, n, n), values = Dense::of(w, b, 1, n);
      for (std::size_t i = 0; i < a.entries.size(); ++i) a.entries[i] = (a.entries[i] + turned.entries[i]) / 2;
      expect_same(scaled_columns(vectors, values) * transposed(vectors), a, tolerance, "v w v^T");
      expect_same(transposed(vectors) * vectors, Dense::identity(n), tolerance, "v^T v");
      for (Index i = 1; i < n; ++i) EXPECT_LE(values(0, i - 1), values(0, i));
    }
    const auto w_re = with_threads<T>(kBatch * n, [&](Buffer<T>& out) {
      kernels::eig(kBatch, n, x.data(), out.data(), w_im.data(), v.data(), v_im.data());
    });
    for (Index b = 0; b < kBatch; ++b) {
      const Dense a = Dense::of(x, b, n, n), re = Dense::of(v, b, n, n), im = Dense::of(v_im, b, n, n);
      const Dense wr = Dense::of(w_re, b, 1, n), wi = Dense::of(w_im, b, 1, n);
      const Dense rr = scaled_columns(re, wr), ii = scaled_columns(im, wi);
      const Dense ri = scaled_columns(re, wi), ir = scaled_columns(im, wr);
      Dense real(n, n), imaginary(n, n);
      for (std::size_t i = 0; i < real.entries.size(); ++i) {
        real.entries[i] = rr.entries[i] - ii.entries[i];
        imaginary.entries[i] = ri.entries[i] + ir.entries[i];
      }
      expect_same(a * re, real, tolerance, "a v, real");
      expect_same(a * im, imaginary, tolerance, "a v, imaginary");
      for (Index j = 0; j < n; ++j) {
        double length = 0;
        for (Index i = 0; i < n; ++i) length += re(i, j) * re(i, j) + im(i, j) * im(i, j);
        EXPECT_NEAR(length, 1, tolerance);
      }
    }
  }
}

TYPED_TEST(LinalgTest, SingularValues) {
  using T = TypeParam;
  for (const auto& [m, n] : kShapes) {
    SCOPED_TRACE(shape_string({m, n}));
    const Index count = std::min(m, n);
    const Buffer<T> x = random_matrices<T>(m, n);
    const double tolerance = bound<T>(std::max(m, n)) * 10;
    for (const bool full : {false, true}) {
      const Index columns = full ? m : count, rows = full ? n : count;
      Buffer<T> u(kBatch * m * columns), vh(kBatch * rows * n);
      const auto s = with_threads<T>(kBatch * count, [&, m = m, n = n](Buffer<T>& out) {
        kernels::svd(kBatch, m, n, full, x.data(), u.data(), out.data(), vh.data());
      });
      const Dense left = Dense::of(u, 3, m, columns), right = Dense::of(vh, 3, rows, n);
      const Dense values = Dense::of(s, 3, 1, count);
      Dense middle(columns, rows);
      for (Index i = 0; i < count; ++i) middle(i, i) = values(0, i);
      expect_same(left * middle * right, Dense::of(x, 3, m, n), tolerance, "u s vh");
      expect_same(transposed(left) * left, Dense::identity(columns), tolerance, "u^T u");
      expect_same(right * transposed(right), Dense::identity(rows), tolerance, "vh vh^T");
      for (Index i = 1; i < count; ++i) EXPECT_GE(values(0, i - 1), values(0, i));
      Buffer<T> alone(kBatch * count);
      kernels::svd<T>(kBatch, m, n, full, x.data(), nullptr, alone.data(), nullptr);
      expect_same(Dense::of(alone, 3, 1, count), values, tolerance, "values alone");
    }
    const auto p = with_threads<T>(
        x.size(), [&, m = m, n = n](Buffer<T>& out) { kernels::pinv(kBatch, m, n, -10, x.data(), out.data()); });
    const Dense a = Dense::of(x, 1, m, n), inverse = Dense::of(p, 1, n, m);
    expect_same(a * inverse * a, a, tolerance * 100, "a p a");
    expect_same(inverse * a, transposed(inverse * a), tolerance * 100, "p a is symmetric");
    expect_same(a * inverse, transposed(a * inverse), tolerance * 100, "a p is symmetric");
  }
}

TYPED_TEST(LinalgTest, WhatIsNotFiniteGivesNanAndReturns) {
  using T = TypeParam;
  for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
    Buffer<T> x = random_matrices<T>(20, 20);
    for (Index b = 0; b < kBatch; ++b) x[b * 400 + 41] = bad;
    Buffer<T> a(x.size()), b(x.size()), c(kBatch * 20), d(kBatch * 20);
    const auto is_nan = [&] { return std::isnan(a[0]) && std::isnan(c[0]); };
    kernels::eigh(kBatch, 20, x.data(), c.data(), a.data());
    EXPECT_TRUE(is_nan());
    kernels::eig(kBatch, 20, x.data(), c.data(), d.data(), a.data(), b.data());
    EXPECT_TRUE(is_nan());
    kernels::svd(kBatch, 20, 20, true, x.data(), a.data(), c.data(), b.data());
    EXPECT_TRUE(is_nan());
    kernels::pinv(kBatch, 20, 20, -10, x.data(), a.data());
    EXPECT_TRUE(std::isnan(a[0]));
    kernels::cholesky(kBatch, 20, x.data(), a.data());
    EXPECT_TRUE(std::isnan(a[0]));
  }
}

TYPED_TEST(LinalgTest, EmptyMatrices) {
  using T = TypeParam;
  Buffer<T> x(0), r(0), q(9);
  Buffer<std::int32_t> pivots(0), order(3);
  kernels::cholesky(2, 0, x.data(), r.data());
  kernels::solve(2, 0, 3, false, x.data(), x.data(), r.data());
  kernels::triangular_solve(2, 0, 3, {}, x.data(), x.data(), r.data());
  kernels::triangular_solve(2, 3, 0, {}, q.data(), x.data(), r.data());
  kernels::lu(1, 3, 0, x.data(), r.data(), pivots.data(), order.data());
  EXPECT_EQ(order[2], 2);
  kernels::eigh(2, 0, x.data(), r.data(), r.data());
  kernels::eig(2, 0, x.data(), r.data(), r.data(), r.data(), r.data());
  kernels::pinv(2, 3, 0, 0, x.data(), r.data());
  kernels::qr(1, 3, 0, true, x.data(), q.data(), r.data());
  EXPECT_EQ(q[4], T(1));
  EXPECT_EQ(q[5], T(0));
  q[4] = T(0);
  kernels::svd(1, 3, 0, true, x.data(), q.data(), r.data(), r.data());
  EXPECT_EQ(q[4], T(1));
  EXPECT_TRUE(q.guards_intact());
}

}  // namespace
}  // namespace lamina
