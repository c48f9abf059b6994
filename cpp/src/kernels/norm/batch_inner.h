// Batch normalization of [outer][channels][inner] with inner > 1: each channel is a set of contiguous runs. A task is
// one channel of a fixed group of `outer` indices; its runs are summed in double.
#pragma once

#include "kernels/norm/batch.h"

namespace lamina::kernels::LAMINA_LEVEL::norm {

struct Runs {
  Index outer, channels, inner;
  Index groups;  // of outer indices

  Index first_outer(Index group) const { return group * outer / groups; }
  Index grain() const {
    return max_of<Index>(1, kGrainElements / max_of<Index>(1, ceil_div(outer, groups) * inner));
  }
  double count() const { return static_cast<double>(outer * inner); }
};

inline Runs runs_of(const BatchNormShape& s) {
  const Index wanted = max_of<Index>(1, 64 / s.channels);
  return {s.outer, s.channels, s.inner, max_of<Index>(1, min_of(s.outer, wanted))};
}

// totals[group][channel] = sum of term(offset of the run, channel) over the group's runs.
template <class Pair, class Term>
inline void sum_runs(const Runs& r, Pair* totals, const Term& term) {
  parallel(r.groups * r.channels, r.grain(), [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) {
      const Index group = task / r.channels, channel = task % r.channels;
      Pair total = {0, 0};
      for (Index o = r.first_outer(group); o < r.first_outer(group + 1); ++o) {
        const Pair run = term((o * r.channels + channel) * r.inner, channel);
        total.first += run.first;
        total.second += run.second;
      }
      totals[task] = total;
    }
  });
}

struct Sums {
  double first, second;
};

inline Sums total_of(const Runs& r, const Sums* totals, Index channel) {
  Sums sum = {0, 0};
  for (Index group = 0; group < r.groups; ++group) {
    sum.first += totals[group * r.channels + channel].first;
    sum.second += totals[group * r.channels + channel].second;
  }
  return sum;
}

// Differences from the channel's first element, as in batch.h: runs of any length are cut into the blocks of
// lanes::sum, so that the differences are summed in T only within a block.
template <class T>
void run_moments(const Runs& r, const T* x, T* mean, T* variance, Sums* totals) {
  sum_runs(r, totals, [&](Index at, Index channel) -> Sums {
    const T shift = x[channel * r.inner];
    const T* run = x + at;
    const auto difference = [&](auto as, Index i) {
      using P = typename decltype(as)::type;
      return ei::psub(lanes::load<P>(run + i), lanes::splat<P>(shift));
    };
    const double s1 = lanes::sum<T>(r.inner, difference);
    // The squares are taken about the run's own mean: a second look at a run that is still in the cache.
    const double centre = s1 / static_cast<double>(r.inner);
    const T rounded = static_cast<T>(static_cast<double>(shift) + centre);
    const double squares = lanes::sum<T>(r.inner, [&](auto as, Index i) {
      using P = typename decltype(as)::type;
      const P d = ei::psub(lanes::load<P>(run + i), lanes::splat<P>(rounded));
      return ei::pmul(d, d);
    });
    const double off = static_cast<double>(shift) + centre - static_cast<double>(rounded);
    const double n = static_cast<double>(r.inner);
    // Centred squares of the run, then about the channel's shift.
    return {s1, max_of(0.0, squares - n * off * off) + n * centre * centre};
  });
  for (Index c = 0; c < r.channels; ++c) {
    const Sums sum = total_of(r, totals, c);
    const double centre = sum.first / r.count();
    mean[c] = static_cast<T>(static_cast<double>(x[c * r.inner]) + centre);
    variance[c] = static_cast<T>(max_of(0.0, sum.second / r.count() - centre * centre));
  }
}

template <class T>
void gradient_sums_of_runs(const Runs& r, const T* dy, const T* x, const T* mean, Sums* totals) {
  sum_runs(r, totals, [&](Index at, Index channel) -> Sums {
    const T *gradient = dy + at, *run = x + at;
    const T centre = mean[channel];
    Sums sum = {0, 0};
    sum.first = lanes::sum<T>(r.inner, [&](auto as, Index i) {
      return lanes::load<typename decltype(as)::type>(gradient + i);
    });
    sum.second = lanes::sum<T>(r.inner, [&](auto as, Index i) {
      using P = typename decltype(as)::type;
      return ei::pmul(lanes::load<P>(gradient + i), ei::psub(lanes::load<P>(run + i), lanes::splat<P>(centre)));
    });
    return sum;
  });
}

// body(as, offset of the packet, channel) over all elements.
template <class T, class Body>
inline void for_each_run(const Runs& r, const Body& body) {
  parallel(r.outer * r.channels, max_of<Index>(1, kGrainElements / r.inner), [&](Index begin, Index end, int) {
    for (Index run = end - 1; run >= begin; --run)
      lanes::cover<T>(0, r.inner, [&](auto as, Index i) { body(as, run * r.inner + i, run % r.channels); });
  });
}

template <bool centred, class T>
void normalize_runs(const Runs& r, const T* x, const T* centre, const T* scale, const T* offset, T* y) {
  for_each_run<T>(r, [&](auto as, Index i, Index c) {
    using P = typename decltype(as)::type;
    P value = lanes::load<P>(x + i);
    if constexpr (centred) value = ei::psub(value, lanes::splat<P>(centre[c]));
    lanes::store(y + i, lanes::multiply_add(value, lanes::splat<P>(scale[c]), lanes::splat<P>(offset[c])));
  });
}

template <class T>
void input_gradient_of_runs(const Runs& r, const T* dy, const T* x, const T* mean, const T* a, const T* b, const T* c,
                            T* dx) {
  for_each_run<T>(r, [&](auto as, Index i, Index channel) {
    using P = typename decltype(as)::type;
    const P difference = ei::psub(lanes::load<P>(x + i), lanes::splat<P>(mean[channel]));
    const P rest = lanes::multiply_add(difference, lanes::splat<P>(b[channel]), lanes::splat<P>(c[channel]));
    lanes::store(dx + i, lanes::multiply_add(lanes::load<P>(dy + i), lanes::splat<P>(a[channel]), rest));
  });
}

}  // namespace lamina::kernels::LAMINA_LEVEL::norm
