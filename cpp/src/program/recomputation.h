// Results that are cheap to compute are not kept for those who read them much later.
#pragma once

#include "program/graph.h"

namespace lamina {

// What an elementwise op gives early (an activation that a product takes) and somebody reads much later (the gradient
// of that product) is computed a second time for the latter, where that lowers the peak of the memory: its inputs have
// to be there then anyway. The numbers are the same to the bit. The nodes have to be in the order in which they will
// run.
void recompute_cheap(Graph& graph);

}  // namespace lamina
