// Windows, samples and their transposes against the reference, at every level.
#include "kernels/resample/resample.h"

#include "kernels/buffers.h"
#include "kernels/resample/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::FillMode;
using kernels::Grid;

template <class T>
class ResampleTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(ResampleTest, Floats);

struct Windows {
  Index outer, size, inner, count, taps;
};

std::vector<Windows> windows_shapes() {
  std::vector<Windows> all;
  for (const Index outer : {1, 3})
    for (const Index inner : {1, 2, 3, 4, 7, 15, 16, 17, 40, 67})
      for (const Index taps : {1, 2, 3, 4, 7})
        for (const Index count : {1, 9}) all.push_back({outer, 7, inner, count, taps});
  all.push_back({40, 60, 3, 70, 2});  // enough work for several threads
  all.push_back({8, 50, 300, 40, 5});
  all.push_back({2, 40, 2100, 30, 4});
  all.push_back({0, 4, 4, 4, 2});
  all.push_back({4, 4, 0, 4, 2});
  all.push_back({4, 4, 3, 0, 2});
  return all;
}

TYPED_TEST(ResampleTest, Windows) {
  using T = TypeParam;
  std::mt19937_64 engine(1);
  for (const Windows& s : windows_shapes()) {
    SCOPED_TRACE(shape_string({s.outer, s.size, s.inner}) + " windows " + shape_string({s.count, s.taps}));
    Buffer<T> x(s.outer * s.size * s.inner), y(s.outer * s.count * s.inner), weights(s.count * s.taps);
    x.randomize(engine);
    y.randomize(engine);
    weights.randomize(engine);
    Buffer<Index> starts(s.count);
    for (Index j = 0; j < s.count; ++j)
      starts[j] = static_cast<Index>(engine() % static_cast<std::uint64_t>(s.size - s.taps + 1));
    auto sums = exact<T>(y.size());
    auto spread = exact<T>(x.size());
    reference::windows(s.outer, s.size, s.inner, s.count, s.taps, x.data(), starts.data(), weights.data(), sums.data());
    reference::windows_transposed(s.outer, s.size, s.inner, s.count, s.taps, y.data(), starts.data(), weights.data(),
                                  spread.data());
    // Products of numbers up to 1: each multiply-add rounds once or twice a sum of at most `terms`.
    const auto tolerance = [](Index terms) { return 2 * epsilon<T>() * static_cast<double>(terms * terms); };
    for_each_level([&](const kernels::Table& table) {
      const auto& resample = floats_of<T>(table).resample;
      expect_near(
          with_threads<T>(y.size(),
                          [&](Buffer<T>& out) {
                            resample.windows(s.outer, s.size, s.inner, s.count, s.taps, x.data(), starts.data(),
                                             weights.data(), out.data());
                          }),
          sums, [&](Index) { return tolerance(s.taps); }, "y");
      expect_near(
          with_threads<T>(x.size(),
                          [&](Buffer<T>& out) {
                            resample.windows_transposed(s.outer, s.size, s.inner, s.count, s.taps, y.data(),
                                                        starts.data(), weights.data(), out.data());
                          }),
          spread, [&](Index) { return tolerance(s.taps * s.count); }, "x");
    });
  }
}

std::vector<Grid> grids() {
  std::vector<Grid> all;
  const std::vector<std::vector<Index>> sizes = {{5}, {4, 6}, {1, 3}, {3, 2, 4}, {60, 50}};
  for (const auto& size : sizes)
    for (const FillMode mode :
         {FillMode::constant, FillMode::nearest, FillMode::wrap, FillMode::mirror, FillMode::reflect})
      for (const Index channels : {1, 3, 17})
        for (const bool linear : {false, true})
          for (const unsigned derived : {0u, 1u, 3u}) {
            Grid g;
            g.batch = 2;
            g.points = size.size() == 2 && size[0] > 50 ? 5000 : 23;
            g.channels = channels;
            g.rank = static_cast<int>(size.size());
            for (int d = 0; d < g.rank; ++d) g.size[d] = size[static_cast<std::size_t>(d)];
            g.shared = channels == 3;
            g.linear = linear;
            g.derived = g.rank > 1 ? derived : derived & 1;
            g.mode = mode;
            g.value = 0.5;
            all.push_back(g);
          }
  return all;
}

TYPED_TEST(ResampleTest, Samples) {
  using T = TypeParam;
  std::mt19937_64 engine(2);
  for (const Grid& g : grids()) {
    SCOPED_TRACE(shape_string({g.size[0], g.size[1], g.size[2], g.channels}) + " mode " +
                 std::to_string(static_cast<int>(g.mode)) + " order " + std::to_string(g.linear) + " derived " +
                 std::to_string(g.derived));
    Buffer<T> x(g.batch * g.elements()), y(g.batch * g.points * g.channels);
    Buffer<T> coordinates((g.shared ? 1 : g.batch) * g.rank * g.points);
    x.randomize(engine);
    y.randomize(engine);
    coordinates.randomize(engine, 12, 3);  // several periods outside on both sides
    auto samples = exact<T>(y.size());
    auto spread = exact<T>(x.size());
    reference::sample(g, x.data(), coordinates.data(), samples.data());
    reference::sample_transposed(g, y.data(), coordinates.data(), spread.data());
    for_each_level([&](const kernels::Table& table) {
      const auto& resample = floats_of<T>(table).resample;
      expect_near(
          with_threads<T>(y.size(),
                          [&](Buffer<T>& out) { resample.sample(g, x.data(), coordinates.data(), out.data()); }),
          samples, [&](Index) { return 64 * epsilon<T>(); }, "y");
      expect_near(
          with_threads<T>(
              x.size(),
              [&](Buffer<T>& out) { resample.sample_transposed(g, y.data(), coordinates.data(), out.data()); }),
          spread, [&](Index) { return 4 * epsilon<T>() * static_cast<double>(g.points); }, "x");
    });
  }
}

TYPED_TEST(ResampleTest, CoordinatesFarAwayAndNaN) {
  using T = TypeParam;
  Grid g;
  g.points = 4;
  g.rank = 1;
  g.size[0] = 3;
  g.value = 7;
  const T x[] = {1, 2, 3};
  const T infinity = std::numeric_limits<T>::infinity();
  const T coordinates[] = {T(1e30), T(-1e30), -infinity, std::numeric_limits<T>::quiet_NaN()};
  for (const bool linear : {false, true}) {
    g.linear = linear;
    for_each_level([&](const kernels::Table& table) {
      T y[4] = {};
      floats_of<T>(table).resample.sample(g, x, coordinates, y);
      EXPECT_EQ(y[0], T(7));
      EXPECT_EQ(y[1], T(7));
      EXPECT_TRUE(linear ? std::isnan(y[2]) : y[2] == T(7));
      EXPECT_TRUE(linear ? std::isnan(y[3]) : y[3] == T(1));
    });
  }
}

}  // namespace
}  // namespace lamina
