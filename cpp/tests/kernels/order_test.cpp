// Sorting, the largest entries and binary search against the reference.
#include "kernels/order/order.h"

#include "kernels/buffers.h"
#include "kernels/order/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::OrderShape;

template <class T>
class OrderTest : public testing::Test {};
using Types = testing::Types<float, double, std::int32_t, std::int64_t, std::uint8_t, bool>;
TYPED_TEST_SUITE(OrderTest, Types);

// Half of the entries are few different ones; floats have NaN, infinities and both zeros among them.
template <class T>
Buffer<T> entries(Index size, std::mt19937_64& engine) {
  Buffer<T> x(size);
  x.randomize(engine, 100);
  for (Index i = 0; i < size; ++i) {
    if (engine() % 2) x[i] = static_cast<T>(engine() % 5);
    if constexpr (std::is_floating_point_v<T>) {
      const T special[] = {std::numeric_limits<T>::quiet_NaN(), -std::numeric_limits<T>::quiet_NaN(), T(-0.0), T(0),
                           std::numeric_limits<T>::infinity(),  -std::numeric_limits<T>::infinity()};
      if (engine() % 8 == 0) x[i] = special[engine() % 6];
    }
  }
  return x;
}

// Lengths on both sides of every change of method.
std::vector<OrderShape> shapes() {
  std::vector<OrderShape> all = {{0, 4, 4}, {4, 0, 4}, {4, 4, 0}, {1, 7000, 1}, {2, 6500, 3}};
  for (const Index size : {1, 2, 3, 7, 50, 127, 128, 129, 600})
    for (const Index inner : {1, 2, 16, 19}) all.push_back({3, size, inner});
  all.push_back({200, 300, 1});
  return all;
}

TYPED_TEST(OrderTest, SortAndArgsort) {
  using T = TypeParam;
  std::mt19937_64 engine(1);
  for (const OrderShape& s : shapes())
    for (const bool descending : {false, true}) {
      SCOPED_TRACE(shape_string({s.outer, s.size, s.inner}) + (descending ? " descending" : ""));
      const Index n = s.outer * s.size * s.inner;
      const Buffer<T> x = entries<T>(n, engine);
      std::vector<T> values(static_cast<std::size_t>(n));
      std::vector<std::int32_t> places(static_cast<std::size_t>(n));
      for (Index o = 0; o < s.outer; ++o)
        for (Index i = 0; i < s.inner; ++i) {
          const Index first = o * s.size * s.inner + i;
          const auto order = reference::order_of(s.size, s.inner, descending, x.data() + first);
          for (Index j = 0; j < s.size; ++j) {
            const auto at = static_cast<std::size_t>(first + j * s.inner);
            places[at] = static_cast<std::int32_t>(order[static_cast<std::size_t>(j)]);
            values[at] = x[first + order[static_cast<std::size_t>(j)] * s.inner];
          }
        }
      Scratch scratch(kernels::sort_scratch<T>(s)), positions(kernels::argsort_scratch<T>(s));
      expect_equal(
          with_threads<T>(n, [&](Buffer<T>& y) { kernels::sort(s, descending, x.data(), y.data(), scratch.data()); }),
          values, "sorted");
      expect_equal(with_threads<std::int32_t>(n,
                                              [&](Buffer<std::int32_t>& y) {
                                                kernels::argsort(s, descending, x.data(), y.data(), positions.data());
                                              }),
                   places, "positions");
      EXPECT_TRUE(scratch.guard_intact());
      EXPECT_TRUE(positions.guard_intact());
    }
}

TYPED_TEST(OrderTest, TopK) {
  using T = TypeParam;
  std::mt19937_64 engine(2);
  for (const Index size : {1, 5, 64, 300, 3000})
    for (const Index k : {0, 1, 3, 64, 300})
      for (const Index outer : {0, 1, 9}) {
        if (k > size) continue;
        SCOPED_TRACE(shape_string({outer, size, k}));
        Buffer<T> x = entries<T>(outer * size, engine);
        if (outer == 9)  // the worst case: each entry is larger than those before it
          for (Index j = 0; j < size; ++j) x[j] = static_cast<T>(j);
        std::vector<T> values;
        std::vector<std::int32_t> places;
        for (Index o = 0; o < outer; ++o) {
          const auto order = reference::order_of(size, 1, true, x.data() + o * size);
          for (Index j = 0; j < k; ++j) {
            places.push_back(static_cast<std::int32_t>(order[static_cast<std::size_t>(j)]));
            values.push_back(x[o * size + places.back()]);
          }
        }
        Scratch scratch(kernels::top_k_scratch<T>(outer, size, k));
        Buffer<std::int32_t> positions(outer * k);
        expect_equal(with_threads<T>(outer * k,
                                     [&](Buffer<T>& y) {
                                       kernels::top_k(outer, size, k, x.data(), y.data(), positions.data(),
                                                      scratch.data());
                                     }),
                     values, "values");
        expect_equal(positions, places, "positions");
        EXPECT_TRUE(positions.guards_intact());
        EXPECT_TRUE(scratch.guard_intact());
      }
}

TYPED_TEST(OrderTest, SearchSorted) {
  using T = TypeParam;
  std::mt19937_64 engine(3);
  for (const Index size : {0, 1, 2, 3, 17, 1000})
    for (const bool right : {false, true}) {
      const Index count = 5000;
      Buffer<T> sorted = entries<T>(size, engine);
      std::stable_sort(sorted.data(), sorted.data() + size, reference::comes_before<T>);
      const Buffer<T> values = entries<T>(count, engine);
      std::vector<std::int64_t> expected;
      for (Index j = 0; j < count; ++j)
        expected.push_back(reference::search_sorted(size, sorted.data(), values[j], right));
      expect_equal(with_threads<std::int32_t>(count,
                                              [&](Buffer<std::int32_t>& y) {
                                                kernels::search_sorted(size, sorted.data(), count, values.data(), right,
                                                                       y.data());
                                              }),
                   expected, "found");
    }
}

}  // namespace
}  // namespace lamina
