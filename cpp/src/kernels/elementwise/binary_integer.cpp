// y = f(a, b) of integers and truth values, with broadcasting. Overflow wraps; what is divided by 0 is 0, as in NumPy.
#include "kernels/elementwise/broadcast.h"
#include "kernels/elementwise/map.h"
#include "kernels/elementwise/parts.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

template <class T>
struct WordOf;  // arithmetic on it wraps
template <>
struct WordOf<std::int32_t> {
  using type = std::uint32_t;
};
template <>
struct WordOf<std::int64_t> {
  using type = std::uint64_t;
};
template <>
struct WordOf<std::uint8_t> {
  using type = std::uint32_t;
};

template <class T>
using Word = typename WordOf<T>::type;

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return T(Word<T>(a) + Word<T>(b));
  }
};
struct Subtract {
  template <class T>
  T operator()(T a, T b) const {
    return T(Word<T>(a) - Word<T>(b));
  }
};
struct Multiply {
  template <class T>
  T operator()(T a, T b) const {
    return T(Word<T>(a) * Word<T>(b));
  }
};
struct SquaredDifference {
  template <class T>
  T operator()(T a, T b) const {
    const Word<T> difference = Word<T>(a) - Word<T>(b);
    return T(difference * difference);
  }
};
struct Maximum {
  template <class T>
  T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};
struct Minimum {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? a : b;
  }
};
struct Divide {  // towards zero; by -1 through a negation that wraps, since the quotient of the least number would trap
  template <class T>
  T operator()(T a, T b) const {
    if (b == T(0)) return T(0);
    if (T(-1) < T(0) && b == T(-1)) return T(Word<T>(0) - Word<T>(a));
    return T(a / b);
  }
};
struct FloorDivide {
  template <class T>
  T operator()(T a, T b) const {
    const T quotient = Divide()(a, b);
    if (b == T(0) || (T(-1) < T(0) && b == T(-1))) return quotient;
    const T rest = T(a - quotient * b);
    return rest != T(0) && (rest < T(0)) != (b < T(0)) ? T(quotient - T(1)) : quotient;
  }
};
struct Mod {  // the sign of b
  template <class T>
  T operator()(T a, T b) const {
    if (b == T(0) || (T(-1) < T(0) && b == T(-1))) return T(0);
    const T rest = T(a % b);
    return rest != T(0) && (rest < T(0)) != (b < T(0)) ? T(rest + b) : rest;
  }
};
struct Power {  // by repeated squaring; a negative exponent gives 0 but for the bases 1 and -1
  template <class T>
  T operator()(T a, T b) const {
    if (b < T(0)) {
      if (a == T(1)) return T(1);
      return a == T(-1) ? ((b & T(1)) != T(0) ? T(-1) : T(1)) : T(0);
    }
    Word<T> base = Word<T>(a), y = 1;
    for (Word<T> exponent = Word<T>(b); exponent != 0; exponent >>= 1) {
      if (exponent & 1) y *= base;
      base *= base;
    }
    return T(y);
  }
};

struct Fmod {  // the sign of a
  template <class T>
  T operator()(T a, T b) const {
    return b == T(0) || (T(-1) < T(0) && b == T(-1)) ? T(0) : T(a % b);
  }
};

template <class T>
Word<T> magnitude(T a) {
  return a < T(0) ? Word<T>(0) - Word<T>(a) : Word<T>(a);
}

