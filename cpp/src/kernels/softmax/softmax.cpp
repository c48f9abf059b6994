// Softmax along contiguous rows (inner == 1) or along columns, with lanes across the columns. Each row is read for its
// maximum, then for the exponentials and their sum, then scaled; it stays in the cache in between.
#include "kernels/softmax/softmax.h"

#include "kernels/elementwise/packet_math.h"
#include "kernels/families.h"
#include "kernels/reduce/lanes.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

using lanes::Packet;
namespace ei = Eigen::internal;

constexpr Index kGrainElements = 1 << 13;  // an exponential costs several times a load

inline Index grain_of(Index elements) { return max_of<Index>(1, kGrainElements / max_of<Index>(1, elements)); }

template <class T>
inline T lowest() {
  return -Eigen::NumTraits<T>::infinity();
}

// ---- one contiguous row ----

// NaN may get lost here; it comes back with the sum of the exponentials.
template <class T>
inline T row_maximum(const T* x, Index n) {
  using P = Packet<T>;
  constexpr Index width = lanes::width_of<P>();
  P a = lanes::splat<P>(lowest<T>()), b = a, c = a, d = a;
  Index i = 0;
  for (; i + 4 * width <= n; i += 4 * width) {
    a = ei::pmax(a, lanes::load<P>(x + i));
    b = ei::pmax(b, lanes::load<P>(x + i + width));
    c = ei::pmax(c, lanes::load<P>(x + i + 2 * width));
    d = ei::pmax(d, lanes::load<P>(x + i + 3 * width));
  }
  lanes::sweep<T>(i, n, [&](auto access, Index j) { a = ei::pmax(a, access.load(x + j, lowest<T>())); });
  return ei::predux_max(ei::pmax(ei::pmax(a, b), ei::pmax(c, d)));
}

// The sum of exp(x - maximum); keeps the exponentials in y. Sums are taken in T within blocks, over blocks in double.
template <bool keep, class T>
inline double sum_of_exponentials(const T* x, Index n, T maximum, T* y) {
  using P = Packet<T>;
  constexpr Index block = 1024;
  const P shift = lanes::splat<P>(maximum);
  double total = 0;
  for (Index begin = 0; begin < n; begin += block) {
    P sum = lanes::splat<P>(T(0));
    lanes::sweep<T>(begin, min_of(n, begin + block), [&](auto access, Index i) {
      const P value = math::exp(P(ei::psub(access.load(x + i, lowest<T>()), shift)));
      if constexpr (keep) access.store(y + i, value);
      sum = ei::padd(sum, value);
    });
    total += static_cast<double>(ei::predux(sum));
  }
  return total;
}

template <class T>
inline T logarithm(double x) {
  using P = Packet<double>;
  return static_cast<T>(ei::pfirst(math::log(lanes::splat<P>(x))));
}

template <class T>
inline void scale_row(const T* x, Index n, T factor, T* y) {
  lanes::cover<T>(0, n, [&](auto as, Index i) {
    using P = typename decltype(as)::type;
    lanes::store(y + i, ei::pmul(lanes::load<P>(x + i), lanes::splat<P>(factor)));
  });
}

template <class T>
inline void softmax_row(const T* x, Index n, T* y) {
  const double sum = sum_of_exponentials<true>(x, n, row_maximum(x, n), y);
  scale_row(y, n, static_cast<T>(1.0 / sum), y);
}

template <class T>
inline void log_softmax_row(const T* x, Index n, T* y) {
  const T maximum = row_maximum(x, n);
  const T log_sum = logarithm<T>(sum_of_exponentials<false, T>(x, n, maximum, nullptr));
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
  const T sum = static_cast<T>(lanes::sum<T>(n, [&](auto as, Index i) {
    return lanes::load<typename decltype(as)::type>(dy + i);
  }));
  lanes::sweep<T>(0, n, [&](auto access, Index i) {
    const P probability = math::exp(access.load(y + i, T(0)));
    access.store(dx + i, ei::psub(access.load(dy + i, T(0)), ei::pmul(probability, lanes::splat<P>(sum))));
  });
}

// ---- one packet of columns: `size` elements each, `step` apart ----

// Sum over k < size of term(k), in T within blocks, the blocks added up in T: at most size / 128 + 128 roundings.
template <class P, class Term>
inline P column_sum(Index size, const Term& term) {
  constexpr Index block = 128;
  P total = lanes::splat<P>(0);
  for (Index begin = 0; begin < size; begin += block) {
    P sum = lanes::splat<P>(0);
    for (Index k = begin; k < min_of(size, begin + block); ++k) sum = ei::padd(sum, term(k));
    total = ei::padd(total, sum);
  }
  return total;
}

template <class P, class Access, class T>
inline P column_maximum(const Access& access, Index size, Index step, const T* x) {
  P maximum = lanes::splat<P>(lowest<T>());
  for (Index k = 0; k < size; ++k) maximum = ei::pmax(maximum, access.load(x + k * step, T(0)));
  return maximum;
}

template <class Access, class T>
inline void softmax_columns(const Access& access, Index size, Index step, const T* x, T* y) {
  using P = Packet<T>;
  const P maximum = column_maximum<P>(access, size, step, x);
  const P sum = column_sum<P>(size, [&](Index k) {
    const P value = math::exp(P(ei::psub(access.load(x + k * step, T(0)), maximum)));
    access.store(y + k * step, value);
    return value;
  });
  const P factor = ei::pdiv(lanes::splat<P>(1), sum);
  for (Index k = 0; k < size; ++k)
    access.store(y + k * step, ei::pmul(access.load(y + k * step, T(0)), factor));
}

