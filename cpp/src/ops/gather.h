// Slices by index, and their gradient.
#pragma once

#include "kernels/gather/gather.h"
#include "ops/op.h"

namespace lamina {

// Throws Error (type) unless the indices are int32 or int64.
void check_indices(const char* name, const Spec& indices, const Specs& inputs);

// inputs x, indices (int32 or int64) -> x's shape with `axis` replaced by the shape of indices. Negative indices count
// from the end; others out of range throw Error (index).
struct Take {
  static constexpr const char* name = "take";
  std::int64_t axis = 0;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs dy, indices -> x of `shape`, zero but for the sums of the slices of dy at their indices.
struct ScatterAdd {
  static constexpr const char* name = "scatter_add";
  std::int64_t axis = 0;
  Dims shape;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
    v("shape", shape);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// indices -> [..., classes] with a one at the index, all zero when it is out of range.
struct OneHot {
  static constexpr const char* name = "one_hot";
  Dim classes;
  DType dtype = DType::float32;
  template <class V>
  void fields(V& v) {
    v("classes", classes);
    v("dtype", dtype);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

}  // namespace lamina
