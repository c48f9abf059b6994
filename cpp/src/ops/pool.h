// Max and average pooling over 1 to 3 spatial axes, channels last, and their gradients.
#pragma once

#include "kernels/pool/pool.h"
#include "ops/op.h"
#include "ops/window.h"

namespace lamina {

struct PoolAttributes {
  std::vector<std::int64_t> window, strides;  // empty strides: the window's sizes
  Padding padding = Padding::valid;
  template <class V>
  void common_fields(V& v) {
    v("window", window);
    v("strides", strides);
    v("padding", padding);
  }
  Dims out_dims(const char* op, const Specs& inputs, const Dims& x) const;
  kernels::PoolShape shape(const Shape& x, const Shape& y) const;
};

struct MaxPool : PoolAttributes {
  static constexpr const char* name = "max_pool";
  template <class V>
  void fields(V& v) {
    common_fields(v);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs x, y, dy.
struct MaxPoolGrad : PoolAttributes {
  static constexpr const char* name = "max_pool_grad";
  template <class V>
  void fields(V& v) {
    common_fields(v);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs x, y and values of x's shape -> of each window the value that lies at its first maximum: what max_pool_grad
// does, transposed.
struct MaxPoolGather : PoolAttributes {
  static constexpr const char* name = "max_pool_gather";
  template <class V>
  void fields(V& v) {
    common_fields(v);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

struct AveragePool : PoolAttributes {
  static constexpr const char* name = "average_pool";
  template <class V>
  void fields(V& v) {
    common_fields(v);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// input dy; `input_shape` is that of x.
struct AveragePoolGrad : PoolAttributes {
  static constexpr const char* name = "average_pool_grad";
  Dims input_shape;
  template <class V>
  void fields(V& v) {
    common_fields(v);
    v("input_shape", input_shape);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
