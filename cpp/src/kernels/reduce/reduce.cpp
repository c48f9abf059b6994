// Reductions over any set of axes: the plan cuts each into fixed units; here the units are reduced and combined in
// order.
#include "kernels/reduce/reduce.h"

#include "kernels/choice.h"
#include "kernels/families.h"
#include "kernels/reduce/arg.h"
#include "kernels/reduce/operations.h"
#include "kernels/reduce/plan.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

using reduction::kRowBlock;
using reduction::kRunBlock;
using reduction::kTile;
using reduction::Plan;

constexpr Index kGrainElements = 1 << 15;
constexpr Index kShortRun = 16;

enum class Way { columns, short_runs, runs };  // in the order of the list

constexpr Candidate<Plan> kWays[] = {
    {"columns", [](const Plan& p) -> const char* { return p.run_is_reduced ? "the last axis is reduced" : nullptr; }},
    {"short_runs",
     [](const Plan& p) -> const char* {
       return p.units > 1 ? "several blocks for each result" : p.run > kShortRun ? "long runs" : nullptr;
     }},
    {"runs", nullptr},
};

inline Index grain_of(Index elements_per_task) { return grain_for(kGrainElements, elements_per_task); }

std::size_t scratch(const ReduceShape& shape) {
  const Plan plan = reduction::make_plan(shape);
  return plan.splits == 1 ? 0 : static_cast<std::size_t>(plan.splits * plan.results) * sizeof(double);
}

// ---- the last axis is reduced: one result at a time ----

// Runs of a few elements: no packets, several results in flight.
template <class Operation, class T>
void reduce_short_runs(const Plan& plan, const T* x, T* y) {
  const Index n = plan.run;
  parallel(plan.results, grain_of(4 * n), [&](Index begin, Index end, int) {
    Index r = begin;
    for (; r + 4 <= end; r += 4) {
      const T *a = x + r * n, *b = a + n, *c = b + n, *d = c + n;
      T p = Operation::neutral(), q = p, s = p, t = p;
      for (Index i = 0; i < n; ++i) {
        p = Operation::combine(p, a[i]);
        q = Operation::combine(q, b[i]);
        s = Operation::combine(s, c[i]);
        t = Operation::combine(t, d[i]);
      }
      y[r] = Operation::finish(p, n);
      y[r + 1] = Operation::finish(q, n);
      y[r + 2] = Operation::finish(s, n);
      y[r + 3] = Operation::finish(t, n);
    }
    for (; r < end; ++r) {
      T p = Operation::neutral();
      for (Index i = 0; i < n; ++i) p = Operation::combine(p, x[r * n + i]);
      y[r] = Operation::finish(p, n);
    }
  });
}

template <class Operation, class T>
void reduce_runs(const Plan& plan, const T* x, T* y, typename Operation::Total* partial) {
  using Total = typename Operation::Total;
  const Index splits = plan.splits;
  parallel(plan.results * splits, grain_of(plan.count / splits), [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) {
      const Index result = task / splits, split = task % splits;
      const T* from = x + plan.kept.offset(result);
      Total total = static_cast<Total>(Operation::neutral());
      const Index last = plan.first_unit(split + 1);
      for (Index unit = plan.first_unit(split); unit < last; ++unit) {
        const Index first = unit % plan.blocks * kRunBlock;
        const T* run = from + plan.reduced.offset(unit / plan.blocks) + first;
        total = Operation::collect(total, reduction::reduce_run<Operation>(run, min_of(kRunBlock, plan.run - first)));
      }
      if (splits == 1)
        y[result] = Operation::finish(total, plan.count);
      else
        partial[task] = total;
    }
  });
  if (splits == 1) return;
  for (Index result = 0; result < plan.results; ++result) {
    Total total = partial[result * splits];
    for (Index split = 1; split < splits; ++split) total = Operation::collect(total, partial[result * splits + split]);
    y[result] = Operation::finish(total, plan.count);
  }
}

// ---- the last axis is kept: results side by side, a tile of them at a time ----

// The rows of one unit, reduced into sums[0, lanes of the tile).
template <class Operation, class T>
inline void reduce_unit(const Plan& plan, const T* x, Index unit, Index column, Index width, T* sums) {
  const Index block = unit % plan.blocks, folded = plan.rows / plan.fold;
  const Index first = block * kRowBlock, last = block + 1 == plan.blocks ? folded : first + kRowBlock;
  const Index stride = plan.row_stride * plan.fold;
  const T* from = x + plan.reduced.offset(unit / plan.blocks) + column;
  reduction::reduce_rows<Operation>(from + first * stride, stride, last - first, width, sums);
  // Rows that did not fill a folded one.
  const Index rest = (plan.rows - folded * plan.fold) * plan.run;
  if (rest > 0 && block + 1 == plan.blocks)
    reduction::reduce_rows<Operation>(from + folded * stride, stride, 1, rest, sums);
}

// The results of the lanes of folded rows come together: lane l belongs to column l % columns.
template <class Operation, class Total>
inline void unfold(Total* totals, Index columns, Index lane_count) {
  for (Index lane = columns; lane < lane_count; lane += columns)
    for (Index i = 0; i < columns; ++i) totals[i] = Operation::collect(totals[i], totals[lane + i]);
}

