// Packing of panels (see kernels/tile.h).
#include "kernels/tile.h"

// Packets as template arguments lose only their alignment, which PacketBlock restores by itself.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace lamina::kernels::LAMINA_LEVEL {

using Eigen::internal::PacketBlock;
using Eigen::internal::ploadu;
using Eigen::internal::pset1;
using Eigen::internal::pstoreu;
using Eigen::internal::ptranspose;

template <class T>
static void pack_rows(const T* source, Index stride, Index length, Index columns, Index width, T* out) {
  using P = TilePacket<T>;
  constexpr int kLane = kLanes<T>;
  const Index whole = columns / kLane * kLane;
  const Index rest = columns - whole;
  for (Index p = 0; p < length; ++p) {
    const T* from = source + p * stride;
    T* to = out + p * width;
    Index j = 0;
    for (; j < whole; j += kLane) pstoreu(to + j, ploadu<P>(from + j));
    if (rest) {
      pstoreu(to + j, load_first(from + j, rest));
      j += kLane;
    }
    for (; j < width; j += kLane) pstoreu(to + j, pset1<P>(T(0)));
  }
}

// One square of the transposition: `rows` rows of the source, `count` values of each, both at most kLanes.
template <class T, bool WholeRows, bool WholeCount>
EIGEN_ALWAYS_INLINE void transpose_square(const T* source, Index stride, Index rows, Index count, T* out, Index width) {
  using P = TilePacket<T>;
  constexpr int kLane = kLanes<T>;
  PacketBlock<P, kLane> block;
  unroll<kLane>([&](auto q) LAMINA_INLINE_LAMBDA {
    if (WholeRows || q < rows) {
      block.packet[q] = WholeCount ? ploadu<P>(source + q * stride) : load_first(source + q * stride, count);
    } else {
      block.packet[q] = pset1<P>(T(0));
    }
  });
  ptranspose(block);
  unroll<kLane>([&](auto q) LAMINA_INLINE_LAMBDA {
    if (WholeCount || q < count) pstoreu(out + q * width, block.packet[q]);
  });
}

template <class T, bool WholeRows>
static void transpose_columns(const T* source, Index stride, Index length, Index rows, Index width, T* out) {
  constexpr Index kLane = kLanes<T>;
  Index p = 0;
  for (; p + kLane <= length; p += kLane) {
    transpose_square<T, WholeRows, true>(source + p, stride, rows, kLane, out + p * width, width);
  }
  if (p < length) {
    transpose_square<T, WholeRows, false>(source + p, stride, rows, length - p, out + p * width, width);
  }
}

template <class T>
static void pack_transposed(const T* source, Index stride, Index length, Index columns, Index width, T* out) {
  constexpr Index kLane = kLanes<T>;
  for (Index j = 0; j < width; j += kLane) {
    const Index rows = min_of(max_of(columns - j, Index(0)), kLane);
    if (rows == kLane) {
      transpose_columns<T, true>(source + j * stride, stride, length, rows, width, out + j);
    } else {
      transpose_columns<T, false>(source + j * stride, stride, length, rows, width, out + j);
    }
  }
}

template <class T>
void pack_panel(const T* source, Index stride, bool transposed, Index length, Index columns, Index width, T* out) {
  if (transposed) {
    pack_transposed(source, stride, length, columns, width, out);
  } else {
    pack_rows(source, stride, length, columns, width, out);
  }
}

template void pack_panel(const float*, Index, bool, Index, Index, Index, float*);
template void pack_panel(const double*, Index, bool, Index, Index, Index, double*);

}  // namespace lamina::kernels::LAMINA_LEVEL
