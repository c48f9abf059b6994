// Binary functions, comparisons and selection over all kinds of broadcasts, against the reference, at every level.
#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/reference.h"
#include "kernels/elementwise_values.h"

namespace lamina {
namespace {

using namespace testing_elementwise;
using kernels::Binary;
using kernels::Broadcast;
using kernels::Compare;
using reference::Real;

// Row-major strides of `shape`, 0 where `operand` has 1.
Broadcast broadcast_of(const std::vector<std::vector<Index>>& operands) {
  Broadcast b;
  std::size_t rank = 0;
  for (const auto& operand : operands) rank = std::max(rank, operand.size());
  b.rank = static_cast<std::int32_t>(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) b.shape[axis] = 1;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    Index stride = 1;
    const std::size_t missing = rank - operands[k].size();
    for (std::size_t axis = rank; axis-- > missing;) {
      const Index size = operands[k][axis - missing];
      b.strides[k][axis] = size == 1 ? 0 : stride;
      stride *= size;
      if (size != 1) b.shape[axis] = size;
    }
  }
  return b;
}

Index total_of(const Broadcast& b) {
  Index n = 1;
  for (int axis = 0; axis < b.rank; ++axis) n *= b.shape[axis];
  return n;
}

Index extent_of(const Broadcast& b, int k) {
  Index last = 0;
  for (int axis = 0; axis < b.rank; ++axis) last += (b.shape[axis] - 1) * b.strides[k][axis];
  return total_of(b) == 0 ? 1 : last + 1;
}

std::vector<Broadcast> broadcasts(int operands) {
  std::vector<Broadcast> all;
  const auto add = [&](std::vector<Index> a, std::vector<Index> b, std::vector<Index> c) {
    if (operands == 2)
      all.push_back(broadcast_of({a, b}));
    else
      all.push_back(broadcast_of({c, a, b}));
  };
  add({}, {}, {});
  add({1}, {1}, {1});
  add({7}, {7}, {7});
  add({133}, {133}, {133});
  add({133}, {}, {133});
  add({}, {133}, {1});
  add({0}, {0}, {0});
  add({3, 0}, {0}, {3, 1});
  for (const Index columns : {1, 3, 4, 15, 16, 17, 47, 48, 49, 64, 100}) {
    for (const Index rows : {1, 2, 5, 67}) {
      add({rows, columns}, {columns}, {rows, columns});
      add({columns}, {rows, columns}, {rows, 1});
      add({rows, columns}, {rows, 1}, {columns});
      add({rows, 1}, {rows, columns}, {rows, columns});
      add({rows, 1}, {1, columns}, {rows, 1});
      add({1, 1}, {rows, columns}, {1, 1});
    }
  }
  add({2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5});
  add({2, 3, 4, 5}, {3, 1, 5}, {2, 1, 4, 1});
  add({2, 3, 4, 5}, {2, 1, 1, 1}, {4, 5});
  add({6, 1, 50, 1}, {1, 3, 1, 60}, {6, 3, 1, 60});
  add({2, 1, 3, 1, 2, 1, 2, 5}, {1, 4, 1, 2, 1, 3, 1, 5}, {5});
  add({1500, 5}, {5}, {1500, 1});
  add({700, 9}, {700, 1}, {9});
  add({3, 5000}, {3, 1}, {5000});
  // a transposed operand, and one with every second element
  Broadcast transposed =
      broadcast_of({std::vector<Index>{19, 70}, std::vector<Index>{19, 70}, std::vector<Index>{19, 70}});
  transposed.strides[1][0] = 1;
  transposed.strides[1][1] = 19;
  all.push_back(transposed);
  transposed.strides[0][1] = 2;
  transposed.strides[0][0] = 140;
  all.push_back(transposed);
  Broadcast narrow = broadcast_of({std::vector<Index>{70, 19}, std::vector<Index>{70, 19}, std::vector<Index>{70, 19}});
  narrow.strides[1][0] = 1;
  narrow.strides[1][1] = 70;
  all.push_back(narrow);
  // all operands constant along the last axis
  Broadcast repeated = broadcast_of({std::vector<Index>{9, 1}, std::vector<Index>{9, 1}, std::vector<Index>{9, 1}});
  repeated.shape[1] = 60;
  all.push_back(repeated);
  repeated.shape[1] = 6;
  all.push_back(repeated);
  repeated.strides[0][0] = repeated.strides[1][0] = repeated.strides[2][0] = 0;
  all.push_back(repeated);
  return all;
}

std::string describe(const Broadcast& b, int operands) {
  std::string text = "shape";
  for (int axis = 0; axis < b.rank; ++axis) text += " " + std::to_string(b.shape[axis]);
  for (int k = 0; k < operands; ++k) {
    text += k == 0 ? ", strides" : " /";
    for (int axis = 0; axis < b.rank; ++axis) text += " " + std::to_string(b.strides[k][axis]);
  }
  return text;
}

constexpr Binary kFloatBinaries[] = {Binary::add,
                                     Binary::subtract,
                                     Binary::multiply,
                                     Binary::divide,
                                     Binary::maximum,
                                     Binary::minimum,
                                     Binary::power,
                                     Binary::floor_divide,
                                     Binary::mod,
                                     Binary::atan2,
                                     Binary::squared_difference,
                                     Binary::fmod,
                                     Binary::hypot,
                                     Binary::ldexp};
constexpr Binary kIntegerBinaries[] = {
    Binary::add,         Binary::subtract,   Binary::multiply,     Binary::divide,      Binary::maximum,
    Binary::minimum,     Binary::power,      Binary::floor_divide, Binary::mod,         Binary::squared_difference,
    Binary::fmod,        Binary::gcd,        Binary::lcm,          Binary::bitwise_and, Binary::bitwise_or,
    Binary::bitwise_xor, Binary::left_shift, Binary::right_shift};
constexpr Binary kBoolBinaries[] = {Binary::add,        Binary::subtract,   Binary::multiply, Binary::maximum,
                                    Binary::minimum,    Binary::power,      Binary::mod,      Binary::logical_and,
                                    Binary::logical_or, Binary::logical_xor};

template <class T>
void fill_operand(Buffer<T>& x, std::mt19937_64& engine) {
  x.randomize(engine, 4);
  if constexpr (std::is_floating_point_v<T>) {
    // Quotients and remainders that are exact, so that the reference's rounding does not matter.
    for (Index i = 0; i < x.size(); ++i) x[i] = std::round(x[i] * 4) / 4 + (x[i] < 0 ? T(-0.25) : T(0.25));
  } else if constexpr (!std::is_same_v<T, bool>) {
    const std::vector<T> values = integer_values<T>(x.size() + 9);
    for (Index i = 0; i < x.size(); ++i) x[i] = values[static_cast<std::size_t>(engine() % values.size())];
  }
}

template <class T, std::size_t Count>
void check_binary(const Binary (&functions)[Count]) {
  std::mt19937_64 engine(11);
  for (const Broadcast& shape : broadcasts(2)) {
    SCOPED_TRACE(describe(shape, 2));
    const Index n = total_of(shape);
    Buffer<T> a(extent_of(shape, 0)), b(extent_of(shape, 1));
    fill_operand(a, engine);
    fill_operand(b, engine);
    for (const Binary function : functions) {
      SCOPED_TRACE("function " + std::to_string(int(function)));
      std::vector<Real> expected(static_cast<std::size_t>(n));
      std::vector<T> exact_expected(static_cast<std::size_t>(std::is_same_v<T, bool> ? 0 : n));
      std::vector<char> bool_expected(static_cast<std::size_t>(n));
      for (Index i = 0; i < n; ++i) {
        const T u = a[reference::broadcast_index(shape, 0, i)], v = b[reference::broadcast_index(shape, 1, i)];
        if constexpr (std::is_floating_point_v<T>)
          expected[static_cast<std::size_t>(i)] = reference::binary(function, u, v);
        else if constexpr (std::is_same_v<T, bool>)
          bool_expected[static_cast<std::size_t>(i)] = reference::bool_binary(function, u, v);
        else
          exact_expected[static_cast<std::size_t>(i)] = reference::integer_binary(function, u, v);
      }
      for_each_level([&](const kernels::Table& table) {
        Buffer<T> y(n);
        elementwise_of<T>(table).binary(function, shape, a.data(), b.data(), y.data());
        EXPECT_TRUE(y.guards_intact());
        if constexpr (std::is_floating_point_v<T>)
          expect_near(
              y, expected,
              [&](Index i) {
                return epsilon<T>() * (1 + static_cast<double>(std::fabs(expected[static_cast<std::size_t>(i)])));
              },
              "y");
        else if constexpr (std::is_same_v<T, bool>)
          expect_equal(y, bool_expected, "y");
        else
          expect_equal(y, exact_expected, "y");
        // In place of an operand of the output's shape.
        if (extent_of(shape, 0) == n && shape.rank > 0 && shape.strides[0][shape.rank - 1] == 1) {
          Buffer<T> in_place(n);
          std::copy(a.data(), a.data() + n, in_place.data());
          elementwise_of<T>(table).binary(function, shape, in_place.data(), b.data(), in_place.data());
          EXPECT_TRUE(in_place.same_bits(y)) << "in place";
        }
      });
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(Binary, Float) { check_binary<float>(kFloatBinaries); }
TEST(Binary, Double) { check_binary<double>(kFloatBinaries); }
TEST(Binary, Int32) { check_binary<std::int32_t>(kIntegerBinaries); }
TEST(Binary, Int64) { check_binary<std::int64_t>(kIntegerBinaries); }
TEST(Binary, Uint8) { check_binary<std::uint8_t>(kIntegerBinaries); }
TEST(Binary, Bool) { check_binary<bool>(kBoolBinaries); }

TEST(Binary, NotANumberZerosAndSigns) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for_each_level([&](const kernels::Table& table) {
    const auto apply = [&](Binary function, float a, float b) {
      float y = 42;
      Broadcast scalar;
      table.any_float32.elementwise.binary(function, scalar, &a, &b, &y);
      return y;
    };
    for (const Binary function : {Binary::maximum, Binary::minimum}) {
      EXPECT_TRUE(std::isnan(apply(function, nan, 1)));
      EXPECT_TRUE(std::isnan(apply(function, 1, nan)));
    }
    EXPECT_EQ(apply(Binary::divide, 1, 0), infinity);
    EXPECT_EQ(apply(Binary::floor_divide, -7, 2), -4);
    EXPECT_EQ(apply(Binary::floor_divide, 1, 0.1f), 9);  // 0.1f lies above 1 / 10
    EXPECT_EQ(apply(Binary::floor_divide, 1, 0), infinity);
    EXPECT_EQ(apply(Binary::mod, -7, 3), 2);
    EXPECT_EQ(apply(Binary::mod, 7, -3), -2);
    EXPECT_TRUE(std::signbit(apply(Binary::mod, 6, -3)));
    EXPECT_TRUE(std::isnan(apply(Binary::mod, 1, 0)));
    EXPECT_EQ(apply(Binary::power, -infinity, 0.5f), infinity);
    EXPECT_FALSE(std::signbit(apply(Binary::power, -0.0f, 0.5f)));
    EXPECT_TRUE(std::isnan(apply(Binary::power, -2, 0.5f)));
    EXPECT_EQ(apply(Binary::power, -2, 3), -8);
    EXPECT_EQ(apply(Binary::power, -3, 2), 9);
    EXPECT_EQ(apply(Binary::fmod, -7, 3), -1);
    EXPECT_EQ(apply(Binary::hypot, 3e30f, 4e30f), 5e30f);
    EXPECT_EQ(apply(Binary::ldexp, 3, 1e9f), infinity);
    EXPECT_EQ(apply(Binary::ldexp, -3, -1e9f), 0);
    EXPECT_EQ(apply(Binary::next_after, 1, 2), 1 + std::numeric_limits<float>::epsilon());
    EXPECT_EQ(apply(Binary::next_after, 0, -1), -std::numeric_limits<float>::denorm_min());
    EXPECT_EQ(apply(Binary::next_after, std::numeric_limits<float>::max(), infinity), infinity);
    EXPECT_TRUE(std::signbit(apply(Binary::next_after, -std::numeric_limits<float>::denorm_min(), 1)));
    EXPECT_TRUE(std::isnan(apply(Binary::next_after, nan, 1)));
  });
}

TEST(Binary, BitsDoNotDependOnThreads) {
  std::mt19937_64 engine(12);
  for (const auto& shape : {broadcast_of({{400, 801}, {801}}), broadcast_of({{100000, 4}, {4}}),
                            broadcast_of({{90000, 3}, {90000, 1}}), broadcast_of({{300007}, {300007}})}) {
    Buffer<float> a(extent_of(shape, 0)), b(extent_of(shape, 1));
    a.randomize(engine);
    b.randomize(engine);
    for_each_level([&](const kernels::Table& table) {
      with_threads<float>(total_of(shape), [&](Buffer<float>& y) {
        table.any_float32.elementwise.binary(Binary::add, shape, a.data(), b.data(), y.data());
      });
    });
  }
}

template <class T>
void check_compare() {
  std::mt19937_64 engine(13);
  for (const Broadcast& shape : broadcasts(2)) {
    SCOPED_TRACE(describe(shape, 2));
    const Index n = total_of(shape);
    Buffer<T> a(extent_of(shape, 0)), b(extent_of(shape, 1));
    fill_operand(a, engine);
    fill_operand(b, engine);
    if (std::is_floating_point_v<T> && a.size() > 3) a[3] = std::numeric_limits<T>::quiet_NaN();
    for (const Compare function : {Compare::equal, Compare::not_equal, Compare::less, Compare::less_equal,
                                   Compare::greater, Compare::greater_equal}) {
      std::vector<char> expected(static_cast<std::size_t>(n));
      for (Index i = 0; i < n; ++i)
        expected[static_cast<std::size_t>(i)] = reference::compare<T>(
            function, a[reference::broadcast_index(shape, 0, i)], b[reference::broadcast_index(shape, 1, i)]);
      for_each_level([&](const kernels::Table& table) {
        Buffer<bool> y(n);
        elementwise_of<T>(table).compare(function, shape, a.data(), b.data(), y.data());
        EXPECT_TRUE(y.guards_intact());
        expect_equal(y, expected, "compare " + std::to_string(int(function)));
      });
    }
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Compare, AgreesWithTheReference) {
  check_compare<float>();
  check_compare<double>();
  check_compare<std::int32_t>();
  check_compare<std::int64_t>();
  check_compare<std::uint8_t>();
  check_compare<bool>();
}

template <class T>
void check_where() {
  std::mt19937_64 engine(14);
  for (const Broadcast& shape : broadcasts(3)) {
    SCOPED_TRACE(describe(shape, 3));
    const Index n = total_of(shape);
    Buffer<bool> condition(extent_of(shape, 0));
    Buffer<T> a(extent_of(shape, 1)), b(extent_of(shape, 2));
    condition.randomize(engine);
    a.randomize(engine);
    b.randomize(engine);
    Buffer<T> expected(n);
    for (Index i = 0; i < n; ++i)
      expected[i] = condition[reference::broadcast_index(shape, 0, i)] ? a[reference::broadcast_index(shape, 1, i)]
                                                                       : b[reference::broadcast_index(shape, 2, i)];
    for_each_level([&](const kernels::Table& table) {
      Buffer<T> y(n);
      elementwise_of<T>(table).where(shape, condition.data(), a.data(), b.data(), y.data());
      EXPECT_TRUE(y.guards_intact());
      EXPECT_TRUE(y.same_bits(expected));
    });
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Where, AgreesWithTheReference) {
  check_where<float>();
  check_where<double>();
  check_where<std::int32_t>();
  check_where<std::int64_t>();
  check_where<std::uint8_t>();
  check_where<bool>();
}

}  // namespace
}  // namespace lamina
