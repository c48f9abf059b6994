// Pooling straight from its formulas (see pool.h).
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/pool/pool.h"

namespace lamina::reference {

// Calls body(output offset, batch, out) for every output pixel.
template <class Body>
void for_each_output(const kernels::PoolShape& s, const Body& body) {
  std::int64_t at = 0;
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t d = 0; d < s.out[0]; ++d)
      for (std::int64_t h = 0; h < s.out[1]; ++h)
        for (std::int64_t w = 0; w < s.out[2]; ++w, at += s.channels) {
          const std::int64_t out[3] = {d, h, w};
          body(at, n, out);
        }
}

// Calls body(input offset) for every tap of one output that lies inside the input, in tap order.
template <class Body>
void for_each_tap(const kernels::PoolShape& s, std::int64_t n, const std::int64_t (&out)[3], const Body& body) {
  for (std::int64_t d = 0; d < s.kernel[0]; ++d)
    for (std::int64_t h = 0; h < s.kernel[1]; ++h)
      for (std::int64_t w = 0; w < s.kernel[2]; ++w) {
        const std::int64_t tap[3] = {d, h, w};
        std::int64_t offset = n;
        bool inside = true;
        for (int axis = 0; axis < 3; ++axis) {
          const std::int64_t in = out[axis] * s.stride[axis] - s.pad[axis] + tap[axis] * s.dilation[axis];
          inside = inside && in >= 0 && in < s.in[axis];
          offset = offset * s.in[axis] + in;
        }
        if (inside) body(offset * s.channels);
      }
}

// Whether b takes the place of the maximum a seen before it; the first NaN is the maximum.
template <class T>
bool is_new_maximum(T b, T a) {
  return b > a || (b != b && a == a);
}

template <class T>
void max_pool(const kernels::PoolShape& s, const T* x, T* y) {
  for_each_output(s, [&](std::int64_t at, std::int64_t n, const std::int64_t(&out)[3]) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      T maximum = -std::numeric_limits<T>::infinity();
      for_each_tap(s, n, out, [&](std::int64_t tap) {
        if (is_new_maximum(x[tap + c], maximum)) maximum = x[tap + c];
      });
      y[at + c] = maximum;
    }
  });
}

template <class T, class A = double>
void max_pool_grad(const kernels::PoolShape& s, const T* x, const T* dy, A* dx) {
  for (std::int64_t i = 0; i < s.batch * s.in_size() * s.channels; ++i) dx[i] = 0;
  for_each_output(s, [&](std::int64_t at, std::int64_t n, const std::int64_t(&out)[3]) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      std::int64_t best = -1;
      for_each_tap(s, n, out, [&](std::int64_t tap) {
        if (best < 0 || is_new_maximum(x[tap + c], x[best])) best = tap + c;
      });
      dx[best] += dy[at + c];
    }
  });
}

template <class T, class A = double>
void average_pool(const kernels::PoolShape& s, const T* x, A* y) {
  for_each_output(s, [&](std::int64_t at, std::int64_t n, const std::int64_t(&out)[3]) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      A sum = 0, count = 0;
      for_each_tap(s, n, out, [&](std::int64_t tap) {
        sum += x[tap + c];
        count += 1;
      });
      y[at + c] = sum / count;
    }
  });
}

template <class T, class A = double>
void average_pool_grad(const kernels::PoolShape& s, const T* dy, A* dx) {
  for (std::int64_t i = 0; i < s.batch * s.in_size() * s.channels; ++i) dx[i] = 0;
  for_each_output(s, [&](std::int64_t at, std::int64_t n, const std::int64_t(&out)[3]) {
    A count = 0;
    for_each_tap(s, n, out, [&](std::int64_t) { count += 1; });
    for_each_tap(s, n, out, [&](std::int64_t tap) {
      for (std::int64_t c = 0; c < s.channels; ++c) dx[tap + c] += dy[at + c] / count;
    });
  });
}

}  // namespace lamina::reference
