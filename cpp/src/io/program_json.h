// A program as JSON: variables by name, entries as lists of ops by name. Tensors (values of variables, constants) stand
// beside it in the container.
#pragma once

#include <memory>
#include <string>

#include "io/safetensors.h"
#include "program/program.h"

namespace lamina::io {

// The attributes of one op. Throws Error (value).
std::string attributes_to_json(const Attributes& attributes);
Attributes attributes_from_json(const std::string& text);

std::string program_to_json(const Program& program, Container& container);

// Everything is checked: ops and attributes against the closed list, numbers against their range, shapes by the ops'
// own `infer`. Throws Error (value).
std::shared_ptr<Program> program_from_json(const std::string& text, const Container& container);

}  // namespace lamina::io
