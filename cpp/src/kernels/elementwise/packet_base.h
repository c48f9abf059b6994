// What the functions of packet_math.h are made of: Eigen packets seen as vectors of numbers and as vectors of bits.
// Comparison, selection and arithmetic on bits use the vector extensions of gcc and clang, which are the same at every
// instruction set level; Eigen's packets are such vectors.
#pragma once

#include <Eigen/Core>

#include "kernels/level.h"

// gcc warns that a packet given as a template argument loses its may_alias attribute, which nothing here needs.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace lamina::kernels::LAMINA_LEVEL::math {

using Eigen::internal::pmadd;
using Eigen::internal::pmax;
using Eigen::internal::pmin;

// ---- Types

template <class T>
using PacketOf = typename Eigen::internal::packet_traits<T>::type;  // the widest packet of the level

template <class P>
using ScalarOf = typename Eigen::internal::unpacket_traits<P>::type;

template <class T>
struct FloatFormat;

template <>
struct FloatFormat<float> {
  using Word = std::uint32_t;
  static constexpr int mantissa_bits = 23;
  static constexpr Word sign = 0x80000000u, magnitude = 0x7fffffffu, mantissa = 0x007fffffu;
  static constexpr Word one = 0x3f800000u, infinity = 0x7f800000u, not_a_number = 0x7fc00000u;
  static constexpr float integer_shift = 12582912.0f;     // 1.5 * 2^23: adding it rounds to an integer
  static constexpr float power_of_mantissa = 8388608.0f;  // 2^23
  static constexpr float smallest_normal = 1.17549435e-38f;
};

template <>
struct FloatFormat<double> {
  using Word = std::uint64_t;
  static constexpr int mantissa_bits = 52;
  static constexpr Word sign = 0x8000000000000000u, magnitude = 0x7fffffffffffffffu, mantissa = 0x000fffffffffffffu;
  static constexpr Word one = 0x3ff0000000000000u, infinity = 0x7ff0000000000000u, not_a_number = 0x7ff8000000000000u;
  static constexpr double integer_shift = 6755399441055744.0;      // 1.5 * 2^52
  static constexpr double power_of_mantissa = 4503599627370496.0;  // 2^52
  static constexpr double smallest_normal = 2.2250738585072014e-308;
};

template <class P>
using FormatOf = FloatFormat<ScalarOf<P>>;

template <class P>
struct BitsOfPacket {
  typedef typename FormatOf<P>::Word type __attribute__((vector_size(sizeof(P))));
};

// The bits of a packet, one unsigned word per lane.
template <class P>
using BitsOf = typename BitsOfPacket<P>::type;

// ---- Bits and constants

template <class P>
EIGEN_ALWAYS_INLINE P constant(ScalarOf<P> value) {
  return Eigen::internal::pset1<P>(value);
}

template <class P>
EIGEN_ALWAYS_INLINE BitsOf<P> to_bits(P x) {
  return (BitsOf<P>)x;
}

template <class P>
EIGEN_ALWAYS_INLINE P from_bits(BitsOf<P> bits) {
  return (P)bits;
}

template <class P>
EIGEN_ALWAYS_INLINE BitsOf<P> word(typename FormatOf<P>::Word value) {
  return BitsOf<P>{} + value;
}

template <class P>
EIGEN_ALWAYS_INLINE P infinity() {
  return from_bits<P>(word<P>(FormatOf<P>::infinity));
}

template <class P>
EIGEN_ALWAYS_INLINE P not_a_number() {
  return from_bits<P>(word<P>(FormatOf<P>::not_a_number));
}

template <class P>
EIGEN_ALWAYS_INLINE P absolute(P x) {
  return from_bits<P>(to_bits(x) & FormatOf<P>::magnitude);
}

template <class P>
EIGEN_ALWAYS_INLINE BitsOf<P> sign_of(P x) {
  return to_bits(x) & FormatOf<P>::sign;
}

// x with its sign flipped where `sign` has the sign bit.
template <class P>
EIGEN_ALWAYS_INLINE P flip_sign(P x, BitsOf<P> sign) {
  return from_bits<P>(to_bits(x) ^ sign);
}

template <class Mask, class P>
EIGEN_ALWAYS_INLINE P select(Mask mask, P yes, P no) {
  return mask ? yes : no;
}

