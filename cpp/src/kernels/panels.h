// Products with a right operand that is packed once and used several times.
#pragma once

#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
inline Index panel_elements(Index length, Index columns) {
  return aligned_elements<T>(length * padded_columns<T>(columns));
}

// Packs op(b), `length` x `columns`, into panels of kTileColumns, one after the other: panel_elements values.
template <class T>
inline void pack_panels(const T* b, Index stride, bool transposed, Index length, Index columns, T* out) {
  for (Index j = 0; j < columns; j += kTileColumns<T>) {
    const Index count = min_of(columns - j, Index(kTileColumns<T>));
    const Index width = padded_columns<T>(count);
    pack_panel(b + j * (transposed ? stride : 1), stride, transposed, length, count, width, out);
    out += length * width;
  }
}

// A left operand: element (i, p) is first[i * row + p * step].
template <class T>
struct Left {
  const T* first;
  Index row, step;
};

// A right operand: packed panels, or, with its row stride, where it lies; then its columns must fill whole packets.
template <class T>
struct Right {
  const T* first;
  Index stride = 0;
};

// c (+)= a . b, rows x columns.
template <class T>
inline void multiply(Index rows, Index columns, Index length, const Left<T>& a, const Right<T>& b, T* c, Index c_row,
                     bool accumulate) {
  const Index tiles = ceil_div(rows, Index(kTileRows));
  Tile<T> tile;
  tile.a_row = a.row;
  tile.a_step = a.step;
  tile.length = length;
  tile.c_row = c_row;
  tile.accumulate = accumulate;
  for (Index j = 0; j < columns; j += kTileColumns<T>) {
    tile.columns = min_of(columns - j, Index(kTileColumns<T>));
    tile.b = b.first + (b.stride != 0 ? j : j * length);
    tile.b_step = b.stride != 0 ? b.stride : padded_columns<T>(tile.columns);
    for (Index i = 0; i < tiles; ++i) {
      const Index row = piece_begin(rows, tiles, i);
      tile.rows = piece_begin(rows, tiles, i + 1) - row;
      tile.a = a.first + row * a.row;
      tile.c = c + row * c_row + j;
      run_tile(tile);
    }
  }
}

}  // namespace lamina::kernels::LAMINA_LEVEL
