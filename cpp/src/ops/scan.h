// Running sums, products and extremes along an axis, and linear recurrences.
#pragma once

#include "kernels/scan/scan.h"
#include "ops/op.h"

namespace lamina {

template <>
struct EnumNames<kernels::Cumulative> {
  static constexpr const char* names[] = {"sum", "prod", "max", "min"};
};

struct Cumulative {
  static constexpr const char* name = "cumulative";
  kernels::Cumulative kind = kernels::Cumulative::sum;
  std::int64_t axis = -1;
  bool reverse = false, exclusive = false;  // exclusive: without the entry itself; sums and products only
  template <class V>
  void fields(V& v) {
    v("kind", kind);
    v("axis", axis);
    v("reverse", reverse);
    v("exclusive", exclusive);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs a, b of one shape -> y with y[j] = a[j] y[j - 1] + b[j] along the axis, from 0; reverse: y[j + 1].
struct LinearScan {
  static constexpr const char* name = "linear_scan";
  std::int64_t axis = -1;
  bool reverse = false;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
    v("reverse", reverse);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
