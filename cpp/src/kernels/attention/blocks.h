// Blocks of scores: what the forward pass and the gradient have in common.
#pragma once

#include "kernels/attention/attention.h"
#include "kernels/elementwise/packet_math.h"
#include "kernels/panels.h"
#include "kernels/reduce/lanes.h"

namespace lamina::kernels::LAMINA_LEVEL::attention {

namespace ei = Eigen::internal;

// A block of scores, two of them, and the panels that they are made of stay in the second cache.
constexpr Index kRows = 96 / kTileRows * kTileRows;
constexpr Index kColumns = 128;

constexpr Index kWorkerFlops = 2'000'000;  // worth a worker of its own: about 17 microseconds

// Finite, so that a row that keeps nothing becomes the mean and not NaN.
template <class T>
constexpr T kLowest = T(-0.7 * (sizeof(T) == 4 ? 3.4028234663852886e38 : 1.7976931348623157e308));

// ---- One head

// Where the numbers of one head of one batch entry lie.
template <class T>
struct Head {
  Index batch, head, group;
  const AttentionShape& s;
  const AttentionInputs<T>& in;

  Head(const AttentionShape& shape, const AttentionInputs<T>& inputs, Index batch_entry, Index h)
      : batch(batch_entry), head(h), group(h / (shape.heads / shape.groups)), s(shape), in(inputs) {}

  Index q_row() const { return s.heads * s.size; }
  Index y_row() const { return s.heads * s.value_size; }
  Index k_row() const { return s.groups * s.size; }
  Index v_row() const { return s.groups * s.value_size; }
  Index q_at(Index t) const { return (batch * s.rows + t) * q_row() + head * s.size; }
  Index y_at(Index t) const { return (batch * s.rows + t) * y_row() + head * s.value_size; }
  Index k_at(Index j) const { return (batch * s.columns + j) * k_row() + group * s.size; }
  Index v_at(Index j) const { return (batch * s.columns + j) * v_row() + group * s.value_size; }
  Index row_at(Index t) const { return (batch * s.heads + head) * s.rows + t; }

  // How many of `count` columns from j on row t may see by causality.
  Index seen(Index t, Index j, Index count) const {
    return s.causal ? max_of(min_of(t + 1 - j, count), Index(0)) : count;
  }
  const bool* keep(Index t, Index j) const {
    if (!in.keep) return nullptr;
    return in.keep + batch * s.keep_strides[0] + head * s.keep_strides[1] + t * s.keep_strides[2] +
           j * s.keep_strides[3];
  }
};

// Whether later rows of a block keep something: a row whose peak is the lowest score has seen nothing yet.
template <class T>
inline bool any_empty(const T* peak, Index rows) {
  for (Index t = 0; t < rows; ++t) {
    if (peak[t] == kLowest<T>) return true;
  }
  return false;
}

// s = scale * s, the lowest score where the mask hides it; row t, columns [j, j + count). Returns the largest.
template <class T>
inline T finish_scores(const Head<T>& head, Index t, Index j, Index count, T* s) {
  using P = lanes::Packet<T>;
  const P scale = lanes::splat<P>(head.in.scale);
  const Index seen = head.seen(t, j, count);
  if (const bool* keep = head.keep(t, j)) {
    const Index step = head.s.keep_strides[3];
    for (Index i = 0; i < seen; ++i) s[i] = keep[i * step] ? s[i] * head.in.scale : kLowest<T>;
  } else {
    lanes::sweep<T>(0, seen,
                    [&](auto access, Index i) { access.store(s + i, ei::pmul(access.load(s + i, T(0)), scale)); });
  }
  for (Index i = seen; i < count; ++i) s[i] = kLowest<T>;
  P largest = lanes::splat<P>(kLowest<T>);  // NaN may get lost here; it comes back with the sum of the exponentials
  lanes::sweep<T>(0, seen, [&](auto access, Index i) { largest = ei::pmax(largest, access.load(s + i, kLowest<T>)); });
  return ei::predux_max(largest);
}

}  // namespace lamina::kernels::LAMINA_LEVEL::attention
