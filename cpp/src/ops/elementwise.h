// Functions of one, two or three tensors element by element, with broadcasting.
#pragma once

#include "kernels/elementwise/elementwise.h"
#include "ops/op.h"

namespace lamina {

inline constexpr const char* kUnaryNames[] = {
    "negative",   "absolute", "square",    "sign",      "floor",    "ceil",         "round",       "trunc",
    "reciprocal", "sqrt",     "rsqrt",     "exp",       "expm1",    "log",          "log1p",       "sin",
    "cos",        "tan",      "asin",      "acos",      "atan",     "sinh",         "cosh",        "asinh",
    "acosh",      "atanh",    "tanh",      "erf",       "sigmoid",  "softplus",     "log_sigmoid", "relu",
    "relu6",      "silu",     "gelu",      "gelu_tanh", "softsign", "hard_sigmoid", "hard_silu",   "elu",
    "leaky_relu", "selu",     "celu",      "mish",      "cbrt",     "exp2",         "log2",        "log10",
    "erfc",       "erfinv",   "bessel_i0", "bessel_i1", "digamma"};
inline constexpr const char* kBinaryNames[] = {"add",
                                               "subtract",
                                               "multiply",
                                               "divide",
                                               "maximum",
                                               "minimum",
                                               "power",
                                               "floor_divide",
                                               "mod",
                                               "atan2",
                                               "squared_difference",
                                               "fmod",
                                               "hypot",
                                               "next_after",
                                               "ldexp",
                                               "gammainc",
                                               "gammainc_slope",
                                               "gamma_density",
                                               "gcd",
                                               "lcm",
                                               "bitwise_and",
                                               "bitwise_or",
                                               "bitwise_xor",
                                               "left_shift",
                                               "right_shift",
                                               "logical_and",
                                               "logical_or",
                                               "logical_xor"};
inline constexpr const char* kCompareNames[] = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"};

template <>
struct EnumNames<kernels::Unary> {
  static constexpr auto& names = kUnaryNames;
};

constexpr bool takes_alpha(kernels::Unary f) {
  return f == kernels::Unary::elu || f == kernels::Unary::leaky_relu || f == kernels::Unary::celu;
}

// What the templates below share, so that each function adds only its name.
namespace elementwise {

Specs infer_unary(const char* name, kernels::Unary function, const Specs& inputs);
void run_unary(kernels::Unary function, double alpha, const Run& run);
Values vjp_unary(kernels::Unary function, double alpha, const Vjp& v);
Specs infer_binary(const char* name, kernels::Binary function, const Specs& inputs);
void run_binary(kernels::Binary function, const Run& run);
Values vjp_binary(kernels::Binary function, const Vjp& v);
Specs infer_compare(const char* name, const Specs& inputs);
void run_compare(kernels::Compare function, const Run& run);

}  // namespace elementwise

template <kernels::Unary F>
struct Unary {
  static constexpr const char* name = kUnaryNames[static_cast<int>(F)];
  double alpha = F == kernels::Unary::leaky_relu ? 0.2 : 1.0;
  template <class V>
  void fields([[maybe_unused]] V& v) {
    if constexpr (takes_alpha(F)) v("alpha", alpha);
  }
  Specs infer(const Specs& inputs) const { return elementwise::infer_unary(name, F, inputs); }
  void run(const Run& r) const { elementwise::run_unary(F, alpha, r); }
  Values vjp(const Vjp& v) const { return elementwise::vjp_unary(F, alpha, v); }
  unsigned reuses(int) const { return 1; }
};

// dx = dy * f'(x), from what kernels::unary_grad_uses_output says: y or x.
struct UnaryGrad {
  static constexpr const char* name = "unary_grad";
  kernels::Unary function = kernels::Unary::relu;
  double alpha = 1.0;
  template <class V>
  void fields(V& v) {
    v("function", function);
    v("alpha", alpha);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
  unsigned reuses(int) const { return 2; }
};

template <kernels::Binary F>
struct Binary {
  static constexpr const char* name = kBinaryNames[static_cast<int>(F)];
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const { return elementwise::infer_binary(name, F, inputs); }
  void run(const Run& r) const { elementwise::run_binary(F, r); }
  Values vjp(const Vjp& v) const { return elementwise::vjp_binary(F, v); }
  unsigned reuses(int) const { return 3; }
};

template <kernels::Compare F>
struct Compare {
  static constexpr const char* name = kCompareNames[static_cast<int>(F)];
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const { return elementwise::infer_compare(name, inputs); }
  void run(const Run& r) const { elementwise::run_compare(F, r); }
};

enum class FloatTest : std::uint8_t { is_finite, is_nan, is_inf };
inline constexpr const char* kFloatTestNames[] = {"is_finite", "is_nan", "is_inf"};

namespace elementwise {
Specs infer_float_test(const char* name, const Specs& inputs);
void run_float_test(FloatTest test, const Run& run);
}  // namespace elementwise

template <FloatTest F>
struct FloatTestOp {
  static constexpr const char* name = kFloatTestNames[static_cast<int>(F)];
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const { return elementwise::infer_float_test(name, inputs); }
  void run(const Run& r) const { elementwise::run_float_test(F, r); }
};

struct LogicalNot {
  static constexpr const char* name = "logical_not";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

struct Where {  // condition ? a : b
  static constexpr const char* name = "where";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

struct Clip {
  static constexpr const char* name = "clip";
  double low = 0, high = 0;
  template <class V>
  void fields(V& v) {
    v("low", low);
    v("high", high);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
  unsigned reuses(int) const { return 1; }
};

struct Cast {
  static constexpr const char* name = "cast";
  DType dtype = DType::float32;
  template <class V>
  void fields(V& v) {
    v("dtype", dtype);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// The same bytes as numbers of another dtype; the last axis grows or shrinks with their size. A byte read as a truth
// value is true unless it is 0.
struct Bitcast {
  static constexpr const char* name = "bitcast";
  static constexpr bool any_dtype = true;
  DType dtype = DType::int32;
  template <class V>
  void fields(V& v) {
    v("dtype", dtype);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

struct Identity : Renaming {
  static constexpr const char* name = "identity";
  static constexpr bool takes_texts = true;
  Specs infer(const Specs& inputs) const;
  Values vjp(const Vjp& v) const;
};

struct StopGradient : Renaming {
  static constexpr const char* name = "stop_gradient";
  static constexpr bool takes_texts = true;
  Specs infer(const Specs& inputs) const;
  Values vjp(const Vjp&) const;  // nothing flows
};

// The first input, which is taken only once the second one is there: what follows is not what was computed from the
// first input before, but computed again.
struct After : Renaming {
  static constexpr const char* name = "after";
  static constexpr bool takes_texts = true;
  Specs infer(const Specs& inputs) const;
  Values vjp(const Vjp& v) const;
};

// The size of a and b along one axis after broadcasting.
Dim broadcast(const char* op, const Dim& a, const Dim& b, const Specs& inputs);
Dims broadcast(const char* op, const Specs& inputs);

}  // namespace lamina