template <class Access, class T>
inline void log_softmax_columns(const Access& access, Index size, Index step, const T* x, T* y) {
  using P = Packet<T>;
  const P maximum = column_maximum<P>(access, size, step, x);
  const P log_sum = math::log(column_sum<P>(size, [&](Index k) {
    return math::exp(P(ei::psub(access.load(x + k * step, T(0)), maximum)));
  }));
  for (Index k = 0; k < size; ++k)
    access.store(y + k * step, ei::psub(ei::psub(access.load(x + k * step, T(0)), maximum), log_sum));
}

template <class Access, class T>
inline void softmax_grad_columns(const Access& access, Index size, Index step, const T* y, const T* dy, T* dx) {
  using P = Packet<T>;
  const P sum = column_sum<P>(size, [&](Index k) {
    return ei::pmul(access.load(y + k * step, T(0)), access.load(dy + k * step, T(0)));
  });
  for (Index k = 0; k < size; ++k)
    access.store(dx + k * step,
                 ei::pmul(access.load(y + k * step, T(0)), ei::psub(access.load(dy + k * step, T(0)), sum)));
}

template <class Access, class T>
inline void log_softmax_grad_columns(const Access& access, Index size, Index step, const T* y, const T* dy, T* dx) {
  using P = Packet<T>;
  const P sum = column_sum<P>(size, [&](Index k) { return access.load(dy + k * step, T(0)); });
  for (Index k = 0; k < size; ++k) {
    const P probability = math::exp(access.load(y + k * step, T(0)));
    access.store(dx + k * step, ei::psub(access.load(dy + k * step, T(0)), ei::pmul(probability, sum)));
  }
}

// ---- all rows or columns ----

template <class Body>
inline void for_each_row(Index rows, Index columns, const Body& body) {
  parallel(rows, grain_of(columns), [&](Index begin, Index end, int) {
    for (Index r = begin; r < end; ++r) body(r);
  });
}

// body(access, offset of a packet of columns)
template <class T, class Body>
inline void for_each_columns(const SoftmaxShape& s, const Body& body) {
  constexpr Index tile = 64;  // columns: whole cache lines
  const Index tiles = ceil_div(s.inner, tile);
  parallel(s.outer * tiles, grain_of(s.size * min_of(tile, s.inner)), [&](Index begin, Index end, int) {
    for (Index task = begin; task < end; ++task) {
      const Index first = task % tiles * tile, start = task / tiles * s.size * s.inner;
      lanes::sweep<T>(first, min_of(s.inner, first + tile), [&](auto access, Index i) { body(access, start + i); });
    }
  });
}

template <class T>
void softmax(const SoftmaxShape& s, const T* x, T* y) {
  if (s.size == 0) return;
  if (s.inner == 1)
    return for_each_row(s.outer, s.size, [&](Index r) { softmax_row(x + r * s.size, s.size, y + r * s.size); });
  for_each_columns<T>(s, [&](auto access, Index at) {
    softmax_columns(access, s.size, s.inner, x + at, y + at);
  });
}

template <class T>
void log_softmax(const SoftmaxShape& s, const T* x, T* y) {
  if (s.size == 0) return;
  if (s.inner == 1)
    return for_each_row(s.outer, s.size, [&](Index r) { log_softmax_row(x + r * s.size, s.size, y + r * s.size); });
  for_each_columns<T>(s, [&](auto access, Index at) {
    log_softmax_columns(access, s.size, s.inner, x + at, y + at);
  });
}

template <class T>
void softmax_grad(const SoftmaxShape& s, const T* y, const T* dy, T* dx) {
  if (s.size == 0) return;
  if (s.inner == 1)
    return for_each_row(s.outer, s.size, [&](Index r) {
      softmax_grad_row(y + r * s.size, dy + r * s.size, s.size, dx + r * s.size);
    });
  for_each_columns<T>(s, [&](auto access, Index at) {
    softmax_grad_columns(access, s.size, s.inner, y + at, dy + at, dx + at);
  });
}

template <class T>
void log_softmax_grad(const SoftmaxShape& s, const T* y, const T* dy, T* dx) {
  if (s.size == 0) return;
  if (s.inner == 1)
    return for_each_row(s.outer, s.size, [&](Index r) {
      log_softmax_grad_row(y + r * s.size, dy + r * s.size, s.size, dx + r * s.size);
    });
  for_each_columns<T>(s, [&](auto access, Index at) {
    log_softmax_grad_columns(access, s.size, s.inner, y + at, dy + at, dx + at);
  });
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
    const T maximum = row_maximum(row, columns);
    loss[r] = logarithm<T>(sum_of_exponentials<false, T>(row, columns, maximum, nullptr)) + (maximum - row[label]);
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
    const double sum = sum_of_exponentials<true>(row, columns, row_maximum(row, columns), out);
    const double scale = static_cast<double>(dloss[r]) / sum;
    const double of_label = (static_cast<double>(out[label]) - sum) * scale;
    scale_row(out, columns, static_cast<T>(scale), out);
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
