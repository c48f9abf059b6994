// Vector lanes for the kernels that stream over rows (reduce, pool, norm, softmax): Eigen's packets with one set of
// names that also works for single elements, and a cascade that covers any number of elements with packets of
// decreasing width.
#pragma once

#include <Eigen/Core>

#include "kernels/level.h"

// gcc warns that a packet given as a template argument loses its may_alias attribute, which nothing here needs.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace lamina::kernels::LAMINA_LEVEL::lanes {

namespace ei = Eigen::internal;

// The widest packet of float or double at this level.
template <class T>
using Packet = typename ei::packet_traits<T>::type;

template <class P>
constexpr Index width_of() {
  return ei::unpacket_traits<P>::size;
}

template <class P>
using ElementOf = typename ei::unpacket_traits<P>::type;

// Passed to generic bodies to name the packet (or the element type itself) to work with.
template <class P>
struct As {
  using type = P;
};

template <class P>
inline P load(const ElementOf<P>* x) {
  return ei::ploadu<P>(x);
}

template <class P>
inline void store(ElementOf<P>* y, const P& value) {
  ei::pstoreu(y, value);
}

template <class P>
inline P splat(ElementOf<P> value) {
  return ei::pset1<P>(value);
}

// a * b + c, rounded once where the level has fused multiply-add: elements then get the same bits as packets.
template <class P>
inline P multiply_add(const P& a, const P& b, const P& c) {
  return ei::pmadd(a, b, c);
}
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
inline float multiply_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double multiply_add(double a, double b, double c) { return __builtin_fma(a, b, c); }
#endif

// The larger (smaller) of two; NaN if one is NaN.
template <class P>
inline P max_with_nan(const P& a, const P& b) {
  return ei::pselect(ei::pcmp_eq(b, b), ei::pmax(a, b), b);
}
inline float max_with_nan(float a, float b) { return b > a || b != b ? b : a; }
inline double max_with_nan(double a, double b) { return b > a || b != b ? b : a; }

template <class P>
inline P min_with_nan(const P& a, const P& b) {
  return ei::pselect(ei::pcmp_eq(b, b), ei::pmin(a, b), b);
}
inline float min_with_nan(float a, float b) { return b < a || b != b ? b : a; }
inline double min_with_nan(double a, double b) { return b < a || b != b ? b : a; }

// value where a < b, zero elsewhere.
template <class P>
inline P keep_where_less(const P& a, const P& b, const P& value) {
  return ei::pand(ei::pcmp_lt(a, b), value);
}
inline float keep_where_less(float a, float b, float value) { return a < b ? value : 0; }
inline double keep_where_less(double a, double b, double value) { return a < b ? value : 0; }

#if defined(__AVX512F__)  // comparisons give a mask register, which Eigen turns into a packet and back
// `value` has to be in a register before: a masked load would wait for what is compared.
inline ei::Packet16f keep_where_less(const ei::Packet16f& a, const ei::Packet16f& b, ei::Packet16f value) {
  asm("" : "+v"(value));
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), value);
}
inline ei::Packet8d keep_where_less(const ei::Packet8d& a, const ei::Packet8d& b, ei::Packet8d value) {
  asm("" : "+v"(value));
  return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), value);
}
inline ei::Packet16f max_with_nan(const ei::Packet16f& a, const ei::Packet16f& b) {
  return _mm512_mask_max_ps(b, _mm512_cmp_ps_mask(b, b, _CMP_ORD_Q), b, a);
}
inline ei::Packet8d max_with_nan(const ei::Packet8d& a, const ei::Packet8d& b) {
  return _mm512_mask_max_pd(b, _mm512_cmp_pd_mask(b, b, _CMP_ORD_Q), b, a);
}
inline ei::Packet16f min_with_nan(const ei::Packet16f& a, const ei::Packet16f& b) {
  return _mm512_mask_min_ps(b, _mm512_cmp_ps_mask(b, b, _CMP_ORD_Q), b, a);
}
inline ei::Packet8d min_with_nan(const ei::Packet8d& a, const ei::Packet8d& b) {
  return _mm512_mask_min_pd(b, _mm512_cmp_pd_mask(b, b, _CMP_ORD_Q), b, a);
}
#endif

// Loads the first `count` < width elements; the other lanes get `fill`. Stores the same lanes.
template <class P>
inline P load_partial(const ElementOf<P>* x, Index count, ElementOf<P> fill) {
  alignas(64) ElementOf<P> buffer[width_of<P>()];
  ei::pstore(buffer, splat<P>(fill));
  for (Index i = 0; i < count; ++i) buffer[i] = x[i];
  return ei::pload<P>(buffer);
}

template <class P>
inline void store_partial(ElementOf<P>* y, Index count, const P& value) {
  alignas(64) ElementOf<P> buffer[width_of<P>()];
  ei::pstore(buffer, value);
  for (Index i = 0; i < count; ++i) y[i] = buffer[i];
}

