// Axes along which every operand is contiguous or constant are merged first. What is then left of most broadcasts is
// one axis (same shapes, or a scalar), or two (a row or a column against a matrix): a call of the row function per row.
// Short rows would be nothing but calls, so they are gathered into blocks; strides that are neither 0 nor 1 as well.
#include "kernels/elementwise/broadcast.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

constexpr int kMaxRank = 8;
constexpr Index kBlock = 1024;   // elements gathered at a time
constexpr Index kShortRow = 48;  // rows below are gathered

struct Walk {
  int rank;  // at least 1
  Index shape[kMaxRank];
  Index strides[3][kMaxRank];
  Index total;
};

Walk merge_axes(const Broadcast& from, int operands) {
  Walk walk = {};
  walk.total = 1;
  for (int axis = 0; axis < from.rank; ++axis) {
    const Index size = from.shape[axis];
    walk.total *= size;
    if (size == 1) continue;
    bool merge = walk.rank > 0;
    for (int k = 0; k < operands && merge; ++k) {
      merge = walk.strides[k][walk.rank - 1] == from.strides[k][axis] * size;
    }
    if (!merge) ++walk.rank;
    walk.shape[walk.rank - 1] = merge ? walk.shape[walk.rank - 1] * size : size;
    for (int k = 0; k < operands; ++k) walk.strides[k][walk.rank - 1] = from.strides[k][axis];
  }
  if (walk.rank == 0) {
    walk.rank = 1;
    walk.shape[0] = walk.total;
  }
  return walk;
}

// A position in the outer axes (all but the last) and the elements it stands for.
struct Cursor {
  Index index[kMaxRank];
  Index offsets[3];

  Cursor(const Walk& walk, int operands, Index row) : index{}, offsets{} {
    for (int axis = walk.rank - 2; axis >= 0; --axis) {
      index[axis] = row % walk.shape[axis];
      row /= walk.shape[axis];
      for (int k = 0; k < operands; ++k) offsets[k] += index[axis] * walk.strides[k][axis];
    }
  }

  // The rows that follow each other along the last of the outer axes, from here to its end.
  Index rows_left(const Walk& walk) const {
    return walk.rank > 1 ? walk.shape[walk.rank - 2] - index[walk.rank - 2] : 1;
  }

  // Moves on by at most rows_left() rows.
  void advance(const Walk& walk, int operands, Index rows = 1) {
    for (int axis = walk.rank - 2; axis >= 0; --axis) {
      for (int k = 0; k < operands; ++k) offsets[k] += rows * walk.strides[k][axis];
      index[axis] += rows;
      if (index[axis] < walk.shape[axis]) return;
      for (int k = 0; k < operands; ++k) offsets[k] -= walk.shape[axis] * walk.strides[k][axis];
      index[axis] = 0;
      rows = 1;
    }
  }
};

// to[at + i] = from[offset + i * stride]
template <class Word>
void gather_words(Index n, const void* from, Index offset, Index stride, void* to, Index at) {
  const Word* source = static_cast<const Word*>(from) + offset;
  Word* target = static_cast<Word*>(to) + at;
  for (Index i = 0; i < n; ++i) target[i] = source[i * stride];
}

constexpr Index kSpare = 32;  // bytes that gather_rows() may write beyond the last element

// to[at + r * columns + c] = from[offset + r * row_stride + c * column_stride], for rows of a few elements
template <class Word>
void gather_rows(Index rows, Index columns, const void* from, Index offset, Index row_stride, Index column_stride,
                 void* to, Index at) {
  const Word* source = static_cast<const Word*>(from) + offset;
  Word* target = static_cast<Word*>(to) + at;
  if (column_stride == 0) {
    // Whole vectors; what they write too much belongs to the next row, or to the spare bytes.
    typedef Word Vector __attribute__((vector_size(kSpare)));
    constexpr Index lanes = kSpare / sizeof(Word);
    for (Index r = 0; r < rows; ++r, target += columns) {
      const Vector value = Vector{} + source[r * row_stride];
      for (Index c = 0; c < columns; c += lanes) __builtin_memcpy(target + c, &value, sizeof value);
    }
  } else {
    for (Index r = 0; r < rows; ++r, target += columns, source += row_stride) {
      for (Index c = 0; c < columns; ++c) target[c] = source[c * column_stride];
    }
  }
}

// Of elements of `size` bytes.
void gather(int size, Index n, const void* from, Index offset, Index stride, void* to, Index at) {
  if (size == 1) return gather_words<std::uint8_t>(n, from, offset, stride, to, at);
  if (size == 4) return gather_words<std::uint32_t>(n, from, offset, stride, to, at);
  gather_words<std::uint64_t>(n, from, offset, stride, to, at);
}

void gather(int size, Index rows, Index columns, const void* from, Index offset, Index row_stride, Index column_stride,
            void* to, Index at) {
  if (size == 1) return gather_rows<std::uint8_t>(rows, columns, from, offset, row_stride, column_stride, to, at);
  if (size == 4) return gather_rows<std::uint32_t>(rows, columns, from, offset, row_stride, column_stride, to, at);
  gather_rows<std::uint64_t>(rows, columns, from, offset, row_stride, column_stride, to, at);
}

const void* element(const void* data, Index index, int size) { return static_cast<const char*>(data) + index * size; }
void* element(void* data, Index index, int size) { return static_cast<char*>(data) + index * size; }

struct Blocks {
  alignas(64) std::uint64_t words[3][kBlock + kSpare / 8];
};

