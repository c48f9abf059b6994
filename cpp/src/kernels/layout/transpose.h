// Transposes of matrices whose elements are bit patterns of 1, 2, 4 or 8 bytes:
//   dst[i * dst_row + j] = src[j * src_row + i]    for i < rows, j < columns
#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "kernels/level.h"

// gcc warns that a packet given as a template argument loses its may_alias attribute, which nothing here needs.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace lamina::kernels::LAMINA_LEVEL::layout {

// Matrices with fewer rows or columns are not worth tiles.
constexpr Index kNarrow = 4;

template <class T>
inline void transpose_by_element(Index rows, Index columns, const T* src, Index src_row, T* dst, Index dst_row) {
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j) dst[i * dst_row + j] = src[j * src_row + i];
}

// A square tile in registers: elements of 4 and 8 bytes travel as floats, which loads and stores do not change.
template <class T>
struct TransposeTile;

// At most 32 bytes wide: tiles of 64 bytes a side are no faster.
template <class Float>
struct TilePacketOf {
  using Widest = typename Eigen::internal::packet_traits<Float>::type;
  using Half = typename Eigen::internal::packet_traits<Float>::half;
  using type = std::conditional_t<(sizeof(Widest) > 32), Half, Widest>;
};

template <class Float>
struct PacketTile {
  using Packet = typename TilePacketOf<Float>::type;
  static constexpr Index size = Eigen::internal::unpacket_traits<Packet>::size;

  template <class T>
  static inline void run(const T* src, Index src_row, T* dst, Index dst_row) {
    Eigen::internal::PacketBlock<Packet, size> block;
    for (Index i = 0; i < size; ++i)
      block.packet[i] = Eigen::internal::ploadu<Packet>(reinterpret_cast<const Float*>(src + i * src_row));
    Eigen::internal::ptranspose(block);
    for (Index i = 0; i < size; ++i)
      Eigen::internal::pstoreu(reinterpret_cast<Float*>(dst + i * dst_row), block.packet[i]);
  }
};

template <>
struct TransposeTile<std::uint32_t> : PacketTile<float> {};
template <>
struct TransposeTile<std::uint64_t> : PacketTile<double> {};

// A square of 8 bytes a side in as many integers: blocks of 4, 2 and 1 bytes off the diagonal change places. A row
// here is `distance` elements away, and `bits` are as far in an integer.
template <int distance, int bits, Index size>
inline void swap_blocks(std::uint64_t (&row)[size], std::uint64_t low) {
  for (Index i = 0; i < size; ++i) {
    if (i & distance) continue;
    const std::uint64_t changed = ((row[i] >> bits) ^ row[i + distance]) & low;
    row[i + distance] ^= changed;
    row[i] ^= changed << bits;
  }
}

template <>
struct TransposeTile<std::uint8_t> {
  static constexpr Index size = 8;
  static inline void run(const std::uint8_t* src, Index src_row, std::uint8_t* dst, Index dst_row) {
    std::uint64_t row[8];
    for (int i = 0; i < 8; ++i) __builtin_memcpy(&row[i], src + i * src_row, 8);
    swap_blocks<4, 32>(row, 0x00000000ffffffffu);
    swap_blocks<2, 16>(row, 0x0000ffff0000ffffu);
    swap_blocks<1, 8>(row, 0x00ff00ff00ff00ffu);
    for (int i = 0; i < 8; ++i) __builtin_memcpy(dst + i * dst_row, &row[i], 8);
  }
};

template <>
struct TransposeTile<std::uint16_t> {
  static constexpr Index size = 4;
  static inline void run(const std::uint16_t* src, Index src_row, std::uint16_t* dst, Index dst_row) {
    std::uint64_t row[4];
    for (int i = 0; i < 4; ++i) __builtin_memcpy(&row[i], src + i * src_row, 8);
    swap_blocks<2, 32>(row, 0x00000000ffffffffu);
    swap_blocks<1, 16>(row, 0x0000ffff0000ffffu);
    for (int i = 0; i < 4; ++i) __builtin_memcpy(dst + i * dst_row, &row[i], 8);
  }
};

template <class T>
void transpose(Index rows, Index columns, const T* src, Index src_row, T* dst, Index dst_row) {
  constexpr Index size = TransposeTile<T>::size;
  // Blocks of one cache line of elements in each direction: every line that is touched is used whole.
  constexpr Index line = 64 / static_cast<Index>(sizeof(T));
  constexpr Index block = 2 * (size > line ? size : line);
  for (Index j0 = 0; j0 < columns; j0 += block) {
    const Index j1 = min_of(columns, j0 + block);
    for (Index i0 = 0; i0 < rows; i0 += block) {
      const Index i1 = min_of(rows, i0 + block);
      Index j = j0;
      for (; j + size <= j1; j += size) {
        Index i = i0;
        for (; i + size <= i1; i += size)
          TransposeTile<T>::run(src + j * src_row + i, src_row, dst + i * dst_row + j, dst_row);
        transpose_by_element(i1 - i, size, src + j * src_row + i, src_row, dst + i * dst_row + j, dst_row);
      }
      transpose_by_element(i1 - i0, j1 - j, src + j * src_row + i0, src_row, dst + i0 * dst_row + j, dst_row);
    }
  }
}

}  // namespace lamina::kernels::LAMINA_LEVEL::layout
