// Sorting along an axis, the largest entries, and binary search.
#pragma once

#include "kernels/order/order.h"
#include "ops/op.h"

namespace lamina {

// The entries along `axis` in order; NaN is larger than every number.
struct Sort {
  static constexpr const char* name = "sort";
  std::int64_t axis = -1;
  bool descending = false;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
    v("descending", descending);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// The positions (int32) of the sorted entries, equal ones in the order they had.
struct Argsort {
  static constexpr const char* name = "argsort";
  std::int64_t axis = -1;
  bool descending = false;
  template <class V>
  void fields(V& v) {
    v("axis", axis);
    v("descending", descending);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
};

// The k largest entries along the last axis, largest first, and their positions (int32).
struct TopK {
  static constexpr const char* name = "top_k";
  std::int64_t k = 1;
  template <class V>
  void fields(V& v) {
    v("k", k);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs sorted (one axis), values -> for each value the number of entries below it, or not above it (right); int32.
struct SearchSorted {
  static constexpr const char* name = "search_sorted";
  bool right = false;
  template <class V>
  void fields(V& v) {
    v("right", right);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

}  // namespace lamina
