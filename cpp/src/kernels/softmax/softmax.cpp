// Softmax along contiguous rows (inner == 1) or along columns, with lanes across the columns. Each row is read for its
// maximum, then for the exponentials and their sum, then scaled; it stays in the cache in between.
#include "kernels/softmax/softmax.h"

#include <type_traits>

#include "kernels/choice.h"
#include "kernels/families.h"
#include "kernels/softmax/row.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

using lanes::Packet;
namespace ei = Eigen::internal;

constexpr Index kGrainElements = 1 << 13;  // an exponential costs several times a load

inline Index grain_of(Index elements) { return grain_for(kGrainElements, elements); }

// ---- one contiguous row ----

// A packet of 16 bytes: one value needs no more.
template <class P>
struct Narrow {
  using Half = typename ei::unpacket_traits<P>::half;
  using type = typename std::conditional_t<sizeof(P) == 16, lanes::As<P>, Narrow<Half>>::type;
};

template <class T>
inline T logarithm(double x) {
  using P = typename Narrow<Packet<T>>::type;
  return ei::pfirst(math::log(lanes::splat<P>(static_cast<T>(x))));
}

template <class T>
inline void softmax_row(const T* x, Index n, T* y) {
  const double sum = rows::sum_of_exponentials<true>(x, n, rows::maximum(x, n), y);
  rows::scale(y, n, static_cast<T>(1.0 / sum), y);
}

template <class T>
inline void log_softmax_row(const T* x, Index n, T* y) {
  const T maximum = rows::maximum(x, n);
  const T log_sum = logarithm<T>(rows::sum_of_exponentials<false, T>(x, n, maximum, nullptr));
  lanes::cover<T>(0, n, [&](auto as, Index i) {
    using P = typename decltype(as)::type;
    const P shifted = ei::psub(lanes::load<P>(x + i), lanes::splat<P>(maximum));
    lanes::store(y + i, ei::psub(shifted, lanes::splat<P>(log_sum)));
  });
}

template <class T>
inline void softmax_grad_row(const T* y, const T* dy, Index n, T* dx) {
  const T sum = static_cast<T>(lanes::sum<T>(n, [&](auto as, Index i) {
    using P = typename decltype(as)::type;
    return ei::pmul(lanes::load<P>(y + i), lanes::load<P>(dy + i));
  }));
  lanes::cover<T>(0, n, [&](auto as, Index i) {
    using P = typename decltype(as)::type;
    lanes::store(dx + i, ei::pmul(lanes::load<P>(y + i), ei::psub(lanes::load<P>(dy + i), lanes::splat<P>(sum))));
  });
}

template <class T>
inline void log_softmax_grad_row(const T* y, const T* dy, Index n, T* dx) {
  using P = Packet<T>;
  const T sum = static_cast<T>(
      lanes::sum<T>(n, [&](auto as, Index i) { return lanes::load<typename decltype(as)::type>(dy + i); }));
  lanes::sweep<T>(0, n, [&](auto access, Index i) {
    const P probability = math::exp(access.load(y + i, T(0)));
    access.store(dx + i, ei::psub(access.load(dy + i, T(0)), ei::pmul(probability, lanes::splat<P>(sum))));
  });
}

// ---- a tile of columns: `size` rows of `width` elements, `step` apart; one result per column on the stack ----

constexpr Index kTile = 256;

// body(access, place in the rows, place in the tile) for every element, row by row.
template <class T, class Body>
inline void for_each_element(Index size, Index step, Index width, const Body& body) {
  for (Index k = 0; k < size; ++k)
    lanes::sweep<T>(0, width, [&](auto access, Index i) { body(access, k * step + i, i); });
}

// The sum of term(access, place in the rows, place in the tile) along every column. After every 128 rows the sums so
// far go from `part` to `total`: at most size / 128 + 128 roundings.
template <class T>
struct ColumnSums {
  T total[kTile + 16], part[kTile + 16];  // whole packets, whatever the width

