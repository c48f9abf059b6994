// The two views of complex numbers: complex64 is two float32 side by side, complex128 two float64. All arithmetic is
// made of real ops; other ops refuse complex tensors.
#pragma once

#include "ops/op.h"

namespace lamina {

// [..., 2] -> [...]: real and imaginary parts as complex numbers.
struct ViewAsComplex : Renaming {
  static constexpr const char* name = "view_as_complex";
  Specs infer(const Specs& inputs) const;
  Values vjp(const Vjp& v) const;
};

// [...] -> [..., 2].
struct ViewAsReal : Renaming {
  static constexpr const char* name = "view_as_real";
  Specs infer(const Specs& inputs) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
