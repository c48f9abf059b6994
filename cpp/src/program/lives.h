// How long the values of a graph are in memory, before the sizes of its inputs are known.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "program/graph.h"

namespace lamina {

// A value, from the node that makes it to the last one that reads it, itself or under another shape.
struct Life {
  static constexpr int forever = std::numeric_limits<int>::max();

  int made = -1;             // the node; -1 for leaves
  int last = -1;             // the last node that reads it, or forever
  std::size_t bytes = 0;     // of the memory that is shared with others
  std::vector<int> readers;  // nodes, in order

  bool at(int node) const { return made < node && node <= last; }
};

// For the nodes in the order in which they are. Sizes that are not known count as 128: in smaller batches what values
// take matters less.
struct Lives {
  explicit Lives(const Graph& graph);

  const Life& operator[](int value) const { return all[static_cast<std::size_t>(root(value))]; }
  Life& operator[](int value) { return all[static_cast<std::size_t>(root(value))]; }
  int root(int value) const { return roots[static_cast<std::size_t>(value)]; }

  std::vector<int> roots;         // per value: the one whose memory it has
  std::vector<Life> all;          // per root
  std::vector<std::size_t> live;  // per node: the bytes that are in use while it runs
};

}  // namespace lamina
