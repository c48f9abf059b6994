// Elementwise functions, broadcasting, comparisons and selection.
#pragma once

#include <cstdint>

namespace lamina::kernels {

// y = f(x). The float functions exp ... gelu_tanh are accurate to 2 ULP over the whole range (denormals flushed), and
// lanes of the vector body and of the tail give the same bits (but for the sign of NaN). elu, selu and celu are within
// 2.5 ULP. At -infinity silu, gelu, gelu_tanh, mish and hard_silu have their limit 0. Integers have: negative ... sign
// (they wrap), and floor ... trunc as the identity.
enum class Unary : std::uint8_t {
  negative,
  absolute,
  square,
  sign,  // also integers
  floor,
  ceil,
  round /* half to even */,
  trunc,
  reciprocal,
  sqrt,
  rsqrt,
  exp,
  expm1,
  log,
  log1p,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  tanh,
  erf,
  sigmoid,
  softplus,
  log_sigmoid,
  relu,
  relu6,
  silu,
  gelu /* erf */,
  gelu_tanh,
  softsign,
  hard_sigmoid /* relu6(x+3)/6 */,
  hard_silu,
  elu,
  leaky_relu,
  selu,
  celu,
  mish,  // elu, leaky_relu, celu take `alpha`
  cbrt,
  exp2,
  log2,
  log10,
  erfc,
  erfinv,
  bessel_i0,
  bessel_i1,
  digamma  // from cbrt on: computed in float64, within 6 ULP of that; the last four as special.h says
};

// dx = dy * f'(x), written with what is cheapest: `saved` is y for exp sqrt rsqrt reciprocal tanh sigmoid relu relu6
// elu leaky_relu (alpha >= 0) selu celu, else x. relu'(0) = 0; relu6' = 1 on (0, 6); leaky_relu'(0) = alpha.
// Rows with a kernel gradient, by what `saved` is (dx = dy * f'(x) is exact to a few roundings):
//   y: exp sqrt rsqrt reciprocal tanh sigmoid relu relu6 elu leaky_relu selu celu
//   x: negative absolute square log expm1 log1p sin cos erf softplus log_sigmoid silu gelu gelu_tanh softsign
//      hard_sigmoid hard_silu mish
//   any: sign floor ceil round trunc (0 everywhere)
// |x|' (0) = 0; hard_sigmoid' and hard_silu' are 0 or 1 at -3 and 3. tan asin acos atan sinh cosh asinh acosh atanh,
// and those from cbrt on, have none (dx is left as it is): the ops compose them.
bool unary_grad_uses_output(Unary);

// maximum and minimum are NaN if either operand is. Integers wrap; what they divide by 0 is 0; divide truncates, and
// floor_divide and mod follow the divisor's sign as in NumPy; a negative power is 0 but of 1 and -1. Of bool, add,
// multiply and subtract are or, and, xor. A shift by less than 0 or by all bits or more leaves 0, or -1 of a negative
// number shifted right. gcd and lcm are not negative.
enum class Binary : std::uint8_t {
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  power,
  floor_divide,
  mod /* sign of the divisor */,
  atan2,
  squared_difference,
  fmod,   // the sign of the dividend
  hypot,  // from here to gamma_density: floating only
  next_after,
  ldexp,     // a * 2^b, b a whole number
  gammainc,  // these three as special.h says
  gammainc_slope,
  gamma_density,
  gcd,  // from here to right_shift: integers only
  lcm,
  bitwise_and,
  bitwise_or,
  bitwise_xor,
  left_shift,
  right_shift,
  logical_and,
  logical_or,
  logical_xor  // logical_*: bool only
};
enum class Compare : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

// A broadcast of rank <= 8: strides count elements and are 0 along broadcast axes; the output is contiguous.
struct Broadcast {
  std::int32_t rank = 0;
  std::int64_t shape[8] = {};
  std::int64_t strides[3][8] = {};  // of the inputs
};

// T: float, double, int32_t, int64_t, uint8_t, bool.
template <class T>
struct Elementwise {
  void (*unary)(Unary, T alpha, std::int64_t n, const T* x, T* y);  // y may be x
  void (*unary_grad)(Unary, T alpha, std::int64_t n, const T* saved, const T* dy,
                     T* dx);                                               // floating only, else null; dx may be dy
  void (*binary)(Binary, const Broadcast&, const T* a, const T* b, T* y);  // y may be an input of the output's shape
  void (*compare)(Compare, const Broadcast&, const T* a, const T* b, bool* y);
  void (*where)(const Broadcast&, const bool* condition, const T* a, const T* b, T* y);
  void (*clip)(std::int64_t n, const T* x, T low, T high, T* y);  // NaN stays NaN
  void (*fill)(std::int64_t n, T value, T* y);
  void (*arange)(std::int64_t n, T start, T step, T* y);
  // From T to each dtype, in the order of lamina::DType (float32, float64, int32, int64, uint8, bool); floating to
  // integer truncates and saturates (NaN to 0), anything to bool is x != 0, integers among themselves wrap.
  void (*cast)(std::int64_t n, const T* x, int to_dtype, void* y);
  // y = isfinite/isnan/isinf(x), floating only
  void (*is_finite)(std::int64_t n, const T* x, bool* y);
  void (*is_nan)(std::int64_t n, const T* x, bool* y);
  void (*is_inf)(std::int64_t n, const T* x, bool* y);
};

}  // namespace lamina::kernels
