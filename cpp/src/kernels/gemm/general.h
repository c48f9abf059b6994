// The general product: register tiles over panels of b, blocks for the caches, packing where it pays.
#pragma once

#include "kernels/gemm/gemm.h"
#include "kernels/workers.h"

namespace lamina::kernels::LAMINA_LEVEL {

// packed_b: the panels of Gemm::pack, or null. The batch is left out.
template <class T>
Index general_elements(const GemmArgs<T>& args, bool packed_b);  // of scratch

template <class T>
void general_product(const GemmArgs<T>& args, const T* packed_b, T* scratch);

// Packs panel j of op(b).
template <class T>
void pack_panel_of_b(const GemmArgs<T>& args, Index j, T* out);

}  // namespace lamina::kernels::LAMINA_LEVEL
