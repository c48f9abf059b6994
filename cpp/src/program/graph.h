// The traced graph of one entry: values by number, nodes in an order in which they can run.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "autodiff/variable.h"
#include "ops/op.h"

namespace lamina {

struct Graph {
  struct Node {
    OpPtr op;
    std::vector<int> inputs, outputs;  // value numbers
  };
  struct Named {
    std::string name;
    int value;
  };
  struct Constant {
    Tensor tensor;
    int value;
  };
  struct OfVariable {
    int variable;  // index in the program
    int value;
  };

  std::vector<Spec> values;
  std::vector<Named> inputs;
  std::vector<Constant> constants;
  std::vector<OfVariable> reads;
  std::vector<int> prepared;  // values that another graph computes (see preparation.h), in the order of its outputs
  std::vector<Node> nodes;
  std::vector<Named> outputs;
  std::vector<OfVariable> writes;

  int add_value(Spec spec) {
    values.push_back(std::move(spec));
    return static_cast<int>(values.size()) - 1;
  }
};

using NamedValues = std::vector<std::pair<std::string, Value>>;

// The graph that leads from the inputs and the traced variables (each with its number in the program) to the outputs
// and to the values assigned to variables. Throws Error (value) when something depends on another placeholder.
Graph make_graph(const NamedValues& inputs, const NamedValues& outputs,
                 const std::vector<std::pair<int, const Trace::Entry*>>& variables);

// A graph that takes all it uses as inputs: the parameters, then what was captured, in the order of `captured`. What
// does not depend on the parameters is captured as a value, so it is computed once, outside, unless its node has a
// number from `since` on: then it is computed inside too. Sizes are measured outside.
struct Closure {
  std::vector<std::shared_ptr<const Graph>> graphs;  // one per list of outputs; all take the same inputs
  Values captured;
};
Closure close_over(const Values& parameters, const std::vector<Values>& outputs,
                   std::uint64_t since = std::numeric_limits<std::uint64_t>::max());

// The graph's outputs for these inputs, by calling its ops. The graph has neither variables nor constants of its own.
Values call_graph(const Graph& graph, const Values& inputs);

std::string to_string(const Graph& graph);

}  // namespace lamina
