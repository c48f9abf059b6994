// The table of one level (compiled once per level).
#include "kernels/families.h"

#define LAMINA_STRING_OF(x) #x
#define LAMINA_STRING(x) LAMINA_STRING_OF(x)

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
static AnyTable<T> make_any() {
  return {make_elementwise<T>(), make_reductions<T>(), make_gather<T, std::int32_t>(), make_gather<T, std::int64_t>()};
}

template <class T>
static FloatTable<T> make_float() {
  return {make_gemm<T>(),    make_conv<T>(),      make_pool<T>(),     make_norm<T>(),
          make_softmax<T>(), make_random<T>(),    make_update<T>(),   make_resample<T>(),
          make_fourier<T>(), make_attention<T>(), make_recurrent<T>()};
}

const Table& level_table() {
  static const Table table = {LAMINA_STRING(LAMINA_LEVEL),
                              make_float<float>(),
                              make_float<double>(),
                              make_any<float>(),
                              make_any<double>(),
                              make_any<std::int32_t>(),
                              make_any<std::int64_t>(),
                              make_any<std::uint8_t>(),
                              make_any<bool>(),
                              make_layout(),
                              make_half()};
  return table;
}

}  // namespace lamina::kernels::LAMINA_LEVEL
