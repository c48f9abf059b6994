// Layer normalization: rows that fit the cache, so the statistics of a row are taken in two steps (mean, then centred
// squares) and its values are still at hand for the result.
#pragma once

#include "kernels/norm/batch.h"

namespace lamina::kernels::LAMINA_LEVEL::norm {

inline Index layer_grain(Index columns) { return grain_for(kGrainElements, columns); }

template <class P, class T>
inline P load_or(const T* values, Index i, T otherwise) {
  return values != nullptr ? lanes::load<P>(values + i) : lanes::splat<P>(otherwise);
}

// The rows that are taken together: the steps of one overlap those of the others.
constexpr Index kMostTogether = 8;
inline Index layer_rows_together(Index columns) { return columns <= 512 ? kMostTogether : 1; }

template <bool has_gamma, bool has_beta, class T>
void normalize_layer_row(Index columns, const T* row, const T* gamma, const T* beta, T mean, T rstd, T* y) {
  lanes::cover<T>(0, columns, [&](auto as, Index i) {
    using P = typename decltype(as)::type;
    P value = ei::pmul(ei::psub(lanes::load<P>(row + i), lanes::splat<P>(mean)), lanes::splat<P>(rstd));
    if constexpr (has_gamma && has_beta) {
      value = lanes::multiply_add(value, lanes::load<P>(gamma + i), lanes::load<P>(beta + i));
    } else if constexpr (has_gamma) {
      value = ei::pmul(value, lanes::load<P>(gamma + i));
    } else if constexpr (has_beta) {
      value = ei::padd(value, lanes::load<P>(beta + i));
    }
    lanes::store(y + i, value);
  });
}

template <bool has_gamma, bool has_beta, class T>
void layer_rows(Index rows, Index columns, const T* x, const T* gamma, const T* beta, T epsilon, T* y, T* mean,
                T* rstd) {
  const double count = static_cast<double>(columns);
  const Index together = layer_rows_together(columns);
  parallel(rows, max_of(together, layer_grain(columns)), [&](Index begin, Index end, int) {
    for (Index first = begin; first < end; first += together) {
      const Index last = min_of(end, first + together);
      double squares[kMostTogether];
      for (Index r = first; r < last; ++r) {
        const T* row = x + r * columns;
        mean[r] = static_cast<T>(
            lanes::sum<T>(columns,
                          [&](auto as, Index i) { return lanes::load<typename decltype(as)::type>(row + i); }) /
            count);
      }
      for (Index r = first; r < last; ++r) {
        const T *row = x + r * columns, centre = mean[r];
        squares[r - first] = lanes::sum<T>(columns, [&](auto as, Index i) {
          using P = typename decltype(as)::type;
          const P difference = ei::psub(lanes::load<P>(row + i), lanes::splat<P>(centre));
          return ei::pmul(difference, difference);
        });
      }
      for (Index r = first; r < last; ++r)
        rstd[r] = static_cast<T>(1.0 / __builtin_sqrt(squares[r - first] / count + static_cast<double>(epsilon)));
      for (Index r = first; r < last; ++r)
        normalize_layer_row<has_gamma, has_beta>(columns, x + r * columns, gamma, beta, mean[r], rstd[r],
                                                 y + r * columns);
    }
  });
}

template <class T>
void layer(std::int64_t rows, std::int64_t columns, const T* x, const T* gamma, const T* beta, T epsilon, T* y, T* mean,
           T* rstd) {
  if (gamma != nullptr && beta != nullptr)
    layer_rows<true, true>(rows, columns, x, gamma, beta, epsilon, y, mean, rstd);
  else if (gamma != nullptr)
    layer_rows<true, false>(rows, columns, x, gamma, beta, epsilon, y, mean, rstd);
  else if (beta != nullptr)
    layer_rows<false, true>(rows, columns, x, gamma, beta, epsilon, y, mean, rstd);
  else
    layer_rows<false, false>(rows, columns, x, gamma, beta, epsilon, y, mean, rstd);
}

// ---- gradient ----
// With g = dy * gamma and h = (x - mean) * rstd:
//   dx = rstd * (g - mean(g) - h * mean(g * h)),  dgamma = sum over rows of dy * h,  dbeta = sum over rows of dy
// dgamma and dbeta are summed per fixed block of rows, then over the blocks in order.

constexpr Index kMostBlocks = 64;

inline Index layer_rows_per_block(Index rows, Index columns) {
  const Index enough = max_of<Index>(4, kGrainElements / 2 / max_of<Index>(1, columns));
  return (max_of(enough, ceil_div(rows, kMostBlocks)) + 3) / 4 * 4;
}

inline Index layer_blocks(Index rows, Index columns) {
  return max_of<Index>(1, ceil_div(rows, layer_rows_per_block(rows, columns)));
}

template <class T>
std::size_t layer_scratch(std::int64_t rows, std::int64_t columns) {
  return static_cast<std::size_t>(2 * layer_blocks(rows, columns) * columns) * sizeof(T);
}

// One pass over `count` rows at once for the sums of rows and columns; sums[k] = {sum of g, sum of g * h} of row k.
template <int count, bool has_gamma, class T>
inline void layer_gradient_sums(Index columns, const T* dy, const T* x, const T* gamma, const T* mean, const T* rstd,
                                T* dgamma, T* dbeta, double (*sums)[2]) {
  using Whole = Packet<T>;
  constexpr Index width = lanes::width_of<Whole>();
  for (int k = 0; k < count; ++k) sums[k][0] = sums[k][1] = 0;
  for (Index first = 0; first < columns; first += lanes::kSumBlock) {
    const Index end = min_of(columns, first + lanes::kSumBlock);
    const Whole zero = lanes::splat<Whole>(T(0));
    Whole g0 = zero, g1 = zero, g2 = zero, g3 = zero, h0 = zero, h1 = zero, h2 = zero, h3 = zero;
    T tail[count][2] = {};
    // One packet of columns: adds to the packets given for each row.
    const auto add = [&](auto as, Index i, auto& s0, auto& t0, auto& s1, auto& t1, auto& s2, auto& t2, auto& s3,
                         auto& t3) {
      using P = typename decltype(as)::type;
      P scale = lanes::splat<P>(T(1));
      if constexpr (has_gamma) scale = lanes::load<P>(gamma + i);
      P bias_sum = lanes::load<P>(dbeta + i), scale_sum = lanes::load<P>(dgamma + i);
      const auto add_row = [&](int k, P& s, P& t) {
        const P gradient = lanes::load<P>(dy + k * columns + i);
        const P h =
            ei::pmul(ei::psub(lanes::load<P>(x + k * columns + i), lanes::splat<P>(mean[k])), lanes::splat<P>(rstd[k]));
        bias_sum = ei::padd(bias_sum, gradient);
        scale_sum = lanes::multiply_add(gradient, h, scale_sum);
        const P g = has_gamma ? ei::pmul(gradient, scale) : gradient;
        s = ei::padd(s, g);
        t = lanes::multiply_add(g, h, t);
      };
      add_row(0, s0, t0);
      if constexpr (count > 1) {
        add_row(1, s1, t1);
        add_row(2, s2, t2);
        add_row(3, s3, t3);
      }
      lanes::store(dbeta + i, bias_sum);
      lanes::store(dgamma + i, scale_sum);
    };
    Index i = first;
    for (; i + width <= end; i += width) add(As<Whole>(), i, g0, h0, g1, h1, g2, h2, g3, h3);
    lanes::cover<T>(i, end, [&](auto as, Index j) {
      using P = typename decltype(as)::type;
      const P none = lanes::splat<P>(T(0));
      P s0 = none, s1 = none, s2 = none, s3 = none, t0 = none, t1 = none, t2 = none, t3 = none;
      add(as, j, s0, t0, s1, t1, s2, t2, s3, t3);
      tail[0][0] += ei::predux(s0);
      tail[0][1] += ei::predux(t0);
      if constexpr (count > 1) {
        tail[1][0] += ei::predux(s1);
        tail[1][1] += ei::predux(t1);
        tail[2][0] += ei::predux(s2);
        tail[2][1] += ei::predux(t2);
        tail[3][0] += ei::predux(s3);
        tail[3][1] += ei::predux(t3);
      }
    });
    const auto finish = [&](int k, const Whole& g, const Whole& h) {
      sums[k][0] += static_cast<double>(ei::predux(g) + tail[k][0]);
      sums[k][1] += static_cast<double>(ei::predux(h) + tail[k][1]);
    };
    finish(0, g0, h0);
    if constexpr (count > 1) {
      finish(1, g1, h1);
      finish(2, g2, h2);
      finish(3, g3, h3);
    }
  }
}

// dx = (dy * gamma) * rstd + (a * (x - mean) + b) with a = -rstd^2 mean(g h), b = -rstd mean(g)
template <bool has_gamma, class T>
inline void layer_input_gradient(Index columns, const T* dy, const T* x, const T* gamma, T mean, T rstd,
                                 const double* sums, T* dx) {
  const double count = static_cast<double>(columns), scale = static_cast<double>(rstd);
  const T a = static_cast<T>(-scale * scale * sums[1] / count), b = static_cast<T>(-scale * sums[0] / count);
  lanes::cover<T>(0, columns, [&](auto as, Index i) {
    using P = typename decltype(as)::type;
    P g = lanes::load<P>(dy + i);
    if constexpr (has_gamma) g = ei::pmul(g, lanes::load<P>(gamma + i));
    const P difference = ei::psub(lanes::load<P>(x + i), lanes::splat<P>(mean));
    const P rest = lanes::multiply_add(difference, lanes::splat<P>(a), lanes::splat<P>(b));
    lanes::store(dx + i, lanes::multiply_add(g, lanes::splat<P>(rstd), rest));
  });
}

template <bool has_gamma, class T>
void layer_gradient_block(Index begin, Index end, Index columns, const T* dy, const T* x, const T* gamma, const T* mean,
                          const T* rstd, T* dx, T* dgamma, T* dbeta) {
  for (Index i = 0; i < columns; ++i) dgamma[i] = dbeta[i] = T(0);
  double sums[4][2];
  for (Index r = begin; r < end;) {
    const Index at = r * columns;
    const int count = r + 4 <= end ? 4 : 1;
    if (count == 4)
      layer_gradient_sums<4, has_gamma>(columns, dy + at, x + at, gamma, mean + r, rstd + r, dgamma, dbeta, sums);
    else
      layer_gradient_sums<1, has_gamma>(columns, dy + at, x + at, gamma, mean + r, rstd + r, dgamma, dbeta, sums);
    for (int k = 0; k < count; ++k) {
      const Index row = at + k * columns;
      layer_input_gradient<has_gamma>(columns, dy + row, x + row, gamma, mean[r + k], rstd[r + k], sums[k], dx + row);
    }
    r += count;
  }
}

template <class T>
void layer_grad(std::int64_t rows, std::int64_t columns, const T* dy, const T* x, const T* gamma, const T* mean,
                const T* rstd, T* dx, T* dgamma, T* dbeta, void* scratch) {
  T* partial = static_cast<T*>(scratch);
  const Index per_block = layer_rows_per_block(rows, columns), blocks = layer_blocks(rows, columns);
  parallel(blocks, grain_for(kGrainElements, per_block * columns), [&](Index begin, Index end, int) {
    for (Index block = begin; block < end; ++block) {
      const Index first = block * per_block, last = min_of(rows, first + per_block);
      T *scale_sum = partial + 2 * block * columns, *bias_sum = scale_sum + columns;
      if (gamma != nullptr)
        layer_gradient_block<true>(first, last, columns, dy, x, gamma, mean, rstd, dx, scale_sum, bias_sum);
      else
        layer_gradient_block<false>(first, last, columns, dy, x, gamma, mean, rstd, dx, scale_sum, bias_sum);
    }
  });
  const auto add_blocks = [&](const T* first, T* sum) {
    if (sum == nullptr) return;
    parallel(columns, max_of<Index>(64, grain_for(kGrainElements, blocks)), [&](Index begin, Index end, int) {
      constexpr Index tile = 256;
      for (Index c = begin; c < end; c += tile) {
        const Index width = min_of(tile, end - c);
        double total[tile] = {};
        for (Index block = 0; block < blocks; ++block)
          for (Index i = 0; i < width; ++i) total[i] += static_cast<double>(first[2 * block * columns + c + i]);
        for (Index i = 0; i < width; ++i) sum[c + i] = static_cast<T>(total[i]);
      }
    });
  };
  add_blocks(partial, gamma != nullptr ? dgamma : nullptr);
  add_blocks(partial + columns, dbeta);
}

}  // namespace lamina::kernels::LAMINA_LEVEL::norm
