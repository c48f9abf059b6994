// Recurrent layers against the reference, and their gradients against its central differences, at every level.
#include "kernels/recurrent/recurrent.h"

#include "kernels/buffers.h"
#include "kernels/recurrent/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::Cell;
using kernels::RecurrentShape;

template <class T>
class RecurrentTest : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(RecurrentTest, Floats);

template <class T>
struct Problem {
  Cell cell;
  RecurrentShape s;
  Index gates, states;
  Buffer<T> z, kernel, bias, h0, c0, dh, dc;
  Buffer<bool> mask;
  bool masked;

  Problem(Cell which, const RecurrentShape& shape, bool with_mask, std::mt19937_64& engine)
      : cell(which),
        s(shape),
        gates(kernels::gates_of(which) * shape.units),
        states((shape.steps + 1) * shape.batch * shape.units),
        z(shape.steps * shape.batch * gates),
        kernel(shape.units * gates),
        bias(gates),
        h0(shape.batch * shape.units),
        c0(shape.batch * shape.units),
        dh(states),
        dc(states),
        mask(shape.steps * shape.batch),
        masked(with_mask) {
    for (Buffer<T>* b : {&z, &bias, &h0, &c0, &dh, &dc}) b->randomize(engine);
    kernel.randomize(engine, 1 / std::sqrt(static_cast<double>(s.units)));
    mask.randomize(engine);
  }

  kernels::RecurrentArrays<T> arrays(T* h, T* c, T* saved) const {
    const Index first = s.first_state() * s.batch * s.units;
    std::copy_n(h0.data(), h0.size(), h + first);
    std::copy_n(c0.data(), c0.size(), c + first);
    return {z.data(),
            kernel.data(),
            cell == Cell::gru ? bias.data() : nullptr,
            masked ? mask.data() : nullptr,
            h,
            cell == Cell::lstm ? c : nullptr,
            saved};
  }
};

// The sum of all states times dh and dc, from inputs that one may change.
struct Loss {
  std::vector<double> z, kernel, bias, h0, c0;

  template <class T>
  explicit Loss(const Problem<T>& p)
      : z(p.z.data(), p.z.data() + p.z.size()),
        kernel(p.kernel.data(), p.kernel.data() + p.kernel.size()),
        bias(p.bias.data(), p.bias.data() + p.bias.size()),
        h0(p.h0.data(), p.h0.data() + p.h0.size()),
        c0(p.c0.data(), p.c0.data() + p.c0.size()) {}

  template <class T>
  std::vector<double> states(const Problem<T>& p, std::vector<double>& c) const {
    std::vector<double> h(static_cast<std::size_t>(p.states));
    c = h;
    const Index first = p.s.first_state() * p.s.batch * p.s.units;
    std::copy(h0.begin(), h0.end(), h.begin() + first);
    std::copy(c0.begin(), c0.end(), c.begin() + first);
    reference::recurrent(p.cell, p.s, z.data(), kernel.data(), bias.data(), p.masked ? p.mask.data() : nullptr,
                         h.data(), c.data());
    return h;
  }
  template <class T>
  double value(const Problem<T>& p) const {
    std::vector<double> c;
    const std::vector<double> h = states(p, c);
    double sum = 0;
    for (std::size_t i = 0; i < h.size(); ++i)
      sum += h[i] * double(p.dh[i]) + (p.cell == Cell::lstm ? c[i] * double(p.dc[i]) : 0);
    return sum;
  }
  template <class T>
  std::vector<double> gradient(const Problem<T>& p, std::vector<double> Loss::*input) const {
    std::vector<double> found;
    Loss moved = *this;
    for (double& x : moved.*input) {
      constexpr double step = 1e-5;
      const double at = x;
      x = at + step;
      const double above = moved.value(p);
      x = at - step;
      found.push_back((above - moved.value(p)) / (2 * step));
      x = at;
    }
    return found;
  }
};

const Cell kCells[] = {Cell::simple, Cell::gru, Cell::lstm};

