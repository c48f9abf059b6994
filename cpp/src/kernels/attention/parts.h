// The gradient, which stands in a file of its own (see attention.h).
#pragma once

#include "kernels/attention/attention.h"
#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
std::size_t attention_grad_scratch(const AttentionShape& s);

template <class T>
void attention_grad(const AttentionShape& s, const AttentionInputs<T>& in, const T* y, const T* peak, const T* inverse,
                    const T* dy, T* dq, T* dk, T* dv, void* scratch);

}  // namespace lamina::kernels::LAMINA_LEVEL
