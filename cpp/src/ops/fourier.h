// Fourier transforms along the last axis, not scaled. A complex tensor is two real ones: real and imaginary parts.
#pragma once

#include "kernels/fourier/fourier.h"
#include "ops/op.h"

namespace lamina {

// inputs re, im -> re, im of the transform; `inverse` turns the other way round (and does not divide by the length).
struct Fft {
  static constexpr const char* name = "fft";
  bool inverse = false;
  template <class V>
  void fields(V& v) {
    v("inverse", inverse);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// x [..., n] -> re, im [..., n/2 + 1]; the bins that stand for two are multiplied by `interior`.
struct Rfft {
  static constexpr const char* name = "rfft";
  double interior = 1;
  template <class V>
  void fields(V& v) {
    v("interior", interior);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

// inputs re, im [..., length/2 + 1] -> [..., length], in which a bin that stands for two counts `interior` times.
struct Irfft {
  static constexpr const char* name = "irfft";
  Dim length = 1;
  double interior = 2;
  template <class V>
  void fields(V& v) {
    v("length", length);
    v("interior", interior);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
};

}  // namespace lamina
