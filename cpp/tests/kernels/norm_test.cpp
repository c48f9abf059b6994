// Normalizations and their gradients against the reference, at every level.
#include "kernels/norm/norm.h"

#include "kernels/buffers.h"
#include "kernels/gemm/reference.h"
#include "kernels/norm/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::Activation;
using kernels::BatchNormShape;

template <class T>
class NormTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(NormTest, Floats);

std::vector<BatchNormShape> batch_shapes() {
  std::vector<BatchNormShape> all;
  for (const Index channels : {1, 2, 3, 5, 8, 10, 16, 17, 48, 63, 64, 65})
    for (const Index rows : {1, 2, 7, 64, 1000}) all.push_back({rows, channels, 1});
  for (const Index channels : {1, 3, 67}) all.push_back({20011, channels, 1});
  for (const Index rows : {2, 300}) all.push_back({rows, 1025, 1});
  for (const Index inner : {2, 9, 33})
    for (const Index channels : {1, 4, 70})
      for (const Index outer : {1, 3, 50}) all.push_back({outer, channels, inner});
  all.push_back({2, 3, 40000});
  return all;
}

std::string describe(const BatchNormShape& s) { return shape_string({s.outer, s.channels, s.inner}); }

template <class Values>
inline double at(const Values& values, Index i) {
  return static_cast<double>(values[static_cast<std::size_t>(i)]);
}

TYPED_TEST(NormTest, MomentsOfDataFarFromZero) {
  using T = TypeParam;
  std::mt19937_64 engine(1);
  for (const BatchNormShape& s : batch_shapes()) {
    SCOPED_TRACE(describe(s));
    // Mean 1000 and standard deviation 1: a sum of squares in float would have no digit right.
    Buffer<T> x(s.outer * s.channels * s.inner);
    x.randomize(engine, std::sqrt(3.0), 1000);
    auto mean = exact<T>(s.channels), variance = exact<T>(s.channels);
    reference::moments(s, x.data(), mean.data(), variance.data());
    for_each_level([&](const kernels::Table& table) {
      const auto& norm = floats_of<T>(table).norm;
      Scratch scratch(norm.batch_scratch(s));
      Buffer<T> other(s.channels);
      const auto got_mean = with_threads<T>(
          s.channels, [&](Buffer<T>& out) { norm.moments(s, x.data(), out.data(), other.data(), scratch.data()); });
      const auto got_variance = with_threads<T>(
          s.channels, [&](Buffer<T>& out) { norm.moments(s, x.data(), other.data(), out.data(), scratch.data()); });
      EXPECT_TRUE(scratch.guard_intact());
      expect_near(
          got_mean, mean, [&](Index) { return 1000 * 2 * epsilon<T>(); }, "mean");
      // 100 roundings of squares that are at most 12 times the variance, and well below 1e-4.
      expect_near(
          got_variance, variance, [&](Index) { return 50 * epsilon<T>(); }, "variance");
    });
  }
}

// The first row, from which differences are taken, is an outlier; most of the data is constant.
TYPED_TEST(NormTest, MomentsWithAnOutlierInFront) {
  using T = TypeParam;
  for (const Index inner : {1, 7}) {
    const BatchNormShape s = {5000, 6, inner};
    std::mt19937_64 engine(2);
    Buffer<T> x(s.outer * s.channels * s.inner);
    x.randomize(engine, 1, 3);
    for (Index i = 0; i < s.channels * s.inner; ++i) x[i] = T(500);
    auto mean = exact<T>(s.channels), variance = exact<T>(s.channels);
    reference::moments(s, x.data(), mean.data(), variance.data());
    for_each_level([&](const kernels::Table& table) {
      const auto& norm = floats_of<T>(table).norm;
      Scratch scratch(norm.batch_scratch(s));
      Buffer<T> got_mean(s.channels), got_variance(s.channels);
      norm.moments(s, x.data(), got_mean.data(), got_variance.data(), scratch.data());
      expect_near(
          got_mean, mean, [&](Index) { return 1e3 * epsilon<T>(); }, "mean");
      // The squares of the block with the outlier cancel by a factor of its number of rows, at most 255.
      expect_near(
          got_variance, variance, [&](Index i) { return 512 * epsilon<T>() * at(variance, i); }, "variance");
    });
  }
}

