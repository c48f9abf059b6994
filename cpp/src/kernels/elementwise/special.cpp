// Special functions by their series, asymptotic expansions and continued fractions (Abramowitz and Stegun, chapters 6,
// 7 and 9; for large a Temme, "The asymptotic expansion of the incomplete gamma functions", 1979).
#include "kernels/elementwise/special.h"

#include <cmath>
#include <limits>

namespace lamina::kernels::special {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kEpsilon = 1e-16;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A number and its derivative by one parameter: what a formula makes of it is the formula's value and derivative.
struct Dual {
  double value, slope;
  Dual(double v, double s = 0) : value(v), slope(s) {}
};
Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.slope - b.slope}; }
Dual operator*(Dual a, Dual b) { return {a.value * b.value, a.slope * b.value + a.value * b.slope}; }
Dual operator/(Dual a, Dual b) {
  const double quotient = a.value / b.value;
  return {quotient, (a.slope - quotient * b.slope) / b.value};
}

double value(double x) { return x; }
double value(Dual x) { return x.value; }

double exp(double x) { return std::exp(x); }
double log(double x) { return std::log(x); }
double log1p(double x) { return std::log1p(x); }
double sqrt(double x) { return std::sqrt(x); }
double erfc(double x) { return std::erfc(x); }
double log_gamma(double x) { return std::lgamma(x); }

Dual chain(Dual x, double y, double derivative) { return {y, derivative * x.slope}; }
Dual exp(Dual x) { return chain(x, std::exp(x.value), std::exp(x.value)); }
Dual log(Dual x) { return chain(x, std::log(x.value), 1 / x.value); }
Dual log1p(Dual x) { return chain(x, std::log1p(x.value), 1 / (1 + x.value)); }
Dual sqrt(Dual x) { return chain(x, std::sqrt(x.value), 0.5 / std::sqrt(x.value)); }
Dual erfc(Dual x) { return chain(x, std::erfc(x.value), -2 / std::sqrt(kPi) * std::exp(-x.value * x.value)); }
Dual log_gamma(Dual x) { return chain(x, std::lgamma(x.value), digamma(x.value)); }

bool negligible(double term, double sum) { return std::fabs(term) <= kEpsilon * std::fabs(sum); }
bool negligible(Dual term, Dual sum) { return negligible(term.value, sum.value) && negligible(term.slope, sum.slope); }

// The sum of c[i] x^i.
template <class N, int Count>
N polynomial(N x, const double (&c)[Count]) {
  N y = c[Count - 1];
  for (int i = Count - 2; i >= 0; --i) y = y * x + c[i];
  return y;
}

// (u - ln(1 + u)) / u^2
template <class N>
N log_curvature(N u) {
  if (std::fabs(value(u)) > 0.15) return (u - log1p(u)) / (u * u);
  N sum = 0.0;
  for (int k = 21; k >= 2; --k) sum = N(1.0 / k) - u * sum;
  return sum;
}

// ln(x^a e^-x / Gamma(a + 1)); for large a by Stirling's formula, in which the large terms have cancelled.
template <class N>
N log_front(N a, double x) {
  if (value(a) < 10) return a * N(std::log(x)) - N(x) - log_gamma(a + N(1.0));
  const N u = (N(x) - a) / a, inverse = N(1.0) / a;
  const double tail[] = {1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360};
  return N(-1.0) * a * u * u * log_curvature(u) - N(0.5) * log(N(2 * kPi) * a) -
         inverse * polynomial(inverse * inverse, tail);
}

// P(a, x) by the power series, for x < a + 1.
template <class N>
N lower(N a, double x) {
  N term = 1.0, sum = 1.0;
  for (double n = 1;; ++n) {
    term = term * N(x) / (a + N(n));
    sum = sum + term;
    if (negligible(term, sum) || n > 1e6) return exp(log_front(a, x)) * sum;
  }
}

// 1 - P(a, x) by the continued fraction (Lentz's method), for x >= a + 1.
template <class N>
N upper(N a, double x) {
  constexpr double tiny = 1e-300;
  N b = N(x + 1) - a;
  N c = 1 / tiny, d = N(1.0) / b, h = d;
  for (double n = 1;; ++n) {
    const N numerator = N(n) * (a - N(n));
    b = b + N(2.0);
    d = numerator * d + b;
    if (std::fabs(value(d)) < tiny) d = tiny;
    c = b + numerator / c;
    if (std::fabs(value(c)) < tiny) c = tiny;
    d = N(1.0) / d;
    const N previous = h;
    h = h * c * d;
    // the value settles at its last bit or next to it
    if (negligible((h - previous) * N(0.25), h) || n > 1e5) return exp(log_front(a, x)) * a * h;
  }
}

