// Elementwise functions, broadcasting, comparisons and selection.
#pragma once

#include <cstdint>

namespace lamina::kernels {

// y = f(x). The float functions exp ... gelu_tanh are accurate to 2 ULP over the whole range (denormals flushed), and
// lanes of the vector body and of the tail give the same bits. Integers have: negative ... sign.
enum class Unary : std::uint8_t {
  negative, absolute, square, sign,                                          // also integers
  floor, ceil, round /* half to even */, trunc, reciprocal, sqrt, rsqrt,
  exp, expm1, log, log1p, sin, cos, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh, tanh, erf, sigmoid, softplus, log_sigmoid,
  relu, relu6, silu, gelu /* erf */, gelu_tanh, softsign, hard_sigmoid /* relu6(x+3)/6 */, hard_silu,
  elu, leaky_relu, selu, celu, mish                                           // elu, leaky_relu, celu take `alpha`
};

// dx = dy * f'(x), written with what is cheapest: `saved` is y for exp sqrt rsqrt reciprocal tanh sigmoid relu relu6
// elu leaky_relu (alpha >= 0) selu celu, else x. relu'(0) = 0; relu6' = 1 on (0, 6); leaky_relu'(0) = alpha.
// Rows of Unary without a kernel gradient (floor, trigonometric, ...) are composed by the ops.
bool unary_grad_uses_output(Unary);

enum class Binary : std::uint8_t {
  add, subtract, multiply, divide, maximum, minimum, power, floor_divide, mod /* sign of the divisor */, atan2,
  squared_difference, logical_and, logical_or, logical_xor                     // logical_*: bool only
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
  void (*unary_grad)(Unary, T alpha, std::int64_t n, const T* saved, const T* dy, T* dx);  // floating only, else null; dx may be dy
  void (*binary)(Binary, const Broadcast&, const T* a, const T* b, T* y);  // y may be an input of the output's shape
  void (*compare)(Compare, const Broadcast&, const T* a, const T* b, bool* y);
  void (*where)(const Broadcast&, const bool* condition, const T* a, const T* b, T* y);
  void (*clip)(std::int64_t n, const T* x, T low, T high, T* y);  // NaN stays NaN
  void (*fill)(std::int64_t n, T value, T* y);
  void (*arange)(std::int64_t n, T start, T step, T* y);
  // From T to each dtype, in the order of lamina::DType (float32, float64, int32, int64, uint8, bool); floating to
  // integer truncates, anything to bool is x != 0.
  void (*cast)(std::int64_t n, const T* x, int to_dtype, void* y);
  // y = isfinite/isnan/isinf(x), floating only
  void (*is_finite)(std::int64_t n, const T* x, bool* y);
  void (*is_nan)(std::int64_t n, const T* x, bool* y);
  void (*is_inf)(std::int64_t n, const T* x, bool* y);
};

}  // namespace lamina::kernels
