// The sub-families of elementwise.h; each is defined in the source of the same name, elementwise.cpp assembles them.
#pragma once

#include "kernels/elementwise/elementwise.h"
#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL {

// unary.cpp (floating) and unary_integer.cpp
template <class T>
void unary(Unary function, T alpha, Index n, const T* x, T* y);

// unary_backward.cpp; floating only
template <class T>
void unary_grad(Unary function, T alpha, Index n, const T* saved, const T* dy, T* dx);

// binary.cpp (floating) and binary_integer.cpp
template <class T>
void binary(Binary function, const Broadcast& shape, const T* a, const T* b, T* y);

// compare.cpp
template <class T>
void compare(Compare function, const Broadcast& shape, const T* a, const T* b, bool* y);
template <class T>
void where(const Broadcast& shape, const bool* condition, const T* a, const T* b, T* y);

// convert.cpp
template <class T>
void clip(Index n, const T* x, T low, T high, T* y);
template <class T>
void fill(Index n, T value, T* y);
template <class T>
void arange(Index n, T start, T step, T* y);
template <class T>
void cast(Index n, const T* x, int to_dtype, void* y);
template <class T>
void is_finite(Index n, const T* x, bool* y);
template <class T>
void is_nan(Index n, const T* x, bool* y);
template <class T>
void is_inf(Index n, const T* x, bool* y);

}  // namespace lamina::kernels::LAMINA_LEVEL
