// The 16-bit formats at every level: all 65,536 numbers widened, and floats of every size narrowed.
#include "kernels/half/half.h"

#include <cmath>

#include "kernels/buffers.h"
#include "kernels/half/reference.h"

namespace lamina {
namespace {

using kernels::HalfKind;
using namespace testing_buffers;

constexpr HalfKind kKinds[] = {HalfKind::float16, HalfKind::bfloat16};

std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

TEST(HalfTest, WidensEveryNumberExactly) {
  std::vector<std::uint16_t> x(65536);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::uint16_t>(i);
  std::vector<float> y(x.size());
  for (int level = 0; level < kernels::num_runnable_tables(); ++level)
    for (const HalfKind kind : kKinds) {
      kernels::runnable_table(level).half.widen(kind, static_cast<std::int64_t>(x.size()), x.data(), y.data());
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double expected = reference::value_of(kind, x[i]);
        if (std::isnan(expected))
          EXPECT_TRUE(std::isnan(y[i])) << i;
        else
          EXPECT_EQ(bits_of(y[i]), bits_of(static_cast<float>(expected))) << i;
      }
    }
}

TEST(HalfTest, NarrowsToTheNearestEven) {
  std::vector<float> x;
  for (const HalfKind kind : kKinds)  // every number, the midpoints between neighbours, and a step beside those
    for (int i = 0; i < (kind == HalfKind::float16 ? 0x7c00 : 0x7f80); i += kind == HalfKind::float16 ? 7 : 9) {
      const auto low = static_cast<float>(reference::value_of(kind, static_cast<std::uint16_t>(i)));
      const auto high = static_cast<float>(reference::value_of(kind, static_cast<std::uint16_t>(i + 1)));
      const float middle = std::isinf(high) ? low : low + (high - low) / 2;
      for (const float v : {low, middle, std::nextafter(middle, 0.0f), std::nextafter(middle, INFINITY)}) {
        x.push_back(v);
        x.push_back(-v);
      }
    }
  for (const float v : {0.0f, 65504.0f, 65519.99f, 65520.0f, 1e9f, 3.4e38f, 1e-30f, 5.9e-8f, 2.98e-8f, INFINITY, NAN}) {
    x.push_back(v);
    x.push_back(-v);
  }
  std::vector<std::uint16_t> y(x.size());
  for (int level = 0; level < kernels::num_runnable_tables(); ++level)
    for (const HalfKind kind : kKinds) {
      kernels::runnable_table(level).half.narrow(kind, static_cast<std::int64_t>(x.size()), x.data(), y.data());
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (std::isnan(x[i]))
          EXPECT_TRUE(std::isnan(reference::value_of(kind, y[i])));
        else
          EXPECT_EQ(y[i], reference::narrow(kind, x[i])) << x[i];
      }
    }
}

}  // namespace
}  // namespace lamina
