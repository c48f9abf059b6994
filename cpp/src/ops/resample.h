// Values between the points of a grid: weighted windows along an axis, samples at any coordinates; and their gradients.
#pragma once

#include "kernels/resample/resample.h"
#include "ops/op.h"

namespace lamina {

template <>
struct EnumNames<kernels::FillMode> {
  static constexpr const char* names[] = {"constant", "nearest", "wrap", "mirror", "reflect"};
};

// inputs x, starts int64 [count], weights [count, taps] -> x with `count` weighted sums along `axis`: entry j sums the
// window of `taps` entries from starts[j] on. A window that leaves the axis throws Error (index).
struct Resample {
  static constexpr const char* name = "resample";
  std::int64_t axis = 0;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs dy, starts, weights -> the gradient of x, which has `size` entries along `axis`.
struct ResampleGrad {
  static constexpr const char* name = "resample_grad";
  std::int64_t axis = 0;
  Dim size;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
    v("size", size);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// What the two ops on coordinates have in common. Order 1 is linear along each axis, order 0 takes the nearest entry.
struct SampleAttributes {
  std::int64_t order = 1;
  kernels::FillMode fill_mode = kernels::FillMode::constant;
  std::vector<std::int64_t> derivatives;  // different axes: the derivative by the coordinates along these
  template <class V>
  void common_fields(V& v) {
    v("order", order);
    v("fill_mode", fill_mode);
    v("derivatives", derivatives);
  }
  kernels::Grid grid(const Shape& x, const Shape& coordinates) const;
  void check_inputs(const char* op, const Specs& inputs, const Dims& x, const Dims& coordinates) const;
  bool derived(std::int64_t axis) const;
  SampleAttributes derived_by(std::int64_t axis) const;
};

// inputs x [batch, sizes..., channels], coordinates [batch or 1, axes, points...] -> [batch, points..., channels].
struct MapCoordinates : SampleAttributes {
  static constexpr const char* name = "map_coordinates";
  double value = 0;  // outside, for fill mode constant
  template <class V>
  void fields(V& v) {
    common_fields(v);
    v("value", value);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs dy [batch, points..., channels], coordinates -> the gradient of x, of `shape`.
struct MapCoordinatesGrad : SampleAttributes {
  static constexpr const char* name = "map_coordinates_grad";
  Dims shape;
  template <class V>
  void fields(V& v) {
    common_fields(v);
    v("shape", shape);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
