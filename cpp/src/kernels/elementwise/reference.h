// The elementwise functions straight from their formulas, in long double (or in the integer type itself).
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "kernels/elementwise/elementwise.h"

namespace lamina::reference {

using Real = long double;

inline Real sigmoid(Real x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
inline Real normal_cdf(Real x) { return std::erfc(-x / std::sqrt(Real(2))) / 2; }
inline Real normal_density(Real x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(Real(-1))); }
inline Real softplus(Real x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }
inline Real gelu_tanh_argument(Real x) {  // of the sigmoid
  return 2 * std::sqrt(2 / std::acos(Real(-1))) * (x + Real(0.044715L) * x * x * x);
}
inline Real relu6(Real x) { return std::isnan(x) ? x : std::fmin(std::fmax(x, Real(0)), Real(6)); }
inline Real tanh_of_softplus(Real x) {  // 1 - 2 / ((1 + e^x)^2 + 1), without cancellation on the left
  if (x > 100) return 1;
  const Real u = std::exp(x);
  return u * (u + 2) / (u * (u + 2) + 2);
}

constexpr Real selu_scale = 1.0507009873554804934193349852946L, selu_alpha = 1.6732632423543772848170429916717L;

inline Real unary(kernels::Unary function, Real alpha, Real x) {
  using kernels::Unary;
  const bool minus_infinity = std::isinf(x) && x < 0;
  switch (function) {
    case Unary::negative:
      return -x;
    case Unary::absolute:
      return std::fabs(x);
    case Unary::square:
      return x * x;
    case Unary::sign:
      return x > 0 ? 1 : x < 0 ? -1 : x;
    case Unary::floor:
      return std::floor(x);
    case Unary::ceil:
      return std::ceil(x);
    case Unary::round:
      return std::nearbyint(x);
    case Unary::trunc:
      return std::trunc(x);
    case Unary::reciprocal:
      return 1 / x;
    case Unary::sqrt:
      return std::sqrt(x);
    case Unary::rsqrt:
      return 1 / std::sqrt(x);
    case Unary::exp:
      return std::exp(x);
    case Unary::expm1:
      return std::expm1(x);
    case Unary::log:
      return std::log(x);
    case Unary::log1p:
      return std::log1p(x);
    case Unary::sin:
      return std::sin(x);
    case Unary::cos:
      return std::cos(x);
    case Unary::tan:
      return std::tan(x);
    case Unary::asin:
      return std::asin(x);
    case Unary::acos:
      return std::acos(x);
    case Unary::atan:
      return std::atan(x);
    case Unary::sinh:
      return std::sinh(x);
    case Unary::cosh:
      return std::cosh(x);
    case Unary::asinh:
      return std::asinh(x);
    case Unary::acosh:
      return std::acosh(x);
    case Unary::atanh:
      return std::atanh(x);
    case Unary::tanh:
      return std::tanh(x);
    case Unary::erf:
      return std::erf(x);
    case Unary::sigmoid:
      return sigmoid(x);
    case Unary::softplus:
      return softplus(x);
    case Unary::log_sigmoid:
      return -softplus(-x);
    case Unary::relu:
      return x < 0 ? 0 : x;
    case Unary::relu6:
      return relu6(x);
    case Unary::silu:
      return minus_infinity ? 0 : x * sigmoid(x);
    case Unary::gelu:
      return minus_infinity ? 0 : x * normal_cdf(x);
    case Unary::gelu_tanh:
      return minus_infinity ? 0 : x * sigmoid(gelu_tanh_argument(x));
    case Unary::softsign:
      return std::isinf(x) ? std::copysign(Real(1), x) : x / (1 + std::fabs(x));
    case Unary::hard_sigmoid:
      return relu6(x + 3) / 6;
    case Unary::hard_silu:
      return minus_infinity ? 0 : x * (relu6(x + 3) / 6);
    case Unary::elu:
      return x > 0 ? x : alpha * std::expm1(x);
    case Unary::leaky_relu:
      return x > 0 ? x : alpha * x;
    case Unary::selu:
      return selu_scale * (x > 0 ? x : selu_alpha * std::expm1(x));
    case Unary::celu:
      return x > 0 ? x : alpha * std::expm1(x / alpha);
    case Unary::mish:
      return minus_infinity ? 0 : x * tanh_of_softplus(x);
    case Unary::cbrt:
      return std::cbrt(x);
    case Unary::exp2:
      return std::exp2(x);
    case Unary::log2:
      return std::log2(x);
    case Unary::log10:
      return std::log10(x);
    case Unary::erfc:
      return std::erfc(x);
    default:  // special_test.cpp has the others
      break;
  }
  return std::numeric_limits<Real>::quiet_NaN();
}

// f'(x); NaN for the functions without a kernel gradient.
inline Real unary_slope(kernels::Unary function, Real alpha, Real x) {
  using kernels::Unary;
  switch (function) {
    case Unary::negative:
      return -1;
    case Unary::absolute:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case Unary::square:
      return 2 * x;
    case Unary::sqrt:
      return 1 / (2 * std::sqrt(x));
    case Unary::rsqrt:
      return -1 / (2 * x * std::sqrt(x));
    case Unary::reciprocal:
      return -1 / (x * x);
    case Unary::exp:
    case Unary::expm1:
      return std::exp(x);
    case Unary::log:
      return 1 / x;
    case Unary::log1p:
      return 1 / (1 + x);
    case Unary::sin:
      return std::cos(x);
    case Unary::cos:
      return -std::sin(x);
    case Unary::tanh:
      return 1 / (std::cosh(x) * std::cosh(x));
    case Unary::erf:
      return 2 / std::sqrt(std::acos(Real(-1))) * std::exp(-x * x);
    case Unary::sigmoid:
      return sigmoid(x) * sigmoid(-x);
    case Unary::softplus:
      return sigmoid(x);
    case Unary::log_sigmoid:
      return sigmoid(-x);
    case Unary::relu:
      return x > 0;
    case Unary::relu6:
      return x > 0 && x < 6;
    case Unary::silu:
      return sigmoid(x) * (1 + x * sigmoid(-x));
    case Unary::gelu:
      return normal_cdf(x) + x * normal_density(x);
    case Unary::gelu_tanh: {
      const Real a = gelu_tanh_argument(x);
      const Real slope = 2 * std::sqrt(2 / std::acos(Real(-1))) * (1 + 3 * Real(0.044715L) * x * x);
      return sigmoid(a) + x * sigmoid(a) * sigmoid(-a) * slope;
    }
    case Unary::softsign:
      return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x)));
    case Unary::hard_sigmoid:
      return std::fabs(x) < 3 ? Real(1) / 6 : 0;
    case Unary::hard_silu:
      return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6;
    case Unary::elu:
      return x > 0 ? 1 : alpha * std::exp(x);
    case Unary::leaky_relu:
      return x > 0 ? 1 : alpha;
    case Unary::selu:
      return selu_scale * (x > 0 ? 1 : selu_alpha * std::exp(x));
    case Unary::celu:
      return x > 0 ? 1 : std::exp(x / alpha);
    case Unary::mish: {
      const Real t = tanh_of_softplus(x);
      return t + x * sigmoid(x) * (1 - t * t);
    }
    default:
      return std::numeric_limits<Real>::quiet_NaN();
  }
}

