// Attention and its gradient against the reference, at every level: masks, causality, shared heads, several blocks.
#include "kernels/attention/attention.h"

#include "kernels/attention/reference.h"
#include "kernels/buffers.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::AttentionInputs;
using kernels::AttentionShape;

template <class T>
class AttentionTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(AttentionTest, Floats);

enum class Mask { none, full, per_key, per_head };

struct Row {
  AttentionShape shape;
  Mask mask;
};

std::vector<Row> rows() {
  std::vector<Row> all;
  for (const bool causal : {false, true})
    for (const Mask mask : {Mask::none, Mask::full, Mask::per_key, Mask::per_head}) {
      all.push_back({{2, 5, 7, 2, 1, 3, 4, causal, {}}, mask});
      all.push_back({{1, 1, 1, 1, 1, 1, 1, causal, {}}, mask});
      all.push_back({{1, 97, 131, 4, 2, 17, 33, causal, {}}, mask});  // a row and a few columns beyond a block
      all.push_back({{1, 400, 300, 1, 1, 16, 8, causal, {}}, mask});  // several chunks of rows, several blocks
    }
  return all;
}

std::string describe(const Row& row) {
  const AttentionShape& s = row.shape;
  return shape_string({s.batch, s.rows, s.columns, s.heads, s.groups, s.size, s.value_size}) +
         (s.causal ? " causal" : "") + " mask " + std::to_string(static_cast<int>(row.mask));
}

// A mask; its first row of scores keeps nothing.
Buffer<bool> make_mask(AttentionShape& s, Mask kind, std::mt19937_64& engine) {
  Index sizes[4] = {s.batch, s.heads, s.rows, s.columns}, count = 1;
  if (kind == Mask::per_key) sizes[1] = sizes[2] = 1;
  if (kind == Mask::per_head) sizes[0] = sizes[2] = 1;
  for (int axis = 3; axis >= 0; --axis) {
    s.keep_strides[axis] = sizes[axis] == 1 ? 0 : count;
    count *= sizes[axis];
  }
  Buffer<bool> keep(count);
  keep.randomize(engine);
  if (kind == Mask::full)
    for (Index j = 0; j < s.columns; ++j) keep[j] = false;
  return keep;
}

template <class T>
struct Problem {
  AttentionShape s;
  Buffer<T> q, k, v, dy;
  Buffer<bool> keep;
  AttentionInputs<T> in;

  explicit Problem(const Row& row, std::mt19937_64& engine)
      : s(row.shape),
        q(s.batch * s.rows * s.heads * s.size),
        k(s.batch * s.columns * s.groups * s.size),
        v(s.batch * s.columns * s.groups * s.value_size),
        dy(s.batch * s.rows * s.heads * s.value_size),
        keep(row.mask == Mask::none ? Buffer<bool>(0) : make_mask(s, row.mask, engine)),
        in{q.data(), k.data(), v.data(), row.mask == Mask::none ? nullptr : keep.data(), T(0.7)} {
    for (Buffer<T>* b : {&q, &k, &v, &dy}) b->randomize(engine, 2);
  }
  Index row_count() const { return s.batch * s.heads * s.rows; }
};

TYPED_TEST(AttentionTest, ForwardAndGradient) {
  using T = TypeParam;
  std::mt19937_64 engine(11);
  for (const Row& row : rows()) {
    SCOPED_TRACE(describe(row));
    Problem<T> p(row, engine);
    const reference::Attention<T> exact{p.s, p.in};
    std::vector<double> y(static_cast<std::size_t>(p.dy.size()));
    std::vector<double> dq(static_cast<std::size_t>(p.q.size())), dk(static_cast<std::size_t>(p.k.size())),
        dv(static_cast<std::size_t>(p.v.size()));
    exact.forward(y.data());
    exact.grad(p.dy.data(), dq.data(), dk.data(), dv.data());
    for_each_level([&](const kernels::Table& table) {
      const auto& attention = floats_of<T>(table).attention;
      Buffer<T> peak(p.row_count()), inverse(p.row_count());
      const auto actual = with_threads<T>(p.dy.size(), [&](Buffer<T>& out) {
        Scratch scratch(attention.scratch(p.s));
        attention.forward(p.s, p.in, out.data(), peak.data(), inverse.data(), scratch.data());
        EXPECT_TRUE(scratch.guard_intact());
      });
      // Scores up to 3 * size are rounded, then go through the exponential; sums of `columns` terms.
      const double bound = epsilon<T>() * 40.0 * static_cast<double>(p.s.size + p.s.columns);
      expect_near(
          actual, y, [&](Index) { return bound; }, "y");
      const Index sizes[] = {p.q.size(), p.k.size(), p.v.size()};
      const auto gradients = with_threads<T>(sizes[0] + sizes[1] + sizes[2], [&](Buffer<T>& out) {
        Scratch scratch(attention.grad_scratch(p.s));
        T* const first = out.data();
        attention.grad(p.s, p.in, actual.data(), peak.data(), inverse.data(), p.dy.data(), first, first + sizes[0],
                       first + sizes[0] + sizes[1], scratch.data());
        EXPECT_TRUE(scratch.guard_intact());
      });
      std::vector<double> expected = dq;
      expected.insert(expected.end(), dk.begin(), dk.end());
      expected.insert(expected.end(), dv.begin(), dv.end());
      expect_near(
          gradients, expected, [&](Index) { return bound * 4 * static_cast<double>(p.s.value_size + p.s.heads); },
          "gradients");
    });
  }
}

TYPED_TEST(AttentionTest, NanComesThrough) {
  using T = TypeParam;
  std::mt19937_64 engine(3);
  Problem<T> p({{1, 3, 9, 1, 1, 4, 4, false, {}}, Mask::none}, engine);
  p.q[4] = std::numeric_limits<T>::quiet_NaN();  // of row 1
  for_each_level([&](const kernels::Table& table) {
    const auto& attention = floats_of<T>(table).attention;
    Buffer<T> y(p.dy.size()), peak(3), inverse(3);
    Scratch scratch(attention.scratch(p.s));
    attention.forward(p.s, p.in, y.data(), peak.data(), inverse.data(), scratch.data());
    for (Index i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i]), i / 4 == 1) << i;
  });
}

}  // namespace
}  // namespace lamina
