// y = f(x) of integers and truth values: the functions that stay among them. Overflow wraps.
#include "kernels/elementwise/map.h"
#include "kernels/elementwise/parts.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

template <class T>
struct WordOf;  // arithmetic on it wraps
template <>
struct WordOf<std::int32_t> {
  using type = std::uint32_t;
};
template <>
struct WordOf<std::int64_t> {
  using type = std::uint64_t;
};
template <>
struct WordOf<std::uint8_t> {
  using type = std::uint32_t;
};

}  // namespace

template <class T>
void unary(Unary function, T, Index n, const T* x, T* y) {
  using Word = typename WordOf<T>::type;
  const auto apply = [&](const auto& f) {
    for_each_element(n, grain_of_bytes(2 * sizeof(T)), [=](Index i) { y[i] = f(x[i]); });
  };
  switch (function) {
    case Unary::negative:
      return apply([](T v) { return T(Word(0) - Word(v)); });
    case Unary::absolute:
      return apply([](T v) { return v < T(0) ? T(Word(0) - Word(v)) : v; });
    case Unary::square:
      return apply([](T v) { return T(Word(v) * Word(v)); });
    case Unary::sign:
      return apply([](T v) { return T(T(v > T(0)) - T(v < T(0))); });
    default:  // floor, ceil, round, trunc: integers already are; nothing else has an integer kernel
      return apply([](T v) { return v; });
  }
}

// Truth values: each of these functions leaves them as they are.
template <>
void unary(Unary, bool, Index n, const bool* x, bool* y) {
  for_each_element(n, grain_of_bytes(2), [=](Index i) { y[i] = x[i]; });
}

template void unary(Unary, std::int32_t, Index, const std::int32_t*, std::int32_t*);
template void unary(Unary, std::int64_t, Index, const std::int64_t*, std::int64_t*);
template void unary(Unary, std::uint8_t, Index, const std::uint8_t*, std::uint8_t*);

}  // namespace lamina::kernels::LAMINA_LEVEL
