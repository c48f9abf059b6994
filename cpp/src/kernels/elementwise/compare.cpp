// Comparisons and selection, with broadcasting.
#include "kernels/elementwise/broadcast.h"
#include "kernels/elementwise/map.h"
#include "kernels/elementwise/parts.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

struct Equal {
  template <class T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};
struct NotEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a != b;
  }
};
struct Less {
  template <class T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};
struct LessEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};

// One byte is read for a truth value, so that the compiler sees numbers of one kind.
template <class T>
struct StoredAs {
  using type = T;
};
template <>
struct StoredAs<bool> {
  using type = std::uint8_t;
};

template <class Stored, class Operation>
void compare_row(Index n, const void* const* in, unsigned scalars, void* out) {
  const Stored* a = static_cast<const Stored*>(in[0]);
  const Stored* b = static_cast<const Stored*>(in[1]);
  std::uint8_t* y = static_cast<std::uint8_t*>(out);
  const Operation f;
  if (scalars == 1) {
    const Stored value = *a;
    LAMINA_INDEPENDENT
    for (Index i = 0; i < n; ++i) y[i] = f(value, b[i]);
  } else if (scalars == 2) {
    const Stored value = *b;
    LAMINA_INDEPENDENT
    for (Index i = 0; i < n; ++i) y[i] = f(a[i], value);
  } else {
    LAMINA_INDEPENDENT
    for (Index i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
  }
}

// Selection moves bits: one kernel per size of element.
template <class Word>
void where_row(Index n, const void* const* in, unsigned scalars, void* out) {
  const std::uint8_t* condition = static_cast<const std::uint8_t*>(in[0]);
  const Word* a = static_cast<const Word*>(in[1]);
  const Word* b = static_cast<const Word*>(in[2]);
  Word* y = static_cast<Word*>(out);
  const Word a_value = *a, b_value = *b;
  switch (scalars) {
    case 0:
      LAMINA_INDEPENDENT
      for (Index i = 0; i < n; ++i) {
        const Word yes = a[i], no = b[i];
        y[i] = condition[i] != 0 ? yes : no;
      }
      return;
    case 2:
      LAMINA_INDEPENDENT
      for (Index i = 0; i < n; ++i) {
        const Word no = b[i];
        y[i] = condition[i] != 0 ? a_value : no;
      }
      return;
    case 4:
      LAMINA_INDEPENDENT
      for (Index i = 0; i < n; ++i) {
        const Word yes = a[i];
        y[i] = condition[i] != 0 ? yes : b_value;
      }
      return;
    default:
      LAMINA_INDEPENDENT
      for (Index i = 0; i < n; ++i) y[i] = condition[i] != 0 ? a_value : b_value;
  }
}

template <int Bytes>
RowFunction where_row_of() {
  if constexpr (Bytes == 1) return where_row<std::uint8_t>;
  if constexpr (Bytes == 4) return where_row<std::uint32_t>;
  if constexpr (Bytes == 8) return where_row<std::uint64_t>;
}

}  // namespace

template <class T>
void compare(Compare function, const Broadcast& shape, const T* a, const T* b, bool* y) {
  using Stored = typename StoredAs<T>::type;
  BroadcastCall call = {2, {a, b}, {sizeof(T), sizeof(T)}, y, 1, 0, grain_of_bytes(2 * sizeof(T) + 1), nullptr};
  // a > b is b < a: the operands change places, with their strides.
  const bool swapped = function == Compare::greater || function == Compare::greater_equal;
  Broadcast swapped_shape = shape;
  if (swapped) {
    call.data[0] = b;
    call.data[1] = a;
    for (int axis = 0; axis < shape.rank; ++axis) {
      swapped_shape.strides[0][axis] = shape.strides[1][axis];
      swapped_shape.strides[1][axis] = shape.strides[0][axis];
    }
  }
  switch (function) {
    case Compare::equal:
      call.row = compare_row<Stored, Equal>;
      break;
    case Compare::not_equal:
      call.row = compare_row<Stored, NotEqual>;
      break;
    case Compare::less:
    case Compare::greater:
      call.row = compare_row<Stored, Less>;
      break;
    case Compare::less_equal:
    case Compare::greater_equal:
      call.row = compare_row<Stored, LessEqual>;
      break;
  }
  run_broadcast(swapped_shape, call);
}

template <class T>
void where(const Broadcast& shape, const bool* condition, const T* a, const T* b, T* y) {
  const BroadcastCall call = {3,
                              {condition, a, b},
                              {1, sizeof(T), sizeof(T)},
                              y,
                              sizeof(T),
                              1,
                              grain_of_bytes(3 * sizeof(T) + 1),
                              where_row_of<sizeof(T)>()};
  run_broadcast(shape, call);
}

#define LAMINA_INSTANTIATE(T)                                                  \
  template void compare(Compare, const Broadcast&, const T*, const T*, bool*); \
  template void where(const Broadcast&, const bool*, const T*, const T*, T*);
LAMINA_INSTANTIATE(float)
LAMINA_INSTANTIATE(double)
LAMINA_INSTANTIATE(std::int32_t)
LAMINA_INSTANTIATE(std::int64_t)
LAMINA_INSTANTIATE(std::uint8_t)
LAMINA_INSTANTIATE(bool)
#undef LAMINA_INSTANTIATE

}  // namespace lamina::kernels::LAMINA_LEVEL
