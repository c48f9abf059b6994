// Reductions over axes, and positions of extremes.
#pragma once

#include "kernels/reduce/reduce.h"
#include "ops/op.h"

namespace lamina {

inline constexpr const char* kReduceNames[] = {"sum", "mean", "prod", "max", "min", "any", "all"};

namespace reduction {

Specs infer(const char* name, kernels::Reduce kind, const std::vector<std::int64_t>& axes, bool keepdims,
            const Specs& inputs);
void run(kernels::Reduce kind, const std::vector<std::int64_t>& axes, const Run& run);
std::size_t scratch(const std::vector<std::int64_t>& axes, const Run& run);
Values vjp(kernels::Reduce kind, const std::vector<std::int64_t>& axes, bool keepdims, const Vjp& v);

}  // namespace reduction

template <kernels::Reduce R>
struct Reduce {
  static constexpr const char* name = kReduceNames[static_cast<int>(R)];
  std::vector<std::int64_t> axes;
  bool keepdims = false;
  template <class V>
  void fields(V& v) {
    v("axes", axes);
    v("keepdims", keepdims);
  }
  Specs infer(const Specs& inputs) const { return reduction::infer(name, R, axes, keepdims, inputs); }
  std::size_t scratch(const Run& r) const { return reduction::scratch(axes, r); }
  void run(const Run& r) const { reduction::run(R, axes, r); }
  Values vjp(const Vjp& v) const { return reduction::vjp(R, axes, keepdims, v); }
};

template <bool Max>
struct ArgExtreme {
  static constexpr const char* name = Max ? "argmax" : "argmin";
  std::int64_t axis = -1;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// The sum over the axes along which `shape` was broadcast to x.
struct SumTo {
  static constexpr const char* name = "sum_to";
  Dims shape;
  template <class V>
  void fields(V& v) {
    v("shape", shape);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