#if defined(__AVX512F__)
template <>
inline ei::Packet16f load_partial<ei::Packet16f>(const float* x, Index count, float fill) {
  return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), static_cast<__mmask16>((1u << count) - 1), x);
}
template <>
inline ei::Packet8d load_partial<ei::Packet8d>(const double* x, Index count, double fill) {
  return _mm512_mask_loadu_pd(_mm512_set1_pd(fill), static_cast<__mmask8>((1u << count) - 1), x);
}
template <>
inline void store_partial<ei::Packet16f>(float* y, Index count, const ei::Packet16f& value) {
  _mm512_mask_storeu_ps(y, static_cast<__mmask16>((1u << count) - 1), value);
}
template <>
inline void store_partial<ei::Packet8d>(double* y, Index count, const ei::Packet8d& value) {
  _mm512_mask_storeu_pd(y, static_cast<__mmask8>((1u << count) - 1), value);
}
#elif defined(__AVX2__)
template <>
inline ei::Packet8f load_partial<ei::Packet8f>(const float* x, Index count, float fill) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane);
  return _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(x, mask), _mm256_castsi256_ps(mask));
}
template <>
inline ei::Packet4d load_partial<ei::Packet4d>(const double* x, Index count, double fill) {
  const __m256i mask = _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
  return _mm256_blendv_pd(_mm256_set1_pd(fill), _mm256_maskload_pd(x, mask), _mm256_castsi256_pd(mask));
}
#endif

// How sweep() gives access to the elements at hand: a whole packet, or the first `count` lanes of one.
template <class P>
struct Whole {
  P load(const ElementOf<P>* x, ElementOf<P>) const { return ei::ploadu<P>(x); }
  void store(ElementOf<P>* y, const P& value) const { ei::pstoreu(y, value); }
};

template <class P>
struct Part {
  Index count;
  P load(const ElementOf<P>* x, ElementOf<P> fill) const { return load_partial<P>(x, count, fill); }
  void store(ElementOf<P>* y, const P& value) const { store_partial<P>(y, count, value); }
};

// body(access, i) for the packets of [begin, end), the last one in part: for functions that only packets have.
template <class T, class Body>
inline void sweep(Index begin, Index end, const Body& body) {
  using P = Packet<T>;
  for (; begin + width_of<P>() <= end; begin += width_of<P>()) body(Whole<P>(), begin);
  if (begin < end) body(Part<P>{end - begin}, begin);
}

// body(As<P>, i) for i in [begin, end): packets P first, then packets of half the width and so on, single elements
// last.
template <class P, class Body>
inline void cover_with(Index begin, Index end, const Body& body) {
  using Half = typename ei::unpacket_traits<P>::half;
  for (; begin + width_of<P>() <= end; begin += width_of<P>()) body(As<P>(), begin);
  if constexpr (width_of<P>() == 1) {
    return;
  } else if constexpr (width_of<Half>() < width_of<P>()) {
    cover_with<Half>(begin, end, body);
  } else {
    cover_with<ElementOf<P>>(begin, end, body);
  }
}

template <class T, class Body>
inline void cover(Index begin, Index end, const Body& body) {
  cover_with<Packet<T>>(begin, end, body);
}

// Sum over i in [0, n) of term(As<P>, i): four packets of partial sums within blocks, the blocks in double.
constexpr Index kSumBlock = 4096;

template <class T, class Term>
inline T sum_of_block(Index begin, Index end, const Term& term) {
  using P = Packet<T>;
  constexpr Index width = width_of<P>();
  P s0 = splat<P>(T(0)), s1 = s0, s2 = s0, s3 = s0;
  Index i = begin;
  for (; i + 4 * width <= end; i += 4 * width) {
    s0 = ei::padd(s0, term(As<P>(), i));
    s1 = ei::padd(s1, term(As<P>(), i + width));
    s2 = ei::padd(s2, term(As<P>(), i + 2 * width));
    s3 = ei::padd(s3, term(As<P>(), i + 3 * width));
  }
  for (; i + width <= end; i += width) s0 = ei::padd(s0, term(As<P>(), i));
  T tail = T(0);
  cover<T>(i, end, [&](auto as, Index j) { tail += ei::predux(term(as, j)); });
  return ei::predux(ei::padd(ei::padd(s0, s1), ei::padd(s2, s3))) + tail;
}

template <class T, class Term>
inline double sum(Index n, const Term& term) {
  double total = 0;
  for (Index begin = 0; begin < n; begin += kSumBlock)
    total += static_cast<double>(sum_of_block<T>(begin, min_of(begin + kSumBlock, n), term));
  return total;
}

// Rows of few columns waste lanes. Where rows lie one behind the other, `fold` of them can be taken as one row of
// fold * columns lanes: lane l then belongs to column l % columns. A folded row has at most kMaxFolded lanes.
constexpr Index kMaxFolded = 1024;

// `enough` lanes are wanted, in whole packets if possible.
inline Index fold_of(Index rows, Index columns, Index enough) {
  Index fold = 1;
  while (columns * fold < enough || (columns * fold % 16 != 0 && columns * fold * 2 <= kMaxFolded)) fold *= 2;
  return rows >= 4 * fold ? fold : 1;
}

}  // namespace lamina::kernels::LAMINA_LEVEL::lanes
