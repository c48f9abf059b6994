// Mathematical functions of packets: f(P) for every Eigen packet P of float or double, at any instruction set level.
//
// At most 2 units in the last place from the exact value over the whole range (gelu says what it has), with the limits,
// infinities, NaN and signed zeros of the C library. Results below the smallest normal number are rounded as usual, or
// are 0 where the processor is set to flush them. A lane's bits depend on that lane alone: a tail that is run through a
// padded packet gets the same bits as the body.
//
// The common pattern is the classical one: reduce the argument to a small interval, where a polynomial or a quotient
// of two is enough (packet_tables.h), and undo the reduction. Both sides of a case distinction are always computed.
#pragma once

#include "kernels/elementwise/packet_base.h"
#include "kernels/elementwise/packet_tables.h"

namespace lamina::kernels::LAMINA_LEVEL::math {

// ---- exp, expm1:  x = k ln 2 + r, |r| <= ln(2) / 2;  e^x = 2^k e^r

template <class P>
struct ExpArgument {
  P k, r;     // k is an integer
  P shifted;  // k + integer_shift: k stands in its low bits
};

template <class P>
EIGEN_ALWAYS_INLINE ExpArgument<P> reduce_exp(P x) {
  using T = ScalarOf<P>;
  const P shift = constant<P>(FloatFormat<T>::integer_shift);
  const P shifted = pmadd(x, constant<P>(Tables<T>::log2_e), shift);
  const P k = shifted - shift;
  const P r = pmadd(k, constant<P>(-Tables<T>::ln2_low), pmadd(k, constant<P>(-Tables<T>::ln2_high), x));
  return {k, r, shifted};
}

// e^r - 1
template <class P>
EIGEN_ALWAYS_INLINE P small_expm1(P r) {
  return pmadd(r * r, polynomial(r, Tables<ScalarOf<P>>::exp), r);
}

// y * 2^k, rounded once, over the whole range of k that exp has.
template <class P>
EIGEN_ALWAYS_INLINE P scale(P y, const ExpArgument<P>& x) {
  using Format = FormatOf<P>;
#if defined(__AVX512F__)
  if constexpr (sizeof(P) == 64 && sizeof(ScalarOf<P>) == 4) return _mm512_scalef_ps(y, x.k);
  if constexpr (sizeof(P) == 64 && sizeof(ScalarOf<P>) == 8) return _mm512_scalef_pd(y, x.k);
#endif
  // In two steps, since 2^k itself may be out of range. The offset keeps the halved word positive.
  constexpr typename Format::Word offset = 4096;
  const BitsOf<P> k = to_bits(x.shifted) - to_bits(constant<P>(Format::integer_shift));
  const BitsOf<P> half = ((k + offset) >> 1) - offset / 2;
  const BitsOf<P> rest = k - half;
  return y * from_bits<P>((half << Format::mantissa_bits) + Format::one) *
         from_bits<P>((rest << Format::mantissa_bits) + Format::one);
}

template <class P>
EIGEN_ALWAYS_INLINE P exp(P x) {
  using Table = Tables<ScalarOf<P>>;
  // The order of the operands lets NaN through.
  const ExpArgument<P> argument =
      reduce_exp(P(pmin(pmax(x, constant<P>(Table::exp_lowest)), constant<P>(Table::exp_highest))));
  return scale(constant<P>(1) + small_expm1(argument.r), argument);
}

template <class P>
EIGEN_ALWAYS_INLINE P expm1(P x) {
  using T = ScalarOf<P>;
  using Table = Tables<T>;
  const ExpArgument<P> argument =
      reduce_exp(P(pmin(pmax(x, constant<P>(Table::expm1_lowest)), constant<P>(Table::exp_highest))));
  // 2^k (e^r - 1 + (1 - 2^-k)); 2^-k is lost in the sum before it leaves the range.
  const P k = pmin(argument.k, constant<P>(Table::expm1_exact_power));
  const P inverse_power = power_of_two(P(constant<P>(FloatFormat<T>::integer_shift) - k));
  const P y = scale(small_expm1(argument.r) + (constant<P>(1) - inverse_power), argument);
  return select(absolute(x) < constant<P>(FloatFormat<T>::smallest_normal), x, y);
}

// ---- log, log1p:  x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2);  ln(1 + f) = 2 artanh(f / (2 + f))

// k ln 2 + ln(1 + f)
template <class P>
EIGEN_ALWAYS_INLINE P log_of_parts(P k, P f) {
  using Table = Tables<ScalarOf<P>>;
  const P s = f / (f + constant<P>(2));
  const P square = s * s;
  const P rest = square * polynomial(square, Table::log);
  const P half = constant<P>(0.5) * f * f;
  // ln(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + rest)): small corrections to f, which is exact
  const P correction = half - pmadd(s, half + rest, k * constant<P>(Table::ln2_low));
  return pmadd(k, constant<P>(Table::ln2_high), P(f - correction));
}

template <class P>
struct LogArgument {
  P k, mantissa;
};

template <class P>
EIGEN_ALWAYS_INLINE LogArgument<P> split_exponent(P x) {
  using Format = FormatOf<P>;
  const BitsOf<P> root = to_bits(constant<P>(ScalarOf<P>(0.70710678118654752)));
  const BitsOf<P> bits = to_bits(x) + (word<P>(Format::one) - root);
  // The biased exponent becomes a number: as the low bits of 2^mantissa_bits, which is subtracted.
  const P power = constant<P>(Format::power_of_mantissa);
  const P biased = from_bits<P>((bits >> Format::mantissa_bits) | to_bits(power));
  const ScalarOf<P> bias = ScalarOf<P>(Format::one >> Format::mantissa_bits);
  return {biased - (power + constant<P>(bias)), from_bits<P>((bits & Format::mantissa) + root)};
}

// The limits of log: x is what the logarithm is taken of, y the result where 0 < x < infinity.
template <class P>
EIGEN_ALWAYS_INLINE P log_limits(P x, P y) {
  const P zero = constant<P>(0);
  y = select(x < infinity<P>(), y, x);
  return select(x > zero, y, select(x == zero, P(-infinity<P>()), not_a_number<P>()));
}

template <class P>
EIGEN_ALWAYS_INLINE P log(P x) {
  using Format = FormatOf<P>;
  // A denormal number is scaled into the normal range.
  const auto tiny = x < constant<P>(Format::smallest_normal);
  const LogArgument<P> argument = split_exponent(select(tiny, P(x * constant<P>(Format::power_of_mantissa)), x));
  const P k = select(tiny, P(argument.k - constant<P>(Format::mantissa_bits)), argument.k);
  return log_limits(x, log_of_parts(k, P(argument.mantissa - constant<P>(1))));
}

template <class P>
EIGEN_ALWAYS_INLINE P log1p(P x) {
  using Format = FormatOf<P>;
  const P one = constant<P>(1);
  const P u = one + x;
  const LogArgument<P> argument = split_exponent(u);
  // f = x 2^-k + (2^-k - 1), so that what 1 + x loses to rounding is kept; for a large x nothing is lost.
  const P inverse_power = power_of_two(P(constant<P>(Format::integer_shift) - argument.k));
  const auto large = x > constant<P>(Format::power_of_mantissa * 8);
  const P f = select(large, P(argument.mantissa - one), P(pmadd(x, inverse_power, P(inverse_power - one))));
  const P y = log_limits(u, log_of_parts(argument.k, f));
  return select(absolute(x) < constant<P>(Format::smallest_normal), x, y);
}

// ---- sin, cos:  x = n pi/2 + r, |r| <= pi / 4

template <class P>
struct Angle {
  P r;
  BitsOf<P> n;  // n in the low two bits
};

template <class P>
EIGEN_ALWAYS_INLINE Angle<P> reduce_angle(P x) {
  using T = ScalarOf<P>;
  using Table = Tables<T>;
  const P shift = constant<P>(FloatFormat<T>::integer_shift);
  const P shifted = pmadd(x, constant<P>(Table::two_over_pi), shift);
  const P n = shifted - shift;
  P r = x;
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) r = pmadd(n, constant<P>(-Table::half_pi[i]), r);
  return {r, to_bits(shifted)};
}

