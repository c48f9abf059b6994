// Conversions between float and the 16-bit formats, branch-free so that they vectorize.
#include "kernels/half/half.h"

#include "kernels/families.h"

#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

constexpr Index kGrain = 1 << 15;

inline std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline float float_of(std::uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

inline float widen_bfloat16(std::uint16_t x) { return float_of(std::uint32_t(x) << 16); }

inline std::uint16_t narrow_bfloat16(float x) {
  const std::uint32_t bits = bits_of(x);
  const std::uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;  // carries into the exponent as it should
  const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return static_cast<std::uint16_t>(is_nan ? bits >> 16 | 0x40u : rounded);
}

// The exponent is moved by a multiplication, which also makes denormals normal.
inline float widen_float16(std::uint16_t x) {
  const std::uint32_t sign = std::uint32_t(x & 0x8000u) << 16, size = std::uint32_t(x & 0x7fffu) << 13;
  const float scaled = float_of(size) * float_of((254u - 15u) << 23);
  const bool special = (x & 0x7c00u) == 0x7c00u;
  return float_of(sign | (special ? size | 0x7f800000u : bits_of(scaled)));
}

inline std::uint16_t narrow_float16(float x) {
  const std::uint32_t bits = bits_of(x), sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
  // Normal results: round the 13 bits that go, and move the exponent by 112.
  const std::uint32_t normal = (size + 0xfffu + (size >> 13 & 1u) - (112u << 23)) >> 13;
  // Denormal ones: adding 0.5 leaves the rounded fraction in the last bits.
  const std::uint32_t denormal = bits_of(float_of(size) + 0.5f) - bits_of(0.5f);
  const std::uint32_t finite = size < (113u << 23) ? denormal : normal;
  const std::uint32_t large = size > 0x7f800000u ? 0x7e00u : 0x7c00u;
  return static_cast<std::uint16_t>(sign | (size >= (143u << 23) ? large : finite));
}

template <class From, class To, class Function>
void convert(Index n, const From* x, To* y, const Function& f) {
  parallel(n, measured_grain(kGrain), [=](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) y[i] = f(x[i]);
  });
}

#if defined(__F16C__)
void widen_all_float16(Index n, const std::uint16_t* x, float* y) {
  parallel(n, measured_grain(kGrain), [=](Index begin, Index end, int) {
    Index i = begin;
    for (; i + 8 <= end; i += 8)
      _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i))));
    for (; i < end; ++i) y[i] = _cvtsh_ss(x[i]);
  });
}

void narrow_all_float16(Index n, const float* x, std::uint16_t* y) {
  parallel(n, measured_grain(kGrain), [=](Index begin, Index end, int) {
    Index i = begin;
    for (; i + 8 <= end; i += 8)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(y + i),
                       _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < end; ++i) y[i] = narrow_float16(x[i]);
  });
}
#else
void widen_all_float16(Index n, const std::uint16_t* x, float* y) { convert(n, x, y, widen_float16); }
void narrow_all_float16(Index n, const float* x, std::uint16_t* y) { convert(n, x, y, narrow_float16); }
#endif

void widen(HalfKind kind, Index n, const std::uint16_t* x, float* y) {
  if (kind == HalfKind::float16)
    widen_all_float16(n, x, y);
  else
    convert(n, x, y, widen_bfloat16);
}

void narrow(HalfKind kind, Index n, const float* x, std::uint16_t* y) {
  if (kind == HalfKind::float16)
    narrow_all_float16(n, x, y);
  else
    convert(n, x, y, narrow_bfloat16);
}

}  // namespace

Half make_half() { return {widen, narrow}; }

}  // namespace lamina::kernels::LAMINA_LEVEL
