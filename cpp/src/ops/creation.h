// Tensors from nothing: constants, ranges, sizes.
#pragma once

#include "ops/op.h"

namespace lamina {

struct Fill {
  static constexpr const char* name = "fill";
  Dims shape;
  double value = 0;
  DType dtype = DType::float32;
  template <class V>
  void fields(V& v) {
    v("shape", shape);
    v("value", value);
    v("dtype", dtype);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

struct Arange {  // start, start + step, ...
  static constexpr const char* name = "arange";
  Dim size;
  double start = 0, step = 1;
  DType dtype = DType::int64;
  template <class V>
  void fields(V& v) {
    v("size", size);
    v("start", start);
    v("step", step);
    v("dtype", dtype);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

struct DimValue {  // a size as a scalar
  static constexpr const char* name = "dim_value";
  Dim dim;
  DType dtype = DType::int64;
  template <class V>
  void fields(V& v) {
    v("dim", dim);
    v("dtype", dtype);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// A scalar that is a size: a program computes it from its inputs, then plans the rest with its value for the symbol.
// Ops whose sizes use the symbol take the output as their last input, so that the graph holds what it depends on.
struct Measure {
  static constexpr const char* name = "measure";
  std::string symbol;
  template <class V>
  void fields(V& v) {
    v("symbol", symbol);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

}  // namespace lamina