template <class T>
Word<T> common_divisor(Word<T> a, Word<T> b) {  // Euclid's algorithm
  while (b != 0) {
    const Word<T> rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

struct Gcd {
  template <class T>
  T operator()(T a, T b) const {
    return T(common_divisor<T>(magnitude(a), magnitude(b)));
  }
};
struct Lcm {
  template <class T>
  T operator()(T a, T b) const {
    const Word<T> u = magnitude(a), v = magnitude(b), divisor = common_divisor<T>(u, v);
    return divisor == 0 ? T(0) : T(u / divisor * v);
  }
};
struct BitwiseAnd {
  template <class T>
  T operator()(T a, T b) const {
    return T(a & b);
  }
};
struct BitwiseOr {
  template <class T>
  T operator()(T a, T b) const {
    return T(a | b);
  }
};
struct BitwiseXor {
  template <class T>
  T operator()(T a, T b) const {
    return T(a ^ b);
  }
};
template <class T>
bool within_width(T bits) {
  return bits >= T(0) && bits < T(8 * sizeof(T));
}
struct LeftShift {
  template <class T>
  T operator()(T a, T bits) const {
    return within_width(bits) ? T(Word<T>(a) << bits) : T(0);
  }
};
struct RightShift {
  template <class T>
  T operator()(T a, T bits) const {
    if (within_width(bits)) return T(a >> bits);
    return a < T(0) ? T(-1) : T(0);
  }
};

struct And {
  bool operator()(bool a, bool b) const { return a & b; }
};
struct Or {
  bool operator()(bool a, bool b) const { return a | b; }
};
struct Xor {
  bool operator()(bool a, bool b) const { return a ^ b; }
};
struct OrNot {
  bool operator()(bool a, bool b) const { return a | !b; }
};

template <class T, class Operation>
void row(Index n, const void* const* in, unsigned scalars, void* out) {
  const T* a = static_cast<const T*>(in[0]);
  const T* b = static_cast<const T*>(in[1]);
  T* y = static_cast<T*>(out);
  const Operation f;
  if (scalars == 1) {
    const T value = *a;
    LAMINA_INDEPENDENT
    for (Index i = 0; i < n; ++i) y[i] = f(value, b[i]);
  } else if (scalars == 2) {
    const T value = *b;
    LAMINA_INDEPENDENT
    for (Index i = 0; i < n; ++i) y[i] = f(a[i], value);
  } else {
    LAMINA_INDEPENDENT
    for (Index i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
  }
}

}  // namespace

template <class T>
void binary(Binary function, const Broadcast& shape, const T* a, const T* b, T* y) {
  BroadcastCall call = {2, {a, b}, {sizeof(T), sizeof(T)}, y, sizeof(T), 0, grain_of_bytes(3 * sizeof(T)), nullptr};
  switch (function) {
    case Binary::add:
      call.row = row<T, Add>;
      break;
    case Binary::subtract:
      call.row = row<T, Subtract>;
      break;
    case Binary::multiply:
      call.row = row<T, Multiply>;
      break;
    case Binary::maximum:
      call.row = row<T, Maximum>;
      break;
    case Binary::minimum:
      call.row = row<T, Minimum>;
      break;
    case Binary::squared_difference:
      call.row = row<T, SquaredDifference>;
      break;
    case Binary::divide:
      call.row = row<T, Divide>;
      call.grain = kGrainFunction;
      break;
    case Binary::floor_divide:
      call.row = row<T, FloorDivide>;
      call.grain = kGrainFunction;
      break;
    case Binary::mod:
      call.row = row<T, Mod>;
      call.grain = kGrainFunction;
      break;
    case Binary::power:
      call.row = row<T, Power>;
      call.grain = kGrainLibrary;
      break;
    case Binary::fmod:
      call.row = row<T, Fmod>;
      call.grain = kGrainFunction;
      break;
    case Binary::gcd:
      call.row = row<T, Gcd>;
      call.grain = kGrainLibrary;
      break;
    case Binary::lcm:
      call.row = row<T, Lcm>;
      call.grain = kGrainLibrary;
      break;
    case Binary::bitwise_and:
      call.row = row<T, BitwiseAnd>;
      break;
    case Binary::bitwise_or:
      call.row = row<T, BitwiseOr>;
      break;
    case Binary::bitwise_xor:
      call.row = row<T, BitwiseXor>;
      break;
    case Binary::left_shift:
      call.row = row<T, LeftShift>;
      break;
    case Binary::right_shift:
      call.row = row<T, RightShift>;
      break;
    default:
      return;  // of floating numbers, of truth values
  }
  run_broadcast(shape, call);
}

// Of truth values arithmetic is logic: modulo 2, with x^0 = 1 and x / 0 = 0.
template <>
void binary(Binary function, const Broadcast& shape, const bool* a, const bool* b, bool* y) {
  BroadcastCall call = {2, {a, b}, {1, 1}, y, 1, 0, grain_of_bytes(3), nullptr};
  switch (function) {
    case Binary::add:
    case Binary::maximum:
    case Binary::logical_or:
      call.row = row<bool, Or>;
      break;
    case Binary::multiply:
    case Binary::minimum:
    case Binary::divide:
    case Binary::floor_divide:
    case Binary::logical_and:
      call.row = row<bool, And>;
      break;
    case Binary::subtract:
    case Binary::squared_difference:
    case Binary::logical_xor:
      call.row = row<bool, Xor>;
      break;
    case Binary::power:
      call.row = row<bool, OrNot>;
      break;
    case Binary::mod:  // 1 mod 1 = 0, and by 0 as well
      call.row = [](Index n, const void* const*, unsigned, void* out) {
        for (Index i = 0; i < n; ++i) static_cast<bool*>(out)[i] = false;
      };
      break;
    default:
      return;
  }
  run_broadcast(shape, call);
}

template void binary(Binary, const Broadcast&, const std::int32_t*, const std::int32_t*, std::int32_t*);
template void binary(Binary, const Broadcast&, const std::int64_t*, const std::int64_t*, std::int64_t*);
template void binary(Binary, const Broadcast&, const std::uint8_t*, const std::uint8_t*, std::uint8_t*);

}  // namespace lamina::kernels::LAMINA_LEVEL
