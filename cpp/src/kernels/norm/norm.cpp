// Normalizations. Batch normalization chooses between channels last (batch.h) and runs per channel (batch_inner.h).
#include "kernels/norm/norm.h"

#include "kernels/choice.h"
#include "kernels/families.h"
#include "kernels/norm/batch.h"
#include "kernels/norm/batch_inner.h"
#include "kernels/norm/layer.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

using norm::Pair;
using norm::Rows;
using norm::Runs;

inline bool is_empty(const BatchNormShape& s) { return s.outer <= 0 || s.channels <= 0 || s.inner <= 0; }

constexpr Candidate<BatchNormShape> kWays[] = {
    {"runs",
     [](const BatchNormShape& s) -> const char* { return s.inner > 1 ? nullptr : "channels are the last axis"; }},
    {"rows", nullptr},
};

inline bool takes_runs(const char* what, const BatchNormShape& s) {
  if (logs_kernels()) explain(what, kWays, s, {{"outer", s.outer}, {"channels", s.channels}, {"inner", s.inner}});
  return choose(kWays, s) == 0;
}

// The scratch: sums of the blocks, then some parameters for every lane. Both parts start on a cache line.
inline Index aligned(Index elements) { return (elements + 15) / 16 * 16; }

constexpr Index kParameters = 5;

template <class T>
struct BatchScratch {
  void* sums;
  T* parameters[kParameters];
};

template <class T>
std::size_t batch_scratch(const BatchNormShape& s) {
  if (is_empty(s)) return 0;
  if (s.inner == 1) {
    const Rows rows = norm::rows_of(s.outer, s.channels);
    return static_cast<std::size_t>(aligned(2 * rows.blocks * rows.lanes) + kParameters * aligned(rows.lanes)) *
           sizeof(T);
  }
  const Runs runs = norm::runs_of(s);
  return static_cast<std::size_t>(aligned(runs.groups * s.channels)) * sizeof(Pair) +
         static_cast<std::size_t>(kParameters * aligned(s.channels)) * sizeof(T);
}

template <class T>
BatchScratch<T> cut_scratch(const BatchNormShape& s, void* memory) {
  BatchScratch<T> scratch;
  scratch.sums = memory;
  Index lane_count = s.channels;
  T* next;
  if (s.inner == 1) {
    const Rows rows = norm::rows_of(s.outer, s.channels);
    lane_count = rows.lanes;
    next = static_cast<T*>(memory) + aligned(2 * rows.blocks * rows.lanes);
  } else {
    next = reinterpret_cast<T*>(static_cast<Pair*>(memory) + aligned(norm::runs_of(s).groups * s.channels));
  }
  for (T*& parameter : scratch.parameters) {
    parameter = next;
    next += aligned(lane_count);
  }
  return scratch;
}

template <class T>
void moments(const BatchNormShape& s, const T* x, T* mean, T* variance, void* scratch) {
  if (is_empty(s)) return;
  if (s.inner == 1)
    norm::row_moments(norm::rows_of(s.outer, s.channels), x, mean, variance, static_cast<T*>(scratch));
  else
    norm::run_moments(norm::runs_of(s), x, mean, variance, static_cast<Pair*>(scratch));
}

template <class T>
void scale_offset(const BatchNormShape& s, const T* x, const T* scale, const T* offset, const T* addend,
                  Activation activation, T* y) {
  if (is_empty(s)) return;
  norm::with_finish(addend, activation, [&](const auto& finish) {
    if (takes_runs("scale_offset", s))
      return norm::normalize_runs<false, T>(norm::runs_of(s), x, nullptr, scale, offset, finish, y);
    const Rows rows = norm::rows_of(s.outer, s.channels);
    if (rows.fold == 1) return norm::normalize_rows<false, T>(rows, x, nullptr, scale, offset, finish, y);
    T lane_scale[lanes::kMaxFolded], lane_offset[lanes::kMaxFolded];
    norm::expand(rows, scale, lane_scale);
    norm::expand(rows, offset, lane_offset);
    norm::normalize_rows<false, T>(rows, x, nullptr, lane_scale, lane_offset, finish, y);
  });
}

