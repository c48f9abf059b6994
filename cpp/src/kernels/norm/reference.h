// Normalizations straight from their formulas (see norm.h), in the type A. Null gamma means ones, null beta zeros.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/norm/norm.h"

namespace lamina::reference {

// Calls body(offset) for every element of one channel.
template <class Body>
void for_each_of_channel(const kernels::BatchNormShape& s, std::int64_t channel, const Body& body) {
  for (std::int64_t o = 0; o < s.outer; ++o)
    for (std::int64_t i = 0; i < s.inner; ++i) body((o * s.channels + channel) * s.inner + i);
}

template <class T, class A = double>
void moments(const kernels::BatchNormShape& s, const T* x, A* mean, A* variance) {
  const A count = static_cast<A>(s.outer * s.inner);
  for (std::int64_t c = 0; c < s.channels; ++c) {
    A sum = 0, squares = 0;
    for_each_of_channel(s, c, [&](std::int64_t i) { sum += x[i]; });
    mean[c] = sum / count;
    for_each_of_channel(s, c, [&](std::int64_t i) { squares += (x[i] - mean[c]) * (x[i] - mean[c]); });
    variance[c] = squares / count;
  }
}

template <class T, class A = double>
void batch_norm(const kernels::BatchNormShape& s, const T* x, const T* gamma, const T* beta, A epsilon, A* y, A* mean,
                A* variance, A* rstd) {
  moments(s, x, mean, variance);
  for (std::int64_t c = 0; c < s.channels; ++c) {
    rstd[c] = 1 / std::sqrt(variance[c] + epsilon);
    const A scale = gamma != nullptr ? gamma[c] : A(1), offset = beta != nullptr ? beta[c] : A(0);
    for_each_of_channel(s, c, [&](std::int64_t i) { y[i] = (x[i] - mean[c]) * rstd[c] * scale + offset; });
  }
}

template <class T, class A = double>
void batch_norm_grad(const kernels::BatchNormShape& s, const T* dy, const T* x, const T* gamma, const T* mean,
                     const T* rstd, A* dx, A* dgamma, A* dbeta) {
  const A count = static_cast<A>(s.outer * s.inner);
  for (std::int64_t c = 0; c < s.channels; ++c) {
    const A centre = mean[c], r = rstd[c], scale = gamma != nullptr ? gamma[c] : A(1);
    A sum = 0, product = 0;
    for_each_of_channel(s, c, [&](std::int64_t i) {
      sum += dy[i];
      product += dy[i] * ((x[i] - centre) * r);
    });
    dbeta[c] = sum;
    dgamma[c] = product;
    for_each_of_channel(s, c, [&](std::int64_t i) {
      dx[i] = scale * r * (dy[i] - sum / count - (x[i] - centre) * r * product / count);
    });
  }
}

template <class T, class A = double>
void layer_norm(std::int64_t rows, std::int64_t columns, const T* x, const T* gamma, const T* beta, A epsilon, A* y,
                A* mean, A* rstd) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const T* row = x + r * columns;
    A sum = 0, squares = 0;
    for (std::int64_t i = 0; i < columns; ++i) sum += row[i];
    mean[r] = sum / static_cast<A>(columns);
    for (std::int64_t i = 0; i < columns; ++i) squares += (row[i] - mean[r]) * (row[i] - mean[r]);
    rstd[r] = 1 / std::sqrt(squares / static_cast<A>(columns) + epsilon);
    for (std::int64_t i = 0; i < columns; ++i)
      y[r * columns + i] =
          (row[i] - mean[r]) * rstd[r] * (gamma != nullptr ? gamma[i] : A(1)) + (beta != nullptr ? beta[i] : A(0));
  }
}

template <class T, class A = double>
void layer_norm_grad(std::int64_t rows, std::int64_t columns, const T* dy, const T* x, const T* gamma, const T* mean,
                     const T* rstd, A* dx, A* dgamma, A* dbeta) {
  for (std::int64_t i = 0; i < columns; ++i) dgamma[i] = dbeta[i] = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    const T *row = x + r * columns, *gradient = dy + r * columns;
    const A centre = mean[r], scale = rstd[r];
    const auto g = [&](std::int64_t i) { return gradient[i] * (gamma != nullptr ? gamma[i] : A(1)); };
    const auto normalized = [&](std::int64_t i) { return (row[i] - centre) * scale; };
    A sum = 0, product = 0;
    for (std::int64_t i = 0; i < columns; ++i) {
      sum += g(i);
      product += g(i) * normalized(i);
      dbeta[i] += gradient[i];
      dgamma[i] += gradient[i] * normalized(i);
    }
    for (std::int64_t i = 0; i < columns; ++i)
      dx[r * columns + i] =
          scale * (g(i) - sum / static_cast<A>(columns) - normalized(i) * product / static_cast<A>(columns));
  }
}

}  // namespace lamina::reference
