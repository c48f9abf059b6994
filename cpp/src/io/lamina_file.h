// The .lamina file: a safetensors file that also holds the program (see README.md in this folder).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "program/program.h"

namespace lamina::io {

using Metadata = std::map<std::string, std::string>;

struct Loaded {
  std::shared_ptr<Program> program;
  Metadata metadata;           // what the writer added
  std::vector<Tensor> golden;  // the golden inputs
};

// Writes the program's variables and entries atomically: the old file stays as it was unless all went well. `golden`
// are inputs of the entry 'predict'; they are stored with their outputs, and loading recomputes these. Throws Error
// (io).
void save(const std::string& path, Program& program, const Metadata& metadata, const std::vector<Tensor>& golden);

// Throws Error (io) for a file that cannot be read, Error (value) for one that is damaged, of an unknown version, or
// whose golden outputs this machine does not reproduce.
Loaded load(const std::string& path);
Loaded load(const void* bytes, std::size_t size);  // the contents of such a file, which are copied

}  // namespace lamina::io
