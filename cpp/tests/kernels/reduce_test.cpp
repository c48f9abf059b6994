// Reductions over every set of axes, and argmax and argmin, against the reference, at every level.
#include "kernels/reduce/reduce.h"

#include <memory>

#include "kernels/buffers.h"
#include "kernels/reduce/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::Reduce;
using kernels::ReduceShape;

ReduceShape shape_of(const std::vector<Index>& sizes, unsigned reduced) {
  ReduceShape s;
  s.rank = static_cast<std::int32_t>(sizes.size());
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    s.shape[d] = sizes[d];
    s.reduced[d] = (reduced >> d & 1) != 0;
  }
  return s;
}

std::string describe(const ReduceShape& s) {
  std::string text = "shape";
  for (int d = 0; d < s.rank; ++d) text += " " + std::to_string(s.shape[d]) + (s.reduced[d] ? "(reduced)" : "");
  return text;
}

// Every set of axes of small shapes; large shapes along the roads that differ.
std::vector<ReduceShape> shapes() {
  std::vector<ReduceShape> all;
  for (const auto& sizes : std::vector<std::vector<Index>>{{},
                                                           {1},
                                                           {7},
                                                           {130},
                                                           {3, 5},
                                                           {17, 33},
                                                           {4, 3, 9},
                                                           {1, 6, 1, 20},
                                                           {2, 3, 4, 5},
                                                           {3, 2, 5, 2, 7},
                                                           {2, 1, 3, 2, 2, 2}})
    for (unsigned reduced = 0; reduced < 1u << sizes.size(); ++reduced) all.push_back(shape_of(sizes, reduced));
  for (const auto& sizes : std::vector<std::vector<Index>>{{0}, {3, 0}, {0, 4}, {2, 0, 5}})
    for (unsigned reduced = 0; reduced < 1u << sizes.size(); ++reduced) all.push_back(shape_of(sizes, reduced));
  all.push_back(shape_of({2, 2, 3, 2, 2, 2, 3, 2}, 0x55));
  all.push_back(shape_of({2, 2, 3, 2, 2, 2, 3, 2}, 0xaa));
  all.push_back(shape_of({600, 1500}, 1));
  all.push_back(shape_of({200003}, 1));
  all.push_back(shape_of({100000, 1}, 1));
  for (const Index columns : {1, 2, 3, 8, 10, 17, 63, 64, 100, 513})
    for (const Index rows : {2, 63, 129, 600}) {
      all.push_back(shape_of({rows, columns}, 1));
      all.push_back(shape_of({columns, rows}, 2));
    }
  all.push_back(shape_of({50000, 3}, 1));
  all.push_back(shape_of({50000, 3}, 2));
  all.push_back(shape_of({3, 40000}, 2));
  all.push_back(shape_of({8, 49, 300}, 2));
  all.push_back(shape_of({64, 5, 300}, 5));
  all.push_back(shape_of({300, 5, 64}, 5));
  all.push_back(shape_of({40, 70, 3, 33}, 5));
  all.push_back(shape_of({40, 70, 3, 33}, 10));
  return all;
}

Index results_of(const ReduceShape& s) {
  Index n = 1;
  for (int d = 0; d < s.rank; ++d) n *= s.reduced[d] ? 1 : s.shape[d];
  return n;
}
Index elements_of(const ReduceShape& s) {
  Index n = 1;
  for (int d = 0; d < s.rank; ++d) n *= s.shape[d];
  return n;
}

template <class T>
Buffer<T> reduce_at(const kernels::Table& table, Reduce operation, const ReduceShape& s, const Buffer<T>& x) {
  const auto& reductions = any_of<T>(table).reduce;
  Scratch scratch(reductions.scratch(s));
  auto y = with_threads<T>(
      results_of(s), [&](Buffer<T>& out) { reductions.reduce(operation, s, x.data(), out.data(), scratch.data()); });
  EXPECT_TRUE(scratch.guard_intact());
  return y;
}

template <class T>
auto expected_of(Reduce operation, const ReduceShape& s, const Buffer<T>& x) {
  std::vector<reference::ReduceAccumulator<T>> y(static_cast<std::size_t>(results_of(s)));
  // std::vector<bool> has no data()
  const auto values = std::make_unique<reference::ReduceAccumulator<T>[]>(y.size());
  reference::reduce(operation, s, x.data(), values.get());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = values[i];
  return y;
}

template <class T>
class ReduceFloatTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(ReduceFloatTest, Floats);

