// dx = dy * f'(x). `s` below is what was saved: y where unary_grad_uses_output(f), else x.
#include "kernels/elementwise/map.h"
#include "kernels/elementwise/packet_math.h"
#include "kernels/elementwise/parts.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

using namespace math;

constexpr double kSeluScale = 1.0507009873554805, kSeluScaleAlpha = 1.7580993408473769;
constexpr double kTwoOverRootPi = 1.1283791670955126, kOneOverRootTwoPi = 0.3989422804014327;

// s (1 + x (1 - s)), s = sigmoid(x); 0 at -infinity
template <class P>
EIGEN_ALWAYS_INLINE P silu_slope(P x) {
  x = pmax(x, constant<P>(Tables<ScalarOf<P>>::silu_lowest));
  const P one = constant<P>(1);
  const P z = math::exp(P(-absolute(x)));
  const P inverse = one / (one + z);
  const auto left = x < constant<P>(0);
  const P s = select(left, z, one) * inverse, complement = select(left, one, z) * inverse;
  // x (1 - s) is 0 at +infinity, where z is.
  const P bounded = pmin(x, constant<P>(-Tables<ScalarOf<P>>::silu_lowest));
  return s * pmadd(bounded, complement, one);
}

// Phi(x) + x phi(x)
template <class P>
EIGEN_ALWAYS_INLINE P gelu_slope(P x) {
  using T = ScalarOf<P>;
  using Table = Tables<T>;
  const P t = pmin(absolute(x), constant<P>(Table::gelu_zero));
  const P z = math::exp(P(constant<P>(T(-0.5)) * t * t));
  const P tail = z * polynomial(t, Table::normal_tail_n) / polynomial(t, Table::normal_tail_d);
  const P bell = z * constant<P>(T(kOneOverRootTwoPi)) * t;
  const P left = tail - bell;
  return select(x < constant<P>(0), left, P(constant<P>(1) - left));
}

// s + x s (1 - s) a'(x), s = sigmoid(a(x)), a(x) = c x + d x^3
template <class P>
EIGEN_ALWAYS_INLINE P gelu_tanh_slope(P x) {
  using T = ScalarOf<P>;
  x = pmin(pmax(x, constant<P>(-40)), constant<P>(40));  // the slope is 0 or 1 beyond
  const P one = constant<P>(1);
  const P square = x * x;
  const P a = x * pmadd(square, constant<P>(T(GeluTanh::d)), constant<P>(T(GeluTanh::c)));
  const P x_times_slope = x * pmadd(square, constant<P>(T(3 * GeluTanh::d)), constant<P>(T(GeluTanh::c)));
  const P z = math::exp(P(-absolute(a)));
  const P inverse = one / (one + z);
  const auto left = x < constant<P>(0);
  const P s = select(left, z, one) * inverse, complement = select(left, one, z) * inverse;
  return s * pmadd(x_times_slope, complement, one);
}

// t + x s (1 - t^2), t = tanh(softplus(x)) = n / d (as in math::mish), s = sigmoid(x), 1 - t^2 = (d - n) (d + n) / d^2
template <class P>
EIGEN_ALWAYS_INLINE P mish_slope(P x) {
  x = pmin(pmax(x, constant<P>(Tables<ScalarOf<P>>::silu_lowest)), constant<P>(-Tables<ScalarOf<P>>::silu_lowest));
  const P one = constant<P>(1), two = constant<P>(2);
  const P z = math::exp(P(-absolute(x)));
  const auto left = x < constant<P>(0);
  const P n = select(left, P(z * (z + two)), pmadd(two, z, one));
  const P difference = two * select(left, one, P(z * z));
  const P d = n + difference;
  const P s = select(left, z, one) / (one + z);
  const P t = n / d;
  return pmadd(P(x * s), P(difference / d * (one + t)), t);
}

}  // namespace

