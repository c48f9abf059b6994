// Rewrites of a graph that keep its meaning. Each is a function on a graph; `optimize` runs them in order.
#pragma once

#include <initializer_list>

#include "program/graph.h"

namespace lamina {

void remove_dead_nodes(Graph& graph);
void remove_identities(Graph& graph);      // identity and stop_gradient mean nothing once gradients are taken
void remove_measures(Graph& graph);        // what measured sizes depend on is known by then
void merge_equal_nodes(Graph& graph);      // equal constants, and the same op on the same inputs, are there once
void fold_constants(Graph& graph);         // small results that depend on nothing unknown
void trim_kept(Graph& graph);              // what only a gradient would need is not kept without one
void pair_recurrences(Graph& graph);       // two alike that do not need each other run side by side
void add_before_reshape(Graph& graph);     // a bias of several axes is added to the product as a vector
void fuse_epilogues(Graph& graph);         // matmul or conv, + bias, + addend, activation -> one op
void finish_normalizations(Graph& graph);  // batch normalization, + addend, clamp -> one op
void clamp_in_gradients(Graph& graph);     // the gradients of a clamp and of the batch normalization it is in -> one op

std::vector<int> count_uses(const Graph& graph);   // per value: by nodes, outputs and writes
std::vector<int> find_makers(const Graph& graph);  // per value: the node, or -1 for leaves

bool is_one_of(const Op& op, std::initializer_list<const char*> names);

// The product that the node is, as an op that can still take a bias or an activation, or null: a plain matmul by a
// matrix is a linear.
OpPtr open_product(const Graph& graph, const Graph::Node& node);

// With `preparation`, what stays the same from run to run is split off into that (see preparation.h).
void optimize(Graph& graph, Graph* preparation = nullptr);

}  // namespace lamina
