// Take, one_hot and check against the reference, at every level.
#include "kernels/gather/gather.h"

#include "kernels/buffers.h"
#include "kernels/gather/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;

template <class TypePair>
class GatherTest : public testing::Test {};

template <class T, class I>
struct Pair {
  using Value = T;
  using IndexType = I;
};
using Pairs = testing::Types<Pair<float, std::int32_t>, Pair<float, std::int64_t>, Pair<double, std::int64_t>,
                             Pair<std::int32_t, std::int32_t>, Pair<std::int64_t, std::int64_t>,
                             Pair<std::uint8_t, std::int32_t>, Pair<bool, std::int64_t>>;
TYPED_TEST_SUITE(GatherTest, Pairs);

template <class T, class I>
const kernels::Gather<T, I>& gather_of(const kernels::Table& table) {
  if constexpr (sizeof(I) == 4)
    return any_of<T>(table).gather32;
  else
    return any_of<T>(table).gather64;
}

struct Shape {
  Index outer, size, inner, count;
};

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const Index outer : {1, 3})
    for (const Index size : {1, 2, 10, 100})
      for (const Index inner : {1, 2, 7, 16, 65})
        for (const Index count : {0, 1, 9, 250}) all.push_back({outer, size, inner, count});
  all.push_back({1, 5000, 64, 4000});
  all.push_back({2, 3, 10000, 20});
  all.push_back({1, 30000, 1, 50000});
  all.push_back({0, 4, 4, 4});
  all.push_back({4, 4, 0, 4});
  all.push_back({1, 0, 4, 0});
  return all;
}

// Indices over the whole range, a third of them negative, with many duplicates of a few.
template <class I>
Buffer<I> indices_of(Index size, Index count, std::mt19937_64& engine) {
  Buffer<I> indices(count);
  for (Index j = 0; j < count; ++j) {
    const Index range = engine() % 2 ? size : std::min<Index>(size, 3);
    const Index index = static_cast<Index>(engine() % static_cast<std::uint64_t>(range));
    indices[j] = static_cast<I>(engine() % 3 == 0 ? index - size : index);
  }
  return indices;
}

TYPED_TEST(GatherTest, Take) {
  using T = typename TypeParam::Value;
  using I = typename TypeParam::IndexType;
  std::mt19937_64 engine(1);
  for (const Shape& s : shapes()) {
    SCOPED_TRACE(shape_string({s.outer, s.size, s.inner}) + " count " + std::to_string(s.count));
    Buffer<T> x(s.outer * s.size * s.inner), taken(s.outer * s.count * s.inner);
    x.randomize(engine);
    const Buffer<I> indices = indices_of<I>(s.size, s.count, engine);
    reference::take(s.outer, s.size, s.inner, s.count, x.data(), indices.data(), taken.data());
    for_each_level([&](const kernels::Table& table) {
      const auto& gather = gather_of<T, I>(table);
      EXPECT_EQ(gather.check(s.size, s.count, indices.data()), -1);
      expect_equal(with_threads<T>(taken.size(),
                                   [&](Buffer<T>& out) {
                                     gather.take(s.outer, s.size, s.inner, s.count, x.data(), indices.data(),
                                                 out.data());
                                   }),
                   taken, "y");
    });
  }
}

TYPED_TEST(GatherTest, OneHotIsZeroOutOfRange) {
  using T = typename TypeParam::Value;
  using I = typename TypeParam::IndexType;
  std::mt19937_64 engine(2);
  for (const Index classes : {1, 3, 10, 1000})
    for (const Index count : {0, 1, 33, 500}) {
      Buffer<I> indices(count);
      for (Index j = 0; j < count; ++j)
        indices[j] = static_cast<I>(static_cast<Index>(engine() % static_cast<std::uint64_t>(classes + 2)) - 1);
      if (count > 2) indices[2] = std::numeric_limits<I>::max();
      if (count > 3) indices[3] = std::numeric_limits<I>::min();
      Buffer<T> expected(count * classes);
      reference::one_hot(count, classes, indices.data(), expected.data());
      for_each_level([&](const kernels::Table& table) {
        const auto y = with_threads<T>(count * classes, [&](Buffer<T>& out) {
          gather_of<T, I>(table).one_hot(count, classes, indices.data(), out.data());
        });
        EXPECT_TRUE(y.same_bits(expected));
      });
    }
}

TYPED_TEST(GatherTest, CheckFindsTheFirstBadIndex) {
  using T = typename TypeParam::Value;
  using I = typename TypeParam::IndexType;
  std::mt19937_64 engine(3);
  for (const Index count : {1, 2, 100, 1024, 5000})
    for (const Index size : {1, 7, 100}) {
      for (const I bad : {static_cast<I>(size), static_cast<I>(-size - 1), std::numeric_limits<I>::max(),
                          std::numeric_limits<I>::min()}) {
        Buffer<I> indices = indices_of<I>(size, count, engine);
        const Index first = static_cast<Index>(engine() % static_cast<std::uint64_t>(count));
        indices[first] = bad;
        indices[count - 1] = bad;
        for_each_level([&](const kernels::Table& table) {
          const auto& gather = gather_of<T, I>(table);
          EXPECT_EQ(gather.check(size, count, indices.data()), first);
          EXPECT_EQ(gather.check(size, first, indices.data()), -1);
        });
      }
    }
}

}  // namespace
}  // namespace lamina
