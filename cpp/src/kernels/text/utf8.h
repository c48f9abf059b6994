// Characters in UTF-8.
#pragma once

#include <cstdint>

namespace lamina::kernels::text {

// The length of the UTF-8 character at p, or minus the number of bytes to skip there (the longest beginning of one,
// as Unicode recommends).
inline int length_of_character(const unsigned char* p, const unsigned char* end) {
  const unsigned char c = *p;
  if (c < 0x80) return 1;
  const int size = c >= 0xC2 && c <= 0xDF ? 2 : c >= 0xE0 && c <= 0xEF ? 3 : c >= 0xF0 && c <= 0xF4 ? 4 : 0;
  if (size == 0) return -1;
  for (int i = 1; i < size; ++i) {
    unsigned char low = 0x80, high = 0xBF;
    if (i == 1) {
      if (c == 0xE0) low = 0xA0;
      if (c == 0xED) high = 0x9F;
      if (c == 0xF0) low = 0x90;
      if (c == 0xF4) high = 0x8F;
    }
    if (p + i >= end || p[i] < low || p[i] > high) return -i;
  }
  return size;
}

struct Rune {
  std::uint32_t code;  // U+FFFD for bytes that are no character
  int bytes;
};

// The character at p, which is before the end.
inline Rune decode(const unsigned char* p, const unsigned char* end) {
  const int length = length_of_character(p, end);
  if (length < 0) return {0xFFFD, -length};
  if (length == 1) return {*p, 1};
  std::uint32_t code = *p & (0xFFu >> (length + 1));
  for (int i = 1; i < length; ++i) code = code << 6 | (p[i] & 0x3Fu);
  return {code, length};
}

}  // namespace lamina::kernels::text