// sin(r + quadrant pi/2), |r| <= pi / 4
template <class P>
EIGEN_ALWAYS_INLINE P sin_of_angle(P r, BitsOf<P> quadrant) {
  using Table = Tables<ScalarOf<P>>;
  const P square = r * r;
  const P sine = pmadd(P(square * r), polynomial(square, Table::sin), r);
  const P cosine =
      pmadd(P(square * square), polynomial(square, Table::cos), P(constant<P>(1) - constant<P>(0.5) * square));
  const P y = select((quadrant & 1) == 0, sine, cosine);
  return flip_sign(y, (quadrant << (sizeof(ScalarOf<P>) * 8 - 2)) & FormatOf<P>::sign);
}

// Angles beyond sin_highest go to the C library, lane by lane; so do infinities and NaN.
template <class P>
EIGEN_ALWAYS_INLINE P replace_large_angles(P x, P y, ScalarOf<P> (*function)(ScalarOf<P>)) {
  using T = ScalarOf<P>;
  constexpr int lanes = Eigen::internal::unpacket_traits<P>::size;
  EIGEN_ALIGN_MAX T from[lanes];
  EIGEN_ALIGN_MAX T to[lanes];
  Eigen::internal::pstore(from, P(absolute(x)));
  bool large = false;
  for (int i = 0; i < lanes; ++i) large |= !(from[i] <= Tables<T>::sin_highest);
  if (EIGEN_PREDICT_TRUE(!large)) return y;
  Eigen::internal::pstore(from, x);
  Eigen::internal::pstore(to, y);
  for (int i = 0; i < lanes; ++i) {
    if (!(from[i] <= Tables<T>::sin_highest && from[i] >= -Tables<T>::sin_highest)) to[i] = function(from[i]);
  }
  return Eigen::internal::pload<P>(to);
}

