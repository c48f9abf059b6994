#include "core/dim.h"

#include <limits>

#include "support.h"

namespace lamina {
namespace {

const Dim n = Dim::symbol("n"), m = Dim::symbol("m");

TEST(Dim, Simplifies) {
  const struct {
    Dim dim;
    const char* text;
  } rows[] = {
      {Dim(3) + Dim(4), "7"},
      {n + 0, "n"},
      {Dim(2) + n, "(n+2)"},
      {n + 2 + 3, "(n+5)"},
      {n - 2, "(n+-2)"},
      {n + 2 - 2, "n"},
      {n - n, "0"},
      {(n + m) - n, "m"},
      {(n + m) - m, "n"},
      {n * 0, "0"},
      {n * 1, "n"},
      {Dim(2) * n * 3, "(n*6)"},
      {n * 6 / 3, "(n*2)"},
      {n * m / m, "n"},
      {n * m / n, "m"},
      {n / n, "1"},
      {n / 1, "n"},
      {n * 5 / 3, "((n*5)//3)"},
      {ceil_divide(n * 4, 2), "(n*2)"},
      {ceil_divide(n, 2), "(n/^2)"},
      {maximum(n, n), "n"},
      {maximum(n, 0), "n"},
      {maximum(n, 1), "(nmax1)"},
      {maximum(n - 1, 0), "((n+-1)max0)"},  // a difference may be negative
      {maximum(maximum(n - 1, 0) * 2, 0), "(((n+-1)max0)*2)"},
      {minimum(n, m), "(nminm)"},
  };
  for (const auto& row : rows) EXPECT_EQ(to_string(row.dim), row.text);
}

TEST(Dim, SimplifiedAndPlainHaveOneValue) {
  std::mt19937 engine(1);
  const Bindings bindings = {{"n", 7}, {"m", 4}};
  for (int repeat = 0; repeat < 2000; ++repeat) {
    Dim dim = n;
    std::int64_t value = 7;
    for (int step = 0; step < 6; ++step) {
      const int kind = static_cast<int>(engine() % 7);
      const bool number = engine() % 3 != 0;
      const std::int64_t other = number ? static_cast<std::int64_t>(engine() % 6) + 1 : 4;
      const Dim operand = number ? Dim(other) : m;
      dim = Dim::make(static_cast<Dim::Kind>(kind + 2), dim, operand);
      const std::int64_t floor = value / other - (value % other != 0 && value < 0);
      const std::int64_t results[] = {
          value + other,          value - other,         value * other, floor, floor + (value % other != 0),
          std::min(value, other), std::max(value, other)};
      value = results[kind];
      ASSERT_EQ(dim.evaluate(bindings), value) << to_string(dim);
    }
  }
}

TEST(Dim, DividesTowardsTheRightSide) {
  const struct {
    std::int64_t a, b, floor, ceil;
  } rows[] = {{7, 2, 3, 4}, {-7, 2, -4, -3}, {7, -2, -4, -3}, {-7, -2, 3, 4}, {6, 3, 2, 2}, {0, 5, 0, 0}};
  for (const auto& row : rows) {
    EXPECT_EQ((Dim(row.a) / Dim(row.b)).value(), row.floor);
    EXPECT_EQ(ceil_divide(row.a, row.b).value(), row.ceil);
  }
}

TEST(Dim, Compares) {
  EXPECT_EQ(n, Dim::symbol("n"));
  EXPECT_NE(n, m);
  EXPECT_NE(n, Dim(3));
  EXPECT_EQ(n * 2 + m, Dim::symbol("n") * 2 + Dim::symbol("m"));
  EXPECT_NE(n * 2, n * 3);
  EXPECT_NE(Dim::fresh(), Dim::fresh());
}

TEST(Dim, Substitutes) {
  const Substitutions swap = {{"n", m * 2}, {"m", n}};  // all at once
  EXPECT_EQ(to_string((n + m).substitute(swap)), "((m*2)+n)");
  EXPECT_EQ(maximum(n - 3, 0).substitute({{"n", 5}}), Dim(2));
  EXPECT_EQ((n * 2 + 1).substitute({{to_string(n * 2), m}}), m + 1);
  EXPECT_EQ(n.substitute({{"other", 5}}), n);
  EXPECT_EQ(Dim(4).substitute(swap), Dim(4));
}

TEST(Dim, Refuses) {
  constexpr std::int64_t low = std::numeric_limits<std::int64_t>::min(),
                         high = std::numeric_limits<std::int64_t>::max();
  support::expect_error(ErrorKind::value, "A size is unknown", [] { (void)(n + m).evaluate({{"n", 1}}); });
  support::expect_error(ErrorKind::value, "A size is divided by zero", [] {
    (void)(n / m).evaluate({{"n", 1}, {"m", 0}});
  });
  for (const Dim::Kind kind : {Dim::Kind::floor_divide, Dim::Kind::ceil_divide}) {
    support::expect_error(ErrorKind::value, "divided by zero", [&] { (void)Dim::make(kind, 4, 0); });
    support::expect_error(ErrorKind::value, "out of range", [&] { (void)Dim::make(kind, low, -1); });
  }
  support::expect_error(ErrorKind::value, "out of range", [] { (void)(Dim(high) + Dim(1)); });
  support::expect_error(ErrorKind::value, "out of range", [] { (void)(Dim(low) - Dim(1)); });
  support::expect_error(ErrorKind::value, "out of range", [] { (void)(Dim(1LL << 32) * Dim(1LL << 32)); });
  support::expect_error(ErrorKind::value, "out of range", [] { (void)(n - Dim(low)); });
}

TEST(Dims, TextElementsAndEvaluation) {
  const Dims dims{n, 3, m + 1};
  EXPECT_EQ(to_string(dims), "(None, 3, None)");
  EXPECT_EQ(to_string(Dims{n}), "(None,)");
  EXPECT_EQ(to_string(Spec{DType::int64, {4}}), "int64 (4,)");
  EXPECT_EQ(to_string(std::vector<Spec>{{DType::float32, {}}, {DType::boolean, {n}}}), "float32 (), bool (None,)");
  EXPECT_FALSE(dims.known());
  const Bindings bindings = {{"n", 2}, {"m", 4}};
  EXPECT_EQ(dims.evaluate(bindings), Shape({2, 3, 5}));
  EXPECT_EQ(dims.elements().evaluate(bindings), 30);
  EXPECT_EQ(Dims(Shape({2, 3})).shape(), Shape({2, 3}));
  support::expect_error(ErrorKind::value, "A size is unknown", [&] { (void)dims.shape(); });
}

}  // namespace
}  // namespace lamina
