#include "io/crc32c.h"

#include <array>
#include <cstring>

#include "core/cpu.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace lamina::io {

namespace {

using Table = std::array<std::uint32_t, 256>;

// Slicing by 8 over the reflected polynomial: table k takes a byte that is followed by k more.
const std::array<Table, 8>& byte_tables() {
  static const auto tables = [] {
    std::array<Table, 8> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c >> 1) ^ (0x82F63B78u & (0u - (c & 1u)));
      t[0][i] = c;
    }
    for (std::size_t i = 0; i < 256; ++i)
      for (std::size_t k = 1; k < 8; ++k) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xFFu];
    return t;
  }();
  return tables;
}

std::uint32_t by_tables(std::uint32_t crc, const std::uint8_t* p, std::size_t bytes) {
  const auto& tables = byte_tables();
  for (; bytes >= 8; bytes -= 8, p += 8) {
    const std::uint32_t low =
        crc ^ (p[0] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16 | std::uint32_t{p[3]} << 24);
    crc = tables[7][low & 0xFFu] ^ tables[6][low >> 8 & 0xFFu] ^ tables[5][low >> 16 & 0xFFu] ^ tables[4][low >> 24] ^
          tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
  }
  for (; bytes > 0; --bytes, ++p) crc = (crc >> 8) ^ tables[0][(crc ^ *p) & 0xFFu];
  return crc;
}

#if defined(__x86_64__)

constexpr std::size_t kBlock =
    4096;  // bytes of each of three streams: the instruction takes one cycle, its result three

// What a checksum becomes when kBlock zeros follow, by its four bytes: the map is linear.
const std::array<Table, 4>& block_tables() {
  static const auto tables = [] {
    const Table& step = byte_tables()[0];
    std::array<Table, 4> t{};
    for (std::size_t bit = 0; bit < 32; ++bit) {
      std::uint32_t c = std::uint32_t{1} << bit;
      for (std::size_t i = 0; i < kBlock; ++i) c = (c >> 8) ^ step[c & 0xFFu];
      for (std::size_t i = 0; i < 256; ++i)
        if ((i >> (bit % 8) & 1u) != 0) t[bit / 8][i] ^= c;
    }
    return t;
  }();
  return tables;
}

std::uint32_t past_block(std::uint32_t crc) {
  const auto& t = block_tables();
  return t[0][crc & 0xFFu] ^ t[1][crc >> 8 & 0xFFu] ^ t[2][crc >> 16 & 0xFFu] ^ t[3][crc >> 24];
}

std::uint64_t word(const std::uint8_t* p) {
  std::uint64_t w;
  std::memcpy(&w, p, sizeof w);
  return w;
}

__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t start, const std::uint8_t* p,
                                                               std::size_t bytes) {
  std::uint64_t crc = start;
  for (; bytes >= 3 * kBlock; bytes -= 3 * kBlock, p += 3 * kBlock) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < kBlock; i += 8) {
      crc = _mm_crc32_u64(crc, word(p + i));
      second = _mm_crc32_u64(second, word(p + kBlock + i));
      third = _mm_crc32_u64(third, word(p + 2 * kBlock + i));
    }
    crc = past_block(past_block(static_cast<std::uint32_t>(crc)) ^ static_cast<std::uint32_t>(second)) ^ third;
  }
  for (; bytes >= 8; bytes -= 8, p += 8) crc = _mm_crc32_u64(crc, word(p));
  return by_tables(static_cast<std::uint32_t>(crc), p, bytes);
}

#endif

}  // namespace

std::uint32_t crc32c(const void* data, std::size_t bytes) {
  const auto* p = static_cast<const std::uint8_t*>(data);
#if defined(__x86_64__)
  static const bool has_instruction = processor_supports(InstructionSet::v2);
  if (has_instruction) return ~by_instruction(~0u, p, bytes);
#endif
  return ~by_tables(~0u, p, bytes);
}

}  // namespace lamina::io
