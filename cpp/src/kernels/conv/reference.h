// Convolution and its gradients straight from their formulas (see conv.h), summed in the accumulator type A.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/gemm/reference.h"

namespace lamina::reference {

// body(input pixel, output pixel, tap) for every output pixel and every tap that falls inside.
template <class Body>
void for_each_tap(const kernels::ConvShape& shape, const Body& body) {
  using Index = std::int64_t;
  Index o[3], t[3];
  for (Index n = 0; n < shape.batch; ++n) {
    for (o[0] = 0; o[0] < shape.out[0]; ++o[0]) {
      for (o[1] = 0; o[1] < shape.out[1]; ++o[1]) {
        for (o[2] = 0; o[2] < shape.out[2]; ++o[2]) {
          for (t[0] = 0; t[0] < shape.kernel[0]; ++t[0]) {
            for (t[1] = 0; t[1] < shape.kernel[1]; ++t[1]) {
              for (t[2] = 0; t[2] < shape.kernel[2]; ++t[2]) {
                Index pixel = n, output = n, tap = 0;
                bool inside = true;
                for (int axis = 0; axis < 3; ++axis) {
                  const Index i = o[axis] * shape.stride[axis] - shape.pad[axis] + t[axis] * shape.dilation[axis];
                  inside = inside && i >= 0 && i < shape.in[axis];
                  pixel = pixel * shape.in[axis] + i;
                  output = output * shape.out[axis] + o[axis];
                  tap = tap * shape.kernel[axis] + t[axis];
                }
                if (inside) body(pixel, output, tap);
              }
            }
          }
        }
      }
    }
  }
}

// product(x index, w index, y index) for every product of the convolution.
template <class Body>
void for_each_product(const kernels::ConvShape& shape, const Body& product) {
  using Index = std::int64_t;
  const Index group_in = shape.channels / shape.groups, group_out = shape.filters / shape.groups;
  for_each_tap(shape, [&](Index pixel, Index output, Index tap) {
    for (Index f = 0; f < shape.filters; ++f) {
      for (Index c = 0; c < group_in; ++c) {
        product(pixel * shape.channels + f / group_out * group_in + c, (tap * group_in + c) * shape.filters + f,
                output * shape.filters + f);
      }
    }
  });
}

template <class T, class A = double>
void conv_forward(const kernels::ConvShape& shape, const T* x, const T* w, const T* bias, const T* addend,
                  kernels::Activation activation, T* y) {
  using Index = std::int64_t;
  std::vector<A> sum(static_cast<std::size_t>(shape.batch * shape.out_size() * shape.filters));
  for_each_product(shape, [&](Index in, Index weight, Index out) { sum[out] += A(x[in]) * A(w[weight]); });
  for (std::size_t i = 0; i < sum.size(); ++i) {
    if (bias) sum[i] += bias[i % static_cast<std::size_t>(shape.filters)];
    if (addend) sum[i] += addend[i];
    y[i] = static_cast<T>(activate(activation, sum[i]));
  }
}

template <class T, class A = double>
void conv_grad_input(const kernels::ConvShape& shape, const T* dy, const T* w, T* dx) {
  using Index = std::int64_t;
  std::vector<A> sum(static_cast<std::size_t>(shape.batch * shape.in_size() * shape.channels));
  for_each_product(shape, [&](Index in, Index weight, Index out) { sum[in] += A(dy[out]) * A(w[weight]); });
  for (std::size_t i = 0; i < sum.size(); ++i) dx[i] = static_cast<T>(sum[i]);
}

template <class T, class A = double>
void conv_grad_kernel(const kernels::ConvShape& shape, const T* x, const T* dy, T* dw) {
  using Index = std::int64_t;
  std::vector<A> sum(static_cast<std::size_t>(shape.taps() * (shape.channels / shape.groups) * shape.filters));
  for_each_product(shape, [&](Index in, Index weight, Index out) { sum[weight] += A(x[in]) * A(dy[out]); });
  for (std::size_t i = 0; i < sum.size(); ++i) dw[i] = static_cast<T>(sum[i]);
}

}  // namespace lamina::reference
