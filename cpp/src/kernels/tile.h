// The register tile that matrix products and convolutions are made of:
//   c(i, j) (+)= sum over r in [0, runs), p in [0, length) of  a[offsets[r] + i * a_row + p * a_step] * b(r, p)[j]
//   then, at the end of the sum, c(i, j) = activation(c(i, j) + bias[j] + addend(i, j))
// with i in [0, rows), j in [0, columns). The rows b(r, p) of a run are b_step apart; the runs follow each other, or
// begin at b_offsets[r].
// Every element is one chain of multiply-adds over (r, p) in order, whatever the size of the tile it lies in: how a
// result is cut into tiles does not change its bits.
#pragma once

#include <Eigen/Core>

#include "kernels/activation.h"
#include "kernels/workers.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
using TilePacket = typename Eigen::internal::packet_traits<T>::type;

template <class T>
constexpr int kLanes = Eigen::internal::unpacket_traits<TilePacket<T>>::size;

// The largest tile: its accumulators, one row of b and one value of a fill the register file.
#if defined(__AVX512F__)
constexpr int kTileRows = 14;
constexpr int kPanelRows = 16;  // rows of a packed panel of a: kTileRows rounded up to whole packets
#elif defined(__aarch64__)
constexpr int kTileRows = 12;
constexpr int kPanelRows = 12;
#else
constexpr int kTileRows = 6;
constexpr int kPanelRows = 8;
#endif
constexpr int kTileVectors = 2;

template <class T>
constexpr int kTileColumns = kTileVectors* kLanes<T>;

// The rows of a tile that a run adds to.
enum class RunRows : unsigned char { all, all_but_first, all_but_last };

template <class T>
struct Tile {
  Index rows = 0, columns = 0;  // at most kTileRows, kTileColumns<T>
  const T* a = nullptr;
  Index a_row = 0, a_step = 0;
  const Index* offsets = nullptr;     // null: one run that starts at a
  const RunRows* run_rows = nullptr;  // null: all
  Index runs = 1;
  Index length = 0;
  const T* b = nullptr;  // each row readable up to `columns` rounded up to whole packets
  Index b_step = 0;
  const Index* b_offsets = nullptr;  // null: the runs follow each other
  T* c = nullptr;
  Index c_row = 0;
  bool accumulate = false;  // add to what c holds
  const T* bias = nullptr;
  const T* addend = nullptr;  // laid out as c; not c itself
  Activation activation = Activation::linear;
  // Rows like those of a that the next tile will read, to be fetched meanwhile, or null. Only for a_step = 1.
  const T* next = nullptr;
};

template <class T>
void run_tile(const Tile<T>& tile);

// Copies a block of a matrix into a panel: out[p * width + j] = source(p, j) for j < columns, 0 up to width; p <
// length. source(p, j) is source[p * stride + j], or source[j * stride + p] when transposed. width is a multiple of
// kLanes<T>.
template <class T>
void pack_panel(const T* source, Index stride, bool transposed, Index length, Index columns, Index width, T* out);

// Columns of a panel rounded up to whole packets.
template <class T>
inline Index padded_columns(Index columns) {
  return ceil_div(columns, Index(kLanes<T>)) * kLanes<T>;
}

template <int I>
struct Constant {
  static constexpr int value = I;
  constexpr operator int() const { return I; }
};

#define LAMINA_INLINE_LAMBDA __attribute__((always_inline))

// body(Constant<0>), ..., body(Constant<Count - 1>): arrays indexed by these constants stay in registers, which gcc
// does not achieve for loops that it unrolls by itself.
template <int Count, int I = 0, class Body>
EIGEN_ALWAYS_INLINE void unroll(const Body& body) {
  if constexpr (I < Count) {
    body(Constant<I>{});
    unroll<Count, I + 1>(body);
  }
}

// The first `count` lanes, 0 < count <= kLanes; lanes beyond read as 0 and are not touched in memory.
template <class T>
inline TilePacket<T> load_first(const T* from, Index count) {
  using namespace Eigen::internal;
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1u), from);
  } else {
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1u), from);
  }
#else
  EIGEN_ALIGN_MAX T lanes[kLanes<T>] = {};
  for (Index i = 0; i < count; ++i) lanes[i] = from[i];
  return pload<TilePacket<T>>(lanes);
#endif
}

template <class T>
inline void store_first(T* to, const TilePacket<T>& packet, Index count) {
  using namespace Eigen::internal;
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1u), packet);
  } else {
    _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << count) - 1u), packet);
  }
#else
  EIGEN_ALIGN_MAX T lanes[kLanes<T>];
  pstore(lanes, packet);
  for (Index i = 0; i < count; ++i) to[i] = lanes[i];
#endif
}

}  // namespace lamina::kernels::LAMINA_LEVEL
