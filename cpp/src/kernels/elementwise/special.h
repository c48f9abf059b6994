// Special functions in float64, number by number; compiled once, the kernels of every level call them. Relative errors
// are some units in the last place but where a function crosses 0 and where the contract says otherwise.
#pragma once

namespace lamina::kernels::special {

double inverse_erf(double x);  // infinite at -1 and 1, NaN beyond
double bessel_i0(double x);    // modified, of the first kind
double bessel_i1(double x);
double digamma(double x);  // of the poles 0, -1, -2, ...: -infinity at 0, NaN at the others

// P(a, x) = integral of t^(a-1) e^-t / Gamma(a) from 0 to x; NaN where a or x is negative. Below a = 10^7 the error is
// about 10^-16 sqrt(a), above it is below 10^-12 (absolute).
double gammainc(double a, double x);
// dP/da, by the derivative of each step of the same series and continued fraction.
double gammainc_slope(double a, double x);
// dP/dx = x^(a-1) e^-x / Gamma(a)
double gamma_density(double a, double x);

}  // namespace lamina::kernels::special
