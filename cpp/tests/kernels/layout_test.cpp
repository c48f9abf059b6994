// The strided copy against the reference, at every level: the shapes of transposes, slices, pads, broadcasts, flips
// and concatenations, and random ones.
#include "kernels/layout/layout.h"

#include <algorithm>
#include <numeric>

#include "kernels/buffers.h"
#include "kernels/layout/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::StridedCopy;

struct Case {
  std::string name;
  StridedCopy copy;
  Index src_size, dst_size, src_first, dst_first;
};

// Sizes and first elements from the strides.
Case make_case(const std::string& name, const std::vector<Index>& shape, const std::vector<Index>& dst,
               const std::vector<Index>& src) {
  Case c = {name, {}, 1, 1, 0, 0};
  c.copy.rank = static_cast<std::int32_t>(shape.size());
  for (std::size_t d = 0; d < shape.size(); ++d) {
    c.copy.shape[d] = shape[d];
    c.copy.dst_strides[d] = dst[d];
    c.copy.src_strides[d] = src[d];
    const Index last = std::max<Index>(0, shape[d] - 1);
    c.src_size += last * std::abs(src[d]);
    c.dst_size += last * std::abs(dst[d]);
    if (src[d] < 0) c.src_first -= last * src[d];
    if (dst[d] < 0) c.dst_first -= last * dst[d];
  }
  return c;
}

std::vector<Index> contiguous(const std::vector<Index>& shape) {
  std::vector<Index> strides(shape.size(), 1);
  for (std::size_t d = shape.size(); d-- > 1;) strides[d - 1] = strides[d] * std::max<Index>(1, shape[d]);
  return strides;
}

// dst[i] = src[i permuted]: the shape is that of the source.
Case transpose(const std::vector<Index>& source, const std::vector<int>& axes) {
  const std::vector<Index> strides = contiguous(source);
  std::vector<Index> shape, src;
  std::string name = "transpose";
  for (const int axis : axes) {
    shape.push_back(source[static_cast<std::size_t>(axis)]);
    src.push_back(strides[static_cast<std::size_t>(axis)]);
    name += " " + std::to_string(shape.back());
  }
  return make_case(name, shape, contiguous(shape), src);
}

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back(make_case("scalar", {}, {}, {}));
  all.push_back(make_case("empty", {3, 0, 4}, {4, 4, 1}, {0, 4, 1}));
  all.push_back(make_case("whole", {2, 3, 50}, {150, 50, 1}, {150, 50, 1}));
  all.push_back(make_case("large whole", {300000}, {1}, {1}));
  all.push_back(make_case("large rows", {3, 200000}, {200001, 1}, {200003, 1}));
  for (const Index n : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 64, 65, 130})
    for (const Index m : {1, 3, 4, 8, 12, 16, 33, 100}) all.push_back(transpose({n, m}, {1, 0}));
  all.push_back(transpose({700, 500}, {1, 0}));
  all.push_back(transpose({3, 64, 66, 3}, {0, 3, 1, 2}));  // channels last to first
  all.push_back(transpose({3, 3, 64, 66}, {0, 2, 3, 1}));  // and back
  all.push_back(transpose({2, 40, 20, 33}, {0, 3, 1, 2}));
  all.push_back(transpose({4, 30, 8, 16}, {0, 2, 1, 3}));  // heads
  all.push_back(transpose({4, 30, 8, 16}, {0, 2, 3, 1}));
  all.push_back(transpose({5, 6, 7, 2}, {3, 2, 1, 0}));
  all.push_back(transpose({5, 600, 7}, {2, 1, 0}));
  all.push_back(transpose({3, 4, 2, 5, 2, 3, 2, 3}, {7, 2, 5, 0, 3, 6, 1, 4}));
  for (const Index n : {2, 3, 4, 8, 16})  // one part of a concatenation of channels
    all.push_back(make_case("runs of " + std::to_string(n), {400, 40, n}, {100 * n, 2 * n, 1}, {41 * n, n, 1}));
  all.push_back(make_case("slice", {20, 30}, {30, 1}, {50, 1}));
  all.push_back(make_case("slice of three", {2000, 3}, {3, 1}, {5, 1}));
  all.push_back(make_case("slice with step 2", {20, 30}, {30, 1}, {200, 2}));
  all.push_back(make_case("slice with step 3", {20, 100}, {100, 1}, {600, 3}));
  all.push_back(make_case("slice with a long step", {90000}, {1}, {3}));
  all.push_back(make_case("gradient of a slice with step 2", {20, 30}, {80, 2}, {30, 1}));
  all.push_back(make_case("pad", {4, 20, 30}, {1000, 40, 1}, {600, 30, 1}));
  all.push_back(make_case("flip", {20, 33}, {33, 1}, {33, -1}));
  all.push_back(make_case("flip rows", {20, 33}, {33, 1}, {-33, 1}));
  all.push_back(make_case("flip both", {20, 33}, {33, 1}, {-33, -1}));
  all.push_back(make_case("flipped transpose", {20, 33}, {33, 1}, {1, -20}));
  all.push_back(make_case("flipped other", {20, 33}, {33, 1}, {-1, 20}));
  all.push_back(make_case("flip into", {20, 33}, {33, -1}, {33, 1}));
  all.push_back(make_case("broadcast a row", {40, 33}, {33, 1}, {0, 1}));
  all.push_back(make_case("broadcast a column", {40, 33}, {33, 1}, {1, 0}));
  all.push_back(make_case("broadcast one", {40, 33}, {33, 1}, {0, 0}));
  all.push_back(make_case("large broadcast", {300000}, {1}, {0}));
  all.push_back(make_case("tile", {5, 4, 33}, {132, 33, 1}, {33, 0, 1}));
  all.push_back(make_case("repeat", {40, 6}, {6, 1}, {1, 0}));
  all.push_back(make_case("scalar rows", {2, 1, 3}, {3, 77, 1}, {3, -5, 1}));

  std::mt19937_64 engine(1);
  for (int i = 0; i < 300; ++i) {  // random axes, in any order on both sides, with gaps, steps, flips and broadcasts
    const std::size_t rank = 1 + engine() % 6;
    std::vector<Index> shape, dst(rank), src(rank);
    for (std::size_t d = 0; d < rank; ++d) shape.push_back(1 + static_cast<Index>(engine() % (rank > 3 ? 6 : 20)));
    for (std::vector<Index>* strides : {&dst, &src}) {
      std::vector<std::size_t> order(rank);
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::shuffle(order.begin(), order.end(), engine);
      Index stride = engine() % 4 == 0 ? 2 : 1;
      for (const std::size_t d : order) {
        (*strides)[d] = stride;
        stride *= shape[d] + (engine() % 3 == 0 ? 1 : 0);
        if (strides == &src && engine() % 6 == 0) (*strides)[d] = engine() % 2 ? 0 : -(*strides)[d];
      }
    }
    all.push_back(make_case("random " + std::to_string(i), shape, dst, src));
  }
  return all;
}

