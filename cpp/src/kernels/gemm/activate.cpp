// The transcendental activations of the epilogue (see kernels/epilogue.h).
#include "kernels/elementwise/packet_math.h"
#include "kernels/epilogue.h"

namespace lamina::kernels::LAMINA_LEVEL {

// c(i, j) = function(c(i, j)); a tail goes through a padded packet, which gives its lanes the bits of the body.
template <class T, class Function>
static void map_rows(T* c, Index c_row, Index rows, Index columns, const Function& function) {
  using P = TilePacket<T>;
  constexpr Index kLane = kLanes<T>;
  for (Index i = 0; i < rows; ++i) {
    T* const row = c + i * c_row;
    Index j = 0;
    for (; j + kLane <= columns; j += kLane) {
      Eigen::internal::pstoreu(row + j, function(Eigen::internal::ploadu<P>(row + j)));
    }
    if (j < columns) store_first(row + j, function(load_first(row + j, columns - j)), columns - j);
  }
}

template <class T>
void activate(Activation activation, T* c, Index c_row, Index rows, Index columns) {
  using P = TilePacket<T>;
  switch (activation) {
    case Activation::sigmoid:
      return map_rows(c, c_row, rows, columns, [](P x) { return math::sigmoid(x); });
    case Activation::tanh:
      return map_rows(c, c_row, rows, columns, [](P x) { return math::tanh(x); });
    case Activation::silu:
      return map_rows(c, c_row, rows, columns, [](P x) { return math::silu(x); });
    case Activation::gelu:
      return map_rows(c, c_row, rows, columns, [](P x) { return math::gelu(x); });
    case Activation::linear:
    case Activation::relu:
    case Activation::relu6:
      return;  // in registers
  }
}

template void activate(Activation, float*, Index, Index, Index);
template void activate(Activation, double*, Index, Index, Index);

}  // namespace lamina::kernels::LAMINA_LEVEL