template <class T>
void unary_grad(Unary function, T alpha, Index n, const T* saved, const T* dy, T* dx) {
  using P = PacketOf<T>;
  const P zero = constant<P>(0), one = constant<P>(1), two = constant<P>(2);
  const P slope = constant<P>(alpha);
  const auto cheap = [&](const auto& f) { map(n, grain_of_bytes(3 * sizeof(T)), saved, dy, dx, f); };
  const auto costly = [&](const auto& f) { map(n, kGrainFunction, saved, dy, dx, f); };

  switch (function) {
    case Unary::negative:
      return cheap([](P, P g) { return P(-g); });
    case Unary::absolute:  // 0 at 0
      return cheap([=](P s, P g) { return select(s > zero, g, select(s < zero, P(-g), zero)); });
    case Unary::square:
      return cheap([=](P s, P g) { return P(two * s * g); });
    case Unary::sqrt:
      return cheap([=](P s, P g) { return P(g / (two * s)); });
    case Unary::rsqrt:
      return cheap([=](P s, P g) { return P(constant<P>(T(-0.5)) * s * s * s * g); });
    case Unary::reciprocal:
      return cheap([](P s, P g) { return P(-s * s * g); });
    case Unary::exp:
      return cheap([](P s, P g) { return P(s * g); });
    case Unary::expm1:
      return costly([](P s, P g) { return P(math::exp(s) * g); });
    case Unary::log:
      return cheap([](P s, P g) { return P(g / s); });
    case Unary::log1p:
      return cheap([=](P s, P g) { return P(g / (one + s)); });
    case Unary::sin:
      return costly([](P s, P g) { return P(math::cos(s) * g); });
    case Unary::cos:
      return costly([](P s, P g) { return P(-math::sin(s) * g); });
    case Unary::tanh:
      return cheap([=](P s, P g) { return P((one - s) * (one + s) * g); });
    case Unary::erf:
      return costly([](P s, P g) { return P(constant<P>(T(kTwoOverRootPi)) * math::exp(P(-s * s)) * g); });
    case Unary::sigmoid:
      return cheap([=](P s, P g) { return P(s * (one - s) * g); });
    case Unary::softplus:
      return costly([](P s, P g) { return P(math::sigmoid(s) * g); });
    case Unary::log_sigmoid:
      return costly([](P s, P g) { return P(math::sigmoid(P(-s)) * g); });

    case Unary::relu:
      return cheap([=](P s, P g) { return select(s > zero, g, zero); });
    case Unary::relu6:
      return cheap([=](P s, P g) { return select((s > zero) & (s < constant<P>(6)), g, zero); });
    case Unary::silu:
      return costly([](P s, P g) { return P(silu_slope(s) * g); });
    case Unary::gelu:
      return costly([](P s, P g) { return P(gelu_slope(s) * g); });
    case Unary::gelu_tanh:
      return costly([](P s, P g) { return P(gelu_tanh_slope(s) * g); });
    case Unary::softsign:
      return cheap([=](P s, P g) {
        const P inverse = one / (one + absolute(s));
        return P(inverse * inverse * g);
      });
    case Unary::hard_sigmoid:  // 1 / 6 on (-3, 3)
      return cheap([=](P s, P g) { return select(absolute(s) < constant<P>(3), P(g / constant<P>(6)), zero); });
    case Unary::hard_silu:  // (2 x + 3) / 6 on (-3, 3)
      return cheap([=](P s, P g) {
        const P three = constant<P>(3);
        const P inside = (two * s + three) / constant<P>(6);
        return P(select(s < three, select(s > P(-three), inside, zero), one) * g);
      });

    case Unary::elu:
      return cheap([=](P s, P g) { return P(select(s > zero, one, P(s + slope)) * g); });
    case Unary::leaky_relu:
      return cheap([=](P s, P g) { return P(select(s > zero, one, slope) * g); });
    case Unary::selu:
      return cheap([=](P s, P g) {
        const P left = s + constant<P>(T(kSeluScaleAlpha));
        return P(select(s > zero, constant<P>(T(kSeluScale)), left) * g);
      });
    case Unary::celu:
      return cheap([=](P s, P g) { return P(select(s > zero, one, P(s / slope + one)) * g); });
    case Unary::mish:
      return costly([](P s, P g) { return P(mish_slope(s) * g); });

    case Unary::sign:
    case Unary::floor:
    case Unary::ceil:
    case Unary::round:
    case Unary::trunc:
      return cheap([=](P, P) { return zero; });
    default:
      return;  // composed by the ops
  }
}

template void unary_grad(Unary, float, Index, const float*, const float*, float*);
template void unary_grad(Unary, double, Index, const double*, const double*, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