inline Real binary(kernels::Binary function, Real a, Real b) {
  using kernels::Binary;
  switch (function) {
    case Binary::add:
      return a + b;
    case Binary::subtract:
      return a - b;
    case Binary::multiply:
      return a * b;
    case Binary::divide:
      return a / b;
    case Binary::maximum:
      return std::isnan(a) || std::isnan(b) ? a + b : a > b ? a : b;
    case Binary::minimum:
      return std::isnan(a) || std::isnan(b) ? a + b : a < b ? a : b;
    case Binary::power:
      return std::pow(a, b);
    case Binary::floor_divide:
      return std::floor(a / b);
    case Binary::mod: {
      const Real rest = std::fmod(a, b);
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }
    case Binary::atan2:
      return std::atan2(a, b);
    case Binary::squared_difference:
      return (a - b) * (a - b);
    case Binary::fmod:
      return std::fmod(a, b);
    case Binary::hypot:
      return std::hypot(a, b);
    case Binary::ldexp:
      return std::ldexp(a, static_cast<int>(b));
    default:
      return std::numeric_limits<Real>::quiet_NaN();
  }
}

// Of integers, which wrap; Word is the unsigned type of T. What is divided by 0 is 0.
template <class T>
T integer_binary(kernels::Binary function, T a, T b) {
  using kernels::Binary;
  using Word = std::uint64_t;
  const bool overflows = b == T(-1) && std::numeric_limits<T>::is_signed;
  switch (function) {
    case Binary::add:
      return T(Word(a) + Word(b));
    case Binary::subtract:
      return T(Word(a) - Word(b));
    case Binary::multiply:
      return T(Word(a) * Word(b));
    case Binary::maximum:
      return a > b ? a : b;
    case Binary::minimum:
      return a < b ? a : b;
    case Binary::divide:
      return b == 0 ? T(0) : overflows ? T(Word(0) - Word(a)) : T(a / b);
    case Binary::floor_divide:
      if (b == 0 || overflows) return integer_binary(Binary::divide, a, b);
      return T(a / b - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0));
    case Binary::mod:
      if (b == 0 || overflows) return 0;
      return T((a % b != 0) && ((a < 0) != (b < 0)) ? a % b + b : a % b);
    case Binary::power: {
      if (b < 0) return a == 1 ? T(1) : a == T(-1) ? (b % 2 == 0 ? T(1) : T(-1)) : T(0);
      Word y = 1, base = Word(a);
      for (Word exponent = Word(b); exponent != 0; exponent /= 2, base *= base) {
        if (exponent % 2 == 1) y *= base;
      }
      return T(y);
    }
    case Binary::squared_difference:
      return T((Word(a) - Word(b)) * (Word(a) - Word(b)));
    case Binary::fmod:
      return b == 0 || overflows ? T(0) : T(a % b);
    case Binary::gcd:
    case Binary::lcm: {  // of magnitudes, the least number's included
      const Word u = a < 0 ? Word(0) - Word(a) : Word(a), v = b < 0 ? Word(0) - Word(b) : Word(b);
      const Word divisor = std::gcd(u, v);
      return function == Binary::gcd ? T(divisor) : divisor == 0 ? T(0) : T(u / divisor * v);
    }
    case Binary::bitwise_and:
      return T(a & b);
    case Binary::bitwise_or:
      return T(a | b);
    case Binary::bitwise_xor:
      return T(a ^ b);
    case Binary::left_shift:
      return b < 0 || b >= T(8 * sizeof(T)) ? T(0) : T(Word(a) << b);
    case Binary::right_shift:
      return b < 0 || b >= T(8 * sizeof(T)) ? T(a < 0 ? -1 : 0) : T(a >> b);
    default:
      return 0;
  }
}

