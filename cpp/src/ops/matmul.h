// Matrix products: the general one, and the dense layer's with bias, addend and activation.
#pragma once

#include "kernels/activation.h"
#include "ops/op.h"

namespace lamina {

template <>
struct EnumNames<kernels::Activation> {
  static constexpr const char* names[] = {"linear", "relu", "relu6", "sigmoid", "tanh", "silu", "gelu"};
};

// op(a) . op(b) over the last two axes; the leading axes broadcast.
struct Matmul {
  static constexpr const char* name = "matmul";
  bool transpose_a = false, transpose_b = false;
  template <class V>
  void fields(V& v) {
    v("transpose_a", transpose_a);
    v("transpose_b", transpose_b);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// activation(x . kernel + bias + addend) over the last axis of x; inputs x, kernel and, if any, bias and then an addend
// of the shape of the output. Unfused: matmul, the two sums, the activation.
struct Linear {
  static constexpr const char* name = "linear";
  kernels::Activation activation = kernels::Activation::linear;
  template <class V>
  void fields(V& v) {
    v("activation", activation);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  // See packed.h.
  std::size_t packed_bytes(const Shape& kernel, DType dtype) const;
  void pack(const Run& run) const;
  std::size_t scratch_packed(const Run& run) const { return scratch(run); }
  void run_packed(const Run& run, const void* packed) const;
  Values vjp(const Vjp& v) const;
  static Values unfused(kernels::Activation activation, const Values& inputs);
};

// The activation as an op.
Value activate(kernels::Activation activation, const Value& x);

// The gradient of what went into the activation, from what came out of it; empty if that does not tell.
Value gradient_before(kernels::Activation activation, const Value& y, const Value& dy);

}  // namespace lamina
