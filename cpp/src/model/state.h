// What a model is made of: the program, and what its file said beside it.
#pragma once

#include <mutex>
#include <utility>

#include "io/lamina_file.h"
#include "lamina/model.h"

namespace lamina {

struct Model::State {
  explicit State(io::Loaded loaded) : file(std::move(loaded)) {}
  Program& program() const { return *file.program; }

  io::Loaded file;
  std::recursive_mutex training;  // one fit or evaluation at a time; a callback may evaluate
};

}  // namespace lamina
