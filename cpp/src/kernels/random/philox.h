// The Philox4x32-10 generator for one block (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011). The
// functions are static: sources of every level may include this header.
#pragma once

#include <cstdint>

namespace lamina::kernels::philox {

constexpr int rounds = 10;
constexpr std::uint32_t multiplier_0 = 0xD2511F53u, multiplier_1 = 0xCD9E8D57u;
constexpr std::uint32_t key_step_0 = 0x9E3779B9u, key_step_1 = 0xBB67AE85u;

struct Block {
  std::uint32_t words[4];
};

// The four words of block `block` of the stream (key, counter): the 128-bit counter is (block, counter), low word
// first.
static inline Block generate(std::uint64_t key, std::uint64_t counter, std::uint64_t block) {
  std::uint32_t c0 = std::uint32_t(block), c1 = std::uint32_t(block >> 32);
  std::uint32_t c2 = std::uint32_t(counter), c3 = std::uint32_t(counter >> 32);
  std::uint32_t k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t p0 = std::uint64_t(multiplier_0) * c0, p1 = std::uint64_t(multiplier_1) * c2;
    c0 = std::uint32_t(p1 >> 32) ^ c1 ^ k0;
    c1 = std::uint32_t(p1);
    c2 = std::uint32_t(p0 >> 32) ^ c3 ^ k1;
    c3 = std::uint32_t(p0);
    k0 += key_step_0;
    k1 += key_step_1;
  }
  return {{c0, c1, c2, c3}};
}

// 64 random bits: words 0 and 1 of the block, or 2 and 3.
static inline std::uint64_t long_word(const Block& block, int half) {
  return block.words[2 * half] | std::uint64_t(block.words[2 * half + 1]) << 32;
}

}  // namespace lamina::kernels::philox