template <class Operation, class T>
void reduce_columns(const Plan& plan, const T* x, T* y, typename Operation::Total* partial) {
  using Total = typename Operation::Total;
  const Index splits = plan.splits, tasks = plan.kept.count() * splits * plan.tiles;
  parallel(tasks, grain_of(plan.results * plan.count / tasks), [&](Index begin, Index end, int) {
    constexpr Index most = kTile > lanes::kMaxFolded ? kTile : lanes::kMaxFolded;
    alignas(64) T sums[most];
    alignas(64) Total totals[most];
    for (Index task = begin; task < end; ++task) {
      const Index tile = task % plan.tiles, split = task / plan.tiles % splits, outer = task / plan.tiles / splits;
      const Index column = tile * kTile, columns = min_of(kTile, plan.run - column);
      const Index width = columns * plan.fold;
      const T* from = x + plan.kept.offset(outer);
      T* results = y + outer * plan.run + column;
      const Index first = plan.first_unit(split), last = plan.first_unit(split + 1);
      if (plan.units == 1 && plan.fold == 1) {
        for (Index i = 0; i < width; ++i) sums[i] = Operation::neutral();
        reduce_unit<Operation>(plan, from, 0, column, width, sums);
        for (Index i = 0; i < columns; ++i) results[i] = Operation::finish(static_cast<Total>(sums[i]), plan.count);
        continue;
      }
      for (Index i = 0; i < width; ++i) totals[i] = static_cast<Total>(Operation::neutral());
      for (Index unit = first; unit < last; ++unit) {
        for (Index i = 0; i < width; ++i) sums[i] = Operation::neutral();
        reduce_unit<Operation>(plan, from, unit, column, width, sums);
        for (Index i = 0; i < width; ++i) totals[i] = Operation::collect(totals[i], sums[i]);
      }
      unfold<Operation>(totals, columns, width);
      if (splits == 1) {
        for (Index i = 0; i < columns; ++i) results[i] = Operation::finish(totals[i], plan.count);
      } else {
        Total* kept = partial + (outer * splits + split) * plan.run + column;
        for (Index i = 0; i < columns; ++i) kept[i] = totals[i];
      }
    }
  });
  if (splits == 1) return;
  parallel(plan.results, grain_of(splits), [&](Index begin, Index end, int) {
    for (Index result = begin; result < end; ++result) {
      const Total* from = partial + result / plan.run * splits * plan.run + result % plan.run;
      Total total = from[0];
      for (Index split = 1; split < splits; ++split) total = Operation::collect(total, from[split * plan.run]);
      y[result] = Operation::finish(total, plan.count);
    }
  });
}

template <class Operation, class T>
void run(const ReduceShape& shape, const T* x, T* y, void* memory) {
  const Plan plan = reduction::make_plan(shape);
  using Total = typename Operation::Total;
  if (plan.results == 0) return;
  if (plan.count == 0) {
    for (Index i = 0; i < plan.results; ++i) y[i] = Operation::finish(static_cast<Total>(Operation::neutral()), 0);
    return;
  }
  if (logs_kernels())
    explain("reduce", kWays, plan, {{"results", plan.results}, {"count", plan.count}, {"run", plan.run}});
  switch (static_cast<Way>(choose(kWays, plan))) {
    case Way::columns:
      return reduce_columns<Operation>(plan, x, y, static_cast<Total*>(memory));
    case Way::short_runs:
      return reduce_short_runs<Operation>(plan, x, y);
    case Way::runs:
      return reduce_runs<Operation>(plan, x, y, static_cast<Total*>(memory));
  }
}

template <class T>
void reduce(Reduce operation, const ReduceShape& shape, const T* x, T* y, void* memory) {
  switch (operation) {
    case Reduce::sum:
      return run<reduction::Sum<T>>(shape, x, y, memory);
    case Reduce::mean:
      return run<reduction::Mean<T>>(shape, x, y, memory);
    case Reduce::product:
      return run<reduction::Product<T>>(shape, x, y, memory);
    case Reduce::max:
      return run<reduction::Max<T>>(shape, x, y, memory);
    case Reduce::min:
      return run<reduction::Min<T>>(shape, x, y, memory);
    case Reduce::any:
    case Reduce::all:
      return;  // bool only
  }
}

// A bool is a byte 0 or 1. Max and sum of truth values are `any`, min and product are `all`.
template <>
void reduce<bool>(Reduce operation, const ReduceShape& shape, const bool* x, bool* y, void* memory) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(x);
  auto* result = reinterpret_cast<std::uint8_t*>(y);
  if (operation == Reduce::all || operation == Reduce::min || operation == Reduce::product)
    run<reduction::All>(shape, bytes, result, memory);
  else
    run<reduction::Any>(shape, bytes, result, memory);
}

}  // namespace

template <class T>
Reductions<T> make_reductions() {
  return {scratch, reduce<T>, reduction::argmax<T>, reduction::argmin<T>};
}
template Reductions<float> make_reductions();
template Reductions<double> make_reductions();
template Reductions<std::int32_t> make_reductions();
template Reductions<std::int64_t> make_reductions();
template Reductions<std::uint8_t> make_reductions();
template Reductions<bool> make_reductions();

}  // namespace lamina::kernels::LAMINA_LEVEL
