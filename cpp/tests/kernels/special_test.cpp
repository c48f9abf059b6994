// Special functions against their definitions: integrals, sums and inverses in long double.
#include "kernels/elementwise/special.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace lamina {
namespace {

namespace special = kernels::special;
using Real = long double;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void expect_close(double actual, Real expected, double tolerance, const char* what, double a, double b = 0) {
  const Real distance = std::fabs(static_cast<Real>(actual) - expected);
  EXPECT_LE(static_cast<double>(distance), tolerance * static_cast<double>(std::fabs(expected)))
      << what << " of " << a << ", " << b << " is " << actual << ", expected " << static_cast<double>(expected);
}

TEST(Special, InverseOfErf) {
  for (double x = 1e-12; x < 1; x = x < 0.5 ? x * 3 : (1 + x) / 2) {
    const double y = special::inverse_erf(x);
    EXPECT_EQ(special::inverse_erf(-x), -y);
    // erf(y + d) = x: what d is, by the derivative
    const Real error = x < 0.5 ? std::erf(Real(y)) - x : (1 - Real(x)) - std::erfc(Real(y));
    const Real slope = 2 / std::sqrt(std::acos(Real(-1))) * std::exp(-Real(y) * y);
    expect_close(y, y - error / slope, 4e-16, "inverse_erf", x);
    if (x > 1 - 1e-15) break;
  }
  EXPECT_EQ(special::inverse_erf(0), 0);
  EXPECT_EQ(special::inverse_erf(1), kInfinity);
  EXPECT_EQ(special::inverse_erf(-1), -kInfinity);
  EXPECT_TRUE(std::isnan(special::inverse_erf(1.5)));
  EXPECT_TRUE(std::isnan(special::inverse_erf(std::numeric_limits<double>::quiet_NaN())));
}

// The mean of e^(x cos t) cos(nu t): exact but for rounding by the trapezoidal rule. Divided by e^x.
Real scaled_bessel(int nu, Real x) {
  constexpr int points = 2000;
  const Real pi = std::acos(Real(-1));
  Real sum = 0;
  for (int i = 0; i < points; ++i) {
    const Real t = 2 * pi * i / points;
    sum += std::exp(x * (std::cos(t) - 1)) * std::cos(nu * t);
  }
  return sum / points;
}

TEST(Special, BesselFunctions) {
  for (const double x : {0.01, 0.5, 1.0, 3.75, 8.0, 19.99, 20.0, 20.01, 35.0, 100.0, 400.0, 700.0}) {
    const Real scale = std::exp(Real(x));
    expect_close(special::bessel_i0(x), scaled_bessel(0, x) * scale, 2e-15, "I0", x);
    expect_close(special::bessel_i1(x), scaled_bessel(1, x) * scale, x < 0.1 ? 1e-13 : 2e-15, "I1", x);
    EXPECT_EQ(special::bessel_i0(-x), special::bessel_i0(x));
    EXPECT_EQ(special::bessel_i1(-x), -special::bessel_i1(x));
  }
  EXPECT_EQ(special::bessel_i0(0), 1);
  EXPECT_EQ(special::bessel_i1(0), 0);
  EXPECT_TRUE(std::isfinite(special::bessel_i0(712)));
  EXPECT_EQ(special::bessel_i0(kInfinity), kInfinity);
  EXPECT_EQ(special::bessel_i1(-kInfinity), -kInfinity);
}

TEST(Special, Digamma) {
  const double gamma = 0.57721566490153286061;
  double harmonic = 0;
  for (int n = 1; n < 40; ++n) {
    expect_close(special::digamma(n), harmonic - Real(gamma), 2e-15, "digamma", n);
    harmonic += 1.0 / n;
  }
  for (const double x : {0.001, 0.3, 0.75, 2.5, 9.99, 10.01, 1e5}) {  // the derivative of ln Gamma
    const Real h = 1e-4L * x;
    const auto difference = [&](int k) { return std::lgamma(x + k * h) - std::lgamma(x - k * h); };
    expect_close(special::digamma(x), (0.75L * difference(1) - 0.15L * difference(2) + difference(3) / 60) / h, 1e-11,
                 "digamma", x);
  }
  EXPECT_NEAR(special::digamma(-0.5), special::digamma(1.5), 1e-14);  // reflected at 1/2
  EXPECT_EQ(special::digamma(0), -kInfinity);
  EXPECT_TRUE(std::isnan(special::digamma(-3)));
  EXPECT_EQ(special::digamma(kInfinity), kInfinity);
}

// P(a, x) as the integral over s = ln t, by Gauss's rule of five points on each of many pieces.
Real integral(Real a, Real x) {
  const int pieces = 2000;
  const Real high = std::log(x), low = std::fmin(high, std::log(a)) - 60 / a - 12 / std::sqrt(a);
  const Real h = (high - low) / pieces, norm = std::lgamma(a);
  const Real near = std::sqrt(5 - 2 * std::sqrt(Real(10) / 7)) / 3,
             far = std::sqrt(5 + 2 * std::sqrt(Real(10) / 7)) / 3;
  const Real heavy = (322 + 13 * std::sqrt(Real(70))) / 900, light = (322 - 13 * std::sqrt(Real(70))) / 900;
  const auto density = [&](Real s) { return std::exp(a * s - std::exp(s) - norm); };
  Real sum = 0;
  for (int i = 0; i < pieces; ++i) {
    const Real middle = low + h * (i + Real(0.5)), half = h / 2;
    sum += heavy * (density(middle - near * half) + density(middle + near * half)) +
           light * (density(middle - far * half) + density(middle + far * half)) + Real(128) / 225 * density(middle);
  }
  return sum * h / 2;
}

TEST(Special, IncompleteGammaFunction) {
  for (const double a : {0.25, 1.0, 2.5, 9.5, 10.5, 80.0}) {
    for (const double ratio : {0.05, 0.5, 0.97, 1.0, 1.2, 3.0}) {
      const double x = a * ratio;
      expect_close(special::gammainc(a, x), integral(a, x), 1e-12, "gammainc", a, x);
      const Real h = 1e-3L * a;
      const auto by_a = [&](int k) { return integral(a + k * h, x) - integral(a - k * h, x); };
      const Real slope = (0.75L * by_a(1) - 0.15L * by_a(2) + by_a(3) / 60) / h;
      EXPECT_NEAR(special::gammainc_slope(a, x), static_cast<double>(slope), 1e-10) << a << ", " << x;
      const Real density = std::exp((a - 1) * std::log(Real(x)) - x - std::lgamma(Real(a)));
      expect_close(special::gamma_density(a, x), density, 1e-13, "gamma_density", a, x);
    }
  }
}

TEST(Special, IncompleteGammaFunctionFarOut) {
  EXPECT_EQ(special::gammainc(2, 0), 0);
  EXPECT_EQ(special::gammainc(0, 2), 1);
  EXPECT_EQ(special::gammainc(2, kInfinity), 1);
  EXPECT_EQ(special::gammainc(kInfinity, 2), 0);
  EXPECT_EQ(special::gammainc(2, 1000), 1);
  EXPECT_TRUE(std::isnan(special::gammainc(-1, 2)));
  EXPECT_TRUE(std::isnan(special::gammainc(1, -2)));
  EXPECT_TRUE(std::isnan(special::gammainc(0, 0)));
  // the series and the expansion for large a meet at 10^7
  for (const double deviations : {-5.0, -1.0, 0.0, 0.3, 2.0, 6.0}) {
    const double below = 1e7, above = std::nextafter(1e7, kInfinity), x = 1e7 + deviations * std::sqrt(1e7);
    EXPECT_NEAR(special::gammainc(below, x), special::gammainc(above, x), 2e-11) << deviations;
    EXPECT_NEAR(special::gammainc_slope(below, x) / special::gammainc_slope(above, x), 1, 1e-6) << deviations;
  }
  EXPECT_EQ(special::gammainc(1e20, 1e19), 0);
  EXPECT_EQ(special::gammainc(1e20, 1e21), 1);
  EXPECT_NEAR(special::gammainc(1e20, 1e20), 0.5, 1e-9);
  EXPECT_EQ(special::gamma_density(1, 0), 1);
  EXPECT_EQ(special::gamma_density(2, 0), 0);
  EXPECT_EQ(special::gamma_density(0.5, 0), kInfinity);
}

}  // namespace
}  // namespace lamina
