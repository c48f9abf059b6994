// How a reduction is carried out: its axes without those of size 1, adjacent ones merged, split into
//   the run        the last axis, contiguous: reduced itself, or a row of results side by side
//   the rows       for a row of results: the reduced axis just before it
//   kept, reduced  the other axes
// and the fixed pieces whose results are combined at the end.
#pragma once

#include "kernels/level.h"
#include "kernels/reduce/lanes.h"
#include "kernels/reduce/reduce.h"

namespace lamina::kernels::LAMINA_LEVEL::reduction {

// Elements of a run, and rows of results, that are reduced in T before they are collected.
constexpr Index kRunBlock = 8192;
constexpr Index kRowBlock = 128;
// Results side by side in one task.
constexpr Index kTile = 512;

struct OuterAxes {
  int rank = 0;
  Index size[8], stride[8];

  void add(Index axis_size, Index axis_stride) {
    size[rank] = axis_size;
    stride[rank++] = axis_stride;
  }
  Index count() const {
    Index n = 1;
    for (int d = 0; d < rank; ++d) n *= size[d];
    return n;
  }
  // The offset of the i-th index, the last axis running fastest.
  Index offset(Index i) const {
    Index sum = 0;
    for (int d = rank - 1; d >= 0; --d) {
      sum += i % size[d] * stride[d];
      i /= size[d];
    }
    return sum;
  }
};

struct Plan {
  OuterAxes kept, reduced;
  bool run_is_reduced = false;
  Index run = 1;
  Index rows = 1, row_stride = 0;
  Index results = 1, count = 1;  // of elements of y, and of elements reduced into each
  Index fold = 1;                // rows taken as one, when results side by side are few
  Index lanes = 1;               // run * fold
  Index tiles = 1;               // of results side by side
  Index blocks = 1;              // per run, or per group of rows
  Index units = 1;               // blocks of all reduced axes
  Index splits = 1;              // groups of units whose results are combined at the end

  Index first_unit(Index split) const { return split * units / splits; }
};

__attribute__((noinline)) inline Plan make_plan(const ReduceShape& s) {
  Plan plan;
  OuterAxes axes;
  bool is_reduced[8];
  for (int d = 0; d < s.rank; ++d) {
    (s.reduced[d] ? plan.count : plan.results) *= s.shape[d];
    if (s.shape[d] == 1) continue;
    if (axes.rank > 0 && is_reduced[axes.rank - 1] == s.reduced[d]) {
      axes.size[axes.rank - 1] *= s.shape[d];
    } else {
      is_reduced[axes.rank] = s.reduced[d];
      axes.add(s.shape[d], 0);
    }
  }
  if (plan.count == 0 || plan.results == 0) return plan;
  Index stride = 1;
  for (int d = axes.rank - 1; d >= 0; --d) {
    axes.stride[d] = stride;
    stride *= axes.size[d];
  }
  int rest = axes.rank;
  if (rest > 0) {
    plan.run = axes.size[--rest];
    plan.run_is_reduced = is_reduced[rest];
  }
  if (rest > 0 && !plan.run_is_reduced) {
    plan.rows = axes.size[--rest];
    plan.row_stride = axes.stride[rest];
  }
  for (int d = 0; d < rest; ++d) (is_reduced[d] ? plan.reduced : plan.kept).add(axes.size[d], axes.stride[d]);

  Index tasks = plan.kept.count();
  if (plan.run_is_reduced) {
    plan.blocks = ceil_div(plan.run, kRunBlock);
  } else {
    plan.fold = lanes::fold_of(plan.rows, plan.run, 256);
    plan.lanes = plan.run * plan.fold;
    plan.tiles = ceil_div(plan.run, kTile);
    plan.blocks = max_of<Index>(1, plan.rows / plan.fold / kRowBlock);
    tasks *= plan.tiles;
  }
  plan.units = plan.blocks * plan.reduced.count();
  // Enough tasks for many threads, none of them tiny.
  const Index most = plan.results * plan.count / (1 << 14);
  const Index wanted = min_of<Index>(ceil_div(64, tasks), most / tasks);
  plan.splits = max_of<Index>(1, min_of(wanted, plan.units));
  return plan;
}

}  // namespace lamina::kernels::LAMINA_LEVEL::reduction