TYPED_TEST(NormTest, BatchNormalizesAndGivesItsStatistics) {
  using T = TypeParam;
  std::mt19937_64 engine(3);
  for (const BatchNormShape& s : batch_shapes()) {
    SCOPED_TRACE(describe(s));
    const Index size = s.outer * s.channels * s.inner;
    Buffer<T> x(size), gamma(s.channels), beta(s.channels), more(size);
    x.randomize(engine, 2, 5);
    gamma.randomize(engine, 1, 1.5);
    beta.randomize(engine);
    more.randomize(engine, -2, 8);
    for (const bool affine : {true, false}) {
      const T *scale = affine ? gamma.data() : nullptr, *offset = affine ? beta.data() : nullptr;
      const T* addend = affine ? more.data() : nullptr;
      const Activation activation = affine ? Activation::relu6 : Activation::linear;
      auto y = exact<T>(size), mean = exact<T>(s.channels), variance = exact<T>(s.channels),
           rstd = exact<T>(s.channels);
      reference::batch_norm(s, x.data(), scale, offset, Exact<T>(T(1e-3)), y.data(), mean.data(), variance.data(),
                            rstd.data());
      for (Index i = 0; affine && i < size; ++i) {
        auto& value = y[std::size_t(i)];
        value = reference::activate(activation, value + more[i]);
      }
      for_each_level([&](const kernels::Table& table) {
        const auto& norm = floats_of<T>(table).norm;
        Scratch scratch(norm.batch_scratch(s));
        Buffer<T> got_mean(s.channels), got_variance(s.channels), got_rstd(s.channels);
        const auto got_y = with_threads<T>(size, [&](Buffer<T>& out) {
          norm.batch(s, x.data(), scale, offset, addend, T(1e-3), activation, out.data(), got_mean.data(),
                     got_variance.data(), got_rstd.data(), scratch.data());
        });
        EXPECT_TRUE(scratch.guard_intact());
        // Two rows with almost equal values have a small variance: rstd can be 30 times the usual.
        const auto channel = [&](Index i) { return i / s.inner % s.channels; };
        expect_near(
            got_mean, mean, [&](Index) { return 14 * epsilon<T>(); }, "mean");
        expect_near(
            got_variance, variance, [&](Index i) { return 50 * epsilon<T>() * (at(variance, i) + 1e-3); }, "variance");
        expect_near(
            got_rstd, rstd, [&](Index i) { return 50 * epsilon<T>() * at(rstd, i); }, "rstd");
        expect_near(
            got_y, y, [&](Index i) { return epsilon<T>() * 3 * (40 + 14 * at(rstd, channel(i))); }, "y");
      });
    }
  }
}

TYPED_TEST(NormTest, ScaleOffset) {
  using T = TypeParam;
  std::mt19937_64 engine(4);
  for (const BatchNormShape& s : batch_shapes()) {
    SCOPED_TRACE(describe(s));
    const Index size = s.outer * s.channels * s.inner;
    Buffer<T> x(size), scale(s.channels), offset(s.channels);
    x.randomize(engine);
    scale.randomize(engine);
    offset.randomize(engine);
    for (const Activation activation : {Activation::linear, Activation::relu}) {
      const T* const addend = activation == Activation::relu ? x.data() : nullptr;
      auto expected = exact<T>(size);
      for (Index i = 0; i < size; ++i) {
        const Index c = i / s.inner % s.channels;
        const Exact<T> value = static_cast<Exact<T>>(x[i]) * scale[c] + offset[c] + (addend ? addend[i] : T(0));
        expected[std::size_t(i)] = reference::activate(activation, value);
      }
      for_each_level([&](const kernels::Table& table) {
        const auto y = with_threads<T>(size, [&](Buffer<T>& out) {
          floats_of<T>(table).norm.scale_offset(s, x.data(), scale.data(), offset.data(), addend, activation,
                                                out.data());
        });
        expect_near(
            y, expected, [&](Index) { return 3 * epsilon<T>(); }, "y");
      });
    }
  }
}

