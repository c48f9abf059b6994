// Elementwise functions against the reference, at every level: accuracy in units in the last place over the whole
// range, limits, gradients, broadcasting, integers, conversions; the same bits for body and tail, and for any thread
// count.
#include "kernels/elementwise/elementwise.h"

#include <cfloat>

#include "core/cpu.h"
#include "kernels/elementwise/reference.h"
#include "kernels/elementwise_values.h"

namespace lamina {
namespace {

using namespace testing_elementwise;
using kernels::Unary;
using reference::Real;

struct Row {
  Unary function;
  const char* name;
  double alpha = 0;
};

const std::vector<Row>& unary_rows() {
  static const std::vector<Row> rows = {
      {Unary::negative, "negative"},
      {Unary::absolute, "absolute"},
      {Unary::square, "square"},
      {Unary::sign, "sign"},
      {Unary::floor, "floor"},
      {Unary::ceil, "ceil"},
      {Unary::round, "round"},
      {Unary::trunc, "trunc"},
      {Unary::reciprocal, "reciprocal"},
      {Unary::sqrt, "sqrt"},
      {Unary::rsqrt, "rsqrt"},
      {Unary::exp, "exp"},
      {Unary::expm1, "expm1"},
      {Unary::log, "log"},
      {Unary::log1p, "log1p"},
      {Unary::sin, "sin"},
      {Unary::cos, "cos"},
      {Unary::tan, "tan"},
      {Unary::asin, "asin"},
      {Unary::acos, "acos"},
      {Unary::atan, "atan"},
      {Unary::sinh, "sinh"},
      {Unary::cosh, "cosh"},
      {Unary::asinh, "asinh"},
      {Unary::acosh, "acosh"},
      {Unary::atanh, "atanh"},
      {Unary::tanh, "tanh"},
      {Unary::erf, "erf"},
      {Unary::sigmoid, "sigmoid"},
      {Unary::softplus, "softplus"},
      {Unary::log_sigmoid, "log_sigmoid"},
      {Unary::relu, "relu"},
      {Unary::relu6, "relu6"},
      {Unary::silu, "silu"},
      {Unary::gelu, "gelu"},
      {Unary::gelu_tanh, "gelu_tanh"},
      {Unary::softsign, "softsign"},
      {Unary::hard_sigmoid, "hard_sigmoid"},
      {Unary::hard_silu, "hard_silu"},
      {Unary::elu, "elu", 1.0},
      {Unary::leaky_relu, "leaky_relu", 0.3},
      {Unary::selu, "selu"},
      {Unary::celu, "celu", 1.0},
      {Unary::mish, "mish"},
      {Unary::cbrt, "cbrt"},
      {Unary::exp2, "exp2"},
      {Unary::log2, "log2"},
      {Unary::log10, "log10"},
      {Unary::erfc, "erfc"},
  };
  return rows;
}

// Every `stride`-th float.
std::vector<float> sweep(float, std::uint32_t stride) {
  std::vector<float> values;
  for (std::uint64_t bits = 0; bits < 0x100000000u; bits += stride) {
    const std::uint32_t word = static_cast<std::uint32_t>(bits);
    float value;
    std::memcpy(&value, &word, sizeof value);
    values.push_back(value);
  }
  return values;
}

// Random mantissas at all exponents, most of them near 1.
std::vector<double> sweep(double, std::uint32_t stride) {
  std::mt19937_64 engine(7);
  std::vector<double> values;
  for (std::uint32_t i = 0; i < 0xffffffffu / stride; ++i) {
    const int exponent = i % 4 == 0 ? static_cast<int>(engine() % 2098) - 1074 : static_cast<int>(engine() % 48) - 36;
    const double mantissa = 1 + static_cast<double>(engine() >> 12) * 0x1p-52;
    values.push_back(std::ldexp(engine() % 2 == 0 ? mantissa : -mantissa, exponent));
  }
  return values;
}

// The distance in units in the last place of the exact value; denormal numbers count as the smallest normal one does.
template <class T>
double ulps(T actual, Real exact) {
  if (std::isnan(exact)) return std::isnan(actual) ? 0 : 1e30;
  const T rounded = static_cast<T>(exact);
  if (actual == rounded) return 0;
  if (std::isnan(actual) || std::isinf(actual) || std::isinf(rounded)) {
    // Next to the largest number either side is right.
    const Real largest = std::numeric_limits<T>::max();
    return std::fabs(exact) > largest * (1 - 4 * Real(epsilon<T>())) && std::fabs(exact) < largest * 2 &&
                   std::fabs(Real(actual)) > largest * (1 - 4 * Real(epsilon<T>())) && (actual > 0) == (exact > 0)
               ? 0
               : 1e30;
  }
  const Real magnitude = std::fmax(std::fabs(exact), Real(std::numeric_limits<T>::min()));
  int exponent;
  std::frexp(magnitude, &exponent);
  return static_cast<double>(std::fabs(Real(actual) - exact) /
                             std::ldexp(Real(1), exponent - std::numeric_limits<T>::digits));
}

template <class T>
double allowed_ulps(const Row& row, T x) {
  switch (row.function) {
    case Unary::negative:
    case Unary::absolute:
    case Unary::sign:
    case Unary::floor:
    case Unary::ceil:
    case Unary::round:
    case Unary::trunc:
    case Unary::relu:
    case Unary::relu6:
      return 0;
    case Unary::square:
    case Unary::reciprocal:
    case Unary::sqrt:
      return 0.5001;  // the reference is rounded as well
    case Unary::gelu:
    case Unary::gelu_tanh: {
      // The exponent of the reference, up to 700, has 64 bits.
      const double exponent =
          std::fmin(700.0, row.function == Unary::gelu ? double(x) * double(x) / 2
                                                       : 2 * std::fabs(double(x)) * double(x) * double(x));
      if (sizeof(T) == 4) return row.function == Unary::gelu_tanh ? 2 : x < 0 ? 7 : 3;
      return 2 + exponent / 256;
    }
    case Unary::elu:
    case Unary::selu:
    case Unary::celu:
      return 2.5;  // expm1 and one more product
    case Unary::cbrt:
    case Unary::exp2:
    case Unary::log2:
    case Unary::log10:
    case Unary::erfc:
      return sizeof(T) == 4 ? 0.501 : 6;  // the C library's, in double
    default:
      return 2;
  }
}

// With `flush`, in the mode that programs run in: denormal numbers count as 0, also as intermediate results.
template <class T>
void check_accuracy(bool flush) {
  std::vector<T> inputs = special_values<T>();
  for (const T value : sweep(T(), 30011)) inputs.push_back(value);
  const Index n = static_cast<Index>(inputs.size());
  std::vector<Real> expected(inputs.size());
  Buffer<T> x(n), y(n);
  std::copy(inputs.begin(), inputs.end(), x.data());
  for (const Row& row : unary_rows()) {
    SCOPED_TRACE(row.name);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      expected[i] = reference::unary(row.function, static_cast<Real>(T(row.alpha)), static_cast<Real>(inputs[i]));
    for_each_level([&](const kernels::Table& table) {
      {
        const FlushDenormals mode(flush);
        elementwise_of<T>(table).unary(row.function, T(row.alpha), n, x.data(), y.data());
      }
      int misses = 0;
      for (Index i = 0; i < n && misses < 3; ++i) {
        const Real exact = expected[static_cast<std::size_t>(i)];
        if (flush && (std::fpclassify(x[i]) == FP_SUBNORMAL ||
                      std::fmax(std::fabs(exact), std::fabs(Real(y[i]) - exact)) < std::numeric_limits<T>::min()))
          continue;
        const double distance = ulps(y[i], exact);
        if (distance > allowed_ulps(row, x[i])) {
          ++misses;
          ADD_FAILURE() << row.name << "(" << std::hexfloat << x[i] << ") is " << y[i] << ", expected "
                        << static_cast<T>(exact) << std::defaultfloat << ": " << distance << " ulp away";
        }
      }
    });
  }
}

TEST(Unary, FloatsAreWithinTwoUlpOverTheWholeRange) { check_accuracy<float>(false); }
TEST(Unary, DoublesAreWithinTwoUlpOverTheWholeRange) { check_accuracy<double>(false); }
TEST(Unary, FloatsAreWithinTwoUlpWhereDenormalsAreFlushed) { check_accuracy<float>(true); }
TEST(Unary, DoublesAreWithinTwoUlpWhereDenormalsAreFlushed) { check_accuracy<double>(true); }

template <class T>
void check_signed_zeros() {
  for_each_level([](const kernels::Table& table) {
    // f(-0) = -0
    for (const Unary function :
         {Unary::expm1, Unary::log1p, Unary::sin, Unary::tan, Unary::tanh, Unary::erf, Unary::asin, Unary::atan,
          Unary::sinh, Unary::asinh, Unary::atanh, Unary::sqrt, Unary::floor, Unary::ceil, Unary::round, Unary::trunc,
          Unary::silu, Unary::gelu, Unary::mish}) {
      T x = T(-0.0), y = 1;
      elementwise_of<T>(table).unary(function, 0, 1, &x, &y);
      EXPECT_TRUE(y == 0 && std::signbit(y)) << "function " << int(function) << " of -0 is " << y;
    }
    // The limit on the left is a zero, of either sign of no consequence, not NaN.
    for (const Unary function : {Unary::exp, Unary::sigmoid, Unary::silu, Unary::gelu, Unary::gelu_tanh, Unary::mish,
                                 Unary::softplus, Unary::hard_silu}) {
      T x = -std::numeric_limits<T>::infinity(), y = 1;
      elementwise_of<T>(table).unary(function, 0, 1, &x, &y);
      EXPECT_EQ(y, T(0)) << "function " << int(function) << " of -infinity";
    }
  });
}

TEST(Unary, SignedZerosAndLimits) {
  check_signed_zeros<float>();
  check_signed_zeros<double>();
}

// The same bits, but for the sign of NaN, which the order of a sum's operands decides.
template <class T>
bool same_numbers(const T* a, const T* b, Index n) {
  for (Index i = 0; i < n; ++i) {
    if (std::memcmp(a + i, b + i, sizeof(T)) != 0 && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  }
  return true;
}

// Each length around the vector widths, misaligned, in place, and in one long run: always the same bits.
template <class T>
void check_tails() {
  std::mt19937_64 engine(3);
  Buffer<T> x(150);
  x.randomize(engine, 5);
  x[7] = std::numeric_limits<T>::quiet_NaN();
  x[11] = T(1e30);
  for_each_level([&](const kernels::Table& table) {
    for (const Row& row : unary_rows()) {
      const auto run = elementwise_of<T>(table).unary;
      Buffer<T> whole(150);
      run(row.function, T(row.alpha), 150, x.data(), whole.data());
      for (Index n = 0; n <= 70; ++n) {
        for (const Index start : {0, 3}) {
          Buffer<T> part(n);
          run(row.function, T(row.alpha), n, x.data() + start, part.data());
          ASSERT_TRUE(part.guards_intact()) << row.name << " of " << n;
          ASSERT_TRUE(same_numbers(part.data(), whole.data() + start, n))
              << row.name << " of " << n << " from " << start;
        }
      }
      Buffer<T> in_place(150);
      std::copy(x.data(), x.data() + 150, in_place.data());
      run(row.function, T(row.alpha), 150, in_place.data(), in_place.data());
      ASSERT_TRUE(same_numbers(in_place.data(), whole.data(), 150)) << row.name << " in place";
    }
  });
}

TEST(Unary, BodyAndTailGiveTheSameBits) {
  check_tails<float>();
  check_tails<double>();
}

TEST(Unary, BitsDoNotDependOnThreads) {
  std::mt19937_64 engine(4);
  const Index n = 300001;
  Buffer<float> x(n);
  x.randomize(engine, 4);
  for_each_level([&](const kernels::Table& table) {
    for (const Unary function : {Unary::relu, Unary::tanh, Unary::gelu, Unary::atan}) {
      with_threads<float>(
          n, [&](Buffer<float>& y) { table.any_float32.elementwise.unary(function, 0, n, x.data(), y.data()); });
    }
  });
}

template <class T>
void check_integer_unary(const std::vector<T>& values) {
  for_each_level([&](const kernels::Table& table) {
    const Index n = static_cast<Index>(values.size());
    Buffer<T> x(n), y(n);
    std::copy(values.begin(), values.end(), x.data());
    const auto run = elementwise_of<T>(table).unary;
    run(Unary::negative, 0, n, x.data(), y.data());
    for (Index i = 0; i < n; ++i) EXPECT_EQ(y[i], T(std::uint64_t(0) - std::uint64_t(x[i])));
    run(Unary::absolute, 0, n, x.data(), y.data());
    for (Index i = 0; i < n; ++i) EXPECT_EQ(y[i], x[i] < 0 ? T(std::uint64_t(0) - std::uint64_t(x[i])) : x[i]);
    run(Unary::square, 0, n, x.data(), y.data());
    for (Index i = 0; i < n; ++i) EXPECT_EQ(y[i], T(std::uint64_t(x[i]) * std::uint64_t(x[i])));
    run(Unary::sign, 0, n, x.data(), y.data());
    for (Index i = 0; i < n; ++i) EXPECT_EQ(y[i], x[i] > 0 ? T(1) : x[i] < 0 ? T(-1) : T(0));
    run(Unary::floor, 0, n, x.data(), y.data());
    EXPECT_TRUE(y.same_bits(x));
  });
}

TEST(Unary, IntegersWrap) {
  check_integer_unary(integer_values<std::int32_t>(101));
  check_integer_unary(integer_values<std::int64_t>(101));
  check_integer_unary(integer_values<std::uint8_t>(101));
}

// ---- Gradients

template <class T>
void check_gradients() {
  std::mt19937_64 engine(5);
  const Index n = 1003;
  for (const Row& row : unary_rows()) {
    if (std::isnan(reference::unary_slope(row.function, 1, Real(0.3L)))) continue;
    SCOPED_TRACE(row.name);
    const double alpha = row.function == Unary::celu || row.function == Unary::elu ? 0.7 : row.alpha;
    Buffer<T> x(n), saved(n), dy(n);
    x.randomize(engine, 8);
    dy.randomize(engine, 2);
    const bool positive = row.function == Unary::log || row.function == Unary::sqrt || row.function == Unary::rsqrt ||
                          row.function == Unary::log1p;
    for (Index i = 0; i < n; ++i) {
      if (positive) x[i] = std::fabs(x[i]) + T(0.01);
      if (row.function == Unary::reciprocal && std::fabs(x[i]) < T(0.01)) x[i] = 1;
      if (row.function == Unary::exp || row.function == Unary::expm1) x[i] /= 4;
    }
    if (!positive && row.function != Unary::reciprocal) x[5] = 0;
    const bool output = kernels::unary_grad_uses_output(row.function);
    std::vector<Real> expected(static_cast<std::size_t>(n));
    std::vector<double> slopes(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
      saved[i] = output ? static_cast<T>(reference::unary(row.function, T(alpha), x[i])) : x[i];
      const Real slope = reference::unary_slope(row.function, T(alpha), x[i]);
      slopes[static_cast<std::size_t>(i)] = static_cast<double>(std::fabs(slope));
      expected[static_cast<std::size_t>(i)] = slope * dy[i];
    }
    for_each_level([&](const kernels::Table& table) {
      Buffer<T> dx = with_threads<T>(n, [&](Buffer<T>& out) {
        elementwise_of<T>(table).unary_grad(row.function, T(alpha), n, saved.data(), dy.data(), out.data());
      });
      // A few roundings of the slope; where the slope is a difference of terms of order 1, of those terms.
      expect_near(
          dx, expected,
          [&](Index i) {
            return epsilon<T>() * std::fabs(dy[i]) *
                   (8 * slopes[static_cast<std::size_t>(i)] + 4 * std::fabs(alpha) + 4);
          },
          row.name);
      Buffer<T> in_place(n);
      std::copy(dy.data(), dy.data() + n, in_place.data());
      elementwise_of<T>(table).unary_grad(row.function, T(alpha), n, saved.data(), in_place.data(), in_place.data());
      EXPECT_TRUE(in_place.same_bits(dx)) << "in place";
    });
  }
}

TEST(UnaryGrad, AgreesWithTheDerivative) {
  check_gradients<float>();
  check_gradients<double>();
}

TEST(UnaryGrad, KinksAndLimits) {
  for_each_level([](const kernels::Table& table) {
    const auto slope = [&](Unary function, float alpha, float saved) {
      const float dy = 1;
      float dx = 42;
      table.any_float32.elementwise.unary_grad(function, alpha, 1, &saved, &dy, &dx);
      return dx;
    };
    const float infinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(slope(Unary::relu, 0, 0), 0);
    EXPECT_EQ(slope(Unary::relu6, 0, 6), 0);
    EXPECT_EQ(slope(Unary::relu6, 0, 0), 0);
    EXPECT_EQ(slope(Unary::relu6, 0, 5.9f), 1);
    EXPECT_EQ(slope(Unary::leaky_relu, 0.25f, 0), 0.25f);
    EXPECT_EQ(slope(Unary::absolute, 0, 0), 0);
    for (const Unary function : {Unary::silu, Unary::gelu, Unary::gelu_tanh, Unary::mish}) {
      EXPECT_NEAR(slope(function, 0, -infinity), 0, 1e-30) << int(function);
      EXPECT_EQ(slope(function, 0, infinity), 1) << int(function);
    }
  });
}

TEST(UnaryGrad, FloatingDtypesOnly) {
  for_each_level([](const kernels::Table& table) {
    EXPECT_EQ(table.any_int32.elementwise.unary_grad, nullptr);
    EXPECT_EQ(table.any_bool.elementwise.unary_grad, nullptr);
    EXPECT_NE(table.any_float64.elementwise.unary_grad, nullptr);
  });
}

// ---- Conversions and the rest

template <class To, class From>
To converted(From x) {
  if constexpr (std::is_same_v<To, bool>) return x != From(0);
  if constexpr (std::is_floating_point_v<From> && !std::is_floating_point_v<To>) {
    if (std::isnan(x)) return 0;
    const Real value = std::trunc(static_cast<Real>(x));
    if (value <= static_cast<Real>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (value >= static_cast<Real>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(value);
  }
  return static_cast<To>(x);
}

template <class To, class From>
void check_cast_to(const std::vector<From>& values, int dtype) {
  const Index n = static_cast<Index>(values.size());
  for_each_level([&](const kernels::Table& table) {
    Buffer<From> x(n);
    for (Index i = 0; i < n; ++i) x[i] = values[static_cast<std::size_t>(i)];
    Buffer<To> y(n), expected(n);
    elementwise_of<From>(table).cast(n, x.data(), dtype, y.data());
    EXPECT_TRUE(y.guards_intact());
    for (Index i = 0; i < n; ++i) expected[i] = converted<To>(From(x[i]));
    for (Index i = 0; i < n; ++i)
      EXPECT_TRUE(y[i] == expected[i] || (y[i] != y[i] && expected[i] != expected[i]))
          << +x[i] << " to dtype " << dtype << " is " << +y[i] << ", expected " << +expected[i];
  });
}

template <class From>
void check_cast(const std::vector<From>& values) {
  check_cast_to<float>(values, 0);
  check_cast_to<double>(values, 1);
  check_cast_to<std::int32_t>(values, 2);
  check_cast_to<std::int64_t>(values, 3);
  check_cast_to<std::uint8_t>(values, 4);
  check_cast_to<bool>(values, 5);
}

TEST(Cast, SaturatesAndTruncates) {
  const auto floats = [](auto zero) {
    using T = decltype(zero);
    std::vector<T> values = special_values<T>();
    for (const double value : {0.3, 254.9, 255.0, 255.5, 256.0, -0.5, -1.0, 2147483520.0, 2147483646.9, 2147483647.0,
                               2147483648.0, -2147483648.0, -2147483904.0, 9.2233715e18, 9.223372036854775e18,
                               9.223372036854775807e18, -9.223372036854775808e18, -1e19, 1e300}) {
      values.push_back(T(value));
      values.push_back(T(-value));
    }
    return values;
  };
  check_cast(floats(0.0f));
  check_cast(floats(0.0));
  check_cast(integer_values<std::int32_t>(77));
  check_cast(integer_values<std::int64_t>(77));
  check_cast(integer_values<std::uint8_t>(77));
  check_cast(std::vector<bool>{true, false, true, true, false, false, true});
}

template <class T>
void check_simple() {
  std::mt19937_64 engine(15);
  for_each_level([&](const kernels::Table& table) {
    const auto& family = elementwise_of<T>(table);
    for (const Index n : {0, 1, 15, 16, 17, 63, 65, 300}) {
      Buffer<T> x(n), y(n);
      x.randomize(engine, 4);
      if (std::is_floating_point_v<T> && n > 2) x[2] = std::numeric_limits<T>::quiet_NaN();
      const T low = std::is_same_v<T, bool> ? T(0) : T(1), high = std::is_same_v<T, bool> ? T(0) : T(3);
      family.clip(n, x.data(), low, high, y.data());
      for (Index i = 0; i < n; ++i) {
        const T expected = x[i] < low ? low : x[i] > high ? high : x[i];
        EXPECT_TRUE(y[i] == expected || (y[i] != y[i] && x[i] != x[i])) << +x[i];
      }
      EXPECT_TRUE(y.guards_intact());
      family.fill(n, T(1), y.data());
      for (Index i = 0; i < n; ++i) EXPECT_EQ(y[i], T(1));
      EXPECT_TRUE(y.guards_intact());
      if constexpr (!std::is_same_v<T, bool>) {
        family.arange(n, T(3), T(2), y.data());
        for (Index i = 0; i < n; ++i) EXPECT_EQ(y[i], T(3 + 2 * i));
        EXPECT_TRUE(y.guards_intact());
      }
    }
  });
}

TEST(Elementwise, ClipFillArange) {
  check_simple<float>();
  check_simple<double>();
  check_simple<std::int32_t>();
  check_simple<std::int64_t>();
  check_simple<std::uint8_t>();
  check_simple<bool>();
}

template <class T>
void check_tests_of_numbers() {
  const std::vector<T> values = special_values<T>();
  const Index n = static_cast<Index>(values.size());
  for_each_level([&](const kernels::Table& table) {
    const auto& family = elementwise_of<T>(table);
    Buffer<bool> finite(n), nan(n), inf(n);
    family.is_finite(n, values.data(), finite.data());
    family.is_nan(n, values.data(), nan.data());
    family.is_inf(n, values.data(), inf.data());
    for (Index i = 0; i < n; ++i) {
      const T value = values[static_cast<std::size_t>(i)];
      EXPECT_EQ(finite[i], std::isfinite(value)) << value;
      EXPECT_EQ(nan[i], std::isnan(value)) << value;
      EXPECT_EQ(inf[i], std::isinf(value)) << value;
    }
  });
}

TEST(Elementwise, TestsForNotANumberAndInfinity) {
  check_tests_of_numbers<float>();
  check_tests_of_numbers<double>();
}

}  // namespace
}  // namespace lamina
