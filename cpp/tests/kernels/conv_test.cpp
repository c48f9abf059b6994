// Convolution and its gradients against the reference, at every level.
#include "kernels/conv/conv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/parallel_for.h"
#include "kernels/conv/reference.h"
#include "kernels/table.h"
#include "lamina/runtime.h"

namespace lamina {
namespace {

using kernels::Activation;
using kernels::ConvShape;
using Index = std::int64_t;

template <class T>
const kernels::Conv<T>& conv_of(const kernels::Table& table);
template <>
const kernels::Conv<float>& conv_of(const kernels::Table& table) {
  return table.float32.conv;
}
template <>
const kernels::Conv<double>& conv_of(const kernels::Table& table) {
  return table.float64.conv;
}

struct alignas(64) Line {
  char bytes[64];
};

// Random values one element beside the alignment of the allocation; a guard behind them.
template <class T>
struct Values {
  explicit Values(Index count, unsigned seed = 0) : size(count), storage(static_cast<std::size_t>(count + 9), T(77)) {
    std::mt19937 engine(seed);
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (Index i = 0; i < count; ++i) data()[i] = static_cast<T>(uniform(engine));
  }
  T* data() { return storage.data() + 1; }
  bool guard_intact() const {
    for (std::size_t i = static_cast<std::size_t>(size) + 1; i < storage.size(); ++i) {
      if (storage[i] != T(77)) return false;
    }
    return storage[0] == T(77);
  }
  Index size;
  std::vector<T> storage;
};

std::string describe(const ConvShape& s, const char* level) {
  std::string text = std::string(level) + " batch " + std::to_string(s.batch) + " channels " +
                     std::to_string(s.channels) + " filters " + std::to_string(s.filters) + " groups " +
                     std::to_string(s.groups);
  const auto add = [&](const char* name, const Index values[3]) {
    text += std::string(" ") + name;
    for (int i = 0; i < 3; ++i) text += (i ? "x" : " ") + std::to_string(values[i]);
  };
  add("in", s.in);
  add("out", s.out);
  add("kernel", s.kernel);
  add("stride", s.stride);
  add("dilation", s.dilation);
  add("pad", s.pad);
  return text;
}

// Sums of `length` products of values below 1: each addition rounds once.
template <class T>
double tolerance(Index length) {
  return std::numeric_limits<T>::epsilon() * (8 + 2.0 * static_cast<double>(length + 1));
}

template <class T, class Run>
void compare(const char* what, Values<T>& expected, Index length, const std::size_t scratch_bytes, const Run& run) {
  SCOPED_TRACE(what);
  Values<T> once(expected.size, 5), again(expected.size, 6);
  std::vector<Line> scratch(scratch_bytes / 64 + 2);
  const int before = num_threads();
  for (int threads : {1, 2}) {
    set_num_threads(threads);
    std::memset(static_cast<void*>(scratch.data()), 0xff, scratch.size() * 64);  // NaN
    run(threads == 1 ? once.data() : again.data(), scratch.data());
    set_num_threads(before);
    const unsigned char* bytes = reinterpret_cast<const unsigned char*>(scratch.data());
    for (std::size_t i = scratch_bytes; i < scratch.size() * 64; ++i) {
      ASSERT_EQ(bytes[i], 0xff) << "written beyond the scratch that was asked for";
    }
  }
  Index wrong = 0;
  for (Index i = 0; i < expected.size; ++i) {
    const double got = once.data()[i], want = expected.data()[i];
    if (!(std::abs(got - want) <= tolerance<T>(length)) && wrong++ < 3) {
      ADD_FAILURE() << "element " << i << ": " << got << ", expected " << want;
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(std::memcmp(once.data(), again.data(), static_cast<std::size_t>(expected.size) * sizeof(T)), 0)
      << "the bits depend on the number of threads";
  EXPECT_TRUE(once.guard_intact());
}

template <class T>
void check(const ConvShape& shape, Activation activation, const kernels::Table& table) {
  SCOPED_TRACE(describe(shape, table.level) + (sizeof(T) == 4 ? " float" : " double"));
  const kernels::Conv<T>& conv = conv_of<T>(table);
  const Index group_in = shape.channels / shape.groups, group_out = shape.filters / shape.groups;
  Values<T> x(shape.batch * shape.in_size() * shape.channels, 1);
  Values<T> w(shape.taps() * group_in * shape.filters, 2);
  Values<T> dy(shape.batch * shape.out_size() * shape.filters, 3);
  Values<T> bias(shape.filters, 4), addend(dy.size, 5);

  Values<T> y(dy.size), dx(x.size), dw(w.size);
  reference::conv_forward<T>(shape, x.data(), w.data(), bias.data(), addend.data(), activation, y.data());
  compare<T>("forward", y, shape.taps() * group_in, conv.forward_scratch(shape, false), [&](T* out, void* scratch) {
    conv.forward(shape, x.data(), w.data(), nullptr, bias.data(), addend.data(), activation, out, scratch);
  });
  reference::conv_forward<T>(shape, x.data(), w.data(), bias.data(), nullptr, activation, y.data());
  if (const std::size_t packed_bytes = conv.packed_bytes(shape)) {
    std::vector<Line> packed(packed_bytes / 64 + 2);
    std::memset(static_cast<void*>(packed.data()), 0xff, packed.size() * 64);
    conv.pack(shape, w.data(), packed.data());
    const unsigned char* bytes = reinterpret_cast<const unsigned char*>(packed.data());
    for (std::size_t i = packed_bytes; i < packed.size() * 64; ++i) ASSERT_EQ(bytes[i], 0xff);
    compare<T>("forward, packed", y, shape.taps() * group_in, conv.forward_scratch(shape, true),
               [&](T* out, void* scratch) {
                 conv.forward(shape, x.data(), nullptr, packed.data(), bias.data(), nullptr, activation, out, scratch);
               });
  }
  reference::conv_grad_input<T>(shape, dy.data(), w.data(), dx.data());
  compare<T>("grad_input", dx, shape.taps() * group_out, conv.grad_input_scratch(shape),
             [&](T* out, void* scratch) { conv.grad_input(shape, dy.data(), w.data(), out, scratch); });
  reference::conv_grad_kernel<T>(shape, x.data(), dy.data(), dw.data());
  compare<T>("grad_kernel", dw, shape.batch * shape.out_size(), conv.grad_kernel_scratch(shape),
             [&](T* out, void* scratch) { conv.grad_kernel(shape, x.data(), dy.data(), out, scratch); });
}

void check_everywhere(const ConvShape& shape, Activation activation = Activation::linear) {
  for (int i = 0; i < kernels::num_runnable_tables(); ++i) {
    check<float>(shape, activation, kernels::runnable_table(i));
    check<double>(shape, activation, kernels::runnable_table(i));
  }
}

enum class Padding { valid, same, causal };

struct Side {
  Index in, kernel, stride = 1, dilation = 1;
};

void set_axis(ConvShape& shape, int axis, const Side& side, Padding padding) {
  const Index reach = (side.kernel - 1) * side.dilation + 1;
  shape.in[axis] = side.in;
  shape.kernel[axis] = side.kernel;
  shape.stride[axis] = side.stride;
  shape.dilation[axis] = side.dilation;
  if (padding == Padding::valid) {
    shape.out[axis] = (side.in - reach) / side.stride + 1;
    shape.pad[axis] = 0;
  } else {
    shape.out[axis] = (side.in + side.stride - 1) / side.stride;
    const Index total = std::max<Index>((shape.out[axis] - 1) * side.stride + reach - side.in, 0);
    shape.pad[axis] = padding == Padding::causal ? reach - 1 : total / 2;
  }
}

ConvShape shape_of(Index batch, Index channels, Index filters, Index groups, const std::vector<Side>& sides,
                   Padding padding) {
  ConvShape shape;
  shape.batch = batch;
  shape.channels = channels;
  shape.filters = filters;
  shape.groups = groups;
  for (std::size_t i = 0; i < sides.size(); ++i) {
    set_axis(shape, static_cast<int>(3 - sides.size() + i), sides[i], padding);
  }
  return shape;
}

const Padding kBoth[] = {Padding::valid, Padding::same};

TEST(Conv, ChannelsAndFiltersAroundPacket) {
  for (Padding padding : kBoth) {
    for (Index channels : {1, 3, 8, 17}) {
      for (Index filters : {1, 7, 16, 33, 64}) {
        check_everywhere(shape_of(2, channels, filters, 1, {{6, 3}, {9, 3}}, padding));
      }
    }
  }
}

TEST(Conv, Widths) {
  for (Padding padding : kBoth) {
    for (Index width : {3, 4, 7, 14, 15, 16, 30}) {
      check_everywhere(shape_of(2, 5, 18, 1, {{4, 3}, {width, 3}}, padding));
      check_everywhere(shape_of(1, 5, 18, 1, {{width, 3}}, padding));
    }
  }
}

TEST(Conv, StridesAndDilations) {
  for (Padding padding : kBoth) {
    for (Index kernel : {1, 2, 3, 5, 7}) {
      for (Index stride : {1, 2, 3}) {
        for (Index dilation : {1, 2, 3}) {
          check_everywhere(
              shape_of(1, 4, 6, 1, {{19, kernel, stride, dilation}, {20, kernel, stride, dilation}}, padding));
          check_everywhere(
              shape_of(1, 6, 6, 6, {{19, kernel, stride, dilation}, {20, kernel, stride, dilation}}, padding));
        }
      }
    }
    check_everywhere(shape_of(2, 3, 20, 1, {{23, 7, 2, 1}, {31, 5, 3, 2}}, padding));
  }
}

TEST(Conv, Groups) {
  for (Padding padding : kBoth) {
    check_everywhere(shape_of(2, 8, 12, 4, {{7, 3}, {8, 3}}, padding));
    check_everywhere(shape_of(2, 8, 40, 2, {{7, 3, 2}, {8, 3, 2}}, padding));
    check_everywhere(shape_of(2, 8, 64, 2, {{7, 3, 2}, {8, 3}}, padding), Activation::relu);
    check_everywhere(shape_of(2, 8, 12, 4, {{7, 3, 1, 2}, {8, 3, 1, 2}}, padding));
    check_everywhere(shape_of(2, 8, 12, 2, {{7, 1}, {8, 1}}, padding));
  }
}

TEST(Conv, Depthwise) {
  for (Padding padding : kBoth) {
    for (Index channels : {2, 7, 16, 33}) {
      for (Index multiplier : {1, 2, 3}) {
        check_everywhere(shape_of(2, channels, channels * multiplier, channels, {{7, 3}, {9, 3}}, padding));
        check_everywhere(shape_of(2, channels, channels * multiplier, channels, {{7, 5, 2}, {19, 4, 2}}, padding));
      }
    }
    check_everywhere(shape_of(1, 9, 9, 9, {{30, 5, 1, 3}}, padding));
    check_everywhere(shape_of(1, 9, 9, 9, {{6, 3}, {5, 3}, {6, 3}}, padding), Activation::gelu);
  }
  check_everywhere(shape_of(2, 64, 64, 64, {{28, 3}, {28, 3}}, Padding::same), Activation::relu6);
}

TEST(Conv, Ranks) {
  for (Padding padding : kBoth) {
    check_everywhere(shape_of(2, 6, 10, 1, {{20, 3}}, padding));
    check_everywhere(shape_of(2, 6, 10, 1, {{6, 3}, {7, 3}, {8, 3}}, padding));
    check_everywhere(shape_of(2, 6, 10, 2, {{6, 3, 2}, {7, 2, 2}, {8, 3, 1, 2}}, padding));
  }
  check_everywhere(shape_of(2, 6, 10, 1, {{40, 4, 1, 3}}, Padding::causal));
  check_everywhere(shape_of(2, 6, 6, 6, {{40, 4, 1, 3}}, Padding::causal));
}

TEST(Conv, MatrixForms) {
  for (Index filters : {1, 10, 48}) {
    check_everywhere(shape_of(2, 33, filters, 1, {{7, 1}, {9, 1}}, Padding::valid), Activation::relu);
    check_everywhere(shape_of(5, 6, filters, 1, {{7, 7}, {9, 9}}, Padding::valid));
    check_everywhere(shape_of(2, 33, filters, 1, {{7, 1, 2}, {9, 1, 2}}, Padding::same));
  }
  check_everywhere(shape_of(20, 9, 20, 1, {{30, 1}, {30, 1}}, Padding::valid));
}

TEST(Conv, SeveralBlocksAndParts) {
  check_everywhere(shape_of(3, 20, 40, 1, {{40, 3}, {60, 3}}, Padding::same), Activation::relu);
  check_everywhere(shape_of(1, 100, 130, 1, {{5, 3}, {5, 3}}, Padding::same));
  check_everywhere(shape_of(20, 3, 20, 1, {{30, 5, 2}, {30, 5, 2}}, Padding::same));
  check_everywhere(shape_of(2, 64, 256, 1, {{4, 3}, {4, 3}}, Padding::same));
  check_everywhere(shape_of(1, 2, 3, 1, {{6, 3}, {2000, 9}}, Padding::same));
}

TEST(Conv, Activations) {
  for (Activation activation : {Activation::linear, Activation::relu, Activation::relu6, Activation::sigmoid,
                                Activation::tanh, Activation::silu, Activation::gelu}) {
    check_everywhere(shape_of(2, 5, 19, 1, {{6, 3}, {9, 3}}, Padding::same), activation);
    check_everywhere(shape_of(2, 19, 19, 19, {{6, 3}, {9, 3}}, Padding::same), activation);
  }
}

// ---- Winograd's kernel

// What the log says of the choices for the forward run and for the gradient of the input.
std::string choices(const ConvShape& shape, const kernels::Table& table) {
  std::string said;
  set_log([&](const std::string&, const std::string& line) { said += line + "\n"; });
  set_log_topics("kernels");
  const kernels::Conv<float>& conv = table.float32.conv;
  Values<float> x(shape.batch * shape.in_size() * shape.channels), dy(shape.batch * shape.out_size() * shape.filters);
  Values<float> w(shape.taps() * shape.channels / shape.groups * shape.filters);
  std::vector<Line> scratch(std::max(conv.forward_scratch(shape, false), conv.grad_input_scratch(shape)) / 64 + 1);
  conv.forward(shape, x.data(), w.data(), nullptr, nullptr, nullptr, Activation::linear, dy.data(), scratch.data());
  conv.grad_input(shape, dy.data(), w.data(), x.data(), scratch.data());
  set_log_topics("");
  set_log(nullptr);
  return said;
}

bool takes_winograd(const ConvShape& shape, const kernels::Table& table) {
  const std::string said = choices(shape, table);
  return said.find("winograd taken") != said.rfind("winograd taken");  // both
}

void check_winograd(const ConvShape& shape, Activation activation = Activation::linear) {
  for (int i = 0; i < kernels::num_runnable_tables(); ++i)
    EXPECT_TRUE(takes_winograd(shape, kernels::runnable_table(i))) << describe(shape, "");
  check_everywhere(shape, activation);
}

TEST(Conv, WinogradSizes) {
  for (Padding padding : kBoth) {
    check_winograd(shape_of(1, 100, 70, 1, {{23, 3}, {26, 3}}, padding));
    check_winograd(shape_of(1, 100, 70, 1, {{24, 3}, {25, 3}}, padding));
    check_winograd(shape_of(5, 64, 96, 1, {{18, 3}, {16, 3}}, padding));
  }
  ConvShape shape = shape_of(3, 90, 81, 1, {{15, 3}, {16, 3}}, Padding::valid);
  shape.pad[1] = 1;  // before only
  shape.out[1] = 14;
  check_winograd(shape);
}

TEST(Conv, WinogradActivations) {
  for (Activation activation : {Activation::relu, Activation::relu6, Activation::sigmoid, Activation::gelu})
    check_winograd(shape_of(1, 100, 70, 1, {{19, 3}, {21, 3}}, Padding::same), activation);
}

TEST(Conv, WinogradSaysWhyNot) {
  const std::pair<ConvShape, const char*> refused[] = {
      {shape_of(8, 64, 64, 1, {{28, 3, 2}, {28, 3, 2}}, Padding::same), "strides"},
      {shape_of(8, 64, 64, 1, {{28, 3, 1, 2}, {28, 3, 1, 2}}, Padding::same), "dilation"},
      {shape_of(8, 64, 64, 2, {{28, 3}, {28, 3}}, Padding::same), "groups"},
      {shape_of(8, 64, 64, 1, {{28, 3}, {28, 5}}, Padding::same), "not 3 x 3 taps"},
      {shape_of(1, 64, 64, 1, {{2, 1}, {28, 3}, {28, 3}}, Padding::same), "not 3 x 3 taps"},
      {shape_of(8, 64, 16, 1, {{28, 3}, {28, 3}}, Padding::same), "few channels, filters or outputs"},
      {shape_of(1, 64, 64, 1, {{7, 3}, {7, 3}}, Padding::same), "few channels, filters or outputs"}};
  for (const auto& [shape, reason] : refused) {
    const std::string said = choices(shape, kernels::table()), what = std::string("winograd (") + reason + ")";
    EXPECT_NE(said.find(what), said.rfind(what)) << said;
  }
}

// Its sums are no worse than those of the products in order, and the same for packed weights.
TEST(Conv, WinogradErrors) {
  const ConvShape shape = shape_of(2, 256, 64, 1, {{16, 3}, {16, 3}}, Padding::same);
  Values<float> x(shape.batch * shape.in_size() * shape.channels, 1),
      w(shape.taps() * shape.channels * shape.filters, 2);
  Values<float> in_order(shape.batch * shape.out_size() * shape.filters), exact(in_order.size);
  reference::conv_forward<float>(shape, x.data(), w.data(), nullptr, nullptr, Activation::linear, exact.data());
  reference::conv_forward<float, float>(shape, x.data(), w.data(), nullptr, nullptr, Activation::linear,
                                        in_order.data());
  const auto error = [&](Values<float>& values) {
    double largest = 0;
    for (Index i = 0; i < values.size; ++i)
      largest = std::max(largest, std::abs(double(values.data()[i]) - exact.data()[i]));
    return largest;
  };
  for (int i = 0; i < kernels::num_runnable_tables(); ++i) {
    const kernels::Conv<float>& conv = kernels::runnable_table(i).float32.conv;
    ASSERT_TRUE(takes_winograd(shape, kernels::runnable_table(i)));
    std::vector<Line> scratch(conv.forward_scratch(shape, false) / 64 + 1), packed(conv.packed_bytes(shape) / 64 + 1);
    Values<float> y(exact.size, 3), again(exact.size, 4);
    conv.forward(shape, x.data(), w.data(), nullptr, nullptr, nullptr, Activation::linear, y.data(), scratch.data());
    EXPECT_LE(error(y), error(in_order));
    conv.pack(shape, w.data(), packed.data());
    conv.forward(shape, x.data(), nullptr, packed.data(), nullptr, nullptr, Activation::linear, again.data(),
                 scratch.data());
    EXPECT_EQ(y.storage, again.storage);
  }
}

// Infinities and NaN reach the outputs that see them and no others, and infinities do not become NaN.
TEST(Conv, WinogradSpecialValues) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const ConvShape shape = shape_of(1, 100, 70, 1, {{19, 3}, {21, 3}}, Padding::same);
  Values<float> x(shape.in_size() * shape.channels, 1), w(shape.taps() * shape.channels * shape.filters, 2);
  Values<float> bias(shape.filters, 3), expected(shape.out_size() * shape.filters);
  const auto set = [&](Index row, Index column, double value) {
    x.data()[(row * shape.in[2] + column) * shape.channels + 5] = static_cast<float>(value);
  };
  set(0, 0, kInfinity);
  set(7, 8, -kInfinity);
  set(18, 20, std::numeric_limits<double>::quiet_NaN());
  set(13, 3, 3e38);  // the sums of the transforms overflow
  set(13, 4, 3e38);
  set(14, 3, 3e38);
  for (Index i = 0; i < w.size; ++i) w.data()[i] *= 0.3f;
  reference::conv_forward<float>(shape, x.data(), w.data(), bias.data(), nullptr, Activation::relu, expected.data());
  for (int i = 0; i < kernels::num_runnable_tables(); ++i) {
    SCOPED_TRACE(kernels::runnable_table(i).level);
    const kernels::Conv<float>& conv = kernels::runnable_table(i).float32.conv;
    ASSERT_TRUE(takes_winograd(shape, kernels::runnable_table(i)));
    std::vector<Line> scratch(conv.forward_scratch(shape, false) / 64 + 1);
    Values<float> y(expected.size, 4);
    conv.forward(shape, x.data(), w.data(), nullptr, bias.data(), nullptr, Activation::relu, y.data(), scratch.data());
    Index wrong = 0;
    for (Index k = 0; k < y.size; ++k) {
      const float got = y.data()[k], want = expected.data()[k];
      const bool same = std::isnan(want)   ? std::isnan(got)
                        : std::isinf(want) ? got == want
                                           : std::abs(got - want) <= 1e-3f * std::max(1.0f, std::abs(want));
      if (!same && wrong++ < 3) ADD_FAILURE() << "element " << k << ": " << got << ", expected " << want;
    }
    EXPECT_EQ(wrong, 0);
  }
}

// More padding than the kernel reaches, on either side.
TEST(Conv, WidePadding) {
  ConvShape shape = shape_of(2, 5, 18, 1, {{6, 3}, {7, 3}}, Padding::valid);
  for (int axis : {1, 2}) {
    shape.pad[axis] = 5;
    shape.out[axis] = shape.in[axis] + 9;
  }
  check_everywhere(shape);
  shape.channels = shape.filters = shape.groups = 6;
  check_everywhere(shape);
  shape.stride[1] = shape.stride[2] = 2;
  shape.out[1] = shape.out[2] = 8;
  check_everywhere(shape);
}

TEST(Conv, EmptyBatch) {
  const ConvShape shape = shape_of(0, 5, 18, 1, {{6, 3}, {7, 3}}, Padding::same);
  check_everywhere(shape);
}

}  // namespace
}  // namespace lamina
