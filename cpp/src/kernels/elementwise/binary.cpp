// y = f(a, b) of floating numbers, with broadcasting.
#include "kernels/elementwise/broadcast.h"
#include "kernels/elementwise/map.h"
#include "kernels/elementwise/packet_base.h"
#include "kernels/elementwise/parts.h"
#include "kernels/elementwise/special.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

using namespace math;

inline float call_pow(float a, float b) { return __builtin_powf(a, b); }
inline double call_pow(double a, double b) { return __builtin_pow(a, b); }
inline float call_fmod(float a, float b) { return __builtin_fmodf(a, b); }
inline double call_fmod(double a, double b) { return __builtin_fmod(a, b); }
inline float call_atan2(float a, float b) { return __builtin_atan2f(a, b); }
inline double call_atan2(double a, double b) { return __builtin_atan2(a, b); }
inline float call_hypot(float a, float b) { return __builtin_hypotf(a, b); }
inline double call_hypot(double a, double b) { return __builtin_hypot(a, b); }
inline float call_ldexp(float a, int b) { return __builtin_ldexpf(a, b); }
inline double call_ldexp(double a, int b) { return __builtin_ldexp(a, b); }
inline float call_floor(float x) { return __builtin_floorf(x); }
inline double call_floor(double x) { return __builtin_floor(x); }

// ---- Operations on packets

struct Add {
  template <class P>
  EIGEN_ALWAYS_INLINE P operator()(P a, P b) const {
    return a + b;
  }
};
struct Subtract {
  template <class P>
  EIGEN_ALWAYS_INLINE P operator()(P a, P b) const {
    return a - b;
  }
};
struct Multiply {
  template <class P>
  EIGEN_ALWAYS_INLINE P operator()(P a, P b) const {
    return a * b;
  }
};
struct Divide {
  template <class P>
  EIGEN_ALWAYS_INLINE P operator()(P a, P b) const {
    return a / b;
  }
};
struct SquaredDifference {
  template <class P>
  EIGEN_ALWAYS_INLINE P operator()(P a, P b) const {
    const P difference = a - b;
    return difference * difference;
  }
};
struct Maximum {  // NaN if either is
  template <class P>
  EIGEN_ALWAYS_INLINE P operator()(P a, P b) const {
    return select(a != a, a, select(a > b, a, b));
  }
};
struct Minimum {
  template <class P>
  EIGEN_ALWAYS_INLINE P operator()(P a, P b) const {
    return select(a != a, a, select(a < b, a, b));
  }
};

// ---- Operations on numbers

struct Power {
  template <class T>
  T operator()(T a, T b) const {
    return call_pow(a, b);
  }
};
struct Atan2 {
  template <class T>
  T operator()(T a, T b) const {
    return call_atan2(a, b);
  }
};
struct Mod {  // as NumPy: the sign of b, also of a zero
  template <class T>
  T operator()(T a, T b) const {
    const T rest = call_fmod(a, b);
    if (rest == T(0)) return b < T(0) ? T(-0.0) : T(0);
    return (rest < T(0)) != (b < T(0)) ? rest + b : rest;
  }
};
struct FloorDivide {  // as NumPy: from the exact remainder, so that a quotient that rounds up to an integer does not
                      // fool it
  template <class T>
  T operator()(T a, T b) const {
    if (b == T(0)) return a / b;
    T rest = call_fmod(a, b);
    T quotient = (a - rest) / b;
    if (rest != T(0) && (rest < T(0)) != (b < T(0))) quotient -= T(1);
    if (quotient == T(0)) return a / b < T(0) || 1 / (a / b) < T(0) ? T(-0.0) : T(0);
    const T floored = call_floor(quotient);
    return quotient - floored > T(0.5) ? floored + T(1) : floored;
  }
};

struct Fmod {
  template <class T>
  T operator()(T a, T b) const {
    return call_fmod(a, b);
  }
};
struct Hypot {
  template <class T>
  T operator()(T a, T b) const {
    return call_hypot(a, b);
  }
};
struct Ldexp {
  template <class T>
  T operator()(T a, T b) const {
    constexpr T most = 5000;  // beyond every exponent
    const T exponent = b < most ? (b > -most ? b : -most) : most;
    return call_ldexp(a, static_cast<int>(exponent));
  }
};

template <class T>
struct BitsOf;
template <>
struct BitsOf<float> {
  using type = std::int32_t;
  static constexpr type sign = -2147483647 - 1;
};
template <>
struct BitsOf<double> {
  using type = std::int64_t;
  static constexpr type sign = -9223372036854775807 - 1;
};

struct NextAfter {  // on the bits, so that denormal numbers count although the processor flushes them
  template <class T>
  T operator()(T a, T b) const {
    using Bits = typename BitsOf<T>::type;
    constexpr Bits sign = BitsOf<T>::sign;
    if (a != a || b != b) return a + b;
    Bits from, to;
    __builtin_memcpy(&from, &a, sizeof a);
    __builtin_memcpy(&to, &b, sizeof b);
    // as places on the line of numbers, both zeros at 0
    const Bits place = from < 0 ? sign - from : from, goal = to < 0 ? sign - to : to;
    if (place == goal) return b;
    const Bits next = place < goal ? place + 1 : place - 1;
    const Bits bits = next < 0 || (next == 0 && from < 0) ? sign - next : next;
    T y;
    __builtin_memcpy(&y, &bits, sizeof y);
    return y;
  }
};