TYPED_TEST(ReduceFloatTest, SumAndMean) {
  using T = TypeParam;
  std::mt19937_64 engine(1);
  for (const ReduceShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> x(elements_of(s));
    x.randomize(engine, 1, 0.3);
    const auto sums = expected_of(Reduce::sum, s, x), means = expected_of(Reduce::mean, s, x);
    const double count = static_cast<double>(elements_of(s)) / static_cast<double>(std::max<Index>(1, results_of(s)));
    // A block adds at most 256 numbers (of size up to 1.3) in a row, then the totals are double; the reference for
    // double adds them one by one.
    const double chain = sizeof(T) == 4 ? std::min(count, 256.0) : count;
    const double tolerance = epsilon<T>() * (1.3 * count * (1 + std::sqrt(chain) / 4) + 1);
    for_each_level([&](const kernels::Table& table) {
      expect_near(
          reduce_at(table, Reduce::sum, s, x), sums, [&](Index) { return tolerance; }, "sum");
      expect_near(
          reduce_at(table, Reduce::mean, s, x), means, [&](Index) { return tolerance / std::max(1.0, count); }, "mean");
    });
  }
}

TYPED_TEST(ReduceFloatTest, MaxMinAndProduct) {
  using T = TypeParam;
  std::mt19937_64 engine(2);
  for (const ReduceShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> x(elements_of(s));
    x.randomize(engine);
    const double count = static_cast<double>(elements_of(s)) / static_cast<double>(std::max<Index>(1, results_of(s)));
    const auto largest = expected_of(Reduce::max, s, x), smallest = expected_of(Reduce::min, s, x);
    for_each_level([&](const kernels::Table& table) {
      expect_equal(reduce_at(table, Reduce::max, s, x), largest, "max");
      expect_equal(reduce_at(table, Reduce::min, s, x), smallest, "min");
    });
    for (Index i = 0; i < x.size(); ++i) x[i] = 1 + x[i] / 100;
    const auto products = expected_of(Reduce::product, s, x);
    for_each_level([&](const kernels::Table& table) {
      expect_near(
          reduce_at(table, Reduce::product, s, x), products,
          [&](Index i) { return epsilon<T>() * (2 + count) * std::fabs(products[std::size_t(i)]); }, "product");
    });
  }
}

TYPED_TEST(ReduceFloatTest, NanWins) {
  using T = TypeParam;
  const T nan = std::numeric_limits<T>::quiet_NaN(), infinity = std::numeric_limits<T>::infinity();
  std::mt19937_64 engine(3);
  for (const ReduceShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> x(elements_of(s));
    x.randomize(engine);
    for (Index i = 0; i < x.size(); ++i) {
      if (engine() % 400 == 0) x[i] = nan;
      if (engine() % 100 == 0) x[i] = infinity;
      if (engine() % 100 == 0) x[i] = -infinity;
    }
    const auto largest = expected_of(Reduce::max, s, x), smallest = expected_of(Reduce::min, s, x);
    for_each_level([&](const kernels::Table& table) {
      expect_equal(reduce_at(table, Reduce::max, s, x), largest, "max");
      expect_equal(reduce_at(table, Reduce::min, s, x), smallest, "min");
    });
  }
}

// Two million times 0.1: a plain sum in float would be off by some percent.
TEST(ReduceFloat, LongSumsKeepTheirDigits) {
  const Index n = 2000000;
  Buffer<float> x(n);
  for (Index i = 0; i < n; ++i) x[i] = 0.1f;
  for_each_level([&](const kernels::Table& table) {
    for (const ReduceShape& s : {shape_of({n}, 1), shape_of({n / 4, 4}, 1), shape_of({n / 100, 100}, 1)}) {
      const Buffer<float> sum = reduce_at(table, Reduce::sum, s, x);
      const double exact_sum = static_cast<double>(0.1f) * static_cast<double>(n) / static_cast<double>(sum.size());
      EXPECT_NEAR(static_cast<double>(sum[0]), exact_sum, 1e-5 * exact_sum);
    }
  });
}

template <class T>
class ReduceIntegerTest : public testing::Test {};
using Integers = testing::Types<std::int32_t, std::int64_t, std::uint8_t>;
TYPED_TEST_SUITE(ReduceIntegerTest, Integers);

