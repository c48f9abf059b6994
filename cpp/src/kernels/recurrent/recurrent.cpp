// A worker takes rows of the batch through all steps, so nobody waits for anybody between them. The recurrent kernel is
// packed once; a step is one product of the block's states with it, then the cell row by row.
#include "kernels/recurrent/recurrent.h"

#include "kernels/choice.h"
#include "kernels/families.h"
#include "kernels/gemm/few_rows.h"
#include "kernels/panels.h"
#include "kernels/recurrent/cells.h"

namespace lamina::kernels::LAMINA_LEVEL {

using namespace cells;

constexpr Index kBlockRows = 64;           // whose states and gates stay in the second cache
constexpr Index kCachedBytes = 48 * 1024;  // of a kernel that stays in the first cache

template <class T>
static void copy(const T* from, Index count, T* to) {
  __builtin_memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
}

template <class T>
static void clear(T* to, Index count) {
  __builtin_memset(to, 0, static_cast<std::size_t>(count) * sizeof(T));
}

// What every block has in common.
template <class T>
struct Sequence {
  const RecurrentShape& s;
  const RecurrentArrays<T>& a;
  const RecurrentGradients<T>& g;
  Index gates, saved;  // values per row

  Sequence(Cell cell, const Recurrence<T>& r)
      : s(r.shape),
        a(r.arrays),
        g(r.gradients),
        gates(gates_of(cell) * r.shape.units),
        saved(saved_of(cell) * r.shape.units) {}