  template <class Term>
  void run(Index size, Index step, Index width, const Term& term) {
    using P = Packet<T>;
    constexpr Index block = 128;
    clear(total, width);
    for (Index begin = 0; begin < size; begin += block) {
      clear(part, width);
      const Index end = min_of(size, begin + block);
      for (Index k = begin; k < end; ++k)
        lanes::sweep<T>(0, width, [&](auto access, Index i) {
          lanes::store(part + i, ei::padd(lanes::load<P>(part + i), term(access, k * step + i, i)));
        });
      lanes::sweep<T>(0, width, [&](auto, Index i) {
        lanes::store(total + i, ei::padd(lanes::load<P>(total + i), lanes::load<P>(part + i)));
      });
    }
  }
  static void clear(T* values, Index width) {
    for (Index i = 0; i < width + 16; ++i) values[i] = T(0);
  }
  Packet<T> at(Index i) const { return lanes::load<Packet<T>>(total + i); }
};

template <class T>
struct ColumnMaxima {
  T maximum[kTile + 16];

  void run(Index size, Index step, Index width, const T* x) {
    using P = Packet<T>;
    for (Index i = 0; i < width + 16; ++i) maximum[i] = rows::lowest<T>();
    for_each_element<T>(size, step, width, [&](auto access, Index from, Index i) {
      lanes::store(maximum + i, P(ei::pmax(lanes::load<P>(maximum + i), access.load(x + from, rows::lowest<T>()))));
    });
  }
  Packet<T> at(Index i) const { return lanes::load<Packet<T>>(maximum + i); }
};

template <class T>
void softmax_columns(Index size, Index step, Index width, const T* x, T* y) {
  using P = Packet<T>;
  ColumnMaxima<T> maxima;
  ColumnSums<T> sums;
  maxima.run(size, step, width, x);
  sums.run(size, step, width, [&](auto access, Index at, Index i) {
    const P value = math::exp(P(ei::psub(access.load(x + at, T(0)), maxima.at(i))));
    access.store(y + at, value);
    return value;
  });
  for (Index i = 0; i < width; ++i) sums.total[i] = T(1) / sums.total[i];
  for_each_element<T>(size, step, width, [&](auto access, Index at, Index i) {
    access.store(y + at, P(ei::pmul(access.load(y + at, T(0)), sums.at(i))));
  });
}

template <class T>
void log_softmax_columns(Index size, Index step, Index width, const T* x, T* y) {
  using P = Packet<T>;
  ColumnMaxima<T> maxima;
  ColumnSums<T> sums;
  maxima.run(size, step, width, x);
  sums.run(size, step, width, [&](auto access, Index at, Index i) {
    return math::exp(P(ei::psub(access.load(x + at, T(0)), maxima.at(i))));
  });
  lanes::sweep<T>(0, width, [&](auto, Index i) { lanes::store(sums.total + i, math::log(sums.at(i))); });
  for_each_element<T>(size, step, width, [&](auto access, Index at, Index i) {
    access.store(y + at, P(ei::psub(P(ei::psub(access.load(x + at, T(0)), maxima.at(i))), sums.at(i))));
  });
}

template <class T>
void softmax_grad_columns(Index size, Index step, Index width, const T* y, const T* dy, T* dx) {
  using P = Packet<T>;
  ColumnSums<T> sums;
  sums.run(size, step, width, [&](auto access, Index at, Index) {
    return P(ei::pmul(access.load(y + at, T(0)), access.load(dy + at, T(0))));
  });
  for_each_element<T>(size, step, width, [&](auto access, Index at, Index i) {
    const P difference = ei::psub(access.load(dy + at, T(0)), sums.at(i));
    access.store(dx + at, P(ei::pmul(access.load(y + at, T(0)), difference)));
  });
}

template <class T>
void log_softmax_grad_columns(Index size, Index step, Index width, const T* y, const T* dy, T* dx) {
  using P = Packet<T>;
  ColumnSums<T> sums;
  sums.run(size, step, width, [&](auto access, Index at, Index) { return access.load(dy + at, T(0)); });
  for_each_element<T>(size, step, width, [&](auto access, Index at, Index i) {
    const P probability = math::exp(access.load(y + at, T(0)));
    access.store(dx + at, P(ei::psub(access.load(dy + at, T(0)), P(ei::pmul(probability, sums.at(i))))));
  });
}

// ---- all rows or columns ----

template <class Body>
inline void for_each_row(Index rows, Index columns, const Body& body) {
  parallel(rows, grain_of(columns), [&](Index begin, Index end, int) {
    for (Index r = begin; r < end; ++r) body(r);
  });
}

