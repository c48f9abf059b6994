// Entries along an axis by index, updates of rows by index, and slices whose place is a number that comes with the
// data.
#pragma once

#include "kernels/scatter/scatter.h"
#include "ops/op.h"

namespace lamina {

// inputs x, indices of one rank, of equal sizes off the axis -> x[..., indices[..., j, ...], ...]. Negative indices
// count from the end; others out of range throw Error (index).
struct TakeAlongAxis {
  static constexpr const char* name = "take_along_axis";
  std::int64_t axis = -1;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs dy, indices of one shape -> zeros with `size` entries along the axis, but for the sums of dy at its indices.
struct AddAlongAxis {
  static constexpr const char* name = "add_along_axis";
  std::int64_t axis = -1;
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

template <>
struct EnumNames<kernels::Scatter> {
  static constexpr const char* names[] = {"set", "add", "max", "min", "mul"};
};

// inputs x, indices (one axis), updates [indices, row of x] -> x whose rows at the indices are combined with the
// updates, in their order; `set` keeps the last.
struct Scatter {
  static constexpr const char* name = "scatter";
  kernels::Scatter reduction = kernels::Scatter::set;
  template <class V>
  void fields(V& v) {
    v("reduction", reduction);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  unsigned reuses(int) const { return 1; }
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
