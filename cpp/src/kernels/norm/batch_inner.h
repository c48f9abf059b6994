// Batch normalization of [outer][channels][inner] with inner > 1: each channel is a set of contiguous runs. A task is
// one channel of a fixed group of `outer` indices; its runs are summed in double.
#pragma once

#include "kernels/norm/batch.h"

namespace lamina::kernels::LAMINA_LEVEL::norm {

struct Runs {
  Index outer, channels, inner;
  Index groups;  // of outer indices

  Index first_outer(Index group) const { return group * outer / groups; }
  Index grain() const { return grain_for(kGrainElements, ceil_div(outer, groups) * inner); }
  double count() const { return static_cast<double>(outer * inner); }
};

inline Runs runs_of(const BatchNormShape& s) {
  const Index wanted = max_of<Index>(1, 64 / s.channels);
  return {s.outer, s.channels, s.inner, max_of<Index>(1, min_of(s.outer, wanted))};
}

// Two numbers of a set of runs: sums, or a mean and the sum of centred squares.
struct Pair {
  double first, second;
};

// totals[group][channel]: body(total, offset of the run, number of runs before it, channel) for the group's runs.
template <class Body>
inline void accumulate_runs(const Runs& r, Pair* totals, const Body& body) {
  parallel(r.groups * r.channels, r.grain(), [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) {
      const Index group = task / r.channels, channel = task % r.channels, first = r.first_outer(group);
      Pair total = {0, 0};
      for (Index o = first; o < r.first_outer(group + 1); ++o)
        body(total, (o * r.channels + channel) * r.inner, o - first, channel);
      totals[task] = total;
    }
  });
}

// Joins the mean and centred squares of n more elements with those of the elements before them.
inline void join_moments(Pair& total, double before, const Pair& more, double n) {
  const double distance = more.first - total.first, share = n / (before + n);
  total.first += distance * share;
  total.second += more.second + distance * distance * before * share;
}

// The mean and centred squares of one run, the mean as the distance from `shift`. The squares are taken about the
// run's own mean, a second look at elements that are still in the cache; what rounding the mean to T adds to them is
// taken off again.
template <class T>
inline Pair moments_of_run(Index n, const T* run, T shift) {
  const double count = static_cast<double>(n);
  const double mean = lanes::sum<T>(n,
                                    [&](auto as, Index i) {
                                      using P = typename decltype(as)::type;
                                      return ei::psub(lanes::load<P>(run + i), lanes::splat<P>(shift));
                                    }) /
                      count;
  const T centre = static_cast<T>(static_cast<double>(shift) + mean);
  const double squares = lanes::sum<T>(n, [&](auto as, Index i) {
    using P = typename decltype(as)::type;
    const P difference = ei::psub(lanes::load<P>(run + i), lanes::splat<P>(centre));
    return ei::pmul(difference, difference);
  });
  const double off = static_cast<double>(shift) - static_cast<double>(centre) + mean;
  return {mean, max_of(0.0, squares - count * off * off)};
}

template <class T>
void run_moments(const Runs& r, const T* x, T* mean, T* variance, Pair* totals) {
  accumulate_runs(r, totals, [&](Pair& total, Index at, Index runs_before, Index channel) {
    const double n = static_cast<double>(r.inner);
    join_moments(total, static_cast<double>(runs_before) * n, moments_of_run(r.inner, x + at, x[channel * r.inner]), n);
  });
  for (Index c = 0; c < r.channels; ++c) {
    Pair total = {0, 0};
    for (Index group = 0; group < r.groups; ++group) {
      const Index before = r.first_outer(group), after = r.first_outer(group + 1);
      join_moments(total, static_cast<double>(before * r.inner), totals[group * r.channels + c],
                   static_cast<double>((after - before) * r.inner));
    }
    mean[c] = static_cast<T>(static_cast<double>(x[c * r.inner]) + total.first);
    variance[c] = static_cast<T>(total.second / r.count());
  }
}

// The sums of dy and of dy * (x - mean), dy being what the clamp leaves.
template <class T, class C>
void gradient_sums_of_runs(const Runs& r, const T* dy, const T* x, const T* mean, const T* scale, const T* offset,
                           const C& clamp, Pair* totals) {
  accumulate_runs(r, totals, [&](Pair& total, Index at, Index, Index channel) {
    const T centre = mean[channel], slope = scale[channel], height = offset[channel];
    const auto sum_of = [&](const auto& term) {  // term(dy, x - mean)
      return lanes::sum<T>(r.inner, [&](auto as, Index i) {
        using P = typename decltype(as)::type;
        const P centred = ei::psub(lanes::load<P>(x + at + i), lanes::splat<P>(centre));
        const P g = clamp(lanes::load<P>(dy + at + i), centred, lanes::splat<P>(slope), lanes::splat<P>(height));
        return term(g, centred);
      });
    };
    total.first += sum_of([](const auto& g, const auto&) { return g; });
    total.second += sum_of([](const auto& g, const auto& centred) { return ei::pmul(g, centred); });
  });
}

inline Pair sum_of_groups(const Runs& r, const Pair* totals, Index channel) {
  Pair sum = {0, 0};
  for (Index group = 0; group < r.groups; ++group) {
    sum.first += totals[group * r.channels + channel].first;
    sum.second += totals[group * r.channels + channel].second;
  }
  return sum;
}

// body(as, offset of the packet, channel) over all elements.
template <class T, class Body>
inline void for_each_run(const Runs& r, const Body& body) {
  parallel(r.outer * r.channels, grain_for(kGrainElements, r.inner), [&](Index begin, Index end, int) {
    for (Index run = end - 1; run >= begin; --run)
      lanes::cover<T>(0, r.inner, [&](auto as, Index i) { body(as, run * r.inner + i, run % r.channels); });
  });
}

template <bool centred, class T, class F>
void normalize_runs(const Runs& r, const T* x, const T* centre, const T* scale, const T* offset, const F& finish,
                    T* y) {
  for_each_run<T>(r, [&](auto as, Index i, Index c) {
    using P = typename decltype(as)::type;
    P value = lanes::load<P>(x + i);
    if constexpr (centred) value = ei::psub(value, lanes::splat<P>(centre[c]));
    lanes::store(y + i, finish(lanes::multiply_add(value, lanes::splat<P>(scale[c]), lanes::splat<P>(offset[c])), i));
  });
}

template <class T, class C>
void input_gradient_of_runs(const Runs& r, const T* dy, const T* x, const T* mean, const T* a, const T* b, const T* c,
                            const T* offset, const C& clamp, T* dx) {
  for_each_run<T>(r, [&](auto as, Index i, Index channel) {
    using P = typename decltype(as)::type;
    const P centred = ei::psub(lanes::load<P>(x + i), lanes::splat<P>(mean[channel])), pa = lanes::splat<P>(a[channel]);
    const P g = clamp(lanes::load<P>(dy + i), centred, pa, lanes::splat<P>(offset[channel]));
    const P rest = lanes::multiply_add(centred, lanes::splat<P>(b[channel]), lanes::splat<P>(c[channel]));
    lanes::store(dx + i, lanes::multiply_add(g, pa, rest));
  });
}

}  // namespace lamina::kernels::LAMINA_LEVEL::norm
