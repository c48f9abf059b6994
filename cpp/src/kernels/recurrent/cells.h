// One step of one row for each cell (see recurrent.h). Pointers are to the row's values; `p` is what the state
// contributes. Backward, `dh` and `dc` come in as the gradients of the new states and leave as those of the old ones,
// without what flows through p.
#pragma once

#include "kernels/elementwise/packet_math.h"
#include "kernels/recurrent/recurrent.h"
#include "kernels/reduce/lanes.h"

namespace lamina::kernels::LAMINA_LEVEL::cells {

namespace ei = Eigen::internal;

template <class T>
struct Row {
  Index units;
  const T *z, *p, *bias;   // forward
  const T *h_old, *c_old;  //
  T *h, *c, *saved;        // of the new state; nothing is saved without a gradient
  T *dh, *dc, *dz, *dr;    // backward
};

template <class T>
struct Simple {
  static constexpr Cell cell = Cell::simple;

  static void forward(const Row<T>& row) {
    lanes::sweep<T>(0, row.units, [&](auto access, Index i) {
      access.store(row.h + i, math::tanh(ei::padd(access.load(row.z + i, T(0)), access.load(row.p + i, T(0)))));
    });
  }

  static void backward(const Row<T>& row) {
    using P = lanes::Packet<T>;
    const P zero = lanes::splat<P>(T(0)), one = lanes::splat<P>(T(1));
    lanes::sweep<T>(0, row.units, [&](auto access, Index i) {
      const P h = access.load(row.h + i, T(0));
      access.store(row.dz + i, P(access.load(row.dh + i, T(0)) * (one - h * h)));
      access.store(row.dh + i, zero);
    });
  }
};

template <class T>
struct Gru {
  static constexpr Cell cell = Cell::gru;

  static void forward(const Row<T>& row) {
    using P = lanes::Packet<T>;
    const Index n = row.units;
    lanes::sweep<T>(0, n, [&](auto access, Index i) {
      auto input = [&](int gate) { return P(access.load(row.z + gate * n + i, T(0))); };
      auto state = [&](int gate) {
        return P(access.load(row.p + gate * n + i, T(0)) + access.load(row.bias + gate * n + i, T(0)));
      };
      const P update = math::sigmoid(P(input(0) + state(0))), reset = math::sigmoid(P(input(1) + state(1)));
      const P recurrent = state(2);
      const P candidate = math::tanh(ei::pmadd(reset, recurrent, input(2)));
      const P old = access.load(row.h_old + i, T(0));
      if (row.saved) {
        access.store(row.saved + i, update);
        access.store(row.saved + n + i, reset);
        access.store(row.saved + 2 * n + i, candidate);
        access.store(row.saved + 3 * n + i, recurrent);
      }
      access.store(row.h + i, ei::pmadd(update, P(old - candidate), candidate));
    });
  }

  static void backward(const Row<T>& row) {
    using P = lanes::Packet<T>;
    const Index n = row.units;
    const P one = lanes::splat<P>(T(1));
    lanes::sweep<T>(0, n, [&](auto access, Index i) {
      const P update = access.load(row.saved + i, T(0)), reset = access.load(row.saved + n + i, T(0));
      const P candidate = access.load(row.saved + 2 * n + i, T(0));
      const P recurrent = access.load(row.saved + 3 * n + i, T(0));
      const P dh = access.load(row.dh + i, T(0)), old = access.load(row.h_old + i, T(0));
      const P d_update = dh * (old - candidate) * update * (one - update);
      const P d_candidate = dh * (one - update) * (one - candidate * candidate);
      const P d_reset = d_candidate * recurrent * reset * (one - reset);
      for (T* to : {row.dz, row.dr}) {
        access.store(to + i, d_update);
        access.store(to + n + i, d_reset);
      }
      access.store(row.dz + 2 * n + i, d_candidate);
      access.store(row.dr + 2 * n + i, P(d_candidate * reset));
      access.store(row.dh + i, P(dh * update));
    });
  }
};

template <class T>
struct Lstm {
  static constexpr Cell cell = Cell::lstm;

  static void forward(const Row<T>& row) {
    using P = lanes::Packet<T>;
    const Index n = row.units;
    lanes::sweep<T>(0, n, [&](auto access, Index i) {
      auto gate = [&](int k) { return P(access.load(row.z + k * n + i, T(0)) + access.load(row.p + k * n + i, T(0))); };
      const P in = math::sigmoid(gate(0)), forget = math::sigmoid(gate(1)), out = math::sigmoid(gate(3));
      const P candidate = math::tanh(gate(2));
      const P c = ei::pmadd(forget, P(access.load(row.c_old + i, T(0))), P(in * candidate));
      if (row.saved) {
        access.store(row.saved + i, in);
        access.store(row.saved + n + i, forget);
        access.store(row.saved + 2 * n + i, candidate);
        access.store(row.saved + 3 * n + i, out);
      }
      access.store(row.c + i, c);
      access.store(row.h + i, P(out * math::tanh(c)));
    });
  }

  static void backward(const Row<T>& row) {
    using P = lanes::Packet<T>;
    const Index n = row.units;
    const P zero = lanes::splat<P>(T(0)), one = lanes::splat<P>(T(1));
    lanes::sweep<T>(0, n, [&](auto access, Index i) {
      const P in = access.load(row.saved + i, T(0)), forget = access.load(row.saved + n + i, T(0));
      const P candidate = access.load(row.saved + 2 * n + i, T(0)), out = access.load(row.saved + 3 * n + i, T(0));
      const P dh = access.load(row.dh + i, T(0)), bent = math::tanh(P(access.load(row.c + i, T(0))));
      const P dc = ei::pmadd(P(dh * out), P(one - bent * bent), P(access.load(row.dc + i, T(0))));
      access.store(row.dz + i, P(dc * candidate * in * (one - in)));
      access.store(row.dz + n + i, P(dc * access.load(row.c_old + i, T(0)) * forget * (one - forget)));
      access.store(row.dz + 2 * n + i, P(dc * in * (one - candidate * candidate)));
      access.store(row.dz + 3 * n + i, P(dh * bent * out * (one - out)));
      access.store(row.dc + i, P(dc * forget));
      access.store(row.dh + i, zero);
    });
  }
};

}  // namespace lamina::kernels::LAMINA_LEVEL::cells
