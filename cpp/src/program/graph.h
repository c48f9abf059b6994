// The traced graph of one entry: values by number, nodes in an order in which they can run.
#pragma once

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

std::string to_string(const Graph& graph);

}  // namespace lamina