template <class T>
class LayoutTest : public testing::Test {};
using Elements = testing::Types<std::uint8_t, std::uint16_t, std::int32_t, std::int64_t>;
TYPED_TEST_SUITE(LayoutTest, Elements);

TYPED_TEST(LayoutTest, CopiesWhatTheReferenceCopies) {
  using T = TypeParam;
  std::mt19937_64 engine(2);
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    Buffer<T> src(c.src_size), expected(c.dst_size);
    src.randomize(engine);
    // What is not written must keep its value.
    std::memset(expected.data(), 0x5a, static_cast<std::size_t>(c.dst_size) * sizeof(T));
    const auto bytes = static_cast<std::int32_t>(sizeof(T));
    reference::strided_copy(c.copy, bytes, src.data() + c.src_first, expected.data() + c.dst_first);
    for_each_level([&](const kernels::Table& table) {
      const auto dst = with_threads<T>(c.dst_size, [&](Buffer<T>& out) {
        std::memset(out.data(), 0x5a, static_cast<std::size_t>(c.dst_size) * sizeof(T));
        table.layout.copy(c.copy, bytes, src.data() + c.src_first, out.data() + c.dst_first);
      });
      EXPECT_TRUE(dst.same_bits(expected));
    });
  }
}

// Every bit pattern survives, signalling NaNs too: nothing is computed.
TEST(Layout, KeepsEveryBitPattern) {
  Buffer<std::uint32_t> src(64 * 64), dst(64 * 64);
  for (Index i = 0; i < src.size(); ++i) src[i] = 0x7f800001u + static_cast<std::uint32_t>(i) * 0x00080001u;
  const Case c = transpose({64, 64}, {1, 0});
  for_each_level([&](const kernels::Table& table) {
    table.layout.copy(c.copy, 4, src.data(), dst.data());
    for (Index i = 0; i < 64; ++i)
      for (Index j = 0; j < 64; ++j) ASSERT_EQ(dst[i * 64 + j], src[j * 64 + i]);
  });
}

}  // namespace
}  // namespace lamina
