// Gathering and scattering by index against the reference.
#include "kernels/scatter/scatter.h"

#include <algorithm>

#include "kernels/buffers.h"
#include "kernels/scatter/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;

template <class TypePair>
class ScatterTest : public testing::Test {};

template <class T, class I>
struct Pair {
  using Value = T;
  using IndexType = I;
};
using Pairs = testing::Types<Pair<float, std::int32_t>, Pair<float, std::int64_t>, Pair<double, std::int64_t>,
                             Pair<std::int32_t, std::int32_t>, Pair<std::int64_t, std::int64_t>,
                             Pair<std::uint8_t, std::int32_t>, Pair<bool, std::int64_t>>;
TYPED_TEST_SUITE(ScatterTest, Pairs);

// Over the whole range, a third of them negative.
template <class I>
Buffer<I> indices_of(Index size, Index count, std::mt19937_64& engine) {
  Buffer<I> indices(count);
  for (Index j = 0; j < count; ++j) {
    const Index index = static_cast<Index>(engine() % static_cast<std::uint64_t>(size));
    indices[j] = static_cast<I>(engine() % 3 == 0 ? index - size : index);
  }
  return indices;
}

TYPED_TEST(ScatterTest, AlongAnAxis) {
  using T = typename TypeParam::Value;
  using I = typename TypeParam::IndexType;
  std::mt19937_64 engine(1);
  for (const Index outer : {0, 1, 3})
    for (const Index size : {1, 2, 300})
      for (const Index inner : {0, 1, 7, 1500})
        for (const Index count : {0, 1, 90}) {
          SCOPED_TRACE(shape_string({outer, size, inner}) + " count " + std::to_string(count));
          Buffer<T> x(outer * size * inner), dy(outer * count * inner);
          x.randomize(engine);
          dy.randomize(engine);
          const Buffer<I> indices = indices_of<I>(size, dy.size(), engine);
          Buffer<T> taken(dy.size()), sums(x.size());
          reference::take_along(outer, size, inner, count, x.data(), indices.data(), taken.data());
          reference::add_along(outer, size, inner, count, dy.data(), indices.data(), sums.data());
          expect_equal(with_threads<T>(dy.size(),
                                       [&](Buffer<T>& y) {
                                         kernels::take_along(outer, size, inner, count, x.data(), indices.data(),
                                                             y.data());
                                       }),
                       taken, "taken");
          expect_equal(with_threads<T>(x.size(),
                                       [&](Buffer<T>& y) {
                                         kernels::add_along(outer, size, inner, count, dy.data(), indices.data(),
                                                            y.data());
                                       }),
                       sums, "sums");
        }
}

template <class T>
T combine(kernels::Scatter kind, T a, T b) {
  using Wide = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;  // integers wrap
  switch (kind) {
    case kernels::Scatter::set:
      return b;
    case kernels::Scatter::add:
      return static_cast<T>(Wide(a) + Wide(b));
    case kernels::Scatter::max:
      return std::max(a, b);
    case kernels::Scatter::min:
      return std::min(a, b);
    default:
      return static_cast<T>(Wide(a) * Wide(b));
  }
}

TYPED_TEST(ScatterTest, Rows) {
  using T = typename TypeParam::Value;
  using I = typename TypeParam::IndexType;
  std::mt19937_64 engine(2);
  for (const auto kind : {kernels::Scatter::set, kernels::Scatter::add, kernels::Scatter::max, kernels::Scatter::min,
                          kernels::Scatter::multiply})
    for (const Index outer : {1, 3})
      for (const Index size : {1, 3, 400})
        for (const Index inner : {0, 1, 5, 200})
          for (const Index count : {0, 1, 600}) {
            SCOPED_TRACE(shape_string({outer, size, inner}) + " count " + std::to_string(count) + " kind " +
                         std::to_string(static_cast<int>(kind)));
            Buffer<T> x(outer * size * inner), updates(outer * count * inner), expected(x.size()), from_zeros(x.size());
            x.randomize(engine);
            updates.randomize(engine);
            const Buffer<I> indices = indices_of<I>(size, count, engine);
            std::copy(x.data(), x.data() + x.size(), expected.data());
            std::fill(from_zeros.data(), from_zeros.data() + x.size(), T(0));
            for (T* target : {expected.data(), from_zeros.data()})
              reference::scatter(
                  outer, size, inner, count, indices.data(), updates.data(),
                  [kind](T a, T b) { return combine(kind, a, b); }, target);
            const T* nothing = nullptr;
            for (const T* start : {static_cast<const T*>(x.data()), nothing})
              expect_equal(with_threads<T>(x.size(),
                                           [&](Buffer<T>& y) {
                                             kernels::scatter(kind, outer, size, inner, count, start, indices.data(),
                                                              updates.data(), y.data());
                                           }),
                           start == nullptr ? from_zeros : expected, "y");
            kernels::scatter<T>(kind, outer, size, inner, count, x.data(), indices.data(), updates.data(), x.data());
            expect_equal(x, expected, "in place");
          }
}

}  // namespace
}  // namespace lamina
