// All kernels of one instruction set level, and the choice of the level.
#pragma once

#include <cstdint>

#include "kernels/attention/attention.h"
#include "kernels/conv/conv.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/fourier/fourier.h"
#include "kernels/gather/gather.h"
#include "kernels/gemm/gemm.h"
#include "kernels/half/half.h"
#include "kernels/layout/layout.h"
#include "kernels/norm/norm.h"
#include "kernels/pool/pool.h"
#include "kernels/random/random.h"
#include "kernels/recurrent/recurrent.h"
#include "kernels/reduce/reduce.h"
#include "kernels/resample/resample.h"
#include "kernels/softmax/softmax.h"
#include "kernels/update/update.h"

namespace lamina::kernels {

// Families that every dtype has.
template <class T>
struct AnyTable {
  Elementwise<T> elementwise;
  Reductions<T> reduce;
  Gather<T, std::int32_t> gather32;
  Gather<T, std::int64_t> gather64;
};

// Families that only floating dtypes have.
template <class T>
struct FloatTable {
  Gemm<T> gemm;
  Conv<T> conv;
  Pool<T> pool;
  Norm<T> norm;
  Softmax<T> softmax;
  Random<T> random;
  Update<T> update;
  Resample<T> resample;
  Fourier<T> fourier;
  Attention<T> attention;
  Recurrent<T> recurrent;
};

struct Table {
  const char* level;  // "v2", "v3", "v4" or "neon"
  FloatTable<float> float32;
  FloatTable<double> float64;
  AnyTable<float> any_float32;
  AnyTable<double> any_float64;
  AnyTable<std::int32_t> any_int32;
  AnyTable<std::int64_t> any_int64;
  AnyTable<std::uint8_t> any_uint8;
  AnyTable<bool> any_bool;
  Layout layout;
  Half half;
};

// The table of the level in use: the best this processor has, or what LAMINA_ISA names.
const Table& table();
// The tables that this build has and this processor can run, worst first; for tests and benchmarks.
int num_runnable_tables();
const Table& runnable_table(int i);

template <class T>
const FloatTable<T>& float_table();
template <class T>
const AnyTable<T>& any_table();

}  // namespace lamina::kernels
