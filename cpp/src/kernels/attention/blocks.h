// Blocks of scores: what the forward pass and the gradient have in common.
#pragma once

#include "kernels/attention/attention.h"
#include "kernels/panels.h"
#include "kernels/softmax/row.h"

namespace lamina::kernels::LAMINA_LEVEL::attention {

// A block of scores, two of them, and the panels that they are made of stay in the second cache.
constexpr Index kRows = 96 / kTileRows * kTileRows;
constexpr Index kColumns = 128;

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

// Whether a row of a block has seen nothing so far: its peak is still the lowest score.
template <class T>
inline bool any_empty(const T* peak, Index rows) {
  for (Index t = 0; t < rows; ++t) {
    if (peak[t] == lowest_score<T>()) return true;
  }
  return false;
}

// s = scale * s, the lowest score where the mask hides it; row t, columns [j, j + count).
template <class T>
inline void finish_scores(const Head<T>& head, Index t, Index j, Index count, T* s) {
  const Index seen = head.seen(t, j, count);
  if (const bool* keep = head.keep(t, j)) {
    const Index step = head.s.keep_strides[3];
    for (Index i = 0; i < seen; ++i) s[i] = keep[i * step] ? s[i] * head.in.scale : lowest_score<T>();
  } else {
    rows::scale(s, seen, head.in.scale, s);
  }
  for (Index i = seen; i < count; ++i) s[i] = lowest_score<T>();
}

}  // namespace lamina::kernels::LAMINA_LEVEL::attention