// body(offset of the first row of a tile, width of the tile)
template <class Body>
inline void for_each_tile(const SoftmaxShape& s, const Body& body) {
  const Index tiles = ceil_div(s.inner, kTile);
  parallel(s.outer * tiles, grain_of(s.size * min_of(kTile, s.inner)), [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) {
      const Index first = task % tiles * kTile;
      body(task / tiles * s.size * s.inner + first, min_of(kTile, s.inner - first));
    }
  });
}

constexpr Candidate<SoftmaxShape> kWays[] = {
    {"rows", [](const SoftmaxShape& s) -> const char* { return s.inner == 1 ? nullptr : "the axis is not the last"; }},
    {"columns", nullptr},
};

// row(offset of a row), columns(offset of the first row of a tile, width of the tile)
template <class Row, class Columns>
inline void for_all(const char* what, const SoftmaxShape& s, const Row& row, const Columns& columns) {
  if (s.size == 0) return;
  if (logs_kernels()) explain(what, kWays, s, {{"outer", s.outer}, {"size", s.size}, {"inner", s.inner}});
  if (choose(kWays, s) == 0) return for_each_row(s.outer, s.size, [&](Index r) { row(r * s.size); });
  for_each_tile(s, columns);
}

template <class T>
void softmax(const SoftmaxShape& s, const T* x, T* y) {
  for_all(
      "softmax", s, [&](Index at) { softmax_row(x + at, s.size, y + at); },
      [&](Index at, Index width) { softmax_columns(s.size, s.inner, width, x + at, y + at); });
}

template <class T>
void log_softmax(const SoftmaxShape& s, const T* x, T* y) {
  for_all(
      "log_softmax", s, [&](Index at) { log_softmax_row(x + at, s.size, y + at); },
      [&](Index at, Index width) { log_softmax_columns(s.size, s.inner, width, x + at, y + at); });
}

template <class T>
void softmax_grad(const SoftmaxShape& s, const T* y, const T* dy, T* dx) {
  for_all(
      "softmax_grad", s, [&](Index at) { softmax_grad_row(y + at, dy + at, s.size, dx + at); },
      [&](Index at, Index width) { softmax_grad_columns(s.size, s.inner, width, y + at, dy + at, dx + at); });
}

template <class T>
void log_softmax_grad(const SoftmaxShape& s, const T* y, const T* dy, T* dx) {
  for_all(
      "log_softmax_grad", s, [&](Index at) { log_softmax_grad_row(y + at, dy + at, s.size, dx + at); },
      [&](Index at, Index width) { log_softmax_grad_columns(s.size, s.inner, width, y + at, dy + at, dx + at); });
}

template <class T>
void sparse_crossentropy(std::int64_t rows, std::int64_t columns, const T* x, const std::int64_t* labels, T* loss) {
  for_each_row(rows, columns, [&](Index r) {
    const Index label = labels[r];
    if (label < 0 || label >= columns) {
      loss[r] = Eigen::NumTraits<T>::quiet_NaN();
      return;
    }
    const T* row = x + r * columns;
    const T maximum = rows::maximum(row, columns);
    loss[r] =
        logarithm<T>(rows::sum_of_exponentials<false, T>(row, columns, maximum, nullptr)) + (maximum - row[label]);
  });
}

template <class T>
void sparse_crossentropy_grad(std::int64_t rows, std::int64_t columns, const T* x, const std::int64_t* labels,
                              const T* dloss, T* dx) {
  for_each_row(rows, columns, [&](Index r) {
    const Index label = labels[r];
    const T* row = x + r * columns;
    T* out = dx + r * columns;
    if (label < 0 || label >= columns) {
      for (Index i = 0; i < columns; ++i) out[i] = Eigen::NumTraits<T>::quiet_NaN();
      return;
    }
    const double sum = rows::sum_of_exponentials<true>(row, columns, rows::maximum(row, columns), out);
    const double scale = static_cast<double>(dloss[r]) / sum;
    const double of_label = (static_cast<double>(out[label]) - sum) * scale;
    rows::scale(out, columns, static_cast<T>(scale), out);
    out[label] = static_cast<T>(of_label);
  });
}

}  // namespace

template <class T>
Softmax<T> make_softmax() {
  return {softmax<T>,          softmax_grad<T>,        log_softmax<T>,
          log_softmax_grad<T>, sparse_crossentropy<T>, sparse_crossentropy_grad<T>};
}
template Softmax<float> make_softmax();
template Softmax<double> make_softmax();

}  // namespace lamina::kernels::LAMINA_LEVEL
