// The two hashes, as their papers and reference values define them.
#include <cstring>

#include "kernels/text/text.h"

namespace lamina::kernels::text {
namespace {

using U64 = std::uint64_t;

constexpr U64 kA = 0xc3a5c85c97cb3127u, kB = 0xb492b66fbe98f273u, kC = 0x9ae16a3b2f90404fu;

U64 load64(const char* p) {
  U64 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
U64 load32(const char* p) {
  std::uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
U64 rotate_right(U64 v, int by) { return v >> by | v << (64 - by); }
U64 rotate_left(U64 v, int by) { return v << by | v >> (64 - by); }
U64 shift_mix(U64 v) { return v ^ v >> 47; }

U64 mix(U64 u, U64 v, U64 multiplier) {
  const U64 a = shift_mix((u ^ v) * multiplier);
  return shift_mix((v ^ a) * multiplier) * multiplier;
}

U64 of_16_bytes_at_most(const char* s, U64 n) {
  if (n >= 8) {
    const U64 m = kC + n * 2, a = load64(s) + kC, b = load64(s + n - 8);
    return mix(rotate_right(b, 37) * m + a, (rotate_right(a, 25) + b) * m, m);
  }
  if (n >= 4) return mix(n + (load32(s) << 3), load32(s + n - 4), kC + n * 2);
  if (n == 0) return kC;
  const auto byte = [&](U64 i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(s[i])); };
  const std::uint32_t y = byte(0) + (byte(n >> 1) << 8), z = static_cast<std::uint32_t>(n) + (byte(n - 1) << 2);
  return shift_mix(y * kC ^ z * kA) * kC;
}

U64 of_32_bytes_at_most(const char* s, U64 n) {
  const U64 m = kC + n * 2, a = load64(s) * kB, b = load64(s + 8), c = load64(s + n - 8) * m,
            d = load64(s + n - 16) * kC;
  return mix(rotate_right(a + b, 43) + rotate_right(c, 30) + d, a + rotate_right(b + kC, 18) + c, m);
}

U64 of_64_bytes_at_most(const char* s, U64 n) {
  const U64 m = kC + n * 2, a = load64(s) * kC, b = load64(s + 8), c = load64(s + n - 8) * m,
            d = load64(s + n - 16) * kC;
  const U64 y = rotate_right(a + b, 43) + rotate_right(c, 30) + d, z = mix(y, a + rotate_right(b + kC, 18) + c, m);
  const U64 e = load64(s + 16) * m, f = load64(s + 24), g = (y + load64(s + n - 32)) * m,
            h = (z + load64(s + n - 24)) * m;
  return mix(rotate_right(e + f, 43) + rotate_right(g, 30) + h, e + rotate_right(f + a, 18) + g, m);
}

struct Pair {
  U64 first, second;
};

Pair weak(const char* s, U64 a, U64 b) {
  const U64 x = load64(s + 8), y = load64(s + 16), z = load64(s + 24);
  a += load64(s);
  b = rotate_right(b + a + z, 21);
  const U64 before = a;
  a += x + y;
  return {a + z, b + rotate_right(a, 44) + before};
}

U64 of_many_bytes(const char* s, U64 n) {
  constexpr U64 seed = 81;
  U64 x = seed * kC + load64(s), y = seed * kB + 113, z = shift_mix(y * kC + 113) * kC;
  Pair v{0, 0}, w{0, 0};
  const char *end = s + (n - 1) / 64 * 64, *last = s + n - 64;
  // One block; the last one has another multiplier, and some terms more often.
  const auto round = [&](const char* at, U64 m, U64 times) {
    x = rotate_right(x + y + v.first + load64(at + 8), 37) * m;
    y = rotate_right(y + v.second + load64(at + 48), 42) * m;
    x ^= w.second * times;
    y += v.first * times + load64(at + 40);
    z = rotate_right(z + w.first, 33) * m;
    v = weak(at, v.second * m, x + w.first);
    w = weak(at + 32, z + w.second, y + load64(at + 16));
    const U64 old = z;
    z = x;
    x = old;
  };
  for (; s != end; s += 64) round(s, kB, 1);
  const U64 m = kB + ((z & 0xff) << 1);
  w.first += (n - 1) & 63;
  v.first += w.first;
  w.first += v.first;
  round(last, m, 9);
  return mix(mix(v.first, w.first, m) + shift_mix(y) * kA + z, mix(v.second, w.second, m) + x, m);
}

}  // namespace

std::uint64_t fingerprint(const char* data, Index size) {
  const auto n = static_cast<U64>(size);
  if (n <= 16) return of_16_bytes_at_most(data, n);
  if (n <= 32) return of_32_bytes_at_most(data, n);
  return n <= 64 ? of_64_bytes_at_most(data, n) : of_many_bytes(data, n);
}

std::uint64_t siphash(std::uint64_t key0, std::uint64_t key1, const char* data, Index size) {
  U64 a = 0x736f6d6570736575u ^ key0, b = 0x646f72616e646f6du ^ key1, c = 0x6c7967656e657261u ^ key0,
      d = 0x7465646279746573u ^ key1;
  const auto rounds = [&](int count) {
    for (int i = 0; i < count; ++i) {
      a += b;
      c += d;
      b = rotate_left(b, 13) ^ a;
      d = rotate_left(d, 16) ^ c;
      a = rotate_left(a, 32);
      c += b;
      a += d;
      b = rotate_left(b, 17) ^ c;
      d = rotate_left(d, 21) ^ a;
      c = rotate_left(c, 32);
    }
  };
  const auto take = [&](U64 word) {
    d ^= word;
    rounds(2);
    a ^= word;
  };
  Index at = 0;
  for (; at + 8 <= size; at += 8) take(load64(data + at));
  U64 last = static_cast<U64>(size) << 56;
  for (Index i = at; i < size; ++i) last |= static_cast<U64>(static_cast<unsigned char>(data[i])) << (8 * (i - at));
  take(last);
  c ^= 0xff;
  rounds(4);
  return a ^ b ^ c ^ d;
}

}  // namespace lamina::kernels::text