// 2^n for an integer -bias < n <= bias that was made by adding integer_shift.
template <class P>
EIGEN_ALWAYS_INLINE P power_of_two(P shifted) {
  return from_bits<P>((to_bits(shifted) << FormatOf<P>::mantissa_bits) + FormatOf<P>::one);
}

// ---- Polynomials: sum of c[i] * x^i

template <class P, int N>
EIGEN_ALWAYS_INLINE P polynomial(P x, const ScalarOf<P> (&c)[N]) {
  P y = constant<P>(c[N - 1]);
#pragma GCC unroll 32
  for (int i = N - 2; i >= 0; --i) y = pmadd(y, x, constant<P>(c[i]));
  return y;
}

// ---- Square root, correctly rounded (Eigen's may be an approximation)

template <class P>
EIGEN_ALWAYS_INLINE P square_root(P x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(P) == 64 && sizeof(ScalarOf<P>) == 4) return _mm512_sqrt_ps(x);
  if constexpr (sizeof(P) == 64 && sizeof(ScalarOf<P>) == 8) return _mm512_sqrt_pd(x);
#endif
#if defined(__AVX__)
  if constexpr (sizeof(P) == 32 && sizeof(ScalarOf<P>) == 4) return _mm256_sqrt_ps(x);
  if constexpr (sizeof(P) == 32 && sizeof(ScalarOf<P>) == 8) return _mm256_sqrt_pd(x);
#endif
#if defined(__SSE2__)
  if constexpr (sizeof(P) == 16 && sizeof(ScalarOf<P>) == 4) return _mm_sqrt_ps(x);
  if constexpr (sizeof(P) == 16 && sizeof(ScalarOf<P>) == 8) return _mm_sqrt_pd(x);
#elif defined(__aarch64__)
  if constexpr (sizeof(ScalarOf<P>) == 4) return vsqrtq_f32(x);
  if constexpr (sizeof(ScalarOf<P>) == 8) return vsqrtq_f64(x);
#endif
}

// ---- Float packets as two double packets of half the lanes each, and back

template <class P>
struct Wide;  // of a float packet: type, low(), high(), narrow()

#if defined(__AVX512F__)
template <>
struct Wide<Eigen::internal::Packet16f> {
  using type = Eigen::internal::Packet8d;
  static EIGEN_ALWAYS_INLINE type low(__m512 x) { return _mm512_cvtps_pd(_mm512_castps512_ps256(x)); }
  static EIGEN_ALWAYS_INLINE type high(__m512 x) {
    return _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1)));
  }
  static EIGEN_ALWAYS_INLINE __m512 narrow(__m512d low, __m512d high) {
    const __m512d half = _mm512_castps_pd(_mm512_castps256_ps512(_mm512_cvtpd_ps(low)));
    return _mm512_castpd_ps(_mm512_insertf64x4(half, _mm256_castps_pd(_mm512_cvtpd_ps(high)), 1));
  }
};
#endif
#if defined(__AVX__)
template <>
struct Wide<Eigen::internal::Packet8f> {
  using type = Eigen::internal::Packet4d;
  static EIGEN_ALWAYS_INLINE type low(__m256 x) { return _mm256_cvtps_pd(_mm256_castps256_ps128(x)); }
  static EIGEN_ALWAYS_INLINE type high(__m256 x) { return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)); }
  static EIGEN_ALWAYS_INLINE __m256 narrow(__m256d low, __m256d high) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(low)), _mm256_cvtpd_ps(high), 1);
  }
};
#endif
#if defined(__SSE2__)
template <>
struct Wide<Eigen::internal::Packet4f> {
  using type = Eigen::internal::Packet2d;
  static EIGEN_ALWAYS_INLINE type low(__m128 x) { return _mm_cvtps_pd(x); }
  static EIGEN_ALWAYS_INLINE type high(__m128 x) { return _mm_cvtps_pd(_mm_movehl_ps(x, x)); }
  static EIGEN_ALWAYS_INLINE __m128 narrow(__m128d low, __m128d high) {
    return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
  }
};
#elif defined(__aarch64__)
template <>
struct Wide<Eigen::internal::Packet4f> {
  using type = Eigen::internal::Packet2d;
  static EIGEN_ALWAYS_INLINE type low(float32x4_t x) { return vcvt_f64_f32(vget_low_f32(x)); }
  static EIGEN_ALWAYS_INLINE type high(float32x4_t x) { return vcvt_high_f64_f32(x); }
  static EIGEN_ALWAYS_INLINE float32x4_t narrow(float64x2_t low, float64x2_t high) {
    return vcvt_high_f32_f64(vcvt_f32_f64(low), high);
  }
};
#endif

