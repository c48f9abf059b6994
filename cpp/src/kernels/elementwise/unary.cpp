// y = f(x) of floating numbers.
#include "kernels/elementwise/map.h"
#include "kernels/elementwise/packet_math.h"
#include "kernels/elementwise/parts.h"
#include "kernels/elementwise/special.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

using namespace math;
using Eigen::internal::pceil;
using Eigen::internal::pfloor;

constexpr double kSeluScale = 1.0507009873554805, kSeluScaleAlpha = 1.7580993408473769;

template <class P>
EIGEN_ALWAYS_INLINE P relu6_of(P x) {
  return pmin(pmax(x, constant<P>(0)), constant<P>(6));
}

// Functions that the C library computes element by element: 2 units in the last place as well, and rarely used.
inline float call_tan(float x) { return __builtin_tanf(x); }
inline double call_tan(double x) { return __builtin_tan(x); }
inline float call_asin(float x) { return __builtin_asinf(x); }
inline double call_asin(double x) { return __builtin_asin(x); }
inline float call_acos(float x) { return __builtin_acosf(x); }
inline double call_acos(double x) { return __builtin_acos(x); }
inline float call_atan(float x) { return __builtin_atanf(x); }
inline double call_atan(double x) { return __builtin_atan(x); }
inline float call_sinh(float x) { return __builtin_sinhf(x); }
inline double call_sinh(double x) { return __builtin_sinh(x); }
inline float call_cosh(float x) { return __builtin_coshf(x); }
inline double call_cosh(double x) { return __builtin_cosh(x); }
inline float call_asinh(float x) { return __builtin_asinhf(x); }
inline double call_asinh(double x) { return __builtin_asinh(x); }
inline float call_acosh(float x) { return __builtin_acoshf(x); }
inline double call_acosh(double x) { return __builtin_acosh(x); }
inline float call_atanh(float x) { return __builtin_atanhf(x); }
inline double call_atanh(double x) { return __builtin_atanh(x); }

template <class T>
void map_library(Index n, const T* x, T* y, T (*f)(T)) {
  parallel(n, measured_grain(kGrainLibrary), [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) y[i] = f(x[i]);
  });
}

template <class T>
void map_double(Index n, const T* x, T* y, double (*f)(double), Index grain = kGrainLibrary) {
  parallel(n, measured_grain(grain), [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) y[i] = static_cast<T>(f(static_cast<double>(x[i])));
  });
}

}  // namespace

