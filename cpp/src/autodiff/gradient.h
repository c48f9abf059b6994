// Reverse mode over nodes: one implementation for recorded concrete values and for symbolic ones.
#pragma once

#include "autodiff/value.h"

namespace lamina {

// What an op's `vjp` sees.
struct Vjp {
  const Values& inputs;
  const Values& outputs;
  const Values& gradients;          // of the outputs; empty where nothing flows back (never all of them)
  const std::vector<bool>& needed;  // which inputs' gradients are wanted

  const Value& in(int i) const { return inputs[static_cast<std::size_t>(i)]; }
  const Value& out(int i = 0) const { return outputs[static_cast<std::size_t>(i)]; }
  const Value& grad(int i = 0) const { return gradients[static_cast<std::size_t>(i)]; }
  bool need(int i) const { return needed[static_cast<std::size_t>(i)]; }
  bool has(int i) const { return i < static_cast<int>(inputs.size()); }
};

// d sum(targets . output_gradients) / d source for each source; empty where no path leads from source to target.
// Missing output gradients are ones.
Values gradient(const Values& targets, const Values& sources, const Values& output_gradients = {});

}  // namespace lamina