inline float library_sin(float x) { return __builtin_sinf(x); }
inline double library_sin(double x) { return __builtin_sin(x); }
inline float library_cos(float x) { return __builtin_cosf(x); }
inline double library_cos(double x) { return __builtin_cos(x); }

template <class P>
EIGEN_ALWAYS_INLINE P sin(P x) {
  const Angle<P> angle = reduce_angle(x);
  const P y = sin_of_angle(angle.r, angle.n);
  return replace_large_angles<P>(x, select(x == constant<P>(0), x, y), library_sin);
}

template <class P>
EIGEN_ALWAYS_INLINE P cos(P x) {
  const Angle<P> angle = reduce_angle(x);
  return replace_large_angles<P>(x, sin_of_angle(angle.r, BitsOf<P>(angle.n + 1)), library_cos);
}

// ---- tanh, erf: odd functions; near 0 x + x g(x^2), beyond 1 - a small number. One division serves both.

// Tables<T>::tanh_n / tanh_d below 0.625; 1 - 2 / (e^(2 t) + 1) beyond
template <class P>
EIGEN_ALWAYS_INLINE P tanh(P x) {
  using Table = Tables<ScalarOf<P>>;
  const P t = absolute(x);
  const P one = constant<P>(1);
  const P bounded = pmin(t, constant<P>(Table::tanh_one));
  const ExpArgument<P> argument = reduce_exp(P(bounded + bounded));
  const P exponential = (one + small_expm1(argument.r)) * power_of_two(argument.shifted);
  const P square = x * x;
  const auto small = t < constant<P>(0.625);
  const P numerator = select(small, P(t * square * polynomial(square, Table::tanh_n)), constant<P>(-2));
  const P denominator = select(small, polynomial(square, Table::tanh_d), P(exponential + one));
  const P y = select(small, t, one) + numerator / denominator;
  return flip_sign(y, sign_of(x));
}

template <class P>
EIGEN_ALWAYS_INLINE P erf(P x) {
  using Table = Tables<ScalarOf<P>>;
  const P one = constant<P>(1);
  const P t = pmin(absolute(x), constant<P>(Table::erf_one));
  const P square = t * t;
  const ExpArgument<P> argument = reduce_exp(P(-square));
  const P exponential = (one + small_expm1(argument.r)) * power_of_two(argument.shifted);
  const auto small = t < one;
  const P numerator =
      select(small, P(t * polynomial(square, Table::erf_n)), P(-exponential * polynomial(t, Table::erf_tail_n)));
  const P denominator = select(small, polynomial(square, Table::erf_d), polynomial(t, Table::erf_tail_d));
  const P y = select(small, t, one) + numerator / denominator;
  // Next to 0 the correction to t would be flushed, while the sum is a normal number.
  const auto tiny = t < constant<P>(FormatOf<P>::smallest_normal * FormatOf<P>::power_of_mantissa);
  return flip_sign(select(tiny, P(t * constant<P>(ScalarOf<P>(1.1283791670955126))), y), sign_of(x));
}

