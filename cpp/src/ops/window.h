// The sliding window that convolution and pooling share: attributes, padding and output sizes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/window.h"
#include "ops/op.h"

namespace lamina {

// valid: no padding. same: ceil(n / stride) outputs, the odd pad after the end. causal: all padding in front.
enum class Padding : std::uint8_t { valid, same, causal };

template <>
struct EnumNames<Padding> {
  static constexpr const char* names[] = {"valid", "same", "causal"};
};

namespace window {

struct Axis {
  std::int64_t kernel, stride, dilation;
  std::int64_t reach() const { return (kernel - 1) * dilation + 1; }  // elements a window spans
};

// Throws Error (value) unless there is one positive number per spatial axis; an empty list means ones.
std::vector<std::int64_t> per_axis(const char* op, const char* attribute, const std::vector<std::int64_t>& values,
                                   int axes);
// Throws Error (value) when the window does not fit.
Dim out_size(const char* op, const Dim& in, const Axis& axis, Padding padding, const Specs& inputs);
std::int64_t pad_before(std::int64_t in, std::int64_t out, const Axis& axis, Padding padding);

// Fills the kernels' geometry; x and y are channels last, `kernel` has one size per spatial axis.
void fill(kernels::Window& w, const Shape& x, const Shape& y, const std::int64_t* kernel,
          const std::vector<std::int64_t>& strides, const std::vector<std::int64_t>& dilation, Padding padding);

}  // namespace window

}  // namespace lamina
