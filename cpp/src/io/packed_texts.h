// String tensors in a file: as bytes, since safetensors knows no texts.
#pragma once

#include "io/safetensors.h"

namespace lamina::io {

// Replaces each string tensor by its packed form: n + 1 offsets (int64, little endian, from 0) and the bytes of all n
// texts. Gives the JSON object {name: shape} of those it replaced.
std::string pack_texts(Container& container);

// Replaces the packed ones of such an object by string tensors. Throws Error (value) when one is damaged.
void unpack_texts(const std::string& shapes, Container& container);

}  // namespace lamina::io
