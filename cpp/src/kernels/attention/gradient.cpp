// The gradients: each block of probabilities is computed once more from the peaks and the inverses. The heads that
// share a k and v are one unit of work, so that every sum has its fixed order.
#include "kernels/attention/blocks.h"
#include "kernels/attention/parts.h"

namespace lamina::kernels::LAMINA_LEVEL {

using namespace attention;
namespace ei = Eigen::internal;

template <class T>
struct GradScratch {
  Index keys, keys_back, values, rows_of_q, rows_of_dy, scores;  // elements

  explicit GradScratch(const AttentionShape& s)
      : keys(panel_elements<T>(s.size, kColumns)),
        keys_back(panel_elements<T>(kColumns, s.size)),
        values(panel_elements<T>(s.value_size, kColumns)),
        rows_of_q(panel_elements<T>(kRows, s.size)),
        rows_of_dy(panel_elements<T>(kRows, s.value_size)),
        scores(kRows * kColumns) {}
  Index total() const { return keys + keys_back + values + rows_of_q + rows_of_dy + 2 * scores; }
};

template <class T>
struct Gradients {
  const T *y, *peak, *inverse, *dy;
  T *dq, *dk, *dv;
};

// Scores become probabilities, and their gradients dp the gradients of the scores.
template <class T>
static void finish_row(const Head<T>& head, const Gradients<T>& g, Index t, Index j, Index count, T* p, T* ds) {
  using P = lanes::Packet<T>;
  finish_scores(head, t, j, count, p);
  const Index row = head.row_at(t), y_at = head.y_at(t);
  const T dot = static_cast<T>(lanes::sum<T>(head.s.value_size, [&](auto as, Index i) {
    using Q = typename decltype(as)::type;
    return ei::pmul(lanes::load<Q>(g.dy + y_at + i), lanes::load<Q>(g.y + y_at + i));
  }));
  const P shift = lanes::splat<P>(g.peak[row]), inverse = lanes::splat<P>(g.inverse[row]);
  const P dots = lanes::splat<P>(dot), scale = lanes::splat<P>(head.in.scale);
  lanes::sweep<T>(0, count, [&](auto access, Index i) {
    const P shifted = ei::psub(access.load(p + i, -Eigen::NumTraits<T>::infinity()), shift);
    const P probability = ei::pmul(math::exp(P(shifted)), inverse);
    access.store(p + i, probability);
    access.store(ds + i, ei::pmul(ei::pmul(ei::psub(access.load(ds + i, T(0)), dots), probability), scale));
  });
  // What the mask hides has no gradient, even where a row keeps nothing.
  const Index seen = head.seen(t, j, count);
  if (const bool* keep = head.keep(t, j)) {
    const Index step = head.s.keep_strides[3];
    for (Index i = 0; i < seen; ++i) ds[i] = keep[i * step] ? ds[i] : T(0);
  }
  for (Index i = seen; i < count; ++i) ds[i] = T(0);
}

template <class T>
static void clear(T* to, Index rows, Index row, Index columns) {
  for (Index i = 0; i < rows; ++i) __builtin_memset(to + i * row, 0, static_cast<std::size_t>(columns) * sizeof(T));
}

template <class T>
static void differentiate(const AttentionShape& s, const AttentionInputs<T>& in, const Gradients<T>& g, Index batch,
                          Index group, T* scratch) {
  const GradScratch<T> sizes(s);
  T* const keys = scratch;
  T* const keys_back = keys + sizes.keys;
  T* const values = keys_back + sizes.keys_back;
  T* const rows_of_q = values + sizes.values;
  T* const rows_of_dy = rows_of_q + sizes.rows_of_q;
  T* const p = rows_of_dy + sizes.rows_of_dy;
  T* const ds = p + sizes.scores;
  const Index heads = s.heads / s.groups;
  const Head<T> leader(s, in, batch, group * heads);
  for (Index h = 0; h < heads; ++h) clear(g.dq + leader.q_at(0) + h * s.size, s.rows, leader.q_row(), s.size);
  clear(g.dk + leader.k_at(0), s.columns, leader.k_row(), s.size);
  clear(g.dv + leader.v_at(0), s.columns, leader.v_row(), s.value_size);
  for (Index j = 0; j < s.columns; j += kColumns) {
    const Index count = min_of(s.columns - j, kColumns);
    const T* const k = in.k + leader.k_at(j);
    pack_panels(k, leader.k_row(), true, s.size, count, keys);
    pack_panels(k, leader.k_row(), false, count, s.size, keys_back);
    pack_panels(in.v + leader.v_at(j), leader.v_row(), true, s.value_size, count, values);
    for (Index h = 0; h < heads; ++h) {
      const Head<T> head(s, in, batch, group * heads + h);
      for (Index t = 0; t < s.rows; t += kRows) {
        const Index rows = min_of(s.rows - t, kRows);
        if (s.causal && j >= t + rows && !any_empty(g.peak + head.row_at(t), rows)) continue;
        const T* const q = in.q + head.q_at(t);
        const T* const dy = g.dy + head.y_at(t);
        multiply(rows, count, s.size, Left<T>{q, head.q_row(), 1}, Right<T>{keys}, p, kColumns, false);
        multiply(rows, count, s.value_size, Left<T>{dy, head.y_row(), 1}, Right<T>{values}, ds, kColumns, false);
        for (Index i = 0; i < rows; ++i) finish_row(head, g, t + i, j, count, p + i * kColumns, ds + i * kColumns);
        pack_panels(q, head.q_row(), false, rows, s.size, rows_of_q);
        pack_panels(dy, head.y_row(), false, rows, s.value_size, rows_of_dy);
        multiply(rows, s.size, count, Left<T>{ds, kColumns, 1}, Right<T>{keys_back}, g.dq + head.q_at(t), head.q_row(),
                 true);
        multiply(count, s.size, rows, Left<T>{ds, 1, kColumns}, Right<T>{rows_of_q}, g.dk + head.k_at(j), head.k_row(),
                 true);
        multiply(count, s.value_size, rows, Left<T>{p, 1, kColumns}, Right<T>{rows_of_dy}, g.dv + head.v_at(j),
                 head.v_row(), true);
      }
    }
  }
}

template <class T>
std::size_t attention_grad_scratch(const AttentionShape& s) {
  return static_cast<std::size_t>(GradScratch<T>(s).total() * max_threads()) * sizeof(T);
}

template <class T>
void attention_grad(const AttentionShape& s, const AttentionInputs<T>& in, const T* y, const T* peak, const T* inverse,
                    const T* dy, T* dq, T* dk, T* dv, void* scratch) {
  const Gradients<T> gradients = {y, peak, inverse, dy, dq, dk, dv};
  const Index units = s.batch * s.groups;
  const Index worker_elements = GradScratch<T>(s).total();
  const Index unit_flops = 2 * (s.heads / s.groups) * s.rows * s.columns * (3 * s.size + 2 * s.value_size + 16);
  parallel(units, shared_grain(units, unit_flops, kWorkerFlops), [&](Index begin, Index end, int worker) {
    for (Index unit = begin; unit < end; ++unit)
      differentiate(s, in, gradients, unit / s.groups, unit % s.groups,
                    static_cast<T*>(scratch) + worker * worker_elements);
  });
}

template std::size_t attention_grad_scratch<float>(const AttentionShape&);
template std::size_t attention_grad_scratch<double>(const AttentionShape&);
template void attention_grad(const AttentionShape&, const AttentionInputs<float>&, const float*, const float*,
                             const float*, const float*, float*, float*, float*, void*);
template void attention_grad(const AttentionShape&, const AttentionInputs<double>&, const double*, const double*,
                             const double*, const double*, double*, double*, double*, void*);

}  // namespace lamina::kernels::LAMINA_LEVEL
