// The container: named tensors and string metadata in the safetensors layout
// (8 bytes little-endian header length, JSON header, tensor bytes).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lamina/tensor.h"

namespace lamina::io {

struct Container {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::map<std::string, std::string> metadata;

  const Tensor* find(const std::string& name) const;
};

// Atomic: a temporary file in the same folder, fsync, rename, fsync of the folder. Throws Error (io).
void write_container(const std::string& path, const Container& container);

// Tensors are views of the mapped file. Every offset and size is checked against the file before it is used. Throws
// Error.
Container read_container(const std::string& path);
Container read_container(const void* bytes, std::size_t size);  // the contents of a file, which are copied

}  // namespace lamina::io
