// Conversion between dtypes, limits, constants and tests for NaN and infinity.
#include "kernels/elementwise/map.h"
#include "kernels/elementwise/parts.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

template <class T>
constexpr bool is_floating = T(0.5) != T(0) && sizeof(T) >= sizeof(float);

// The range of an integer type as floating numbers: `below` is the least number, `above` the first beyond the greatest.
template <class Integer>
struct Range;
template <>
struct Range<std::int32_t> {
  static constexpr double below = -2147483648.0, above = 2147483648.0;
  static constexpr std::int32_t greatest = 2147483647;
};
template <>
struct Range<std::int64_t> {
  static constexpr double below = -9223372036854775808.0, above = 9223372036854775808.0;
  static constexpr std::int64_t greatest = 9223372036854775807;
};
template <>
struct Range<std::uint8_t> {
  static constexpr double below = 0.0, above = 256.0;
  static constexpr std::uint8_t greatest = 255;
};

template <class To>
struct StepOf {
  using type = To;
};
template <>
struct StepOf<std::uint8_t> {
  using type = std::int32_t;
};

template <class To, class From>
inline To convert(From x) {
  if constexpr (is_floating<From> && !is_floating<To>) {
    // NaN to 0, what is out of range to the nearest end; uint8 by way of int32, which is what processors convert to
    using Step = typename StepOf<To>::type;
    const From number = x == x ? x : From(0);
    const From raised = number > From(Range<To>::below) ? number : From(Range<To>::below);
    constexpr bool end_is_exact = sizeof(To) == 1 || (sizeof(To) == 4 && sizeof(From) == 8);
    if constexpr (end_is_exact) {
      const From end = From(Range<To>::greatest);
      return static_cast<To>(static_cast<Step>(raised < end ? raised : end));
    } else {
      const bool beyond = raised >= From(Range<To>::above);
      const Step inside = static_cast<Step>(beyond ? From(0) : raised);
      return static_cast<To>(beyond ? Step(Range<To>::greatest) : inside);
    }
  } else {
    return static_cast<To>(x);  // between integers the high bits are dropped
  }
}

template <class T, class To>
void cast_to(Index n, const T* x, To* y) {
  for_each_element(n, grain_of_bytes(sizeof(T) + sizeof(To)), [=](Index i) { y[i] = convert<To>(x[i]); });
}

template <class T>
void cast_to_bool(Index n, const T* x, std::uint8_t* y) {
  for_each_element(n, grain_of_bytes(sizeof(T) + 1), [=](Index i) { y[i] = x[i] != T(0); });
}

// The bits of |x|, which order as the numbers do, NaN last.
inline std::uint32_t magnitude_bits(float x) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits & 0x7fffffffu;
}
inline std::uint64_t magnitude_bits(double x) {
  std::uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits & 0x7fffffffffffffffu;
}
template <class T>
auto infinity_bits() {
  return magnitude_bits(T(__builtin_inf()));
}

}  // namespace

template <class T>
void cast(Index n, const T* x, int to_dtype, void* y) {
  switch (to_dtype) {  // the order of lamina::DType
    case 0:
      return cast_to(n, x, static_cast<float*>(y));
    case 1:
      return cast_to(n, x, static_cast<double*>(y));
    case 2:
      return cast_to(n, x, static_cast<std::int32_t*>(y));
    case 3:
      return cast_to(n, x, static_cast<std::int64_t*>(y));
    case 4:
      return cast_to(n, x, static_cast<std::uint8_t*>(y));
    case 5:
      return cast_to_bool(n, x, static_cast<std::uint8_t*>(y));
  }
}

template <class T>
void clip(Index n, const T* x, T low, T high, T* y) {
  for_each_element(n, grain_of_bytes(2 * sizeof(T)), [=](Index i) {
    const T raised = x[i] < low ? low : x[i];
    y[i] = high < raised ? high : raised;
  });
}

template <class T>
void fill(Index n, T value, T* y) {
  for_each_element(n, grain_of_bytes(sizeof(T)), [=](Index i) { y[i] = value; });
}

template <class T>
void arange(Index n, T start, T step, T* y) {
  if constexpr (is_floating<T>) {
    for_each_element(n, grain_of_bytes(sizeof(T)), [=](Index i) {
      const T offset = T(i) * step;
      y[i] = start + offset;
    });
  } else {
    for_each_element(n, grain_of_bytes(sizeof(T)),
                     [=](Index i) { y[i] = T(std::uint64_t(start) + std::uint64_t(i) * std::uint64_t(step)); });
  }
}

template <class T>
void is_finite(Index n, const T* x, bool* y) {
  std::uint8_t* out = reinterpret_cast<std::uint8_t*>(y);
  for_each_element(n, grain_of_bytes(sizeof(T) + 1),
                   [=](Index i) { out[i] = magnitude_bits(x[i]) < infinity_bits<T>(); });
}

template <class T>
void is_nan(Index n, const T* x, bool* y) {
  std::uint8_t* out = reinterpret_cast<std::uint8_t*>(y);
  for_each_element(n, grain_of_bytes(sizeof(T) + 1),
                   [=](Index i) { out[i] = magnitude_bits(x[i]) > infinity_bits<T>(); });
}

template <class T>
void is_inf(Index n, const T* x, bool* y) {
  std::uint8_t* out = reinterpret_cast<std::uint8_t*>(y);
  for_each_element(n, grain_of_bytes(sizeof(T) + 1),
                   [=](Index i) { out[i] = magnitude_bits(x[i]) == infinity_bits<T>(); });
}

#define LAMINA_INSTANTIATE(T)                    \
  template void clip(Index, const T*, T, T, T*); \
  template void fill(Index, T, T*);              \
  template void arange(Index, T, T, T*);         \
  template void cast(Index, const T*, int, void*);
LAMINA_INSTANTIATE(float)
LAMINA_INSTANTIATE(double)
LAMINA_INSTANTIATE(std::int32_t)
LAMINA_INSTANTIATE(std::int64_t)
LAMINA_INSTANTIATE(std::uint8_t)
LAMINA_INSTANTIATE(bool)
#undef LAMINA_INSTANTIATE

#define LAMINA_INSTANTIATE(T)                      \
  template void is_finite(Index, const T*, bool*); \
  template void is_nan(Index, const T*, bool*);    \
  template void is_inf(Index, const T*, bool*);
LAMINA_INSTANTIATE(float)
LAMINA_INSTANTIATE(double)
#undef LAMINA_INSTANTIATE

}  // namespace lamina::kernels::LAMINA_LEVEL
