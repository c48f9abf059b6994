// Memory whose size only the data tells: the bytes of texts, and what is needed to take them apart.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "lamina/tensor.h"

namespace lamina {

// Given out piece by piece, taken back all at once. It grows to what one run needs and stays there.
class Texts {
 public:
  void* take(std::size_t bytes);  // aligned and uninitialised
  template <class T>
  T* take_many(std::int64_t count) {
    return static_cast<T*>(take(static_cast<std::size_t>(count) * sizeof(T)));
  }
  void reuse();  // all that was taken is free again

 private:
  struct Block {
    std::shared_ptr<void> memory;
    std::size_t size;
  };
  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // of the last block
};

}  // namespace lamina