TYPED_TEST(ReduceIntegerTest, AllOperationsWrapAndAreExact) {
  using T = TypeParam;
  std::mt19937_64 engine(4);
  for (const ReduceShape& s : shapes()) {
    SCOPED_TRACE(describe(s));
    Buffer<T> x(elements_of(s));
    x.randomize(engine);
    for (Index i = 0; i < x.size(); ++i) x[i] = static_cast<T>(x[i] | 1);  // odd: products do not become 0
    for (const Reduce operation : {Reduce::sum, Reduce::product, Reduce::max, Reduce::min}) {
      SCOPED_TRACE("operation " + std::to_string(static_cast<int>(operation)));
      const auto expected = expected_of(operation, s, x);
      for_each_level(
          [&](const kernels::Table& table) { expect_equal(reduce_at(table, operation, s, x), expected, "y"); });
    }
  }
}

TEST(ReduceBool, AnyAndAll) {
  std::mt19937_64 engine(5);
  for (const ReduceShape& s : shapes())
    for (const std::uint64_t rarity : {2, 1000}) {
      SCOPED_TRACE(describe(s));
      Buffer<bool> rare(elements_of(s)), usual(elements_of(s));
      for (Index i = 0; i < rare.size(); ++i) usual[i] = !(rare[i] = engine() % rarity == 0);
      const auto any = expected_of(Reduce::any, s, rare), all = expected_of(Reduce::all, s, usual);
      for_each_level([&](const kernels::Table& table) {
        expect_equal(reduce_at(table, Reduce::any, s, rare), any, "any");
        expect_equal(reduce_at(table, Reduce::all, s, usual), all, "all");
      });
    }
}

template <class T>
class ArgTest : public testing::Test {};
using AllTypes = testing::Types<float, double, std::int32_t, std::int64_t, std::uint8_t, bool>;
TYPED_TEST_SUITE(ArgTest, AllTypes);

template <class T>
void check_arg(Index outer, Index size, Index inner, const Buffer<T>& x) {
  SCOPED_TRACE(shape_string({outer, size, inner}));
  std::vector<std::int64_t> largest(static_cast<std::size_t>(outer * inner)), smallest = largest;
  reference::arg_extreme(true, outer, size, inner, x.data(), largest.data());
  reference::arg_extreme(false, outer, size, inner, x.data(), smallest.data());
  for_each_level([&](const kernels::Table& table) {
    const auto& reductions = any_of<T>(table).reduce;
    expect_equal(with_threads<std::int64_t>(
                     outer * inner, [&](auto& out) { reductions.argmax(outer, size, inner, x.data(), out.data()); }),
                 largest, "argmax");
    expect_equal(with_threads<std::int64_t>(
                     outer * inner, [&](auto& out) { reductions.argmin(outer, size, inner, x.data(), out.data()); }),
                 smallest, "argmin");
  });
}

TYPED_TEST(ArgTest, TheFirstOfEquals) {
  using T = TypeParam;
  std::mt19937_64 engine(6);
  for (const Index size : {1, 2, 9, 16, 33, 1000, 5000})
    for (const Index inner : {1, 2, 17, 300})
      for (const Index outer : {1, 4}) {
        Buffer<T> x(outer * size * inner);
        x.randomize(engine);
        check_arg(outer, size, inner, x);
        for (Index i = 0; i < x.size(); ++i) x[i] = static_cast<T>(engine() % 3);  // many ties
        check_arg(outer, size, inner, x);
      }
  Buffer<T> x(300000);  // in pieces
  x.randomize(engine);
  check_arg(1, x.size(), 1, x);
  check_arg(3, x.size() / 3, 1, x);
  check_arg(100000, 3, 1, x);
}

TYPED_TEST(ArgTest, TheFirstNanIsTheExtreme) {
  using T = TypeParam;
  if constexpr (std::is_floating_point_v<T>) {
    const T nan = std::numeric_limits<T>::quiet_NaN(), infinity = std::numeric_limits<T>::infinity();
    std::mt19937_64 engine(7);
    for (const Index size : {3, 40, 9000})
      for (const Index inner : {1, 7, 30}) {
        Buffer<T> x(2 * size * inner);
        x.randomize(engine);
        check_arg(2, size, inner, x);
        for (Index i = 0; i < x.size(); i += 3) x[i] = engine() % 2 ? infinity : -infinity;
        check_arg(2, size, inner, x);
        for (Index i = 0; i < x.size(); ++i)
          if (engine() % 50 == 0) x[i] = nan;
        check_arg(2, size, inner, x);
      }
    Buffer<T> x(200000);
    x.randomize(engine);
    x[150000] = x[190000] = nan;
    check_arg(1, x.size(), 1, x);
    for (Index i = 0; i < x.size(); ++i) x[i] = -infinity;
    check_arg(1, x.size(), 1, x);
  }
}

}  // namespace
}  // namespace lamina
