// Gradients of a fused op through its unfused definition.
#pragma once

#include <algorithm>

#include "autodiff/gradient.h"
#include "ops/elementwise.h"

namespace lamina {

// `compose` makes the op's outputs from (stand-ins of) its inputs by calling other ops.
template <class F>
Values vjp_through(const Vjp& v, F&& compose) {
  const bool recorded = Recording::active();  // then the gradient itself may be differentiated
  Recording recording;
  Values stand_ins;
  for (const Value& input : v.inputs) {  // a new identity for each, so that the gradient stops at the inputs
    if (input.concrete() && !(recorded && input.tracked())) {
      stand_ins.emplace_back(input.tensor());
      stand_ins.back().watch();
    } else {
      stand_ins.push_back(call(Identity{}, {input})[0]);
    }
  }
  const Values outputs = compose(stand_ins);
  Values targets, gradients;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (v.gradients[i]) {
      targets.push_back(outputs[i]);
      gradients.push_back(v.gradients[i]);
    }
  Values sources;
  for (std::size_t i = 0; i < stand_ins.size(); ++i)
    if (v.needed[i]) sources.push_back(stand_ins[i]);
  const Values found = gradient(targets, sources, gradients);
  Values result(stand_ins.size());
  for (std::size_t i = 0, next = 0; i < stand_ins.size(); ++i)
    if (v.needed[i]) result[i] = found[next++];
  return result;
}

}  // namespace lamina
