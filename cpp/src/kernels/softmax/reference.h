// Softmax straight from its formulas (see softmax.h), in the type A.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/softmax/softmax.h"

namespace lamina::reference {

// Calls body(offset of the first element, step) for every row along the middle axis.
template <class Body>
void for_each_softmax_row(const kernels::SoftmaxShape& s, const Body& body) {
  for (std::int64_t o = 0; o < s.outer; ++o)
    for (std::int64_t i = 0; i < s.inner; ++i) body(o * s.size * s.inner + i, s.inner);
}

template <class A, class T>
A log_sum_exp(std::int64_t size, std::int64_t step, const T* x) {
  A maximum = -std::numeric_limits<A>::infinity(), sum = 0;
  for (std::int64_t k = 0; k < size; ++k)
    if (x[k * step] > maximum || x[k * step] != x[k * step]) maximum = x[k * step];
  for (std::int64_t k = 0; k < size; ++k) sum += std::exp(x[k * step] - maximum);
  return maximum + std::log(sum);
}

template <class T, class A = double>
void log_softmax(const kernels::SoftmaxShape& s, const T* x, A* y) {
  for_each_softmax_row(s, [&](std::int64_t at, std::int64_t step) {
    const A normalizer = log_sum_exp<A>(s.size, step, x + at);
    for (std::int64_t k = 0; k < s.size; ++k) y[at + k * step] = x[at + k * step] - normalizer;
  });
}

template <class T, class A = double>
void softmax(const kernels::SoftmaxShape& s, const T* x, A* y) {
  log_softmax(s, x, y);
  for (std::int64_t i = 0; i < s.outer * s.size * s.inner; ++i) y[i] = std::exp(y[i]);
}

template <class T, class A = double>
void softmax_grad(const kernels::SoftmaxShape& s, const T* y, const T* dy, A* dx) {
  for_each_softmax_row(s, [&](std::int64_t at, std::int64_t step) {
    A sum = 0;
    for (std::int64_t k = 0; k < s.size; ++k) sum += static_cast<A>(dy[at + k * step]) * y[at + k * step];
    for (std::int64_t k = 0; k < s.size; ++k) dx[at + k * step] = y[at + k * step] * (dy[at + k * step] - sum);
  });
}

template <class T, class A = double>
void log_softmax_grad(const kernels::SoftmaxShape& s, const T* y, const T* dy, A* dx) {
  for_each_softmax_row(s, [&](std::int64_t at, std::int64_t step) {
    A sum = 0;
    for (std::int64_t k = 0; k < s.size; ++k) sum += dy[at + k * step];
    for (std::int64_t k = 0; k < s.size; ++k)
      dx[at + k * step] = dy[at + k * step] - std::exp(static_cast<A>(y[at + k * step])) * sum;
  });
}

template <class T, class A = double>
void sparse_crossentropy(std::int64_t rows, std::int64_t columns, const T* x, const std::int64_t* labels, A* loss) {
  for (std::int64_t r = 0; r < rows; ++r)
    loss[r] = labels[r] < 0 || labels[r] >= columns
                  ? std::numeric_limits<A>::quiet_NaN()
                  : log_sum_exp<A>(columns, 1, x + r * columns) - x[r * columns + labels[r]];
}

template <class T, class A = double>
void sparse_crossentropy_grad(std::int64_t rows, std::int64_t columns, const T* x, const std::int64_t* labels,
                              const T* dloss, A* dx) {
  softmax({rows, columns, 1}, x, dx);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t i = 0; i < columns; ++i) {
      A& d = dx[r * columns + i];
      if (labels[r] < 0 || labels[r] >= columns) d = std::numeric_limits<A>::quiet_NaN();
      d = (d - (i == labels[r] ? 1 : 0)) * dloss[r];
    }
}

}  // namespace lamina::reference
