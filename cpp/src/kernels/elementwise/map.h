// Loops over contiguous arrays. The body and the tail run the same function of packets, the tail on a padded copy, so
// that a number gets the same bits wherever it stands. Outputs may be inputs.
#pragma once

#include "kernels/elementwise/packet_base.h"
#include "kernels/level.h"

// The next loop has no dependences between its iterations (an output that is an input is read before it is written).
#if defined(__clang__)
#define LAMINA_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define LAMINA_INDEPENDENT _Pragma("GCC ivdep")
#endif

namespace lamina::kernels::LAMINA_LEVEL {

// Elements below which waking another thread costs more than it saves, by what one element costs: a memory-bound loop
// passes some 10 bytes per nanosecond. All are multiples of every vector width.
constexpr Index kGrainBytes = 128 * 1024;
constexpr Index kGrainFunction = 16 * 1024;  // about 1 ns per element: exp, tanh, ...
constexpr Index kGrainLibrary = 2 * 1024;    // about 10 ns per element: calls of the C library
constexpr Index kGrainSeries = 256;          // about 100 ns per element

constexpr Index grain_of_bytes(Index bytes_per_element) { return kGrainBytes / bytes_per_element / 64 * 64; }

// y[i] = f(x[i])
template <class T, class Function>
inline void map_range(Index n, const T* x, T* y, const Function& f) {
  using namespace Eigen::internal;
  using P = math::PacketOf<T>;
  constexpr Index lanes = unpacket_traits<P>::size;
  Index i = 0;
  for (; i + lanes <= n; i += lanes) pstoreu(y + i, f(ploadu<P>(x + i)));
  if (i == n) return;
  EIGEN_ALIGN_MAX T padded[lanes] = {};
  for (Index j = i; j < n; ++j) padded[j - i] = x[j];
  pstore(padded, f(pload<P>(padded)));
  for (Index j = i; j < n; ++j) y[j] = padded[j - i];
}

// y[i] = f(a[i], b[i])
template <class T, class Function>
inline void map_range(Index n, const T* a, const T* b, T* y, const Function& f) {
  using namespace Eigen::internal;
  using P = math::PacketOf<T>;
  constexpr Index lanes = unpacket_traits<P>::size;
  Index i = 0;
  for (; i + lanes <= n; i += lanes) pstoreu(y + i, f(ploadu<P>(a + i), ploadu<P>(b + i)));
  if (i == n) return;
  EIGEN_ALIGN_MAX T padded_a[lanes] = {};
  EIGEN_ALIGN_MAX T padded_b[lanes] = {};
  for (Index j = i; j < n; ++j) {
    padded_a[j - i] = a[j];
    padded_b[j - i] = b[j];
  }
  pstore(padded_a, f(pload<P>(padded_a), pload<P>(padded_b)));
  for (Index j = i; j < n; ++j) y[j] = padded_a[j - i];
}

template <class T, class Function>
inline void map(Index n, Index grain, const T* x, T* y, const Function& f) {
  parallel(n, measured_grain(grain),
           [&](Index begin, Index end, int) { map_range(end - begin, x + begin, y + begin, f); });
}

template <class T, class Function>
inline void map(Index n, Index grain, const T* a, const T* b, T* y, const Function& f) {
  parallel(n, measured_grain(grain),
           [&](Index begin, Index end, int) { map_range(end - begin, a + begin, b + begin, y + begin, f); });
}

// y[i] = f(i, x[i]...) one element after the other; the compiler vectorizes what can be.
template <class Function>
inline void for_each_element(Index n, Index grain, const Function& f) {
  parallel(n, measured_grain(grain), [&](Index begin, Index end, int) {
    const Function local = f;  // its pointers cannot be what a byte that is written belongs to
    LAMINA_INDEPENDENT
    for (Index i = begin; i < end; ++i) local(i);
  });
}

}  // namespace lamina::kernels::LAMINA_LEVEL