// ---- Pairs: a number as the unevaluated sum high + low, |low| <= ulp(high) / 2, for results that one rounding per
// operation would spoil (Dekker, 1971)

template <class P>
struct Pair {
  P high, low;
};

// a + b exactly, |a| >= |b| (or a == 0)
template <class P>
EIGEN_ALWAYS_INLINE Pair<P> sum_of_ordered(P a, P b) {
  const P high = a + b;
  return {high, b - (high - a)};
}

// a + b exactly
template <class P>
EIGEN_ALWAYS_INLINE Pair<P> sum(P a, P b) {
  const P high = a + b;
  const P b_part = high - a;
  return {high, (a - (high - b_part)) + (b - b_part)};
}

// a * b exactly (without fused multiply-add only while a and b stay far from overflow)
template <class P>
EIGEN_ALWAYS_INLINE Pair<P> product(P a, P b) {
  const P high = Eigen::internal::pmul(a, b);
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return {high, pmadd(a, b, -high)};
#else
  const P splitter = constant<P>(sizeof(ScalarOf<P>) == 4 ? ScalarOf<P>(4097) : ScalarOf<P>(134217729));
  const P a_scaled = splitter * a, b_scaled = splitter * b;
  const P a_high = a_scaled - (a_scaled - a), b_high = b_scaled - (b_scaled - b);
  const P a_low = a - a_high, b_low = b - b_high;
  return {high, ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low};
#endif
}

template <class P>
EIGEN_ALWAYS_INLINE Pair<P> product(Pair<P> a, P b) {
  const Pair<P> y = product(a.high, b);
  return sum_of_ordered(y.high, pmadd(a.low, b, y.low));
}

template <class P>
EIGEN_ALWAYS_INLINE Pair<P> product(Pair<P> a, Pair<P> b) {
  const Pair<P> y = product(a.high, b.high);
  return sum_of_ordered(y.high, pmadd(a.high, b.low, pmadd(a.low, b.high, y.low)));
}

template <class P>
EIGEN_ALWAYS_INLINE Pair<P> sum(Pair<P> a, Pair<P> b) {
  const Pair<P> y = sum(a.high, b.high);
  return sum_of_ordered(y.high, y.low + (a.low + b.low));
}

// a / b
template <class P>
EIGEN_ALWAYS_INLINE Pair<P> quotient(Pair<P> a, Pair<P> b) {
  const P inverse = constant<P>(1) / b.high;
  const P high = a.high * inverse;
  const Pair<P> back = product(high, b.high);
  const P rest = ((a.high - back.high) - back.low) + a.low - high * b.low;
  return {high, rest * inverse};
}

// The polynomial of a positive x with positive coefficients, as if it were evaluated with twice the digits.
template <class P, int N>
EIGEN_ALWAYS_INLINE Pair<P> precise_polynomial(P x, const ScalarOf<P> (&c)[N]) {
  Pair<P> y = {constant<P>(c[N - 1]), constant<P>(0)};
#pragma GCC unroll 32
  for (int i = N - 2; i >= 0; --i) {
    const Pair<P> term = product(y.high, x);
    const Pair<P> next = sum(term.high, constant<P>(c[i]));
    y = {next.high, pmadd(y.low, x, P(term.low + next.low))};
  }
  return sum_of_ordered(y.high, y.low);
}

template <class Mask, class P>
EIGEN_ALWAYS_INLINE Pair<P> select(Mask mask, Pair<P> yes, Pair<P> no) {
  return {mask ? yes.high : no.high, mask ? yes.low : no.low};
}

// a * b for a pair b, rounded to one packet; an infinite a must not meet a low part of 0
template <class P>
EIGEN_ALWAYS_INLINE P rounded_product(P a, Pair<P> b) {
  return pmadd(a, b.high, P(pmin(a, constant<P>(ScalarOf<P>(1e30))) * b.low));
}

}  // namespace lamina::kernels::LAMINA_LEVEL::math
