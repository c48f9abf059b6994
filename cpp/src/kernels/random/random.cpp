// Random floating numbers. Each worker fills a block of words at a time and turns it into numbers while it is in the
// first-level cache; what becomes of a word depends on its own bits alone.
#include "kernels/random/random.h"

#include "kernels/elementwise/map.h"
#include "kernels/elementwise/packet_math.h"
#include "kernels/families.h"
#include "kernels/random/philox.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

using namespace math;

// ---- Words

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

typedef std::uint64_t Words __attribute__((vector_size(kVectorBytes)));
constexpr int kWordLanes = kVectorBytes / 8;

// The 64-bit products of the low 32 bits of each lane; the high bits of the operands are ignored.
EIGEN_ALWAYS_INLINE Words multiply_low(Words a, Words b) {
#if defined(__AVX512F__)
  return (Words)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Words)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Words)_mm_mul_epu32((__m128i)a, (__m128i)b);
#elif defined(__aarch64__)
  return (Words)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
#endif
}

constexpr Index kChunk = 1024;  // words made at a time: 256 blocks

// The words of blocks first ... first + kChunk / 4 - 1: philox::generate() with a block per lane. The high halves of
// the lanes hold what is left of the products; no step reads them.
EIGEN_DONT_INLINE void generate_words(std::uint64_t key, std::uint64_t counter, std::uint64_t first,
                                      std::uint32_t* words) {
  Words lane = {};
  for (int i = 0; i < kWordLanes; ++i) lane[i] = std::uint64_t(i);
  const Words multiplier_0 = Words{} + philox::multiplier_0, multiplier_1 = Words{} + philox::multiplier_1;
  std::uint32_t keys[2][philox::rounds];
  for (int round = 0; round < philox::rounds; ++round) {
    keys[0][round] = std::uint32_t(key) + std::uint32_t(round) * philox::key_step_0;
    keys[1][round] = std::uint32_t(key >> 32) + std::uint32_t(round) * philox::key_step_1;
  }
  for (Index block = 0; block < kChunk / 4; block += kWordLanes) {
    const Words index = lane + (first + std::uint64_t(block));
    Words c0 = index, c1 = index >> 32, c2 = Words{} + counter, c3 = Words{} + (counter >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < philox::rounds; ++round) {
      const Words p0 = multiply_low(c0, multiplier_0), p1 = multiply_low(c2, multiplier_1);
      c0 = (p1 >> 32) ^ c1 ^ (Words{} + keys[0][round]);
      c1 = p1;
      c2 = (p0 >> 32) ^ c3 ^ (Words{} + keys[1][round]);
      c3 = p0;
    }
    const Words low = (c0 & 0xffffffffu) | (c1 << 32), high = (c2 & 0xffffffffu) | (c3 << 32);
    alignas(kVectorBytes) std::uint64_t halves[2][kWordLanes];
    __builtin_memcpy(halves[0], &low, sizeof low);
    __builtin_memcpy(halves[1], &high, sizeof high);
    alignas(kVectorBytes) std::uint64_t ordered[2 * kWordLanes];
    for (int i = 0; i < kWordLanes; ++i) {
      ordered[2 * i] = halves[0][i];
      ordered[2 * i + 1] = halves[1][i];
    }
    __builtin_memcpy(words + 4 * block, ordered, sizeof ordered);
  }
}

// ---- Elements

// How many words an element takes: element i of T begins with word i * kWordsPer<T>.
template <class T>
constexpr Index kWordsPer = sizeof(T) / 4;
template <class T>
constexpr Index kElements = kChunk / kWordsPer<T>;

constexpr Index kRandomGrain = 8 * 1024;  // elements; a multiple of kElements

// body(at, n, words): elements [at, at + n) from their words; n <= kElements<T>.
template <class T, class Body>
void for_each_chunk(Index n, std::uint64_t key, std::uint64_t counter, const Body& body) {
  parallel(n, measured_grain(kRandomGrain), [&](Index begin, Index end, int) {
    alignas(64) std::uint32_t words[kChunk];
    for (Index at = begin; at < end; at += kElements<T>) {
      generate_words(key, counter, std::uint64_t(at * kWordsPer<T> / 4), words);
      body(at, min_of(kElements<T>, end - at), words);
    }
  });
}

