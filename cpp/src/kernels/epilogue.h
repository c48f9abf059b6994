// What follows a sum in registers or in a cache-hot tile: the activation. Those that are a clamp to [low, high] stay in
// registers; the others run over the tile once it is stored, because with the accumulators alive there is no register
// left for them.
#pragma once

#include <limits>

#include "kernels/activation.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

inline bool is_clamp(Activation activation) {
  return activation == Activation::relu || activation == Activation::relu6;
}

inline bool is_transcendental(Activation activation) {
  return activation != Activation::linear && !is_clamp(activation);
}

// relu and relu6: their bounds, and the clamp (the order of its operands lets NaN through).
template <class T>
EIGEN_ALWAYS_INLINE TilePacket<T> low_bound() {
  return Eigen::internal::pset1<TilePacket<T>>(T(0));
}

template <class T>
EIGEN_ALWAYS_INLINE TilePacket<T> high_bound(Activation activation) {
  const T high = activation == Activation::relu6 ? T(6) : std::numeric_limits<T>::infinity();
  return Eigen::internal::pset1<TilePacket<T>>(high);
}

template <class P>
EIGEN_ALWAYS_INLINE P clamp(const P& x, const P& low, const P& high) {
  return Eigen::internal::pmin(Eigen::internal::pmax(x, low), high);
}

// c(i, j) = activation(c(i, j)) for a transcendental activation.
template <class T>
void activate(Activation activation, T* c, Index c_row, Index rows, Index columns);

}  // namespace lamina::kernels::LAMINA_LEVEL
