// Named tensors in a file, in the safetensors layout (readable by any
// safetensors reader).
//
//   lamina::write_tensors("points.safetensors", {{"x", x}, {"labels", labels}});
//   for (const auto& [name, tensor] : lamina::read_tensors("points.safetensors"))
//     std::printf("%s %s\n", name.c_str(), lamina::to_string(tensor.shape()).c_str());
//
// Any thread may call both; a file that is read while it is written is the old one or the new one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/export.h"
#include "lamina/tensor.h"

namespace lamina {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// Throws Error (io) when the file cannot be read, Error (value) when it is
// damaged. The tensors view the mapped file, which must not be changed in place; nothing may be written to them.
LAMINA_API NamedTensors read_tensors(const std::string& path);

// Atomic: the old file stays as it was unless all went well. Throws Error (io) that names the path and the reason (a
// missing or read-only folder, a full disk), Error (value) for a name that is there twice, Error (type) for complex
// numbers and texts, which such files cannot hold.
LAMINA_API void write_tensors(const std::string& path, const NamedTensors& tensors);

}  // namespace lamina
