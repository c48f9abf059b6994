// Softmax, its logarithm, the cross-entropy and the gradients against the reference, at every level.
#include "kernels/softmax/softmax.h"

#include "kernels/buffers.h"
#include "kernels/softmax/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::SoftmaxShape;

template <class T>
class SoftmaxTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(SoftmaxTest, Floats);

std::vector<SoftmaxShape> shapes() {
  std::vector<SoftmaxShape> all;
  for (const Index size : {1, 2, 3, 4, 7, 8, 9, 10, 15, 16, 17, 31, 33, 64, 100, 129, 1000})
    for (const Index outer : {1, 5, 40}) all.push_back({outer, size, 1});
  for (const Index inner : {2, 3, 8, 15, 17, 64, 70, 200})
    for (const Index size : {1, 4, 33, 300}) all.push_back({3, size, inner});
  all.push_back({2, 70001, 1});
  all.push_back({20000, 3, 1});
  all.push_back({0, 5, 1});
  return all;
}

template <class Values>
inline double at(const Values& values, Index i) {
  return static_cast<double>(values[static_cast<std::size_t>(i)]);
}

std::string describe(const SoftmaxShape& s) { return shape_string({s.outer, s.size, s.inner}); }
Index count(const SoftmaxShape& s) { return s.outer * s.size * s.inner; }

TYPED_TEST(SoftmaxTest, Softmax) {
  using T = TypeParam;
  std::mt19937_64 engine(1);
  for (const SoftmaxShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> x(count(s));
    x.randomize(engine, 20);
    auto expected = exact<T>(count(s));
    reference::softmax(s, x.data(), expected.data());
    for_each_level([&](const kernels::Table& table) {
      const auto y = with_threads<T>(
          count(s), [&](Buffer<T>& out) { floats_of<T>(table).softmax.softmax(s, x.data(), out.data()); });
      // x - maximum is rounded once (to 40 epsilon / 2 at most), then the exponential and the sum.
      expect_near(
          y, expected, [&](Index i) { return epsilon<T>() * (60 * at(expected, i) + 1e-30); }, "y");
    });
  }
}

TYPED_TEST(SoftmaxTest, LogSoftmax) {
  using T = TypeParam;
  std::mt19937_64 engine(2);
  for (const SoftmaxShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> x(count(s));
    x.randomize(engine, 20);
    auto expected = exact<T>(count(s));
    reference::log_softmax(s, x.data(), expected.data());
    for_each_level([&](const kernels::Table& table) {
      const auto y = with_threads<T>(
          count(s), [&](Buffer<T>& out) { floats_of<T>(table).softmax.log_softmax(s, x.data(), out.data()); });
      expect_near(
          y, expected, [&](Index) { return 80 * epsilon<T>(); }, "y");
    });
  }
}

TYPED_TEST(SoftmaxTest, Gradients) {
  using T = TypeParam;
  std::mt19937_64 engine(3);
  for (const SoftmaxShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> x(count(s)), y(count(s)), log_y(count(s)), dy(count(s));
    x.randomize(engine, 3);
    dy.randomize(engine);
    auto probability = exact<T>(count(s)), logarithm = probability, dx = probability, log_dx = dx;
    reference::softmax(s, x.data(), probability.data());
    reference::log_softmax(s, x.data(), logarithm.data());
    for (Index i = 0; i < count(s); ++i) {
      y[i] = static_cast<T>(probability[std::size_t(i)]);
      log_y[i] = static_cast<T>(logarithm[std::size_t(i)]);
    }
    reference::softmax_grad(s, y.data(), dy.data(), dx.data());
    reference::log_softmax_grad(s, log_y.data(), dy.data(), log_dx.data());
    for_each_level([&](const kernels::Table& table) {
      const auto& softmax = floats_of<T>(table).softmax;
      const auto got =
          with_threads<T>(count(s), [&](Buffer<T>& out) { softmax.softmax_grad(s, y.data(), dy.data(), out.data()); });
      expect_near(
          got, dx, [&](Index i) { return 80 * epsilon<T>() * static_cast<double>(y[i]) + 1e-35; }, "dx");
      const auto log_got = with_threads<T>(
          count(s), [&](Buffer<T>& out) { softmax.log_softmax_grad(s, log_y.data(), dy.data(), out.data()); });
      const double size = static_cast<double>(s.size);
      expect_near(
          log_got, log_dx,
          [&](Index i) {
            const double sums = 4 * std::sqrt(size) + size / 16 + 20;
            return 4 * epsilon<T>() * (1 + sums * static_cast<double>(y[i]));
          },
          "log dx");
    });
  }
}

