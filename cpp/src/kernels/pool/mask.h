// The lanes of a packet whose maximum has not been found yet. Packets hold them as bits or, with AVX-512, in a mask
// register; single elements as a bool.
#pragma once

#include "kernels/reduce/lanes.h"

namespace lamina::kernels::LAMINA_LEVEL::pooling {

namespace ei = Eigen::internal;

template <class P>
struct Mask {
  P bits;

  static Mask all() { return {ei::ptrue(lanes::splat<P>(0))}; }
  // `gradient` where x is the maximum y and none was found before, else 0. A window with NaN has the maximum NaN,
  // found at the first NaN.
  P take_maximum(const P& x, const P& y, const P& gradient) {
    const P every = ei::ptrue(x);
    const P hit = ei::pand(ei::pselect(ei::pcmp_eq(x, x), ei::pcmp_eq(x, y), every), bits);
    bits = ei::pandnot(bits, hit);
    return ei::pand(hit, gradient);
  }
};

template <class T>
struct ElementMask {
  bool open;

  T take_maximum(T x, T y, T gradient) {
    const bool hit = open && (x == y || x != x);
    open = open && !hit;
    return hit ? gradient : T(0);
  }
};

template <>
struct Mask<float> : ElementMask<float> {
  static Mask all() { return {{true}}; }
};

template <>
struct Mask<double> : ElementMask<double> {
  static Mask all() { return {{true}}; }
};

#if defined(__AVX512F__)
template <>
struct Mask<ei::Packet16f> {
  __mmask16 open;

  static Mask all() { return {0xffff}; }
  ei::Packet16f take_maximum(const ei::Packet16f& x, const ei::Packet16f& y, const ei::Packet16f& gradient) {
    // The comparisons do not wait for the taps before.
    const __mmask16 maximum =
        static_cast<__mmask16>(_mm512_cmp_ps_mask(x, y, _CMP_EQ_OQ) | _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q));
    const __mmask16 hit = static_cast<__mmask16>(open & maximum);
    open = static_cast<__mmask16>(open & ~maximum);
    return _mm512_maskz_mov_ps(hit, gradient);
  }
};

template <>
struct Mask<ei::Packet8d> {
  __mmask8 open;

  static Mask all() { return {0xff}; }
  ei::Packet8d take_maximum(const ei::Packet8d& x, const ei::Packet8d& y, const ei::Packet8d& gradient) {
    // The comparisons do not wait for the taps before.
    const __mmask8 maximum =
        static_cast<__mmask8>(_mm512_cmp_pd_mask(x, y, _CMP_EQ_OQ) | _mm512_cmp_pd_mask(x, x, _CMP_UNORD_Q));
    const __mmask8 hit = static_cast<__mmask8>(open & maximum);
    open = static_cast<__mmask8>(open & ~maximum);
    return _mm512_maskz_mov_pd(hit, gradient);
  }
};
#endif

}  // namespace lamina::kernels::LAMINA_LEVEL::pooling
