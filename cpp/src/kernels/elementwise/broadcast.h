// Walks a Broadcast and hands contiguous pieces of it to a row function, so that an operation is compiled for a few
// simple layouts only.
#pragma once

#include "kernels/elementwise/elementwise.h"
#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL {

// y[i] = f(in[0][i], ...), i < n, all contiguous; where bit k of `scalars` is set, in[k] is one element for all i.
// At most operands - 1 bits are set.
using RowFunction = void (*)(Index n, const void* const* in, unsigned scalars, void* y);

struct BroadcastCall {
  int operands;
  const void* data[3];
  int sizes[3];  // bytes per element
  void* y;
  int y_size;
  unsigned vectors_only;  // bit k: the row function does not take in[k] as a scalar
  Index grain;            // elements per thread at least
  RowFunction row;
};

void run_broadcast(const Broadcast& shape, const BroadcastCall& call);

}  // namespace lamina::kernels::LAMINA_LEVEL
