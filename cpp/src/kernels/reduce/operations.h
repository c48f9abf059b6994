// The operations of the reductions: a neutral value, a combination of two values of type T, and what the results of
// blocks are collected in (sums of floats in double, for their accuracy).
#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "kernels/reduce/lanes.h"

namespace lamina::kernels::LAMINA_LEVEL::reduction {

template <class T>
constexpr bool is_floating = std::is_floating_point_v<T>;

// Integers wrap: their arithmetic is done without sign.
template <class T, class Function>
inline T wrapping(T a, T b, const Function& function) {
  if constexpr (is_floating<T>) {
    return function(a, b);
  } else {
    using U = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
    return static_cast<T>(function(static_cast<U>(a), static_cast<U>(b)));
  }
}

template <class T>
struct Sum {
  using Element = T;
  using Total = std::conditional_t<is_floating<T>, double, T>;
  static T neutral() { return T(0); }
  static T combine(T a, T b) {
    return wrapping(a, b, [](auto u, auto v) { return u + v; });
  }
  template <class P>
  static P combine_packets(const P& a, const P& b) {
    return lanes::ei::padd(a, b);
  }
  static Total collect(Total total, Total block) {
    return wrapping(total, block, [](auto u, auto v) { return u + v; });
  }
  static T finish(Total total, Index) { return static_cast<T>(total); }
};

template <class T>
struct Mean : Sum<T> {
  using Total = typename Sum<T>::Total;
  static T finish(Total total, Index count) {
    if constexpr (!is_floating<T>) {
      if (count == 0) return T(0);
    }
    return static_cast<T>(total / static_cast<Total>(count));
  }
};

// Product, max and min collect blocks the way they combine elements.
template <class Derived, class T>
struct Plain {
  using Element = T;
  using Total = T;
  static T collect(T total, T block) { return Derived::combine(total, block); }
  static T finish(T total, Index) { return total; }
};

template <class T>
struct Product : Plain<Product<T>, T> {
  static T neutral() { return T(1); }
  static T combine(T a, T b) {
    return wrapping(a, b, [](auto u, auto v) { return u * v; });
  }
  template <class P>
  static P combine_packets(const P& a, const P& b) {
    return lanes::ei::pmul(a, b);
  }
};

// The single bars keep the comparisons free of branches, for the vectorizer.
template <class T>
struct Max : Plain<Max<T>, T> {
  static T neutral() { return is_floating<T> ? -Eigen::NumTraits<T>::infinity() : Eigen::NumTraits<T>::lowest(); }
  static T combine(T a, T b) { return (b > a) | (b != b) ? b : a; }
  template <class P>
  static P combine_packets(const P& a, const P& b) {
    return lanes::max_with_nan(a, b);
  }
};

template <class T>
struct Min : Plain<Min<T>, T> {
  static T neutral() { return is_floating<T> ? Eigen::NumTraits<T>::infinity() : Eigen::NumTraits<T>::highest(); }
  static T combine(T a, T b) { return (b < a) | (b != b) ? b : a; }
  template <class P>
  static P combine_packets(const P& a, const P& b) {
    return lanes::min_with_nan(a, b);
  }
};

// Of bool, seen as bytes 0 and 1.
struct Any : Plain<Any, std::uint8_t> {
  static std::uint8_t neutral() { return 0; }
  static std::uint8_t combine(std::uint8_t a, std::uint8_t b) { return a | b; }
};

struct All : Plain<All, std::uint8_t> {
  static std::uint8_t neutral() { return 1; }
  static std::uint8_t combine(std::uint8_t a, std::uint8_t b) { return a & b; }
};

// The reduction of one contiguous run, in one block: four packets of partial results.
template <class Operation, class T>
inline T reduce_run(const T* x, Index n) {
  T result = Operation::neutral();
  if constexpr (is_floating<T>) {
    using P = lanes::Packet<T>;
    constexpr Index width = lanes::width_of<P>();
    Index i = 0;
    if (n >= width) {
      P a = lanes::splat<P>(Operation::neutral()), b = a, c = a, d = a;
      for (; i + 4 * width <= n; i += 4 * width) {
        a = Operation::combine_packets(a, lanes::load<P>(x + i));
        b = Operation::combine_packets(b, lanes::load<P>(x + i + width));
        c = Operation::combine_packets(c, lanes::load<P>(x + i + 2 * width));
        d = Operation::combine_packets(d, lanes::load<P>(x + i + 3 * width));
      }
      for (; i + width <= n; i += width) a = Operation::combine_packets(a, lanes::load<P>(x + i));
      a = Operation::combine_packets(Operation::combine_packets(a, b), Operation::combine_packets(c, d));
      alignas(64) T lane[width];
      lanes::ei::pstore(lane, a);
      for (Index half = width / 2; half > 0; half /= 2)
        for (Index j = 0; j < half; ++j) lane[j] = Operation::combine(lane[j], lane[j + half]);
      result = lane[0];
    }
    for (; i < n; ++i) result = Operation::combine(result, x[i]);
  } else {
    for (Index i = 0; i < n; ++i) result = Operation::combine(result, x[i]);
  }
  return result;
}

// body(combine, load, store, i) over the columns: with packets for floating types, one by one (and vectorized by the
// compiler) for the others.
template <class Operation, class T, class Body>
inline void for_columns(Index width, const Body& body) {
  if constexpr (is_floating<T>) {
    lanes::cover<T>(0, width, [&](auto as, Index i) {
      using P = typename decltype(as)::type;
      body([](const P& a, const P& b) { return Operation::combine_packets(a, b); },
           [](const T* x) { return lanes::load<P>(x); }, [](T* y, const P& value) { lanes::store(y, value); }, i);
    });
  } else {
    for (Index i = 0; i < width; ++i)
      body([](T a, T b) { return Operation::combine(a, b); }, [](const T* x) { return *x; },
           [](T* y, T value) { *y = value; }, i);
  }
}

// sums[c] = sums[c] combined with x[r * stride + c] for all rows r. Never inline: each of its callers would hold a
// copy of these loops.
template <class Operation, class T>
__attribute__((noinline)) void reduce_rows(const T* x, Index stride, Index rows, Index width, T* __restrict sums) {
  Index r = 0;
  for (; r + 8 <= rows; r += 8) {
    const T *a = x + r * stride, *b = a + stride, *c = b + stride, *d = c + stride;
    const T *e = d + stride, *f = e + stride, *g = f + stride, *h = g + stride;
    for_columns<Operation, T>(width, [=](auto combine, auto load, auto store, Index i) {
      const auto first = combine(combine(load(a + i), load(b + i)), combine(load(c + i), load(d + i)));
      const auto second = combine(combine(load(e + i), load(f + i)), combine(load(g + i), load(h + i)));
      store(sums + i, combine(load(sums + i), combine(first, second)));
    });
  }
  for (; r + 2 <= rows; r += 2) {
    const T *a = x + r * stride, *b = a + stride;
    for_columns<Operation, T>(width, [=](auto combine, auto load, auto store, Index i) {
      store(sums + i, combine(load(sums + i), combine(load(a + i), load(b + i))));
    });
  }
  if (r < rows) {
    const T* a = x + r * stride;
    for_columns<Operation, T>(width, [=](auto combine, auto load, auto store, Index i) {
      store(sums + i, combine(load(sums + i), load(a + i)));
    });
  }
}

}  // namespace lamina::kernels::LAMINA_LEVEL::reduction