// Elements [begin, end) of the output, row by row.
void run_rows(const Walk& walk, const BroadcastCall& call, Index begin, Index end) {
  const int last = walk.rank - 1;
  const Index columns = walk.shape[last];
  const int operands = call.operands;
  unsigned scalars = 0, gathered = 0;
  for (int k = 0; k < operands; ++k) {
    const Index stride = walk.strides[k][last];
    if (stride == 0 && !(call.vectors_only >> k & 1)) {
      scalars |= 1u << k;
    } else if (stride != 1) {
      gathered |= 1u << k;
    }
  }
  const unsigned all = (1u << operands) - 1;
  if (scalars == all) {
    scalars ^= 1;
    gathered |= 1;
  }
  Blocks blocks;
  const Index longest = gathered != 0 ? kBlock : columns;

  Cursor cursor(walk, operands, begin / columns);
  Index column = begin % columns;
  for (Index at = begin; at < end;) {
    const Index n = min_of(min_of(columns - column, end - at), longest);
    const void* in[3];
    for (int k = 0; k < operands; ++k) {
      const Index offset = cursor.offsets[k] + column * walk.strides[k][last];
      if (gathered >> k & 1) {
        gather(call.sizes[k], n, call.data[k], offset, walk.strides[k][last], blocks.words[k], 0);
        in[k] = blocks.words[k];
      } else {
        in[k] = element(call.data[k], offset, call.sizes[k]);
      }
    }
    call.row(n, in, scalars, element(call.y, at, call.y_size));
    at += n;
    column += n;
    if (column == columns) {
      column = 0;
      cursor.advance(walk, operands);
    }
  }
}

// Elements [begin, end) of the output, in blocks of many short rows.
void run_short_rows(const Walk& walk, const BroadcastCall& call, Index begin, Index end) {
  const int last = walk.rank - 1;
  const Index columns = walk.shape[last];
  const int operands = call.operands;
  enum class Layout { contiguous, scalar, periodic, gathered };
  Layout layouts[3];
  unsigned scalars = 0;
  bool any_gathered = false;
  for (int k = 0; k < operands; ++k) {
    bool contiguous = true, constant_outside = true;
    Index expected = 1;
    for (int axis = last; axis >= 0; --axis) {
      contiguous &= walk.strides[k][axis] == expected;
      expected *= walk.shape[axis];
      if (axis < last) constant_outside &= walk.strides[k][axis] == 0;
    }
    layouts[k] = contiguous ? Layout::contiguous : constant_outside ? Layout::periodic : Layout::gathered;
    if (constant_outside && walk.strides[k][last] == 0 && !(call.vectors_only >> k & 1)) {
      layouts[k] = Layout::scalar;
      scalars |= 1u << k;
    }
    any_gathered |= layouts[k] == Layout::gathered;
  }
  if (scalars == (1u << operands) - 1) {
    scalars ^= 1;
    layouts[0] = Layout::periodic;
  }

  // Whole rows per block, so that a periodic operand is gathered once.
  Blocks blocks;
  const Index block = kBlock / columns * columns;
  const Index first_column = begin % columns;
  for (int k = 0; k < operands; ++k) {
    if (layouts[k] != Layout::periodic) continue;
    for (Index at = 0, column = first_column; at < min_of(block, end - begin);) {
      const Index n = min_of(columns - column, block - at);
      const Index stride = walk.strides[k][last];
      gather(call.sizes[k], n, call.data[k], column * stride, stride, blocks.words[k], at);
      at += n;
      column = 0;
    }
  }

  Cursor cursor(walk, operands, begin / columns);
  Index column = first_column;
  for (Index at = begin; at < end; at += block) {
    const Index count = min_of(block, end - at);
    for (Index done = 0; any_gathered && done < count;) {
      // A piece of a row at either end of the range, else as many whole rows as lie side by side.
      const bool whole = column == 0 && count - done >= columns;
      const Index rows = whole ? min_of((count - done) / columns, cursor.rows_left(walk)) : 1;
      const Index n = whole ? columns : min_of(columns - column, count - done);
      for (int k = 0; k < operands; ++k) {
        if (layouts[k] != Layout::gathered) continue;
        const Index row_stride = walk.strides[k][last - 1], stride = walk.strides[k][last];
        gather(call.sizes[k], rows, n, call.data[k], cursor.offsets[k] + column * stride, row_stride, stride,
               blocks.words[k], done);
      }
      done += rows * n;
      column += n;
      if (column == columns) {
        column = 0;
        cursor.advance(walk, operands, rows);
      }
    }
    const void* in[3];
    for (int k = 0; k < operands; ++k) {
      const bool direct = layouts[k] == Layout::contiguous;
      in[k] = direct                         ? element(call.data[k], at, call.sizes[k])
              : layouts[k] == Layout::scalar ? call.data[k]
                                             : static_cast<const void*>(blocks.words[k]);
    }
    call.row(count, in, scalars, element(call.y, at, call.y_size));
  }
}

}  // namespace

void run_broadcast(const Broadcast& shape, const BroadcastCall& call) {
  const Walk walk = merge_axes(shape, call.operands);
  const bool short_rows = walk.rank > 1 && walk.shape[walk.rank - 1] < kShortRow;
  parallel(walk.total, measured_grain(call.grain), [&](Index begin, Index end, int) {
    if (short_rows) {
      run_short_rows(walk, call, begin, end);
    } else {
      run_rows(walk, call, begin, end);
    }
  });
}

}  // namespace lamina::kernels::LAMINA_LEVEL
