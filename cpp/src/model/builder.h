// How the functions of a network become a program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/graph.h"
#include "program/program.h"

namespace lamina {

struct Entry {
  std::string name;
  Symbols inputs;
  NamedSymbols outputs;
  Updates updates;
};

struct GraphBuilder::State {
  struct Input {
    std::string name;
    Symbol symbol;
  };
  struct OfVariable {
    std::string name;
    Symbol leaf;
    Tensor initial;
    bool trainable;
  };
  std::vector<Input> inputs;
  std::vector<OfVariable> variables;
  std::vector<Entry> entries;
};

// A program in the making: variables of its own, then entries.
class Assembly {
 public:
  explicit Assembly(const GraphBuilder::State& state);

  // `leaf` is what stands for it in the network; without one it is made.
  Symbol add_variable(const std::string& name, const Tensor& initial, bool trainable = false, const Symbol& leaf = {});
  void add(const Entry& entry);
  const std::shared_ptr<Program>& program() const { return program_; }

 private:
  std::vector<GraphBuilder::State::Input> inputs_;
  std::vector<Trace::Entry> variables_;
  std::shared_ptr<Program> program_ = std::make_shared<Program>();
};

std::unique_ptr<Model::State> assemble(const GraphBuilder::State& state, const NamedSymbols& outputs,
                                       const Training* training);

}  // namespace lamina