// 24 or 53 random bits as an integer below 2^24 or 2^53
inline std::uint32_t bits_of(const std::uint32_t* words, Index i, float) { return words[i] >> 8; }
inline std::uint64_t bits_of(const std::uint32_t* words, Index i, double) {
  return (words[2 * i] | std::uint64_t(words[2 * i + 1]) << 32) >> 11;
}

// These bits as a number in [0, 1)
inline float unit_of(const std::uint32_t* words, Index i, float) {
  return float(std::int32_t(words[i] >> 8)) * 0x1p-24f;
}
inline double unit_of(const std::uint32_t* words, Index i, double) {
  const double high = double(words[2 * i + 1]), low = double(words[2 * i] >> 11);  // both exact, and so is the sum
  const double scaled_high = high * 0x1p-32, scaled_low = low * 0x1p-53;
  return scaled_high + scaled_low;
}

inline float next_below(float x, float towards) { return __builtin_nextafterf(x, towards); }
inline double next_below(double x, double towards) { return __builtin_nextafter(x, towards); }

template <class T>
void uniform(Index n, std::uint64_t key, std::uint64_t counter, T low, T high, T* y) {
  const T range = high - low, greatest = next_below(high, low);
  for_each_chunk<T>(n, key, counter, [=](Index at, Index count, const std::uint32_t* words) {
    T* out = y + at;
    LAMINA_INDEPENDENT
    for (Index i = 0; i < count; ++i) {
      const T offset = unit_of(words, i, T()) * range;
      const T value = low + offset;
      out[i] = value < high ? value : greatest;  // where the sum rounds up
    }
  });
}

// Numbers in (0, 1], and angles in turns in [-1/2, 1/2), from the first and the second half of a block's words
inline void box_muller_inputs(const std::uint32_t* words, Index pair, float& radius, float& turns) {
  radius = float(words[2 * pair]) * 0x1p-32f + 0x1p-33f;
  turns = float(std::int32_t(words[2 * pair + 1])) * 0x1p-32f;
}
inline void box_muller_inputs(const std::uint32_t* words, Index pair, double& radius, double& turns) {
  // (52 bits + 1/2) / 2^52, and 53 bits with a sign; converted in halves, which every level can do at once
  const std::uint32_t* w = words + 4 * pair;
  const double scaled_high = double(w[1]) * 0x1p-32, scaled_low = (double(w[0] >> 12) + 0.5) * 0x1p-52;
  radius = scaled_high + scaled_low;
  const double turns_high = double(std::int32_t(w[3])) * 0x1p-32, turns_low = double(w[2] >> 11) * 0x1p-53;
  turns = turns_high + turns_low;
}

// y = mean + stddev * sqrt(-2 ln u) * (cos, sin)(2 pi turns) for elements 2j, 2j + 1
template <class T>
void normal(Index n, std::uint64_t key, std::uint64_t counter, T mean, T stddev, T* y) {
  using P = PacketOf<T>;
  using namespace Eigen::internal;
  constexpr Index pairs = kElements<T> / 2, lanes = unpacket_traits<P>::size;
  for_each_chunk<T>(n, key, counter, [=](Index at, Index count, const std::uint32_t* words) {
    alignas(64) T radii[pairs];
    alignas(64) T turns[pairs];
    LAMINA_INDEPENDENT
    for (Index j = 0; j < pairs; ++j) box_muller_inputs(words, j, radii[j], turns[j]);
    const P shift = constant<P>(FloatFormat<T>::integer_shift);
    for (Index j = 0; j < pairs; j += lanes) {
      const P radius = square_root(P(constant<P>(-2) * math::log(pload<P>(radii + j)))) * constant<P>(stddev);
      const P quarters = constant<P>(4) * pload<P>(turns + j);
      const P shifted = quarters + shift;
      const P angle = (quarters - (shifted - shift)) * constant<P>(T(1.5707963267948966));
      const BitsOf<P> quadrant = to_bits(shifted);
      const P center = constant<P>(mean);
      pstore(radii + j, P(pmul(radius, sin_of_angle(angle, BitsOf<P>(quadrant + 1))) + center));
      pstore(turns + j, P(pmul(radius, sin_of_angle(angle, quadrant)) + center));
    }
    T* out = y + at;
    LAMINA_INDEPENDENT
    for (Index j = 0; j < count / 2; ++j) {
      out[2 * j] = radii[j];
      out[2 * j + 1] = turns[j];
    }
    if (count % 2 == 1) out[count - 1] = radii[count / 2];
  });
}

