// Convolution over 1 to 3 spatial axes, channels last, and its two gradients.
#pragma once

#include "kernels/conv/conv.h"
#include "ops/matmul.h"
#include "ops/op.h"
#include "ops/window.h"

namespace lamina {

// What the three ops have in common.
struct ConvAttributes {
  std::vector<std::int64_t> strides, dilation;  // empty: ones
  Padding padding = Padding::valid;
  std::int64_t groups = 1;
  template <class V>
  void common_fields(V& v) {
    v("strides", strides);
    v("padding", padding);
    v("dilation", dilation);
    v("groups", groups);
  }
  kernels::ConvShape shape(const Shape& x, const Shape& kernel, const Shape& y) const;
};

// inputs x [batch, spatial..., channels], kernel [spatial..., channels / groups, filters] and, if any, bias [filters]
// and then an addend of the shape of the output. Unfused: conv without activation, the two sums, the activation.
struct Conv : ConvAttributes {
  static constexpr const char* name = "conv";
  kernels::Activation activation = kernels::Activation::linear;
  template <class V>
  void fields(V& v) {
    common_fields(v);
    v("activation", activation);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  // See packed.h.
  std::size_t packed_bytes(const Shape& kernel, DType dtype) const;
  void pack(const Run& run) const;
  std::size_t scratch_packed(const Run& run) const;
  void run_packed(const Run& run, const void* packed) const;
  Values vjp(const Vjp& v) const;

 private:
  std::size_t scratch_of(const Run& run, bool is_packed) const;
};

// inputs dy, kernel; `input_shape` is that of x.
struct ConvGradInput : ConvAttributes {
  static constexpr const char* name = "conv_grad_input";
  Dims input_shape;
  template <class V>
  void fields(V& v) {
    common_fields(v);
    v("input_shape", input_shape);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs x, dy.
struct ConvGradKernel : ConvAttributes {
  static constexpr const char* name = "conv_grad_kernel";
  Dims kernel_shape;
  template <class V>
  void fields(V& v) {
    common_fields(v);
    v("kernel_shape", kernel_shape);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