  bool masked(Index t, Index b) const { return a.mask && !a.mask[t * s.batch + b]; }
  Row<T> row(Index t, Index b) const {
    const Index at = t * s.batch + b;
    const Index old = (s.old_state(t) * s.batch + b) * s.units, next = (s.new_state(t) * s.batch + b) * s.units;
    Row<T> row = {};
    row.units = s.units;
    row.z = a.z + at * gates;
    row.bias = a.bias;
    row.h_old = a.h + old;
    row.h = a.h + next;
    if (a.saved) row.saved = a.saved + at * saved;
    if (a.c) {
      row.c_old = a.c + old;
      row.c = a.c + next;
    }
    return row;
  }
};

// ---- Forward

template <class T>
static void hold(const Row<T>& row) {
  copy(row.h_old, row.units, row.h);
  if (row.c) copy(row.c_old, row.units, row.c);
}

// products = h . kernel. The halves of a large kernel take turns in coming first, so that the one that was read last is
// still in the first cache.
template <class T>
static void multiply_states(const Sequence<T>& q, Index step, Index rows, const T* h, const Right<T>& kernel,
                            T* products) {
  if (rows > kFewRows)
    return multiply(rows, q.gates, q.s.units, Left<T>{h, q.s.units, 1}, kernel, products, q.gates, false);
  GemmArgs<T> args;
  args.m = rows, args.k = q.s.units;
  args.a = h, args.lda = q.s.units, args.ldb = kernel.stride, args.ldc = q.gates;
  const bool is_large = q.s.units * q.gates * Index(sizeof(T)) > kCachedBytes;
  const Index half = ceil_div(q.gates, Index(2 * kTileColumns<T>)) * kTileColumns<T>;
  const Index bounds[] = {0, is_large ? min_of(half, q.gates) : q.gates, q.gates};
  for (Index turn = 0; turn < 2; ++turn) {
    const Index part = (step + turn) % 2, first = bounds[part];
    args.n = bounds[part + 1] - first;
    if (args.n == 0) continue;
    args.b = kernel.first + first;
    args.c = products + first;
    few_rows(args, kernel.stride == 0 ? kernel.first + first * q.s.units : nullptr, q.s.units, 1);
  }
}

template <class T, class C>
static void run_rows(const Sequence<T>& q, const Right<T>& kernel, Index begin, Index end, T* products) {
  const Index blocks = ceil_div(end - begin, kBlockRows);
  for (Index block = 0; block < blocks; ++block) {
    const Index first = begin + piece_begin(end - begin, blocks, block);
    const Index rows = begin + piece_begin(end - begin, blocks, block + 1) - first;
    for (Index step = 0; step < q.s.steps; ++step) {
      const Index t = q.s.reverse ? q.s.steps - 1 - step : step;
      multiply_states(q, step, rows, q.row(t, first).h_old, kernel, products);
      for (Index i = 0; i < rows; ++i) {
        Row<T> row = q.row(t, first + i);
        row.p = products + i * q.gates;
        C::forward(row);
        if (q.masked(t, first + i)) hold(row);
      }
    }
  }
}

// ---- Backward

// The gradients of the states of a block, [rows][units]; no dc without c.
template <class T>
struct Flow {
  T *dh, *dc;
};

// Adds what comes from outside to the gradients of state `number`.
template <class T>
static void add_outer(const Sequence<T>& q, Index number, Index first, Index rows, const Flow<T>& flow) {
  const Index at = (number * q.s.batch + first) * q.s.units;
  auto add = [&](const T* from, T* to) {
    lanes::sweep<T>(0, rows * q.s.units, [&](auto access, Index i) {
      access.store(to + i, ei::padd(access.load(to + i, T(0)), access.load(from + at + i, T(0))));
    });
  };
  add(q.g.dh, flow.dh);
  if (q.g.dc) add(q.g.dc, flow.dc);
}

template <class T, class C>
static void differentiate_rows(const Sequence<T>& q, const Right<T>& kernel, Index begin, Index end,
                               const Flow<T>& flow) {
  const Index blocks = ceil_div(end - begin, kBlockRows);
  for (Index block = 0; block < blocks; ++block) {
    const Index first = begin + piece_begin(end - begin, blocks, block);
    const Index rows = begin + piece_begin(end - begin, blocks, block + 1) - first;
    clear(flow.dh, rows * q.s.units);
    if (flow.dc) clear(flow.dc, rows * q.s.units);
    for (Index step = q.s.steps; step-- > 0;) {
      const Index t = q.s.reverse ? q.s.steps - 1 - step : step;
      add_outer(q, q.s.new_state(t), first, rows, flow);
      T* const dz = q.g.dz + (t * q.s.batch + first) * q.gates;
      T* const dr = q.g.dr ? q.g.dr + (t * q.s.batch + first) * q.gates : dz;
      for (Index i = 0; i < rows; ++i) {
        if (q.masked(t, first + i)) {
          clear(dz + i * q.gates, q.gates);
          clear(dr + i * q.gates, q.gates);
          continue;
        }
        Row<T> row = q.row(t, first + i);
        row.dh = flow.dh + i * q.s.units;
        row.dc = flow.dc + i * q.s.units;
        row.dz = dz + i * q.gates;
        row.dr = dr + i * q.gates;
        C::backward(row);
      }
      multiply(rows, q.s.units, q.gates, Left<T>{dr, q.gates, 1}, kernel, flow.dh, q.s.units, true);
    }
    add_outer(q, q.s.first_state(), first, rows, flow);
    copy(flow.dh, rows * q.s.units, q.g.dh0 + first * q.s.units);
    if (flow.dc) copy(flow.dc, rows * q.s.units, q.g.dc0 + first * q.s.units);
  }
}

// ---- The contract

template <class T>
static Index block_rows(const RecurrentShape& s) {
  return min_of(s.batch, kBlockRows);
}

template <class T>
static std::size_t forward_scratch(Cell cell, const RecurrentShape& s, int count) {
  const Index gates = gates_of(cell) * s.units;
  const Index products = max_threads() * aligned_elements<T>(block_rows<T>(s) * gates);
  return static_cast<std::size_t>(count * panel_elements<T>(s.units, gates) + products) * sizeof(T);
}

template <class T>
static std::size_t grad_scratch(Cell cell, const RecurrentShape& s, int count) {
  const Index gates = gates_of(cell) * s.units;
  const Index states = max_threads() * 2 * aligned_elements<T>(block_rows<T>(s) * s.units);
  return static_cast<std::size_t>(count * panel_elements<T>(gates, s.units) + states) * sizeof(T);
}

// body(c) for the cell's struct.
template <class T, class Body>
static void for_cell(Cell cell, const Body& body) {
  if (cell == Cell::simple) return body(Simple<T>());
  if (cell == Cell::gru) return body(Gru<T>());
  body(Lstm<T>());
}

// body(number, begin, end, worker) for ranges of the rows of all recurrences, shared by the workers.
template <class T, class Body>
static void for_rows(Cell cell, const RecurrentShape& s, int count, const Body& body) {
  const Index row_flops = 2 * s.steps * s.units * (gates_of(cell) * s.units + 16);
  parallel(count * s.batch, shared_grain(count * s.batch, row_flops, kWorkerFlops),
           [&](Index begin, Index end, int worker) {
             for (Index number = begin / s.batch; number * s.batch < end; ++number) {
               const Index first = number * s.batch;
               body(number, max_of(begin, first) - first, min_of(end, first + s.batch) - first, worker);
             }
           });
}

// A few products, the steps of a stream say, are done before the kernel would be packed.
struct Steps {
  Index rows, products, gates, lanes;
};

constexpr Candidate<Steps> kKernels[] = {
    {"as_it_is",
     [](const Steps& s) -> const char* {
       return s.products > kTileRows   ? "packing pays off"
              : s.gates % s.lanes != 0 ? "gates do not fill vectors"
                                       : nullptr;
     }},
    {"packed", nullptr},
};

template <class T>
static void forward(Cell cell, const Recurrence<T>* all, int count, void* scratch) {
  const RecurrentShape& s = all[0].shape;
  const Index gates = gates_of(cell) * s.units;
  const Index kernel_elements = panel_elements<T>(s.units, gates);
  const Index worker_elements = aligned_elements<T>(block_rows<T>(s) * gates);
  T* const panels = static_cast<T*>(scratch);
  T* const products = panels + count * kernel_elements;
  const Steps steps = {block_rows<T>(s), s.steps * block_rows<T>(s), gates, kLanes<T>};
  const bool in_place = choose(kKernels, steps) < 1;
  if (logs_kernels())
    explain("recurrent", kKernels, steps,
            {{"batch", s.batch}, {"steps", s.steps}, {"units", s.units}, {"gates", gates}});
  for (int i = 0; i < count && !in_place; ++i)
    pack_panels(all[i].arrays.kernel, gates, false, s.units, gates, panels + i * kernel_elements);
  for_cell<T>(cell, [&](auto c) {
    for_rows<T>(cell, s, count, [&](Index i, Index begin, Index end, int worker) {
      const Right<T> kernel = in_place ? Right<T>{all[i].arrays.kernel, gates} : Right<T>{panels + i * kernel_elements};
      run_rows<T, decltype(c)>(Sequence<T>(cell, all[i]), kernel, begin, end, products + worker * worker_elements);
    });
  });
}

template <class T>
static void grad(Cell cell, const Recurrence<T>* all, int count, void* scratch) {
  const RecurrentShape& s = all[0].shape;
  const Index gates = gates_of(cell) * s.units;
  const Index kernel_elements = panel_elements<T>(gates, s.units);
  const Index block_elements = aligned_elements<T>(block_rows<T>(s) * s.units);
  T* const panels = static_cast<T*>(scratch);
  T* const states = panels + count * kernel_elements;
  for (int i = 0; i < count; ++i)
    pack_panels(all[i].arrays.kernel, gates, true, gates, s.units, panels + i * kernel_elements);
  for_cell<T>(cell, [&](auto c) {
    for_rows<T>(cell, s, count, [&](Index i, Index begin, Index end, int worker) {
      T* const own = states + worker * 2 * block_elements;
      const Flow<T> flow = {own, all[i].gradients.dc0 ? own + block_elements : nullptr};
      differentiate_rows<T, decltype(c)>(Sequence<T>(cell, all[i]), Right<T>{panels + i * kernel_elements}, begin, end,
                                         flow);
    });
  });
}

template <class T>
Recurrent<T> make_recurrent() {
  return {forward_scratch<T>, forward<T>, grad_scratch<T>, grad<T>};
}

template Recurrent<float> make_recurrent();
template Recurrent<double> make_recurrent();

}  // namespace lamina::kernels::LAMINA_LEVEL
