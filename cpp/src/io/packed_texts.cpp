#include "io/packed_texts.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/dim.h"
#include "lamina/error.h"

namespace lamina::io {

using Json = nlohmann::json;

namespace {

[[noreturn]] void damaged(const std::string& what) {
  fail(ErrorKind::value, "The texts of the file are damaged", "offsets and bytes of a string tensor",
       what.substr(0, 200), "Save the file again.");
}

Tensor packed(const Tensor& texts) {
  const Text* text = texts.data<Text>();
  const std::int64_t count = texts.size(), head = (count + 1) * 8;
  std::int64_t bytes = 0;
  for (std::int64_t i = 0; i < count; ++i) bytes += text[i].size;
  Tensor out(DType::uint8, {head + bytes});
  char* p = static_cast<char*>(out.data());
  std::int64_t offset = 0;
  for (std::int64_t i = 0; i <= count; ++i) {
    std::memcpy(p + 8 * i, &offset, 8);
    if (i == count) break;
    if (text[i].size > 0) std::memcpy(p + head + offset, text[i].data, static_cast<std::size_t>(text[i].size));
    offset += text[i].size;
  }
  return out;
}

Tensor unpacked(const std::string& name, const Tensor& packed, const Shape& shape) {
  check_size(shape);
  const std::int64_t count = shape.size(), head = (count + 1) * 8, size = packed.size();
  if (packed.dtype() != DType::uint8 || count > size / 8 || head > size) damaged("too few bytes of '" + name + "'");
  const char* p = static_cast<const char*>(packed.data());
  const auto offset = [&](std::int64_t i) {
    std::int64_t value;
    std::memcpy(&value, p + 8 * i, 8);
    return value;
  };
  Tensor views(DType::string, shape);
  Text* texts = views.data<Text>();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t begin = offset(i), end = offset(i + 1);
    if (begin < 0 || end < begin || end > size - head) damaged("an offset of '" + name + "'");
    texts[i] = {p + head + begin, end - begin};
  }
  return views.copy();
}

}  // namespace

std::string pack_texts(Container& container) {
  Json shapes = Json::object();
  for (auto& [name, tensor] : container.tensors)
    if (tensor.dtype() == DType::string) {
      shapes[name] = std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end());
      tensor = packed(tensor);
    }
  return shapes.dump();
}

void unpack_texts(const std::string& shapes, Container& container) {
  const Json j = Json::parse(shapes, nullptr, false);
  if (!j.is_object()) damaged("the list of string tensors");
  for (const auto& [name, sizes] : j.items()) {
    if (!sizes.is_array() || sizes.size() > Shape::max_rank) damaged("the shape of '" + name + "'");
    Shape shape;
    for (const Json& size : sizes) {
      if (!size.is_number_unsigned()) damaged("the shape of '" + name + "'");
      shape.push_back(size.get<std::int64_t>());
    }
    Tensor* found = nullptr;
    for (auto& [key, tensor] : container.tensors)
      if (key == name) found = &tensor;
    if (found == nullptr) damaged("no tensor '" + name + "'");
    *found = unpacked(name, *found, shape);
  }
}

}  // namespace lamina::io
