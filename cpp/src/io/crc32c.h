// CRC-32C (Castagnoli, RFC 3720), the checksum of tensors in files.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::io {

std::uint32_t crc32c(const void* data, std::size_t bytes);

}  // namespace lamina::io