TYPED_TEST(SoftmaxTest, Crossentropy) {
  using T = TypeParam;
  std::mt19937_64 engine(4);
  for (const Index columns : {1, 2, 3, 10, 16, 17, 100, 1000, 3001})
    for (const Index rows : {1, 6, 67}) {
      SCOPED_TRACE(shape_string({rows, columns}));
      Buffer<T> x(rows * columns), dloss(rows);
      Buffer<std::int64_t> labels(rows);
      x.randomize(engine, 10);
      dloss.randomize(engine, 1, 2);
      for (Index r = 0; r < rows; ++r) labels[r] = static_cast<Index>(engine() % std::uint64_t(columns));
      if (rows > 1) labels[1] = -1;
      if (rows > 4) labels[3] = columns;
      if (rows > 5) labels[5] = std::numeric_limits<std::int64_t>::max();
      auto loss = exact<T>(rows), dx = exact<T>(rows * columns);
      reference::sparse_crossentropy(rows, columns, x.data(), labels.data(), loss.data());
      reference::sparse_crossentropy_grad(rows, columns, x.data(), labels.data(), dloss.data(), dx.data());
      for_each_level([&](const kernels::Table& table) {
        const auto& softmax = floats_of<T>(table).softmax;
        const auto got = with_threads<T>(rows, [&](Buffer<T>& out) {
          softmax.sparse_crossentropy(rows, columns, x.data(), labels.data(), out.data());
        });
        expect_near(
            got, loss, [&](Index) { return 40 * epsilon<T>(); }, "loss");
        const auto got_dx = with_threads<T>(rows * columns, [&](Buffer<T>& out) {
          softmax.sparse_crossentropy_grad(rows, columns, x.data(), labels.data(), dloss.data(), out.data());
        });
        expect_near(
            got_dx, dx, [&](Index i) { return epsilon<T>() * 40 * (0.2 + std::fabs(at(dx, i))); }, "dx");
      });
    }
}

// As NumPy: -inf has probability 0, a row of -inf, with +inf or with NaN is NaN; far values do not overflow.
TYPED_TEST(SoftmaxTest, LimitsAreThoseOfNumpy) {
  using T = TypeParam;
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (const Index size : {3, 8, 21, 70})
    for (const Index inner : {1, 19}) {
      SCOPED_TRACE(shape_string({size, inner}));
      struct Row {
        double common, first, last;
        double y_common, y_first, y_last;
      };
      const double n = static_cast<double>(size);
      const Row rows[] = {{-infinity, 2, -infinity, 0, 1, 0},
                          {-infinity, -infinity, -infinity, nan, nan, nan},
                          {0, infinity, 1, nan, nan, nan},
                          {0, nan, 1, nan, nan, nan},
                          {0, 1, nan, nan, nan, nan},
                          {-infinity, nan, nan, nan, nan, nan},
                          {1e30, 1e30, 1e30, 1 / n, 1 / n, 1 / n},
                          {-1e4, 1e4, -1e4, 0, 1, 0}};
      for (const Row& row : rows) {
        Buffer<T> x(size * inner);
        auto expected = exact<T>(size * inner);
        for (Index i = 0; i < x.size(); ++i) {
          const Index k = i / inner;
          x[i] = static_cast<T>(k == 0 ? row.first : k == size - 1 ? row.last : row.common);
          expected[std::size_t(i)] = k == 0 ? row.y_first : k == size - 1 ? row.y_last : row.y_common;
        }
        for_each_level([&](const kernels::Table& table) {
          const auto& softmax = floats_of<T>(table).softmax;
          const auto y = with_threads<T>(x.size(), [&](Buffer<T>& out) {
            softmax.softmax({1, size, inner}, x.data(), out.data());
          });
          expect_near(
              y, expected, [&](Index) { return 2 * epsilon<T>(); }, "y");
          const auto log_y = with_threads<T>(x.size(), [&](Buffer<T>& out) {
            softmax.log_softmax({1, size, inner}, x.data(), out.data());
          });
          for (Index i = 0; i < x.size(); ++i) {
            const double e = at(expected, i);
            if (std::isnan(e))
              EXPECT_TRUE(std::isnan(log_y[i])) << i;
            else if (e > 0)
              EXPECT_NEAR(static_cast<double>(log_y[i]), std::log(e), 10 * epsilon<T>()) << i;
            else
              EXPECT_LT(log_y[i], T(-1000)) << i;
          }
        });
      }
    }
}

}  // namespace
}  // namespace lamina