// ---- sigmoid, softplus, log_sigmoid: z = e^-|x| never overflows

template <class P>
EIGEN_ALWAYS_INLINE P sigmoid(P x) {
  const P one = constant<P>(1);
  const P z = exp(P(-absolute(x)));
  const P denominator = one + z;
  const P lost = z - (denominator - one);
  const P y = select(x < constant<P>(0), z, one) / denominator;
  return pmadd(P(-y), lost, y);
}

// ln(1 + e^x) = max(x, 0) + log1p(e^-|x|)
template <class P>
EIGEN_ALWAYS_INLINE P softplus(P x) {
  const P z = exp(P(-absolute(x)));
  return pmax(x, constant<P>(0)) + log1p(z);
}

// ln(sigmoid(x)) = -softplus(-x)
template <class P>
EIGEN_ALWAYS_INLINE P log_sigmoid(P x) {
  const P z = exp(P(-absolute(x)));
  return pmin(x, constant<P>(0)) - log1p(z);
}

// ---- silu, gelu, gelu_tanh, mish: x times a function that vanishes on the left, where its error shows. Float packets
// are evaluated in double (but for silu and gelu), which costs no more than carrying pairs of floats; double packets
// carry pairs. An argument far on the left is raised to one where the result is already -0, so that -infinity gives
// this limit too (x times 0 would be NaN).

// e^x of a double packet, -700 <= x <= 0, to float accuracy.
template <class P>
EIGEN_ALWAYS_INLINE P float_exp(P x) {
  const ExpArgument<P> argument = reduce_exp(x);
  const P y = pmadd(P(argument.r * argument.r), polynomial(argument.r, FloatTables::exp), argument.r);
  const P power = power_of_two(argument.shifted);
  return pmadd(y, power, power);
}

// f of the low and of the high half of x, in double.
template <class P, class Function>
EIGEN_ALWAYS_INLINE P through_double(P x, const Function& f) {
  return Wide<P>::narrow(f(Wide<P>::low(x)), f(Wide<P>::high(x)));
}

// e^x = (high + low) * 2^k, the power not yet multiplied in.
template <class P>
struct PreciseExp {
  Pair<P> mantissa;
  ExpArgument<P> argument;
};

template <class P>
EIGEN_ALWAYS_INLINE PreciseExp<P> precise_exp(Pair<P> x) {
  using Table = Tables<ScalarOf<P>>;
  const P high = pmax(x.high, constant<P>(Table::silu_lowest));
  const ExpArgument<P> argument = reduce_exp(high);
  const P coarse = pmadd(argument.k, constant<P>(-Table::ln2_high), high);
  const P r = argument.r;
  const P r_low = pmadd(argument.k, constant<P>(-Table::ln2_low), P(coarse - r)) + x.low;
  const Pair<P> leading = sum_of_ordered(constant<P>(1), r);
  const P curved = r * r * polynomial(r, Table::exp);
  const P rest = pmadd(r_low, P(leading.high + curved), curved);
  return {sum_of_ordered(leading.high, P(leading.low + rest)), argument};
}

template <class P>
EIGEN_ALWAYS_INLINE Pair<P> scale(Pair<P> y, const ExpArgument<P>& x) {
  return {scale(y.high, x), scale(y.low, x)};
}

// x * factor * 2^k for x < 0, x * factor else: the power comes last, so that nothing underflows before the result does.
template <class P>
EIGEN_ALWAYS_INLINE P scale_left(P x, Pair<P> factor, const ExpArgument<P>& argument) {
  const auto left = x < constant<P>(0);
  const P zero = constant<P>(0), shift = constant<P>(FormatOf<P>::integer_shift);
  const ExpArgument<P> power = {select(left, argument.k, zero), argument.r, select(left, argument.shifted, shift)};
  return select(x == zero, x, scale(rounded_product(x, factor), power));  // a sum of products loses the sign of zero
}