TYPED_TEST(NormTest, BatchGradient) {
  using T = TypeParam;
  std::mt19937_64 engine(5);
  for (const BatchNormShape& s : batch_shapes()) {
    SCOPED_TRACE(describe(s));
    const Index size = s.outer * s.channels * s.inner;
    const double count = static_cast<double>(s.outer * s.inner);
    Buffer<T> x(size), dy(size), gamma(s.channels), mean(s.channels), rstd(s.channels);
    x.randomize(engine, 2, 5);
    dy.randomize(engine);
    gamma.randomize(engine, 1, 1.5);
    mean.randomize(engine, 0.5, 5);
    rstd.randomize(engine, 0.5, 1);
    for (const bool affine : {true, false}) {
      const T* scale = affine ? gamma.data() : nullptr;
      auto dx = exact<T>(size), dgamma = exact<T>(s.channels), dbeta = exact<T>(s.channels);
      reference::batch_norm_grad(s, dy.data(), x.data(), scale, mean.data(), rstd.data(), dx.data(), dgamma.data(),
                                 dbeta.data());
      for_each_level([&](const kernels::Table& table) {
        const auto& norm = floats_of<T>(table).norm;
        Scratch scratch(norm.batch_scratch(s));
        Buffer<T> got_dgamma(s.channels), got_dbeta(s.channels);
        const auto run = [&](T* a, T* b, T* c) {
          norm.batch_grad(s, dy.data(), x.data(), scale, nullptr, mean.data(), rstd.data(), Activation::linear, a, b, c,
                          scratch.data());
        };
        const auto got_dx = with_threads<T>(size, [&](Buffer<T>& out) {
          run(out.data(), affine ? got_dgamma.data() : nullptr, affine ? got_dbeta.data() : nullptr);
        });
        EXPECT_TRUE(scratch.guard_intact());
        expect_near(
            got_dx, dx, [&](Index) { return 80 * epsilon<T>(); }, "dx");
        if (!affine) return;
        // Sums of n terms of size up to 4, in blocks of at most some 256.
        const double tolerance = 4 * epsilon<T>() * (4 + 32 * std::sqrt(count) + count / 16);
        expect_near(
            got_dgamma, dgamma, [&](Index) { return tolerance; }, "dgamma");
        expect_near(
            got_dbeta, dbeta, [&](Index) { return tolerance; }, "dbeta");
        Buffer<T> unused(size);
        const auto again =
            with_threads<T>(s.channels, [&](Buffer<T>& out) { run(unused.data(), out.data(), got_dbeta.data()); });
        EXPECT_TRUE(again.same_bits(got_dgamma));
      });
    }
  }
}

