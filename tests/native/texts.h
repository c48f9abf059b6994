// String tensors in files of tensors, which hold numbers only: NAME.bytes has all texts one after the other (uint8),
// NAME.sizes (int64, of the tensor's shape) how many bytes each has.
#pragma once

#include <lamina/io.h>

#include <string>
#include <vector>

// Such pairs as string tensors; the order of the others stays.
inline lamina::NamedTensors with_texts(const lamina::NamedTensors& tensors) {
  lamina::NamedTensors result;
  for (const auto& [name, sizes] : tensors) {
    if (const auto dot = name.rfind(".sizes"); dot != std::string::npos) {
      const std::string base = name.substr(0, dot);
      const char* at = nullptr;
      for (const auto& [other, bytes] : tensors)
        if (other == base + ".bytes") at = reinterpret_cast<const char*>(bytes.data<std::uint8_t>());
      std::vector<std::string> texts;
      for (std::int64_t i = 0; i < sizes.size(); ++i) {
        const auto size = static_cast<std::size_t>(sizes.data<std::int64_t>()[i]);
        texts.emplace_back(at, size);
        at += size;
      }
      result.emplace_back(base, lamina::Tensor::of_texts(sizes.shape(), texts));
    } else if (name.rfind(".bytes") == std::string::npos) {
      result.emplace_back(name, sizes);
    }
  }
  return result;
}

// A tensor under its name; a string tensor as such a pair.
inline void put(lamina::NamedTensors& tensors, const std::string& name, const lamina::Tensor& tensor) {
  if (tensor.dtype() != lamina::DType::string) {
    tensors.emplace_back(name, tensor);
    return;
  }
  std::string all;
  lamina::Tensor sizes(lamina::DType::int64, tensor.shape());
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const lamina::Text& text = tensor.data<lamina::Text>()[i];
    all += text.view();
    sizes.data<std::int64_t>()[i] = text.size;
  }
  lamina::Tensor bytes(lamina::DType::uint8, {static_cast<std::int64_t>(all.size())});
  for (std::size_t i = 0; i < all.size(); ++i) bytes.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(all[i]);
  tensors.emplace_back(name + ".bytes", bytes);
  tensors.emplace_back(name + ".sizes", sizes);
}
