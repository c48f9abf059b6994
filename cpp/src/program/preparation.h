// What stays the same from run to run as long as the variables do: in a prediction, all that is computed from weights
// alone. It is split off into a graph of its own, which runs again only after a variable has changed.
#pragma once

#include "program/graph.h"

namespace lamina {

// A convolution or product, then a normalization with known statistics: the normalization goes into kernel and bias.
void fold_normalizations(Graph& graph);

// Steady kernels of convolutions and products are packed (ops/packed.h).
void pack_kernels(Graph& graph);

// Takes the steady part out of `graph`, which gets its results as prepared values, and gives it.
Graph take_preparation(Graph& graph);

}  // namespace lamina
