// The forward pass: block by block over the columns, with the peak and the sum of the exponentials so far for each row;
// when a later block raises the peak, what has been summed is scaled down.
#include "kernels/attention/blocks.h"
#include "kernels/attention/parts.h"
#include "kernels/families.h"

namespace lamina::kernels::LAMINA_LEVEL {

using namespace attention;

constexpr Index kChunk = 4 * kRows;  // rows that share the packed blocks of k and v

template <class T>
struct ForwardScratch {
  Index keys, values, scores;  // elements

  explicit ForwardScratch(const AttentionShape& s)
      : keys(panel_elements<T>(s.size, kColumns)),
        values(panel_elements<T>(kColumns, s.value_size)),
        scores(kRows * kColumns) {}
  Index total() const { return keys + values + scores; }
};

template <class T>
static T exp_of(T x) {
  return Eigen::internal::pfirst(math::exp(lanes::splat<lanes::Packet<T>>(x)));
}

// Rows [begin, end) of one head. `sum` is where the inverses go in the end.
template <class T>
static void attend(const Head<T>& head, Index begin, Index end, T* y, T* peak, T* sum, T* scratch) {
  const AttentionShape& s = head.s;
  const ForwardScratch<T> sizes(s);
  T* const keys = scratch;
  T* const values = keys + sizes.keys;
  T* const scores = values + sizes.values;
  const Index first = head.row_at(begin), rows = end - begin;
  for (Index t = 0; t < rows; ++t) {
    peak[first + t] = lowest_score<T>();
    sum[first + t] = T(0);
  }
  for (Index j = 0; j < s.columns; j += kColumns) {
    if (s.causal && j >= end && !any_empty(peak + first, rows)) break;
    const Index count = min_of(s.columns - j, kColumns);
    pack_panels(head.in.k + head.k_at(j), head.k_row(), true, s.size, count, keys);
    pack_panels(head.in.v + head.v_at(j), head.v_row(), false, count, s.value_size, values);
    for (Index t = begin; t < end; t += kRows) {
      const Index block_rows = min_of(end - t, kRows);
      T* const block_peak = peak + head.row_at(t);
      T* const block_sum = sum + head.row_at(t);
      if (s.causal && j >= t + block_rows && !any_empty(block_peak, block_rows)) continue;
      multiply(block_rows, count, s.size, Left<T>{head.in.q + head.q_at(t), head.q_row(), 1}, Right<T>{keys}, scores,
               kColumns, false);
      for (Index i = 0; i < block_rows; ++i) {
        T* const row = scores + i * kColumns;
        finish_scores(head, t + i, j, count, row);
        const T before = block_peak[i], now = max_of(before, rows::maximum(row, count));
        block_peak[i] = now;
        const T block = static_cast<T>(rows::sum_of_exponentials<true>(row, count, now, row));
        if (now == before || j == 0) {
          block_sum[i] += block;
        } else {
          const T factor = exp_of(before - now);
          block_sum[i] = block_sum[i] * factor + block;
          rows::scale(y + head.y_at(t + i), s.value_size, factor, y + head.y_at(t + i));
        }
      }
      multiply(block_rows, s.value_size, count, Left<T>{scores, kColumns, 1}, Right<T>{values}, y + head.y_at(t),
               head.y_row(), j > 0);
    }
  }
  for (Index t = 0; t < rows; ++t) {
    const T inverse = T(1) / sum[first + t];
    sum[first + t] = inverse;
    T* const row = y + head.y_at(begin + t);
    rows::scale(row, s.value_size, inverse, row);
  }
}

template <class T>
static std::size_t forward_scratch(const AttentionShape& s) {
  return static_cast<std::size_t>(ForwardScratch<T>(s).total() * max_threads()) * sizeof(T);
}

template <class T>
static void forward(const AttentionShape& s, const AttentionInputs<T>& in, T* y, T* peak, T* inverse, void* scratch) {
  const Index chunks = ceil_div(s.rows, kChunk), units = s.batch * s.heads * chunks;
  const Index worker_elements = ForwardScratch<T>(s).total();
  const Index unit_flops = 2 * ceil_div(s.rows, max_of(chunks, Index(1))) * s.columns * (s.size + s.value_size + 8);
  parallel(units, shared_grain(units, unit_flops, kWorkerFlops), [&](Index begin, Index end, int worker) {
    for (Index unit = begin; unit < end; ++unit) {
      const Index chunk = unit % chunks, head = unit / chunks % s.heads, batch = unit / chunks / s.heads;
      attend(Head<T>(s, in, batch, head), piece_begin(s.rows, chunks, chunk), piece_begin(s.rows, chunks, chunk + 1), y,
             peak, inverse, static_cast<T*>(scratch) + worker * worker_elements);
    }
  });
}

template <class T>
Attention<T> make_attention() {
  return {forward_scratch<T>, forward<T>, attention_grad_scratch<T>, attention_grad<T>};
}

template Attention<float> make_attention();
template Attention<double> make_attention();

}  // namespace lamina::kernels::LAMINA_LEVEL