// Phi^-1((1 + t) / 2) / t in w = -ln(1 - t^2), for |t| <= erf(sqrt(2)), where the quantile is 2: 2^-25 and 2^-52
template <class T>
struct Quantile;
template <>
struct Quantile<float> {
  static constexpr float c[] = {1.2533141f,      0.32811782f,   0.016324904f,  -0.0032776166f,
                                -0.00021535016f, 9.065089e-05f, -6.362842e-06f};
};
template <>
struct Quantile<double> {
  static constexpr double c[] = {1.2533141373155003,     0.3281168738691862,      0.016333236148067837,
                                 -0.003302332424664493,  -0.00018108047407839231, 6.591818260894649e-05,
                                 2.8575747275092467e-06, -1.433471378382174e-06,  -5.0952340336547155e-08,
                                 3.0732944593665014e-08, 1.9458649803901687e-09,  -1.0871400371394819e-09,
                                 5.892773493457506e-11,  1.0326002893530105e-11,  -1.1018352520080122e-12};
};

// Symmetric numbers in (-1, 1): odd multiples of 2^-23 and 2^-52
inline float symmetric_unit(const std::uint32_t* words, Index i, float) {
  return float(std::int32_t(2 * (words[i] >> 9) + 1) - (1 << 23)) * 0x1p-23f;
}
inline double symmetric_unit(const std::uint32_t* words, Index i, double) {
  const double high = double(words[2 * i + 1]) - 0x1p31, low = 2 * double(words[2 * i] >> 12) + 1;
  const double scaled_high = high * 0x1p-31, scaled_low = low * 0x1p-52;
  return scaled_high + scaled_low;
}

template <class T>
void truncated_normal(Index n, std::uint64_t key, std::uint64_t counter, T mean, T stddev, T* y) {
  using P = PacketOf<T>;
  using namespace Eigen::internal;
  constexpr Index lanes = unpacket_traits<P>::size;
  for_each_chunk<T>(n, key, counter, [=](Index at, Index count, const std::uint32_t* words) {
    alignas(64) T values[kElements<T>];
    LAMINA_INDEPENDENT
    for (Index i = 0; i < kElements<T>; ++i) values[i] = symmetric_unit(words, i, T());
    for (Index i = 0; i < kElements<T>; i += lanes) {
      const P t = constant<P>(T(0.9544997361036416)) * pload<P>(values + i);
      const P w = -math::log1p(P(-t * t));
      const P z = pmin(pmax(P(t * polynomial(w, Quantile<T>::c)), constant<P>(-2)), constant<P>(2));
      pstore(values + i, P(pmul(z, constant<P>(stddev)) + constant<P>(mean)));
    }
    T* out = y + at;
    for (Index i = 0; i < count; ++i) out[i] = values[i];
  });
}

template <class T>
void dropout(Index n, std::uint64_t key, std::uint64_t counter, double rate, const T* x, T* y) {
  // uniform >= rate for the bits of an element: their number is at least rate times the number of all, rounded up
  const double all = sizeof(T) == 4 ? 0x1p24 : 0x1p53;
  const double bound = rate <= 0 ? 0 : rate >= 1 ? all : __builtin_ceil(rate * all);
  using Bits = decltype(bits_of(nullptr, 0, T()));
  const Bits least = Bits(bound);
  const T scale = rate >= 1 ? T(0) : T(1 / (1 - (rate > 0 ? rate : 0)));
  for_each_chunk<T>(n, key, counter, [=](Index at, Index count, const std::uint32_t* words) {
    const T* in = x + at;
    T* out = y + at;
    LAMINA_INDEPENDENT
    for (Index i = 0; i < count; ++i) {
      const T kept = in[i] * scale;
      out[i] = bits_of(words, i, T()) >= least ? kept : T(0);
    }
  });
}

}  // namespace

template <class T>
Random<T> make_random() {
  return {uniform<T>, normal<T>, truncated_normal<T>, dropout<T>};
}

template Random<float> make_random();
template Random<double> make_random();

}  // namespace lamina::kernels::LAMINA_LEVEL