// x / (1 + e^-a), a of the sign of x
template <class P>
EIGEN_ALWAYS_INLINE P times_sigmoid(P x, Pair<P> a) {
  const P one = constant<P>(1), zero = constant<P>(0);
  const BitsOf<P> not_negative = ~sign_of(x) & FormatOf<P>::sign;
  const PreciseExp<P> z = precise_exp(Pair<P>{flip_sign(a.high, not_negative), flip_sign(a.low, not_negative)});
  const Pair<P> scaled = scale(z.mantissa, z.argument);
  const Pair<P> denominator = sum_of_ordered(one, scaled.high);
  const Pair<P> numerator = select(x < zero, z.mantissa, Pair<P>{one, zero});
  return scale_left(x, quotient(numerator, {denominator.high, denominator.low + scaled.low}), z.argument);
}

// silu of a float packet: less than pairs, but what the roundings of e^r = 1 + p, of the denominator and of the
// quotient lose is known exactly, and put back to first order.
template <class P>
EIGEN_ALWAYS_INLINE P silu_of_float(P x) {
  const P zero = constant<P>(0), one = constant<P>(1), shift = constant<P>(FormatOf<P>::integer_shift);
  const ExpArgument<P> argument = reduce_exp(P(pmax(-absolute(x), constant<P>(Tables<float>::silu_lowest))));
  const P p = small_expm1(argument.r);
  const P mantissa = one + p;
  // A smaller z would be lost in the denominator anyway.
  const P z = mantissa * power_of_two(P(pmax(argument.k, constant<P>(-100)) + shift));
  const auto left = x < zero;
  const P numerator = select(left, mantissa, one), denominator = one + z;
  const P numerator_low = select(left, P(p - (mantissa - one)), zero), denominator_low = z - (denominator - one);
  const P y = numerator / denominator;
  const Pair<P> back = product(y, denominator);
  const P rest = ((numerator - back.high) - back.low) + pmadd(P(-y), denominator_low, numerator_low);
  const P y_low = rest * pmadd(constant<P>(-0.5), z, one);  // 1 / (1 + z) within an eighth
  return scale_left(x, Pair<P>{y, y_low}, argument);
}

template <class P>
EIGEN_ALWAYS_INLINE P silu(P x) {
  x = pmax(x, constant<P>(Tables<ScalarOf<P>>::silu_lowest));
  if constexpr (sizeof(ScalarOf<P>) == 4) {
    return silu_of_float(x);
  } else {
    return times_sigmoid(x, Pair<P>{x, constant<P>(0)});
  }
}

// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 = x sigmoid(c x + d x^3)
struct GeluTanh {
  static constexpr double c = 1.5957691216057308, c_low = -9.96930880911092e-17;
  static constexpr double d = 0.07135481627260025, d_low = -6.175149918155315e-19;
};

template <class P>
EIGEN_ALWAYS_INLINE P gelu_tanh(P x) {
  if constexpr (sizeof(ScalarOf<P>) == 4) {
    return through_double(
        x, [](auto value) __attribute__((always_inline)) {
          using Q = decltype(value);
          value = pmax(value, constant<Q>(-20));
          const Q t = pmin(absolute(value), constant<Q>(20));
          const Q a = t * pmadd(Q(t * t), constant<Q>(GeluTanh::d), constant<Q>(GeluTanh::c));
          const Q z = float_exp(Q(-a));
          return Q(value * select(value < constant<Q>(0), z, constant<Q>(1)) / (constant<Q>(1) + z));
        });
  } else {
    x = pmax(x, constant<P>(-40));
    const P bounded = pmin(x, constant<P>(40));
    const Pair<P> slope =
        sum(product(product(bounded, bounded), Pair<P>{constant<P>(GeluTanh::d), constant<P>(GeluTanh::d_low)}),
            Pair<P>{constant<P>(GeluTanh::c), constant<P>(GeluTanh::c_low)});
    return times_sigmoid(x, product(slope, bounded));
  }
}

