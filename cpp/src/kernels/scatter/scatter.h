// Entries and rows at positions that come as numbers.
//   take_along:  y[o, j, i]                = x[o, indices[o, j, i], i]                        x[outer][size][inner]
//   add_along:   x[o, k, i]                = sum over j with indices[o, j, i] == k of dy[o, j, i]
//   scatter:     y[o, k, i]                = x[o, k, i] . updates[o, j, i] . ...  over j with indices[j] == k
// In the order of j; `set` keeps the last. Indices are in [-size, size), the caller checks them; negative ones count
// from the end. Integers wrap. Compiled once: random access waits for memory.
#pragma once

#include <cstdint>

namespace lamina::kernels {

enum class Scatter : std::uint8_t { set, add, max, min, multiply };

// T: float, double, int32_t, int64_t, uint8_t, bool; I: int32_t, int64_t.
template <class T, class I>
void take_along(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const T* x,
                const I* indices, T* y);
template <class T, class I>
void add_along(std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const T* dy,
               const I* indices, T* x);
// x[outer][size][inner] may be y, or null for zeros.
template <class T, class I>
void scatter(Scatter kind, std::int64_t outer, std::int64_t size, std::int64_t inner, std::int64_t count, const T* x,
             const I* indices, const T* updates, T* y);

}  // namespace lamina::kernels
