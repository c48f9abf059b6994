// The constructors of the kernel families at one level: each family's source defines its own and instantiates it
// for the dtypes that table.cpp lists.
#pragma once

#include "kernels/level.h"
#include "kernels/table.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
Attention<T> make_attention();
template <class T>
Elementwise<T> make_elementwise();
template <class T>
Reductions<T> make_reductions();
template <class T, class I>
Gather<T, I> make_gather();
template <class T>
Gemm<T> make_gemm();
template <class T>
Conv<T> make_conv();
template <class T>
Pool<T> make_pool();
template <class T>
Norm<T> make_norm();
template <class T>
Recurrent<T> make_recurrent();
template <class T>
Resample<T> make_resample();
template <class T>
Softmax<T> make_softmax();
template <class T>
Fourier<T> make_fourier();
template <class T>
Random<T> make_random();
template <class T>
Update<T> make_update();
Layout make_layout();
Half make_half();

// Assembled in table.cpp on the first call. Not a global: its initializer would run this level's instructions at load
// time, on processors that may not have them.
const Table& level_table();

}  // namespace lamina::kernels::LAMINA_LEVEL