// x Phi(x), Phi the normal distribution function: 1 - Phi(t) = e^(-t^2 / 2) times a quotient of polynomials, t >= 0.
// Float packets stay float: within 3 units in the last place on the right, and within 7 on the left, where the
// roundings of both polynomials show.
template <class P>
EIGEN_ALWAYS_INLINE P gelu_of_float(P x) {
  using Table = Tables<float>;
  const P t = pmin(absolute(x), constant<P>(Table::gelu_zero));
  const Pair<P> exponent = product(P(constant<P>(-0.5) * t), t);
  ExpArgument<P> argument = reduce_exp(exponent.high);
  argument.r = argument.r + exponent.low;
  const P tail = t * (polynomial(t, Table::normal_tail_n) / polynomial(t, Table::normal_tail_d));
  // times 2^k, -154 <= k <= 0, in two steps, since the power itself may be out of range
  const P power = power_of_two(P(argument.shifted + constant<P>(64)));
  const P left = pmadd(tail, small_expm1(argument.r), tail) * power * constant<P>(0x1p-64f);
  // x - t (1 - Phi(t)) on the right, -t (1 - Phi(t)) on the left; -0 remains -0
  return select(x < constant<P>(0), P(constant<P>(-0.0f)), x) - left;
}

template <class P>
EIGEN_ALWAYS_INLINE P gelu(P x) {
  if constexpr (sizeof(ScalarOf<P>) == 4) {
    return gelu_of_float(x);
  } else {
    x = pmax(x, constant<P>(-40));
    const P zero = constant<P>(0), half = constant<P>(-0.5);
    const P t = pmin(absolute(x), constant<P>(40));
    const Pair<P> square = product(t, t);
    const PreciseExp<P> z = precise_exp(Pair<P>{half * square.high, half * square.low});
    const Pair<P> tail = product(z.mantissa, quotient(precise_polynomial(t, Tables<double>::normal_tail_n),
                                                      precise_polynomial(t, Tables<double>::normal_tail_d)));
    const Pair<P> scaled = scale(tail, z.argument);
    const Pair<P> right = sum_of_ordered(constant<P>(1), P(-scaled.high));
    return scale_left(x, select(x < zero, tail, Pair<P>{right.high, right.low - scaled.low}), z.argument);
  }
}

// x tanh(softplus(x)), tanh(ln(1 + u)) = u (u + 2) / (u (u + 2) + 2), u = e^x; on the right divided by u^2
template <class P>
EIGEN_ALWAYS_INLINE P mish(P x) {
  if constexpr (sizeof(ScalarOf<P>) == 4) {
    return through_double(
        x, [](auto value) __attribute__((always_inline)) {
          using Q = decltype(value);
          const Q zero = constant<Q>(0), one = constant<Q>(1), two = constant<Q>(2);
          value = pmax(value, constant<Q>(-150));
          const Q z = float_exp(Q(-pmin(absolute(value), constant<Q>(150))));
          const auto left = value < zero;
          const Q numerator = select(left, Q(z * (z + two)), Q(one + two * z));
          const Q denominator = pmadd(two, select(left, one, Q(z * z)), numerator);
          return Q(value * numerator / denominator);
        });
  } else {
    x = pmax(x, constant<P>(Tables<ScalarOf<P>>::silu_lowest));
    const P zero = constant<P>(0), one = constant<P>(1), two = constant<P>(2);
    const PreciseExp<P> e = precise_exp(Pair<P>{-absolute(x), zero});
    const Pair<P> z = scale(e.mantissa, e.argument);
    const auto left = x < zero;
    const Pair<P> one_pair = {one, zero}, two_pair = {two, zero};
    const Pair<P> z_plus_two = sum(two_pair, z);
    const Pair<P> right_numerator = sum(one_pair, Pair<P>{two * z.high, two * z.low});
    const Pair<P> numerator = select(left, product(e.mantissa, z_plus_two), right_numerator);
    const Pair<P> product_of_z = product(z, select(left, z_plus_two, Pair<P>{two * z.high, two * z.low}));
    const Pair<P> denominator = sum(select(left, two_pair, right_numerator), product_of_z);
    return scale_left(x, quotient(numerator, denominator), e.argument);
  }
}

}  // namespace lamina::kernels::LAMINA_LEVEL::math