// What the clamp lets pass is found from x with the bits that were clamped: so the plain gradient of what the clamped
// values let pass, which is compared with the reference above, has the same bits.
TYPED_TEST(NormTest, BatchGradientBehindAClamp) {
  using T = TypeParam;
  std::mt19937_64 engine(8);
  for (const BatchNormShape& s : batch_shapes()) {
    SCOPED_TRACE(describe(s));
    const Index size = s.outer * s.channels * s.inner;
    Buffer<T> x(size), dy(size), gamma(s.channels), beta(s.channels);
    x.randomize(engine, 2, 5);
    dy.randomize(engine);
    gamma.randomize(engine, 1, 3);
    beta.randomize(engine, 2, 1);
    for (const Activation activation : {Activation::relu, Activation::relu6})
      for (const bool affine : {true, false})
        for_each_level([&](const kernels::Table& table) {
          const auto& norm = floats_of<T>(table).norm;
          Scratch scratch(norm.batch_scratch(s));
          const T *scale = affine ? gamma.data() : nullptr, *offset = affine ? beta.data() : nullptr;
          Buffer<T> y(size), mean(s.channels), variance(s.channels), rstd(s.channels);
          norm.batch(s, x.data(), scale, offset, nullptr, T(1e-3), activation, y.data(), mean.data(), variance.data(),
                     rstd.data(), scratch.data());
          Buffer<T> passed(size), expected(size), dgamma(s.channels), dbeta(s.channels);
          for (Index i = 0; i < size; ++i)
            passed[i] = y[i] > 0 && (activation == Activation::relu || y[i] < 6) ? dy[i] : T(0);
          norm.batch_grad(s, passed.data(), x.data(), scale, nullptr, mean.data(), rstd.data(), Activation::linear,
                          expected.data(), dgamma.data(), dbeta.data(), scratch.data());
          Buffer<T> got_dgamma(s.channels), got_dbeta(s.channels);
          const auto run = [&](const T* gradient, const T* input, T* dx) {
            norm.batch_grad(s, gradient, input, scale, offset, mean.data(), rstd.data(), activation, dx,
                            got_dgamma.data(), got_dbeta.data(), scratch.data());
          };
          const auto dx = with_threads<T>(size, [&](Buffer<T>& out) { run(dy.data(), x.data(), out.data()); });
          EXPECT_TRUE(scratch.guard_intact() && dx.same_bits(expected) && got_dbeta.same_bits(dbeta));
          EXPECT_TRUE(!affine || got_dgamma.same_bits(dgamma));
          Buffer<T> over_dy(size), over_x(size);
          for (Index i = 0; i < size; ++i) {
            over_dy[i] = dy[i];
            over_x[i] = x[i];
          }
          run(over_dy.data(), x.data(), over_dy.data());
          run(dy.data(), over_x.data(), over_x.data());
          EXPECT_TRUE(over_dy.same_bits(expected) && over_x.same_bits(expected));
        });
  }
}

struct LayerShape {
  Index rows, columns;
};

std::vector<LayerShape> layer_shapes() {
  std::vector<LayerShape> all;
  for (const Index columns : {1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 100, 256, 1000})
    for (const Index rows : {1, 3, 4, 5, 70}) all.push_back({rows, columns});
  all.push_back({2051, 64});
  all.push_back({300, 513});
  all.push_back({3, 20000});
  all.push_back({30000, 3});
  return all;
}

TYPED_TEST(NormTest, LayerNormalizesRows) {
  using T = TypeParam;
  std::mt19937_64 engine(6);
  for (const LayerShape& s : layer_shapes()) {
    SCOPED_TRACE(shape_string({s.rows, s.columns}));
    const Index size = s.rows * s.columns;
    Buffer<T> x(size), gamma(s.columns), beta(s.columns);
    x.randomize(engine, 2, 5);
    gamma.randomize(engine, 1, 1.5);
    beta.randomize(engine);
    for (int affine = 0; affine < 4; ++affine) {
      const T *scale = affine & 1 ? gamma.data() : nullptr, *offset = affine & 2 ? beta.data() : nullptr;
      auto y = exact<T>(size), mean = exact<T>(s.rows), rstd = exact<T>(s.rows);
      reference::layer_norm(s.rows, s.columns, x.data(), scale, offset, Exact<T>(T(1e-3)), y.data(), mean.data(),
                            rstd.data());
      for_each_level([&](const kernels::Table& table) {
        Buffer<T> got_mean(s.rows), got_rstd(s.rows);
        const auto got_y = with_threads<T>(size, [&](Buffer<T>& out) {
          floats_of<T>(table).norm.layer(s.rows, s.columns, x.data(), scale, offset, T(1e-3), out.data(),
                                         got_mean.data(), got_rstd.data());
        });
        EXPECT_TRUE(got_mean.guards_intact() && got_rstd.guards_intact());
        expect_near(
            got_mean, mean, [&](Index) { return 30 * epsilon<T>(); }, "mean");
        expect_near(
            got_rstd, rstd, [&](Index i) { return 50 * epsilon<T>() * at(rstd, i); }, "rstd");
        expect_near(
            got_y, y, [&](Index i) { return epsilon<T>() * 3 * (50 + 30 * at(rstd, i / s.columns)); }, "y");
      });
    }
  }
}

