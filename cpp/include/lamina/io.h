// Named tensors in a file, in the safetensors layout (readable by any
// safetensors reader).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/export.h"
#include "lamina/tensor.h"

namespace lamina {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// Throws Error (io) when the file cannot be read, Error (value) when it is
// damaged. The tensors view the mapped file.
LAMINA_API NamedTensors read_tensors(const std::string& path);

// Atomic: the old file stays as it was unless all went well. Throws Error (io).
LAMINA_API void write_tensors(const std::string& path, const NamedTensors& tensors);

}  // namespace lamina
