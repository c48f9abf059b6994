#include "core/texts.h"

#include <algorithm>
#include <numeric>

#include "core/arena.h"

namespace lamina {

void* Texts::take(std::size_t bytes) {
  constexpr std::size_t smallest = 1 << 12;
  bytes = aligned(bytes);
  if (blocks_.empty() || bytes > blocks_.back().size - used_) {
    const std::size_t size = std::max({bytes, smallest, blocks_.empty() ? 0 : 2 * blocks_.back().size});
    blocks_.push_back({allocate(size), size});
    used_ = 0;
  }
  void* piece = static_cast<char*>(blocks_.back().memory.get()) + used_;
  used_ += bytes;
  return piece;
}

void Texts::reuse() {
  if (blocks_.size() > 1) {  // one that holds all of it the next time
    const std::size_t size = std::accumulate(blocks_.begin(), blocks_.end(), std::size_t{0},
                                             [](std::size_t sum, const Block& b) { return sum + b.size; });
    blocks_.clear();
    blocks_.push_back({allocate(size), size});
  }
  used_ = 0;
}

}  // namespace lamina
