#include "io/safetensors.h"
#include "lamina/io.h"

namespace lamina {

NamedTensors read_tensors(const std::string& path) { return io::read_container(path).tensors; }

void write_tensors(const std::string& path, const NamedTensors& tensors) { io::write_container(path, {tensors, {}}); }

}  // namespace lamina