template <class T>
void unary(Unary function, T alpha, Index n, const T* x, T* y) {
  using P = PacketOf<T>;
  const P zero = constant<P>(0), one = constant<P>(1);
  const P slope = constant<P>(alpha);
  const auto cheap = [&](const auto& f) { map(n, grain_of_bytes(2 * sizeof(T)), x, y, f); };
  const auto costly = [&](const auto& f) { map(n, kGrainFunction, x, y, f); };

  switch (function) {
    case Unary::negative:
      return cheap([](P v) { return flip_sign(v, word<P>(FormatOf<P>::sign)); });
    case Unary::absolute:
      return cheap([](P v) { return absolute(v); });
    case Unary::square:
      return cheap([](P v) { return P(v * v); });
    case Unary::sign:  // of NaN: NaN; of a zero: that zero
      return cheap([=](P v) { return select(v > zero, one, select(v < zero, P(-one), v)); });
    case Unary::floor:
      return cheap([](P v) { return pfloor(v); });
    case Unary::ceil:
      return cheap([](P v) { return pceil(v); });
    case Unary::round:
      return cheap([](P v) { return Eigen::internal::print(v); });
    case Unary::trunc:
      return cheap([](P v) { return flip_sign(P(pfloor(absolute(v))), sign_of(v)); });
    case Unary::reciprocal:
      return cheap([=](P v) { return P(one / v); });
    case Unary::sqrt:
      return cheap([](P v) { return square_root(v); });
    case Unary::rsqrt:
      return cheap([=](P v) { return P(one / square_root(v)); });

    case Unary::exp:
      return costly([](P v) { return math::exp(v); });
    case Unary::expm1:
      return costly([](P v) { return math::expm1(v); });
    case Unary::log:
      return costly([](P v) { return math::log(v); });
    case Unary::log1p:
      return costly([](P v) { return math::log1p(v); });
    case Unary::sin:
      return costly([](P v) { return math::sin(v); });
    case Unary::cos:
      return costly([](P v) { return math::cos(v); });
    case Unary::tan:
      return map_library<T>(n, x, y, call_tan);
    case Unary::asin:
      return map_library<T>(n, x, y, call_asin);
    case Unary::acos:
      return map_library<T>(n, x, y, call_acos);
    case Unary::atan:
      return map_library<T>(n, x, y, call_atan);
    case Unary::sinh:
      return map_library<T>(n, x, y, call_sinh);
    case Unary::cosh:
      return map_library<T>(n, x, y, call_cosh);
    case Unary::asinh:
      return map_library<T>(n, x, y, call_asinh);
    case Unary::acosh:
      return map_library<T>(n, x, y, call_acosh);
    case Unary::atanh:
      return map_library<T>(n, x, y, call_atanh);
    case Unary::tanh:
      return costly([](P v) { return math::tanh(v); });
    case Unary::erf:
      return costly([](P v) { return math::erf(v); });
    case Unary::sigmoid:
      return costly([](P v) { return math::sigmoid(v); });
    case Unary::softplus:
      return costly([](P v) { return math::softplus(v); });
    case Unary::log_sigmoid:
      return costly([](P v) { return math::log_sigmoid(v); });

    case Unary::relu:
      return cheap([=](P v) { return pmax(v, zero); });
    case Unary::relu6:
      return cheap([](P v) { return relu6_of(v); });
    case Unary::silu:
      return costly([](P v) { return math::silu(v); });
    case Unary::gelu:
      return costly([](P v) { return math::gelu(v); });
    case Unary::gelu_tanh:
      return costly([](P v) { return math::gelu_tanh(v); });
    case Unary::softsign:  // an infinity is replaced by the largest number, which gives the limit 1
      return cheap([=](P v) {
        const P largest = from_bits<P>(word<P>(FormatOf<P>::infinity - 1));
        const P bounded = pmin(pmax(v, P(-largest)), largest);
        return P(bounded / (one + absolute(bounded)));
      });
    case Unary::hard_sigmoid:
      return cheap([](P v) { return P(relu6_of(P(v + constant<P>(3))) / constant<P>(6)); });
    case Unary::hard_silu:  // 0 from -3 downwards, -infinity included
      return cheap([=](P v) {
        const P bounded = pmax(v, constant<P>(-3));
        return P(bounded * (relu6_of(P(bounded + constant<P>(3))) / constant<P>(6)));
      });

    case Unary::elu:
      return costly([=](P v) { return select(v > zero, v, P(slope * math::expm1(v))); });
    case Unary::leaky_relu:
      return cheap([=](P v) { return select(v > zero, v, P(slope * v)); });
    case Unary::selu:
      return costly([=](P v) {
        const P negative = constant<P>(T(kSeluScaleAlpha)) * math::expm1(v);
        return select(v > zero, P(constant<P>(T(kSeluScale)) * v), negative);
      });
    case Unary::celu:
      return costly([=](P v) { return select(v > zero, v, P(slope * math::expm1(P(v / slope)))); });
    case Unary::mish:
      return costly([](P v) { return math::mish(v); });

    case Unary::cbrt:
      return map_double(n, x, y, [](double v) { return __builtin_cbrt(v); });
    case Unary::exp2:
      return map_double(n, x, y, [](double v) { return __builtin_exp2(v); });
    case Unary::log2:
      return map_double(n, x, y, [](double v) { return __builtin_log2(v); });
    case Unary::log10:
      return map_double(n, x, y, [](double v) { return __builtin_log10(v); });
    case Unary::erfc:
      return map_double(n, x, y, [](double v) { return __builtin_erfc(v); });
    case Unary::erfinv:
      return map_double(n, x, y, special::inverse_erf, kGrainSeries);
    case Unary::bessel_i0:
      return map_double(n, x, y, special::bessel_i0, kGrainSeries);
    case Unary::bessel_i1:
      return map_double(n, x, y, special::bessel_i1, kGrainSeries);
    case Unary::digamma:
      return map_double(n, x, y, special::digamma);
  }
}

template void unary(Unary, float, Index, const float*, float*);
template void unary(Unary, double, Index, const double*, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
