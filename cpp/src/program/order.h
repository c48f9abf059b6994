// The order in which the nodes of a graph run.
#pragma once

#include "program/graph.h"

namespace lamina {

// New values of variables are computed as soon as their inputs are there and nobody needs the old values any more: an
// optimizer's update right behind the gradient, which then need not be kept until the end.
void run_updates_early(Graph& graph);

}  // namespace lamina
