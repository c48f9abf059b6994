// Ops that move elements and compute nothing.
#pragma once

#include "kernels/layout/layout.h"
#include "ops/op.h"

namespace lamina {

struct Reshape {  // one size may be -1
  static constexpr const char* name = "reshape";
  static constexpr bool alias = true;
  static constexpr bool takes_complex = true;
  static constexpr bool takes_texts = true;
  Dims shape;
  template <class V>
  void fields(V& v) {
    v("shape", shape);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run&) const {}
  Values vjp(const Vjp& v) const;
};

struct Transpose {
  static constexpr const char* name = "transpose";
  static constexpr bool takes_texts = true;
  static constexpr bool any_dtype = true;
  std::vector<std::int64_t> axes;  // output axis i is input axis axes[i]
  template <class V>
  void fields(V& v) {
    v("axes", axes);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

struct BroadcastTo {
  static constexpr const char* name = "broadcast_to";
  static constexpr bool takes_texts = true;
  static constexpr bool any_dtype = true;
  Dims shape;
  template <class V>
  void fields(V& v) {
    v("shape", shape);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

struct Concatenate {
  static constexpr const char* name = "concatenate";
  static constexpr bool takes_texts = true;
  static constexpr bool any_dtype = true;
  std::int64_t axis = -1;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// x[start:stop:stride] along every axis. Positive strides: 0 <= start <= stop <= size. Negative ones walk from start
// down to stop (exclusive, -1 to reach the first element).
struct Slice {
  static constexpr const char* name = "slice";
  static constexpr bool takes_texts = true;
  static constexpr bool any_dtype = true;
  Dims starts, stops;
  std::vector<std::int64_t> strides;  // empty: ones
  template <class V>
  void fields(V& v) {
    v("starts", starts);
    v("stops", stops);
    v("strides", strides);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// input dy -> zeros of `shape` with dy at the places that the slice reads.
struct SliceGrad {
  static constexpr const char* name = "slice_grad";
  static constexpr bool any_dtype = true;
  Dims shape, starts, stops;
  std::vector<std::int64_t> strides;
  template <class V>
  void fields(V& v) {
    v("shape", shape);
    v("starts", starts);
    v("stops", stops);
    v("strides", strides);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

struct Pad {
  static constexpr const char* name = "pad";
  std::vector<std::int64_t> low, high;  // per axis, not negative
  double value = 0;
  template <class V>
  void fields(V& v) {
    v("low", low);
    v("high", high);
    v("value", value);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs x, starts (one number per axis) -> the block of `shape` that begins there. A block that would reach beyond x
// is moved back into it.
struct DynamicSlice {
  static constexpr const char* name = "dynamic_slice";
  Dims shape;
  template <class V>
  void fields(V& v) {
    v("shape", shape);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs x, starts, block -> x with the block in the place that DynamicSlice would read.
struct DynamicUpdateSlice {
  static constexpr const char* name = "dynamic_update_slice";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  unsigned reuses(int) const { return 1; }
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
