// Chains of elementwise ops as one op: all of them run on a block that fits the cache before the next block is read.
// Each op computes what it computes alone, so the bits stay the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ops/op.h"
#include "program/graph.h"

namespace lamina {

// Made by `fuse_elementwise` only; files hold the ops it was made of.
struct Fused {
  static constexpr const char* name = "fused";
  static constexpr bool any_dtype = true;  // none of its values is a 16-bit float

  // An op of the chain on registers. They are numbered: first the inputs, then the outputs, then the temporaries.
  struct Step {
    OpPtr op;
    std::vector<int> inputs;
    int output;
  };
  struct Chain {
    std::vector<Step> steps;
    std::vector<DType> outputs, temporaries;  // their dtypes
    std::vector<unsigned> reuses;             // per output: the inputs nobody reads once it is written, a bit each
    std::string text;                         // for people
  };
  static constexpr int max_registers = 64;
  std::shared_ptr<const Chain> chain;

  template <class V>
  void fields(V& v) {
    std::string text = chain ? chain->text : "";
    v("chain", text);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  unsigned reuses(int output) const { return chain->reuses[static_cast<std::size_t>(output)]; }
};

bool is_elementwise(const Op& op);  // or a chain of such ops
void fuse_elementwise(Graph& graph);

}  // namespace lamina
