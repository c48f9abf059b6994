#include "ops/window.h"

#include <algorithm>

namespace lamina::window {

std::vector<std::int64_t> per_axis(const char* op, const char* attribute, const std::vector<std::int64_t>& values,
                                   int axes) {
  if (values.empty()) return std::vector<std::int64_t>(static_cast<std::size_t>(axes), 1);
  constexpr std::int64_t most = std::int64_t{1} << 30;  // products of two stay far from overflow
  const bool positive = std::all_of(values.begin(), values.end(), [](std::int64_t v) { return v > 0 && v <= most; });
  if (static_cast<int>(values.size()) != axes || !positive)
    fail(ErrorKind::value, std::string(op) + ": wrong " + attribute, std::to_string(axes) + " positive integers",
         to_string(Attribute(values)), "Give one per spatial axis.");
  return values;
}

Dim out_size(const char* op, const Dim& in, const Axis& axis, Padding padding, const Specs& inputs) {
  if (padding != Padding::valid) return ceil_divide(in, axis.stride);
  if (in.known() && in.value() < axis.reach())
    fail(ErrorKind::value, std::string(op) + ": the window does not fit into the input",
         "at least " + std::to_string(axis.reach()) + " elements along the axis", to_string(inputs),
         "Use padding='same', a smaller window, or a larger input.");
  return (in - Dim(axis.reach())) / Dim(axis.stride) + Dim(1);
}

std::int64_t pad_before(std::int64_t in, std::int64_t out, const Axis& axis, Padding padding) {
  if (padding == Padding::valid) return 0;
  if (padding == Padding::causal) return axis.reach() - 1;
  return std::max<std::int64_t>((out - 1) * axis.stride + axis.reach() - in, 0) / 2;
}

void fill(kernels::Window& w, const Shape& x, const Shape& y, const std::int64_t* kernel,
          const std::vector<std::int64_t>& strides, const std::vector<std::int64_t>& dilation, Padding padding) {
  const int axes = x.rank() - 2;
  w.batch = x[0];
  for (int i = 0; i < axes; ++i) {
    const int to = 3 - axes + i;
    const Axis axis{kernel[i], strides.empty() ? 1 : strides[static_cast<std::size_t>(i)],
                    dilation.empty() ? 1 : dilation[static_cast<std::size_t>(i)]};
    w.in[to] = x[i + 1];
    w.out[to] = y[i + 1];
    w.kernel[to] = axis.kernel;
    w.stride[to] = axis.stride;
    w.dilation[to] = axis.dilation;
    w.pad[to] = pad_before(x[i + 1], y[i + 1], axis, padding);
  }
}

}  // namespace lamina::window
