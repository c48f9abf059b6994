// Pooling and its gradients against the reference, at every level.
#include "kernels/pool/pool.h"

#include "kernels/buffers.h"
#include "kernels/pool/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::PoolShape;

struct Axis {
  Index in, kernel, stride, pad = 0, dilation = 1, pad_after = 0;
};

PoolShape shape_of(Index batch, Index channels, const std::vector<Axis>& axes) {
  PoolShape s;
  s.batch = batch;
  s.channels = channels;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t d = 3 - axes.size() + i;
    const Axis& axis = axes[i];
    s.in[d] = axis.in;
    s.kernel[d] = axis.kernel;
    s.stride[d] = axis.stride;
    s.dilation[d] = axis.dilation;
    s.pad[d] = axis.pad;
    s.out[d] = (axis.in + axis.pad + axis.pad_after - (axis.kernel - 1) * axis.dilation - 1) / axis.stride + 1;
  }
  return s;
}

std::string describe(const PoolShape& s) {
  return "batch " + std::to_string(s.batch) + " in " + shape_string({s.in[0], s.in[1], s.in[2]}) + " out " +
         shape_string({s.out[0], s.out[1], s.out[2]}) + " kernel " +
         shape_string({s.kernel[0], s.kernel[1], s.kernel[2]}) + " stride " +
         shape_string({s.stride[0], s.stride[1], s.stride[2]}) + " pad " +
         shape_string({s.pad[0], s.pad[1], s.pad[2]}) + " dilation " +
         shape_string({s.dilation[0], s.dilation[1], s.dilation[2]}) + " channels " + std::to_string(s.channels);
}

std::vector<PoolShape> shapes() {
  std::vector<PoolShape> all;
  for (const Index channels : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 67, 130})
    for (const Axis& axis : {Axis{9, 2, 2}, Axis{9, 3, 1, 1, 1, 1}, Axis{10, 3, 2, 0, 1, 1}, Axis{7, 2, 3}})
      all.push_back(shape_of(2, channels, {axis, axis}));
  for (const Index channels : {1, 3, 8, 20}) {
    all.push_back(shape_of(3, channels, {{50, 4, 4}}));                                // 1D, tiled, with a rest
    all.push_back(shape_of(2, channels, {{3000, 5, 2, 2, 1, 2}}));                     // longer than a buffer
    all.push_back(shape_of(1, channels, {{40, 3, 1, 2, 2, 2}, {17, 2, 3, 1, 3, 1}}));  // dilated
    all.push_back(shape_of(2, channels, {{7, 2, 2, 1, 1, 1}, {9, 2, 2, 1}, {6, 2, 2, 1, 1, 1}}));  // 3D, padded tiles
    all.push_back(shape_of(2, channels, {{5, 3, 1, 1, 1, 1}, {6, 3, 2, 1, 1, 1}, {7, 3, 1, 1, 1, 1}}));
    all.push_back(shape_of(2, channels, {{5, 3, 2, 2, 2, 2}, {8, 1, 2}, {7, 2, 1}}));
    all.push_back(shape_of(2, channels, {{13, 13, 13}, {11, 11, 11}}));  // global
    all.push_back(shape_of(1, channels, {{12, 12, 1}, {30, 7, 1}}));
    all.push_back(shape_of(2, channels, {{4, 1, 1}, {5, 1, 1}}));  // identity
    all.push_back(shape_of(1, channels, {{5, 2, 5}, {9, 3, 4}}));  // gaps
  }
  all.push_back(shape_of(4, 64, {{32, 2, 2}, {32, 2, 2}}));  // enough work for several threads
  all.push_back(shape_of(1, 64, {{56, 3, 2, 1, 1, 1}, {56, 3, 2, 1, 1, 1}}));
  all.push_back(shape_of(0, 4, {{8, 2, 2}, {8, 2, 2}}));
  return all;
}

template <class T>
class PoolTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(PoolTest, Floats);

// Few distinct values, so that maxima are often tied.
template <class T>
Buffer<T> tied_values(Index size, std::mt19937_64& engine) {
  Buffer<T> x(size);
  for (Index i = 0; i < size; ++i) x[i] = static_cast<T>(static_cast<int>(engine() % 9) - 4) / 2;
  return x;
}

TYPED_TEST(PoolTest, MaxGivesTheReferenceExactly) {
  using T = TypeParam;
  std::mt19937_64 engine(1);
  for (const PoolShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> x(s.batch * s.in_size() * s.channels);
    x.randomize(engine);
    std::vector<T> expected(static_cast<std::size_t>(s.batch * s.out_size() * s.channels));
    reference::max_pool(s, x.data(), expected.data());
    for_each_level([&](const kernels::Table& table) {
      const auto y = with_threads<T>(static_cast<Index>(expected.size()),
                                     [&](Buffer<T>& out) { floats_of<T>(table).pool.max(s, x.data(), out.data()); });
      expect_equal(y, expected, "y");
    });
  }
}