// P(a, x) for a so large that the first term of Temme's expansion is enough.
template <class N>
N uniform(N a, double x) {
  const N u = (N(x) - a) / a;
  const N eta = u * sqrt(N(2.0) * log_curvature(u));
  const N exponent = N(0.5) * a * eta * eta;
  if (!(value(exponent) < 800)) return x < value(a) ? 0.0 : 1.0;
  const double c[] = {-1.0 / 3, 1.0 / 12, -2.0 / 135, 1.0 / 864};
  return N(0.5) * erfc(N(-1.0) * eta * sqrt(N(0.5) * a)) -
         exp(N(-1.0) * exponent) / sqrt(N(2 * kPi) * a) * polynomial(eta, c);
}

template <class N>
N incomplete(N a, double x) {
  const double order = value(a);
  if (!(order >= 0 && x >= 0) || (order == 0 && x == 0) || (std::isinf(order) && std::isinf(x))) return kNaN;
  if (x == 0 || std::isinf(order)) return 0.0;
  if (order == 0 || std::isinf(x)) return 1.0;
  if (order > 1e7) return uniform(a, x);
  return x < order + 1 ? lower(a, x) : N(1.0) - upper(a, x);
}

// I_nu(x) for nu = 0, 1 and x >= 0.
double bessel_i(int nu, double x) {
  if (std::isinf(x)) return x;
  if (x < 20) {  // the power series, of positive terms
    const double quarter = x * x / 4;
    double term = nu == 0 ? 1 : x / 2, sum = term;
    for (int k = 1; term > kEpsilon * sum; ++k) sum += term *= quarter / (double(k) * (k + nu));
    return sum;
  }
  double term = 1, sum = 1;  // the asymptotic series, which reaches 10^-17 before it diverges
  for (int k = 1; std::fabs(term) > kEpsilon && k < 40; ++k)
    sum += term *= -(4.0 * nu - (2 * k - 1) * (2 * k - 1)) / (8 * k * x);
  const double root = std::exp(x / 2);  // e^x overflows before I does
  return root / std::sqrt(2 * kPi * x) * sum * root;
}

}  // namespace

double inverse_erf(double x) {
  const double size = std::fabs(x);
  if (!(size < 1)) return size == 1 ? std::copysign(kInfinity, x) : kNaN;
  // Winitzki's approximation, good to 0.002; then Halley's method, on 1 - erf where that is the exact side
  constexpr double a = 0.147;
  const double log_term = std::log1p(-x * x), b = 2 / (kPi * a) + log_term / 2;
  const double distance = -log_term / a;
  double y = std::sqrt(distance / (std::sqrt(b * b + distance) + b));
  if (b < 0) y = std::sqrt(std::sqrt(b * b + distance) - b);
  for (int step = 0; step < 3; ++step) {
    const double error = size < 0.5 ? std::erf(y) - size : (1 - size) - std::erfc(y);
    const double newton = error * (std::sqrt(kPi) / 2) * std::exp(y * y);
    y -= newton / (1 + y * newton);
  }
  return std::copysign(y, x);
}

double bessel_i0(double x) { return bessel_i(0, std::fabs(x)); }

double bessel_i1(double x) { return std::copysign(bessel_i(1, std::fabs(x)), x); }

double digamma(double x) {
  if (std::isinf(x)) return x > 0 ? x : kNaN;
  if (x == 0) return -kInfinity;
  if (x < 0) {
    const double part = x - std::floor(x);
    return part == 0 ? kNaN : digamma(1 - x) - kPi / std::tan(kPi * part);
  }
  double y = 0;
  for (; x < 10; ++x) y -= 1 / x;
  const double tail[] = {1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12};
  const double inverse = 1 / (x * x);
  return y + std::log(x) - 0.5 / x - inverse * polynomial(inverse, tail);
}

double gammainc(double a, double x) { return incomplete(a, x); }

double gammainc_slope(double a, double x) { return incomplete(Dual(a, 1), x).slope; }

double gamma_density(double a, double x) {
  if (!(a >= 0 && x >= 0)) return kNaN;
  if (a == 0 || std::isinf(a) || std::isinf(x)) return 0;
  if (x == 0) return a < 1 ? kInfinity : a == 1 ? 1 : 0;
  return std::exp(log_front(a, x)) * (a / x);
}

}  // namespace lamina::kernels::special
