// Fourier transforms against the reference, at every level.
#include "kernels/fourier/fourier.h"

#include <functional>

#include "kernels/buffers.h"
#include "kernels/fourier/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;

template <class T>
class FourierTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(FourierTest, Floats);

struct Rows {
  Index count, n;
};

// Powers, products of small factors, primes on both sides of the largest radix; one row, some, and many side by side.
std::vector<Rows> shapes() {
  std::vector<Rows> all;
  for (const Index n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 25, 30, 31, 32, 37, 60, 64, 74, 97, 128, 210, 240, 256})
    for (const Index count : {1, 3, 21}) all.push_back({count, n});
  all.push_back({2, 1009});
  all.push_back({70, 100});
  all.push_back({0, 8});
  return all;
}

template <class T>
std::function<double(Index)> tolerance(Index n, double size) {  // the entries are below `size`
  const double stages = std::log2(static_cast<double>(n)) + 2;
  // The sum of n entries of random signs grows with sqrt(n); Bluestein's convolution doubles the stages.
  return [=](Index) { return epsilon<T>() * 6 * stages * size * std::sqrt(static_cast<double>(n)); };
}

TYPED_TEST(FourierTest, Complex) {
  using T = TypeParam;
  std::mt19937_64 engine(1);
  for (const auto& [count, n] : shapes()) {
    SCOPED_TRACE(shape_string({count, n}));
    const Index size = count * n;
    Buffer<T> re(size), im(size);
    re.randomize(engine);
    im.randomize(engine);
    auto wanted_re = exact<T>(size), wanted_im = exact<T>(size);
    reference::complex_transform(count, n, re.data(), im.data(), wanted_re.data(), wanted_im.data());
    for_each_level([&, count = count, n = n](const kernels::Table& table) {
      const auto& fourier = floats_of<T>(table).fourier;
      Scratch scratch(fourier.scratch(count, n));
      Buffer<T> other(size);
      const auto y_re = with_threads<T>(size, [&](Buffer<T>& y) {
        fourier.complex(count, n, re.data(), im.data(), y.data(), other.data(), scratch.data());
      });
      EXPECT_TRUE(other.guards_intact());
      EXPECT_TRUE(scratch.guard_intact());
      expect_near(y_re, wanted_re, tolerance<T>(n, 1), "re");
      expect_near(other, wanted_im, tolerance<T>(n, 1), "im");
      // Both parts exchanged, there and back.
      Buffer<T> back_re(size), back_im(size);
      fourier.complex(count, n, other.data(), y_re.data(), back_im.data(), back_re.data(), scratch.data());
      auto times_n = exact<T>(size);
      for (Index i = 0; i < size; ++i) times_n[static_cast<std::size_t>(i)] = static_cast<Exact<T>>(re[i]) * n;
      expect_near(back_re, times_n, tolerance<T>(n, 2 * std::sqrt(static_cast<double>(n))), "there and back");
    });
  }
}

TYPED_TEST(FourierTest, Real) {
  using T = TypeParam;
  std::mt19937_64 engine(2);
  for (const auto& [count, n] : shapes()) {
    SCOPED_TRACE(shape_string({count, n}));
    const Index bins = n / 2 + 1;
    const T interior = T(1.5);
    Buffer<T> x(count * n), re(count * bins), im(count * bins);
    x.randomize(engine);
    re.randomize(engine);
    im.randomize(engine);
    auto wanted_re = exact<T>(re.size()), wanted_im = exact<T>(re.size()), wanted = exact<T>(x.size());
    reference::real_forward(count, n, Exact<T>(1.5), x.data(), wanted_re.data(), wanted_im.data());
    reference::real_inverse(count, n, Exact<T>(1.5), re.data(), im.data(), wanted.data());
    for_each_level([&, count = count, n = n](const kernels::Table& table) {
      const auto& fourier = floats_of<T>(table).fourier;
      Scratch scratch(fourier.scratch(count, n));
      Buffer<T> y_im(re.size());
      const auto y_re = with_threads<T>(re.size(), [&](Buffer<T>& y) {
        fourier.real_forward(count, n, interior, x.data(), y.data(), y_im.data(), scratch.data());
      });
      EXPECT_TRUE(y_im.guards_intact());
      expect_near(y_re, wanted_re, tolerance<T>(n, 1.5), "re");
      expect_near(y_im, wanted_im, tolerance<T>(n, 1.5), "im");
      const auto y = with_threads<T>(x.size(), [&](Buffer<T>& out) {
        fourier.real_inverse(count, n, interior, re.data(), im.data(), out.data(), scratch.data());
      });
      expect_near(y, wanted, tolerance<T>(n, 3), "y");
      EXPECT_TRUE(scratch.guard_intact());
    });
  }
}

}  // namespace
}  // namespace lamina