template <class T>
void batch(const BatchNormShape& s, const T* x, const T* gamma, const T* beta, const T* addend, T epsilon,
           Activation activation, T* y, T* mean, T* variance, T* rstd, void* memory) {
  if (is_empty(s)) return;
  moments(s, x, mean, variance, memory);
  const BatchScratch<T> scratch = cut_scratch<T>(s, memory);
  T *centre = scratch.parameters[0], *scale = scratch.parameters[1], *offset = scratch.parameters[2];
  for (Index c = 0; c < s.channels; ++c) {
    rstd[c] = static_cast<T>(1.0 / __builtin_sqrt(static_cast<double>(variance[c]) + static_cast<double>(epsilon)));
    centre[c] = mean[c];
    scale[c] = gamma != nullptr ? gamma[c] * rstd[c] : rstd[c];
    offset[c] = beta != nullptr ? beta[c] : T(0);
  }
  norm::with_finish(addend, activation, [&](const auto& finish) {
    if (takes_runs("batch_norm", s))
      return norm::normalize_runs<true, T>(norm::runs_of(s), x, centre, scale, offset, finish, y);
    const Rows rows = norm::rows_of(s.outer, s.channels);
    for (T* parameter : {centre, scale, offset}) norm::expand(rows, parameter, parameter);
    norm::normalize_rows<true, T>(rows, x, centre, scale, offset, finish, y);
  });
}

template <class T>
void batch_grad(const BatchNormShape& s, const T* dy, const T* x, const T* gamma, const T* beta, const T* mean,
                const T* rstd, Activation activation, T* dx, T* dgamma, T* dbeta, void* memory) {
  if (is_empty(s)) return;
  const BatchScratch<T> scratch = cut_scratch<T>(s, memory);
  const auto [centre, a, b, c, offset] = scratch.parameters;
  for (Index channel = 0; channel < s.channels; ++channel) {
    centre[channel] = mean[channel];
    a[channel] = gamma != nullptr ? gamma[channel] * rstd[channel] : rstd[channel];
    offset[channel] = beta != nullptr ? beta[channel] : T(0);
  }

  // dx = gamma rstd (dy - mean(dy) - (x - mean) rstd^2 mean(dy (x - mean)))
  const double count = static_cast<double>(s.outer * s.inner);
  const auto finish = [&](Index channel, double sum, double product) {
    const double r = static_cast<double>(rstd[channel]);
    const double scale = gamma != nullptr ? static_cast<double>(gamma[channel]) * r : r;
    if (dbeta != nullptr) dbeta[channel] = static_cast<T>(sum);
    if (dgamma != nullptr && gamma != nullptr) dgamma[channel] = static_cast<T>(product * r);
    b[channel] = static_cast<T>(-scale * r * r * product / count);
    c[channel] = static_cast<T>(-scale * sum / count);
  };

  norm::with_clamp<T>(activation, [&](const auto& clamp) {
    if (takes_runs("batch_norm_grad", s)) {
      const Runs runs = norm::runs_of(s);
      auto* totals = static_cast<Pair*>(scratch.sums);
      norm::gradient_sums_of_runs(runs, dy, x, centre, a, offset, clamp, totals);
      for (Index channel = 0; channel < s.channels; ++channel) {
        const Pair sum = norm::sum_of_groups(runs, totals, channel);
        finish(channel, sum.first, sum.second);
      }
      return norm::input_gradient_of_runs(runs, dy, x, centre, a, b, c, offset, clamp, dx);
    }
    const Rows rows = norm::rows_of(s.outer, s.channels);
    T* sums = static_cast<T*>(scratch.sums);
    for (T* parameter : {centre, a, offset}) norm::expand(rows, parameter, parameter);
    norm::for_each_task(rows, [&](Index block, Index tile) {
      norm::block_gradient_sums(rows, block, tile, dy, x, centre, a, offset, clamp, sums);
    });
    norm::for_each_channels(rows, [&](Index channel, Index n) {
      double sum[norm::kCombined], product[norm::kCombined];
      const auto sum_of = [&](Index which) {
        return [&, which](Index block, Index lane, Index) {
          return static_cast<double>(sums[(block * 2 + which) * rows.lanes + lane]);
        };
      };
      norm::sum_lanes(rows, channel, n, sum, sum_of(0));
      norm::sum_lanes(rows, channel, n, product, sum_of(1));
      for (Index i = 0; i < n; ++i) finish(channel + i, sum[i], product[i]);
    });
    for (T* parameter : {b, c}) norm::expand(rows, parameter, parameter);
    norm::input_gradient(rows, dy, x, centre, a, b, c, offset, clamp, dx);
  });
}

}  // namespace

template <class T>
Norm<T> make_norm() {
  return {batch_scratch<T>,       moments<T>,     scale_offset<T>,    batch<T>, batch_grad<T>,
          norm::layer_scratch<T>, norm::layer<T>, norm::layer_grad<T>};
}
template Norm<float> make_norm();
template Norm<double> make_norm();

}  // namespace lamina::kernels::LAMINA_LEVEL