TYPED_TEST(PoolTest, MaxGradGoesToTheFirstMaximum) {
  using T = TypeParam;
  std::mt19937_64 engine(2);
  for (const PoolShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    const Buffer<T> x = tied_values<T>(s.batch * s.in_size() * s.channels, engine);
    const Index outs = s.batch * s.out_size() * s.channels;
    Buffer<T> y(outs), dy(outs);
    dy.randomize(engine);
    reference::max_pool(s, x.data(), y.data());
    auto expected = exact<T>(x.size());
    reference::max_pool_grad(s, x.data(), dy.data(), expected.data());
    const double tolerance = epsilon<T>() * static_cast<double>(s.taps() * s.taps());
    for_each_level([&](const kernels::Table& table) {
      const auto dx = with_threads<T>(x.size(), [&](Buffer<T>& out) {
        floats_of<T>(table).pool.max_grad(s, x.data(), y.data(), dy.data(), out.data());
      });
      expect_near(
          dx, expected, [&](Index) { return tolerance; }, "dx");
    });
  }
}

TYPED_TEST(PoolTest, MaxLetsNanAndInfinityThrough) {
  using T = TypeParam;
  const T nan = std::numeric_limits<T>::quiet_NaN(), infinity = std::numeric_limits<T>::infinity();
  for (const Index channels : {1, 5, 37}) {
    const PoolShape s = shape_of(1, channels, {{6, 2, 2}, {6, 3, 1, 1, 1, 1}});
    std::mt19937_64 engine(3);
    Buffer<T> x = tied_values<T>(s.in_size() * channels, engine);
    for (Index i = 0; i < x.size(); i += 11) x[i] = nan;
    for (Index i = 5; i < x.size(); i += 13) x[i] = infinity;
    for (Index i = 0; i < 12 * channels; ++i) x[i] = -infinity;
    const Index outs = s.out_size() * channels;
    Buffer<T> y(outs), dy(outs);
    dy.randomize(engine);
    reference::max_pool(s, x.data(), y.data());
    auto expected = exact<T>(x.size());
    reference::max_pool_grad(s, x.data(), dy.data(), expected.data());
    for_each_level([&](const kernels::Table& table) {
      const auto& pool = floats_of<T>(table).pool;
      expect_equal(with_threads<T>(outs, [&](Buffer<T>& out) { pool.max(s, x.data(), out.data()); }), y, "y");
      const auto dx = with_threads<T>(
          x.size(), [&](Buffer<T>& out) { pool.max_grad(s, x.data(), y.data(), dy.data(), out.data()); });
      expect_near(
          dx, expected, [&](Index) { return 20 * epsilon<T>(); }, "dx");
    });
  }
}

TYPED_TEST(PoolTest, AverageCountsOnlyTheInput) {
  using T = TypeParam;
  std::mt19937_64 engine(4);
  for (const PoolShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> x(s.batch * s.in_size() * s.channels);
    x.randomize(engine, 1, 0.5);
    auto expected = exact<T>(s.batch * s.out_size() * s.channels);
    reference::average_pool(s, x.data(), expected.data());
    const double tolerance = epsilon<T>() * 1.5 * static_cast<double>(s.taps() + 2);
    for_each_level([&](const kernels::Table& table) {
      const auto y = with_threads<T>(static_cast<Index>(expected.size()), [&](Buffer<T>& out) {
        floats_of<T>(table).pool.average(s, x.data(), out.data());
      });
      expect_near(
          y, expected, [&](Index) { return tolerance; }, "y");
    });
  }
}

TYPED_TEST(PoolTest, AverageGradSharesEvenly) {
  using T = TypeParam;
  std::mt19937_64 engine(5);
  for (const PoolShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> dy(s.batch * s.out_size() * s.channels);
    dy.randomize(engine);
    auto expected = exact<T>(s.batch * s.in_size() * s.channels);
    reference::average_pool_grad(s, dy.data(), expected.data());
    const double tolerance = 2 * epsilon<T>() * static_cast<double>(s.taps() + 2);
    for_each_level([&](const kernels::Table& table) {
      const auto dx = with_threads<T>(static_cast<Index>(expected.size()), [&](Buffer<T>& out) {
        floats_of<T>(table).pool.average_grad(s, dy.data(), out.data());
      });
      expect_near(
          dx, expected, [&](Index) { return tolerance; }, "dx");
    });
  }
}

// The average of equal values is that value, to the bit.
TYPED_TEST(PoolTest, AverageOfOnesIsOne) {
  using T = TypeParam;
  const PoolShape s = shape_of(1, 19, {{20, 7, 1, 3, 1, 3}, {20, 7, 1, 3, 1, 3}});
  Buffer<T> x(s.in_size() * s.channels);
  for (Index i = 0; i < x.size(); ++i) x[i] = T(1);
  const std::vector<T> expected(static_cast<std::size_t>(s.out_size() * s.channels), T(1));
  for_each_level([&](const kernels::Table& table) {
    const auto y = with_threads<T>(static_cast<Index>(expected.size()),
                                   [&](Buffer<T>& out) { floats_of<T>(table).pool.average(s, x.data(), out.data()); });
    expect_equal(y, expected, "y");
  });
}

}  // namespace
}  // namespace lamina