template <double (*Function)(double, double)>
struct Special {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(Function(static_cast<double>(a), static_cast<double>(b)));
  }
};

// ---- Rows

template <class T, class Operation>
void packet_row(Index n, const void* const* in, unsigned scalars, void* out) {
  using P = PacketOf<T>;
  const T* a = static_cast<const T*>(in[0]);
  const T* b = static_cast<const T*>(in[1]);
  T* y = static_cast<T*>(out);
  const Operation f;
  if (scalars == 1) {
    const P value = constant<P>(*a);
    map_range(n, b, y, [=](P v) { return P(f(value, v)); });
  } else if (scalars == 2) {
    const P value = constant<P>(*b);
    map_range(n, a, y, [=](P v) { return P(f(v, value)); });
  } else {
    map_range(n, a, b, y, [=](P u, P v) { return P(f(u, v)); });
  }
}

template <class T, class Operation>
void number_row(Index n, const void* const* in, unsigned scalars, void* out) {
  const T* a = static_cast<const T*>(in[0]);
  const T* b = static_cast<const T*>(in[1]);
  T* y = static_cast<T*>(out);
  const Index a_step = scalars == 1 ? 0 : 1, b_step = scalars == 2 ? 0 : 1;
  for (Index i = 0; i < n; ++i) y[i] = Operation()(a[i * a_step], b[i * b_step]);
}

// The usual exponents are cheaper than pow, and as exact: x^2 is rounded once, x^3 twice, and sqrt(x) differs from
// x^(1/2) at -0 and -infinity only.
template <class T>
void power_row(Index n, const void* const* in, unsigned scalars, void* out) {
  using P = PacketOf<T>;
  const T* x = static_cast<const T*>(in[0]);
  T* y = static_cast<T*>(out);
  const T exponent = scalars == 2 ? *static_cast<const T*>(in[1]) : T(0);
  if (exponent == T(2)) return map_range(n, x, y, [](P v) { return P(v * v); });
  if (exponent == T(3)) return map_range(n, x, y, [](P v) { return P(v * v * v); });
  if (exponent == T(0.5)) {
    return map_range(n, x, y, [](P v) {
      const P root = square_root(v) + constant<P>(0);
      return select(v == P(-infinity<P>()), infinity<P>(), root);
    });
  }
  number_row<T, Power>(n, in, scalars, out);
}

}  // namespace

template <class T>
void binary(Binary function, const Broadcast& shape, const T* a, const T* b, T* y) {
  BroadcastCall call = {2, {a, b}, {sizeof(T), sizeof(T)}, y, sizeof(T), 0, grain_of_bytes(3 * sizeof(T)), nullptr};
  switch (function) {
    case Binary::add:
      call.row = packet_row<T, Add>;
      break;
    case Binary::subtract:
      call.row = packet_row<T, Subtract>;
      break;
    case Binary::multiply:
      call.row = packet_row<T, Multiply>;
      break;
    case Binary::divide:
      call.row = packet_row<T, Divide>;
      break;
    case Binary::maximum:
      call.row = packet_row<T, Maximum>;
      break;
    case Binary::minimum:
      call.row = packet_row<T, Minimum>;
      break;
    case Binary::squared_difference:
      call.row = packet_row<T, SquaredDifference>;
      break;
    case Binary::power:
      call.row = power_row<T>;
      call.grain = kGrainLibrary;
      break;
    case Binary::floor_divide:
      call.row = number_row<T, FloorDivide>;
      call.grain = kGrainLibrary;
      break;
    case Binary::mod:
      call.row = number_row<T, Mod>;
      call.grain = kGrainLibrary;
      break;
    case Binary::atan2:
      call.row = number_row<T, Atan2>;
      call.grain = kGrainLibrary;
      break;
    case Binary::fmod:
      call.row = number_row<T, Fmod>;
      call.grain = kGrainLibrary;
      break;
    case Binary::hypot:
      call.row = number_row<T, Hypot>;
      call.grain = kGrainLibrary;
      break;
    case Binary::next_after:
      call.row = number_row<T, NextAfter>;
      call.grain = kGrainFunction;
      break;
    case Binary::ldexp:
      call.row = number_row<T, Ldexp>;
      call.grain = kGrainLibrary;
      break;
    case Binary::gammainc:
      call.row = number_row<T, Special<special::gammainc>>;
      call.grain = kGrainSeries;
      break;
    case Binary::gammainc_slope:
      call.row = number_row<T, Special<special::gammainc_slope>>;
      call.grain = kGrainSeries;
      break;
    case Binary::gamma_density:
      call.row = number_row<T, Special<special::gamma_density>>;
      call.grain = kGrainLibrary;
      break;
    default:
      return;  // of integers or truth values only
  }
  run_broadcast(shape, call);
}

template void binary(Binary, const Broadcast&, const float*, const float*, float*);
template void binary(Binary, const Broadcast&, const double*, const double*, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