TYPED_TEST(RecurrentTest, States) {
  using T = TypeParam;
  std::mt19937_64 engine(5);
  for (const Cell cell : kCells)
    for (const bool masked : {false, true})
      for (const RecurrentShape& s : {RecurrentShape{1, 1, 1, false},
                                      {4, 3, 5, false},
                                      {7, 150, 33, true},
                                      {3, 2, 130, true},
                                      {2, 1, 128, true},
                                      {20, 1, 130, false}}) {
        SCOPED_TRACE(shape_string({static_cast<int>(cell), masked, s.steps, s.batch, s.units}));
        const Problem<T> p(cell, s, masked, engine);
        std::vector<double> c;
        std::vector<double> expected = Loss(p).states(p, c);
        if (cell == Cell::lstm) expected.insert(expected.end(), c.begin(), c.end());
        for_each_level([&](const kernels::Table& table) {
          const auto& recurrent = floats_of<T>(table).recurrent;
          const auto actual = with_threads<T>(static_cast<Index>(expected.size()), [&](Buffer<T>& out) {
            Buffer<T> c_states(p.states), saved(4 * s.steps * s.batch * s.units);
            Scratch scratch(recurrent.scratch(cell, s, 1));
            T* const cells = cell == Cell::lstm ? out.data() + p.states : c_states.data();
            const kernels::Recurrence<T> one = {s, p.arrays(out.data(), cells, saved.data()), {}};
            recurrent.forward(cell, &one, 1, scratch.data());
            EXPECT_TRUE(scratch.guard_intact() && saved.guards_intact());
          });
          expect_near(
              actual, expected, [&](Index) { return epsilon<T>() * 20 * static_cast<double>(s.steps); }, "states");
        });
      }
}

TYPED_TEST(RecurrentTest, Gradients) {
  using T = TypeParam;
  std::mt19937_64 engine(6);
  for (const Cell cell : kCells)
    for (const bool masked : {false, true}) {
      SCOPED_TRACE(shape_string({static_cast<int>(cell), masked}));
      const RecurrentShape s = {4, 3, 9, masked};  // in both directions
      const Problem<T> p(cell, s, masked, engine);
      const Loss loss(p);
      const auto dz = loss.gradient(p, &Loss::z), dh0 = loss.gradient(p, &Loss::h0), dc0 = loss.gradient(p, &Loss::c0);
      const auto dkernel = loss.gradient(p, &Loss::kernel), dbias = loss.gradient(p, &Loss::bias);
      for_each_level([&](const kernels::Table& table) {
        const auto& recurrent = floats_of<T>(table).recurrent;
        Buffer<T> h(p.states), c(p.states), saved(4 * s.steps * s.batch * s.units);
        Scratch scratch(std::max(recurrent.scratch(cell, s, 1), recurrent.grad_scratch(cell, s, 1)));
        kernels::Recurrence<T> one = {s, p.arrays(h.data(), c.data(), saved.data()), {}};
        recurrent.forward(cell, &one, 1, scratch.data());
        const Index parts = p.z.size(), state = p.h0.size();
        const auto found = with_threads<T>(2 * parts + 2 * state, [&](Buffer<T>& out) {
          std::fill_n(out.data(), out.size(), T(0));
          const bool gru = cell == Cell::gru, lstm = cell == Cell::lstm;
          T* const dz_out = out.data();
          one.gradients = {p.dh.data(),
                           lstm ? p.dc.data() : nullptr,
                           dz_out,
                           gru ? dz_out + parts : nullptr,
                           dz_out + 2 * parts,
                           lstm ? dz_out + 2 * parts + state : nullptr};
          recurrent.grad(cell, &one, 1, scratch.data());
          if (!gru) std::copy_n(dz_out, parts, dz_out + parts);
        });
        EXPECT_TRUE(scratch.guard_intact());
        const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-7;  // of the differences in double
        auto compare = [&](const T* actual, const std::vector<double>& expected, const char* what) {
          for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], tolerance) << what << i;
        };
        compare(found.data(), dz, "dz ");
        compare(found.data() + 2 * parts, dh0, "dh0 ");
        if (cell == Cell::lstm) compare(found.data() + 2 * parts + state, dc0, "dc0 ");
        // What the state contributes: its gradient gives those of the recurrent kernel and bias.
        const T* const dr = found.data() + parts;
        std::vector<T> kernel_sum(dkernel.size()), bias_sum(dbias.size());
        for (Index row = 0; row < s.steps * s.batch; ++row)
          for (Index j = 0; j < p.gates; ++j) {
            bias_sum[static_cast<std::size_t>(j)] += dr[row * p.gates + j];
            for (Index i = 0; i < s.units; ++i)
              kernel_sum[static_cast<std::size_t>(i * p.gates + j)] +=
                  h[(row + s.old_state(0) * s.batch) * s.units + i] * dr[row * p.gates + j];
          }
        compare(kernel_sum.data(), dkernel, "dkernel ");
        if (cell == Cell::gru) compare(bias_sum.data(), dbias, "dbias ");
      });
    }
}

}  // namespace
}  // namespace lamina