TYPED_TEST(NormTest, LayerGradient) {
  using T = TypeParam;
  std::mt19937_64 engine(7);
  for (const LayerShape& s : layer_shapes()) {
    SCOPED_TRACE(shape_string({s.rows, s.columns}));
    const Index size = s.rows * s.columns;
    Buffer<T> x(size), dy(size), gamma(s.columns), mean(s.rows), rstd(s.rows);
    x.randomize(engine, 2, 5);
    dy.randomize(engine);
    gamma.randomize(engine, 1, 1.5);
    mean.randomize(engine, 0.5, 5);
    rstd.randomize(engine, 0.5, 1);
    for (const bool affine : {true, false}) {
      const T* scale = affine ? gamma.data() : nullptr;
      auto dx = exact<T>(size), dgamma = exact<T>(s.columns), dbeta = exact<T>(s.columns);
      reference::layer_norm_grad(s.rows, s.columns, dy.data(), x.data(), scale, mean.data(), rstd.data(), dx.data(),
                                 dgamma.data(), dbeta.data());
      for_each_level([&](const kernels::Table& table) {
        const auto& norm = floats_of<T>(table).norm;
        Scratch scratch(norm.layer_scratch(s.rows, s.columns));
        Buffer<T> got_dgamma(s.columns), got_dbeta(s.columns);
        const auto run = [&](T* a, T* b, T* c) {
          norm.layer_grad(s.rows, s.columns, dy.data(), x.data(), scale, mean.data(), rstd.data(), a, b, c,
                          scratch.data());
        };
        const auto got_dx = with_threads<T>(size, [&](Buffer<T>& out) {
          run(out.data(), affine ? got_dgamma.data() : nullptr, affine ? got_dbeta.data() : nullptr);
        });
        EXPECT_TRUE(scratch.guard_intact());
        expect_near(
            got_dx, dx, [&](Index) { return 120 * epsilon<T>(); }, "dx");
        if (!affine) return;
        const double tolerance =
            8 * epsilon<T>() * (4 + 32 * std::sqrt(static_cast<double>(s.rows)) + static_cast<double>(s.rows) / 16);
        expect_near(
            got_dgamma, dgamma, [&](Index) { return tolerance; }, "dgamma");
        expect_near(
            got_dbeta, dbeta, [&](Index) { return tolerance; }, "dbeta");
        Buffer<T> unused(size);
        const auto again =
            with_threads<T>(s.columns, [&](Buffer<T>& out) { run(unused.data(), got_dgamma.data(), out.data()); });
        EXPECT_TRUE(again.same_bits(got_dbeta));
      });
    }
  }
}

TYPED_TEST(NormTest, ConstantChannelsHaveNoVariance) {
  using T = TypeParam;
  for (const Index inner : {1, 6}) {
    const BatchNormShape s = {300, 5, inner};
    Buffer<T> x(s.outer * s.channels * s.inner);
    for (Index i = 0; i < x.size(); ++i) x[i] = T(0.1) * static_cast<T>(i / inner % s.channels);
    for_each_level([&](const kernels::Table& table) {
      const auto& norm = floats_of<T>(table).norm;
      Scratch scratch(norm.batch_scratch(s));
      Buffer<T> mean(s.channels), variance(s.channels);
      norm.moments(s, x.data(), mean.data(), variance.data(), scratch.data());
      for (Index c = 0; c < s.channels; ++c) {
        EXPECT_EQ(mean[c], T(0.1) * static_cast<T>(c));
        EXPECT_EQ(variance[c], T(0));
      }
    });
  }
}

}  // namespace
}  // namespace lamina
