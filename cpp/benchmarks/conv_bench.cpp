// Convolutions of float images and their gradients, channels last.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "kernels/table.h"
#include "peak.h"

namespace lamina {
namespace {

using kernels::ConvShape;

struct Row {
  const char* name;
  std::int64_t batch, channels, size, filters, kernel, stride, groups, pad;
  int axes = 2;  // of that size; one axis is of steps, with all padding before them
  std::int64_t dilation = 1;
};

constexpr Row kRows[] = {
    {"64x32x32x16 3x3x16", 64, 16, 32, 16, 3, 1, 1, 1},
    {"64x16x16x32 3x3x32", 64, 32, 16, 32, 3, 1, 1, 1},
    {"64x8x8x64 3x3x64", 64, 64, 8, 64, 3, 1, 1, 1},
    {"8x56x56x64 3x3x64", 8, 64, 56, 64, 3, 1, 1, 1},
    {"8x28x28x128 3x3x128", 8, 128, 28, 128, 3, 1, 1, 1},
    {"8x14x14x256 3x3x256", 8, 256, 14, 256, 3, 1, 1, 1},
    {"8x7x7x512 3x3x512", 8, 512, 7, 512, 3, 1, 1, 1},
    {"8x56x56x64 1x1x256", 8, 64, 56, 256, 1, 1, 1, 0},
    {"8x56x56x64 3x3x128 s2", 8, 64, 56, 128, 3, 2, 1, 1},
    {"8x224x224x3 7x7x64 s2", 8, 3, 224, 64, 7, 2, 1, 3},
    {"64x28x28x1 3x3x32", 64, 1, 28, 32, 3, 1, 1, 1},
    {"128x28x28x1 3x3x32 valid", 128, 1, 28, 32, 3, 1, 1, 0},
    {"128x26x26x32 3x3x64 valid", 128, 32, 26, 64, 3, 1, 1, 0},
    {"1x56x56x64 3x3x64", 1, 64, 56, 64, 3, 1, 1, 1},
    {"1x28x28x1 3x3x32 valid", 1, 1, 28, 32, 3, 1, 1, 0},
    {"8x56x56x128 3x3x128 32 groups", 8, 128, 56, 128, 3, 1, 32, 1},
    {"8x56x56x128 3x3 depthwise", 8, 128, 56, 128, 3, 1, 128, 1},
    {"8x56x56x128 3x3 s2 depthwise", 8, 128, 56, 128, 3, 2, 128, 1},
    {"8x14x14x512 3x3 depthwise", 8, 512, 14, 512, 3, 1, 512, 1},  // MobileNet
    {"8x14x14x512 1x1x512", 8, 512, 14, 512, 1, 1, 1, 0},
    {"1x64x64x64x16 3x3x3x32", 1, 16, 64, 32, 3, 1, 1, 1, 3},  // a 3D U-Net
    {"1x16x16x16x128 3x3x3x128", 1, 128, 16, 128, 3, 1, 1, 1, 3},
    {"4x16000x32 2x64 dilation 1", 4, 32, 16000, 64, 2, 1, 1, 1, 1, 1},  // WaveNet
    {"4x16000x32 2x64 dilation 512", 4, 32, 16000, 64, 2, 1, 1, 512, 1, 512},
};

enum class Kernel { forward, grad_input, grad_kernel };

struct alignas(64) Line {
  char bytes[64];
};

std::vector<float> values(std::int64_t size) {
  std::vector<float> x(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761u % 1000) / 1000 - 0.5f;
  return x;
}

ConvShape shape_of(const Row& row) {
  ConvShape shape;
  shape.batch = row.batch;
  shape.channels = row.channels;
  shape.filters = row.filters;
  shape.groups = row.groups;
  for (int axis = 3 - row.axes; axis < 3; ++axis) {
    shape.in[axis] = row.size;
    shape.kernel[axis] = row.kernel;
    shape.stride[axis] = row.stride;
    shape.pad[axis] = row.pad;
    shape.dilation[axis] = row.dilation;
    const std::int64_t padding = (row.axes == 1 ? 1 : 2) * row.pad, reach = (row.kernel - 1) * row.dilation + 1;
    shape.out[axis] = (row.size + padding - reach) / row.stride + 1;
  }
  return shape;
}

// Multiply-adds of a forward run, without those of the padding, which kernels leave out.
double products(const ConvShape& shape) {
  double count = static_cast<double>(shape.batch * shape.filters * (shape.channels / shape.groups));
  for (int axis = 0; axis < 3; ++axis) {
    std::int64_t pairs = 0;  // of an output and a tap that lies on the image
    for (std::int64_t out = 0; out < shape.out[axis]; ++out)
      for (std::int64_t tap = 0; tap < shape.kernel[axis]; ++tap) {
        const std::int64_t at = out * shape.stride[axis] + tap * shape.dilation[axis] - shape.pad[axis];
        pairs += at >= 0 && at < shape.in[axis];
      }
    count *= static_cast<double>(pairs);
  }
  return count;
}

void run(benchmark::State& state, const ConvShape& shape, Kernel kernel) {
  const auto x = values(shape.batch * shape.in_size() * shape.channels);
  const auto w = values(shape.taps() * shape.channels / shape.groups * shape.filters);
  const auto dy = values(shape.batch * shape.out_size() * shape.filters), bias = values(shape.filters);
  std::vector<float> y(dy.size()), dx(x.size()), dw(w.size());
  const kernels::Table& table = kernels::table();
  const kernels::Conv<float>& conv = table.float32.conv;
  const std::size_t bytes =
      std::max({conv.forward_scratch(shape, false), conv.grad_input_scratch(shape), conv.grad_kernel_scratch(shape)});
  std::vector<Line> scratch(bytes / sizeof(Line) + 1);
  for (auto _ : state) {
    switch (kernel) {
      case Kernel::forward:
        conv.forward(shape, x.data(), w.data(), nullptr, bias.data(), nullptr, kernels::Activation::relu, y.data(),
                     scratch.data());
        break;
      case Kernel::grad_input:
        conv.grad_input(shape, dy.data(), w.data(), dx.data(), scratch.data());
        break;
      case Kernel::grad_kernel:
        conv.grad_kernel(shape, x.data(), dy.data(), dw.data(), scratch.data());
        break;
    }
  }
  bench::report_flops<float>(state, table.level, 2 * products(shape));
}

const bool registered = [] {
  for (const Row& row : kRows) {
    const ConvShape shape = shape_of(row);
    const std::pair<const char*, Kernel> all[] = {{"conv ", Kernel::forward},
                                                  {"conv_grad_input ", Kernel::grad_input},
                                                  {"conv_grad_kernel ", Kernel::grad_kernel}};
    for (const auto& [name, kernel] : all) {
      bench::add_row(std::string(name) + row.name,
                     [shape, k = kernel](benchmark::State& state) { run(state, shape, k); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace lamina
