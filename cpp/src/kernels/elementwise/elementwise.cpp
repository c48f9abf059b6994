// Assembles the elementwise kernels of one dtype.
#include "kernels/elementwise/parts.h"
#include "kernels/families.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
Elementwise<T> make_elementwise() {
  Elementwise<T> family = {};
  family.unary = unary<T>;
  family.binary = binary<T>;
  family.compare = compare<T>;
  family.where = where<T>;
  family.clip = clip<T>;
  family.fill = fill<T>;
  family.arange = arange<T>;
  family.cast = cast<T>;
  if constexpr (T(0.5) != T(0) && sizeof(T) >= sizeof(float)) {
    family.unary_grad = unary_grad<T>;
    family.is_finite = is_finite<T>;
    family.is_nan = is_nan<T>;
    family.is_inf = is_inf<T>;
  }
  return family;
}

template Elementwise<float> make_elementwise();
template Elementwise<double> make_elementwise();
template Elementwise<std::int32_t> make_elementwise();
template Elementwise<std::int64_t> make_elementwise();
template Elementwise<std::uint8_t> make_elementwise();
template Elementwise<bool> make_elementwise();

}  // namespace lamina::kernels::LAMINA_LEVEL