inline bool bool_binary(kernels::Binary function, bool a, bool b) {
  using kernels::Binary;
  switch (function) {
    case Binary::add:
    case Binary::maximum:
    case Binary::logical_or:
      return a || b;
    case Binary::multiply:
    case Binary::minimum:
    case Binary::divide:
    case Binary::floor_divide:
    case Binary::logical_and:
      return a && b;
    case Binary::subtract:
    case Binary::squared_difference:
    case Binary::logical_xor:
      return a != b;
    case Binary::power:
      return a || !b;
    default:
      return false;
  }
}

template <class T>
bool compare(kernels::Compare function, T a, T b) {
  using kernels::Compare;
  switch (function) {
    case Compare::equal:
      return a == b;
    case Compare::not_equal:
      return a != b;
    case Compare::less:
      return a < b;
    case Compare::less_equal:
      return a <= b;
    case Compare::greater:
      return a > b;
    case Compare::greater_equal:
      return a >= b;
  }
  return false;
}

// The element of operand k that output element i stands for.
inline std::int64_t broadcast_index(const kernels::Broadcast& shape, int k, std::int64_t i) {
  std::int64_t index = 0;
  for (int axis = shape.rank - 1; axis >= 0; --axis) {
    index += i % shape.shape[axis] * shape.strides[k][axis];
    i /= shape.shape[axis];
  }
  return index;
}

}  // namespace lamina::reference
