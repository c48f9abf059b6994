// A graph for known input shapes: which op runs when, on which memory.
//
// Where a value lives is decided once: in the arena (offsets by liveness, in-place where the op allows it), in a
// variable (an update that overwrites what nobody reads any more), in the caller's inputs and outputs, in a constant,
// or among what was prepared.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/parallel_for.h"
#include "program/graph.h"

namespace lamina {

struct Place {
  enum class Kind : std::uint8_t { none, arena, input, output, variable, constant, prepared };
  Kind kind = Kind::none;
  int index = -1;          // of the input, output, variable, constant or prepared value
  std::size_t offset = 0;  // in the arena
};

struct Plan {
  struct Operand {
    Place place;
    DType dtype;
    Shape shape;
  };
  struct Step {
    OpPtr op;
    std::vector<Operand> inputs, outputs;
    std::size_t scratch_bytes = 0, scratch_offset = 0;
  };
  struct Copy {  // after all steps
    Operand from, to;
  };

  std::vector<Step> steps;
  std::vector<std::vector<int>> sections;  // side by side: the steps [s[0], s[1]), [s[1], s[2]), ...; in order
  std::vector<Copy> copies;
  std::vector<Spec> inputs, outputs;  // with known dims
  std::vector<bool> reads, writes;    // per variable of the program
  std::vector<Tensor> constants;
  int num_prepared = 0;
  std::size_t arena_bytes = 0;
  std::size_t live_bytes = 0;  // the most that lives at one step: no arena can be smaller
};

// For whom the steps are put side by side (see branches.h).
struct Team {
  int workers = num_threads();
  std::optional<double> handing_over;  // what a section costs, in nanoseconds, if not what was measured (core/grain.h)
};

// Throws Error (value) when the shapes do not fit the graph's inputs.
// `sizes` are those that were measured. Any number of workers may run the plan, whomever it was made for.
Plan make_plan(const Graph& graph, const std::vector<Shape>& input_shapes, int num_variables,
               const Bindings& sizes = {}, const Team& team = {});

// The symbols' values, from the inputs' shapes.
Bindings bind_inputs(const Graph& graph, const std::vector<Shape>& shapes);

}  // namespace lamina
