// Cumulative results and linear recurrences against the reference. The order is part of the contract: equal, not only
// near.
#include "kernels/scan/scan.h"

#include <algorithm>

#include "kernels/buffers.h"
#include "kernels/scan/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::Cumulative;
using kernels::ScanShape;

template <class T>
class ScanTest : public testing::Test {};
using Types = testing::Types<float, double, std::int32_t, std::int64_t, std::uint8_t>;
TYPED_TEST_SUITE(ScanTest, Types);

std::vector<ScanShape> shapes() {
  std::vector<ScanShape> all;
  for (const bool reverse : {false, true})
    for (const bool exclusive : {false, true}) {
      for (const Index outer : {0, 1, 3, 4, 9})
        for (const Index size : {0, 1, 2, 33})
          for (const Index inner : {0, 1, 3, 16}) all.push_back({outer, size, inner, reverse, exclusive});
      all.push_back({50, 1000, 1, reverse, exclusive});
      all.push_back({2, 40, 1300, reverse, exclusive});
    }
  return all;
}

template <class T, class F>
void check(Cumulative kind, const ScanShape& s, T neutral, const F& f, const Buffer<T>& x) {
  std::vector<T> expected(static_cast<std::size_t>(x.size()));
  reference::cumulative(s, neutral, f, x.data(), expected.data());
  expect_equal(with_threads<T>(x.size(), [&](Buffer<T>& y) { kernels::cumulative(kind, s, x.data(), y.data()); }),
               expected, "kind " + std::to_string(static_cast<int>(kind)));
}

TYPED_TEST(ScanTest, Cumulative) {
  using T = TypeParam;
  using Wide = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;  // integers wrap
  std::mt19937_64 engine(1);
  for (const ScanShape& s : shapes()) {
    SCOPED_TRACE(shape_string({s.outer, s.size, s.inner}) + (s.reverse ? " reverse" : "") +
                 (s.exclusive ? " exclusive" : ""));
    Buffer<T> x(s.outer * s.size * s.inner);
    x.randomize(engine, 1.5);
    if constexpr (std::is_floating_point_v<T>)
      if (x.size() > 5) x[5] = std::numeric_limits<T>::quiet_NaN();
    check<T>(
        Cumulative::sum, s, T(0), [](T a, T b) { return static_cast<T>(Wide(a) + Wide(b)); }, x);
    check<T>(
        Cumulative::product, s, T(1), [](T a, T b) { return static_cast<T>(Wide(a) * Wide(b)); }, x);
    using Limits = std::numeric_limits<T>;
    const T top = Limits::has_infinity ? Limits::infinity() : Limits::max();
    const T bottom = Limits::has_infinity ? static_cast<T>(-top) : Limits::lowest();
    check<T>(
        Cumulative::max, s, bottom, [](T a, T b) { return a != a || b != b ? a + b : std::max(a, b); }, x);
    check<T>(
        Cumulative::min, s, top, [](T a, T b) { return a != a || b != b ? a + b : std::min(a, b); }, x);
  }
}

template <class T>
class LinearScanTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(LinearScanTest, Floats);

TYPED_TEST(LinearScanTest, FollowsTheRecurrence) {
  using T = TypeParam;
  std::mt19937_64 engine(2);
  for (const ScanShape& s : shapes()) {
    SCOPED_TRACE(shape_string({s.outer, s.size, s.inner}));
    Buffer<T> a(s.outer * s.size * s.inner), b(a.size());
    a.randomize(engine);
    b.randomize(engine);
    std::vector<T> expected(static_cast<std::size_t>(a.size()));
    reference::linear_scan(s, a.data(), b.data(), expected.data());
    expect_near(
        with_threads<T>(a.size(), [&](Buffer<T>& y) { kernels::linear_scan(s, a.data(), b.data(), y.data()); }),
        expected, [](Index) { return 100 * epsilon<T>(); }, "y");  // products may be fused
  }
}

}  // namespace
}  // namespace lamina
