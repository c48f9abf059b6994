// Files for the tests of input and output: a folder that goes away, whole files as bytes, containers by hand.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support.h"

namespace lamina::support {

using Bytes = std::string;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "lamina_test_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
  }

 private:
  std::filesystem::path path_;
};

inline Bytes read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

inline void write_bytes(const std::string& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Length, header, data: a file in the safetensors layout, right or wrong.
inline Bytes container(const std::string& header, const Bytes& data) {
  Bytes bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i));
  return bytes + header + data;
}

inline std::size_t header_bytes(const Bytes& bytes) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < 8; ++i) size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return size;
}

}  // namespace lamina::support
