// Values as unsigned integers of the same order, and the entries that are sorted.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lamina::kernels::order {

template <std::size_t Bytes>
struct UnsignedOf;
template <>
struct UnsignedOf<1> {
  using type = std::uint8_t;
};
template <>
struct UnsignedOf<4> {
  using type = std::uint32_t;
};
template <>
struct UnsignedOf<8> {
  using type = std::uint64_t;
};

template <class T>
using Key = typename UnsignedOf<sizeof(T)>::type;
template <class T>
inline constexpr Key<T> kSign = static_cast<Key<T>>(Key<T>(1) << (8 * sizeof(T) - 1));

// Works on bits alone, so that it does not depend on the treatment of denormal numbers.
template <class T>
inline Key<T> key_of(T x) {
  Key<T> bits;
  std::memcpy(&bits, &x, sizeof(T));
  if constexpr (std::is_floating_point_v<T>) {
    if (x != x) return static_cast<Key<T>>(-1);
    return bits & kSign<T> ? ~bits : bits | kSign<T>;
  } else if constexpr (std::is_signed_v<T>) {
    return bits ^ kSign<T>;
  } else {
    return bits;
  }
}

template <class T>
inline T value_of(Key<T> key) {
  Key<T> bits = key;
  if constexpr (std::is_floating_point_v<T>)
    bits = key & kSign<T> ? key ^ kSign<T> : ~key;
  else if constexpr (std::is_signed_v<T>)
    bits = key ^ kSign<T>;
  T x;
  std::memcpy(&x, &bits, sizeof(T));
  return x;
}

// The same for both zeros, for orders that must tell only what comparisons tell.
template <class T>
inline Key<T> comparison_key(T x) {
  const Key<T> key = key_of(x);
  if constexpr (std::is_floating_point_v<T>)
    return key == static_cast<Key<T>>(kSign<T> - 1) ? kSign<T> : key;
  else
    return key;
}

// A key alone.
template <class K>
struct Plain {
  using KeyType = K;
  K bits;
  K key() const { return bits; }
};

// A key of at most 32 bits and a position, in one word; or a longer key beside its position.
template <class K>
struct Placed {
  using KeyType = K;
  std::uint64_t word;
  static Placed make(K key, std::uint32_t position) { return {std::uint64_t(key) << 32 | position}; }
  K key() const { return static_cast<K>(word >> 32); }
  std::uint32_t position() const { return static_cast<std::uint32_t>(word); }
  friend bool operator>(const Placed& a, const Placed& b) { return a.word > b.word; }
};
template <>
struct Placed<std::uint64_t> {
  using KeyType = std::uint64_t;
  std::uint64_t word;
  std::uint32_t place;
  static Placed make(std::uint64_t key, std::uint32_t position) { return {key, position}; }
  std::uint64_t key() const { return word; }
  std::uint32_t position() const { return place; }
  friend bool operator>(const Placed& a, const Placed& b) {
    return a.word != b.word ? a.word > b.word : a.place > b.place;
  }
};

}  // namespace lamina::kernels::order
