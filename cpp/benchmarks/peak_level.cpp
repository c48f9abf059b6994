// Compiled once per level, like the kernels.
#include "peak_level.h"

#include <Eigen/Core>

// An operand of empty assembly: the compiler may not know its value afterwards, but keeps it in a vector register.
#if defined(__x86_64__)
#define LAMINA_OPAQUE(packet) "+v"(packet)
#else
#define LAMINA_OPAQUE(packet) "+w"(packet)
#endif

namespace lamina::bench::LAMINA_LEVEL {
namespace {

// Enough independent chains to hide the latency of the multiply-add on every unit. Named, because an array of
// accumulators may stay in memory.
template <class T>
double run(std::int64_t iterations) {
  using namespace Eigen::internal;
  using Packet = typename packet_traits<T>::type;
  const Packet factor = pset1<Packet>(T(0.5)), term = pset1<Packet>(T(1));
  Packet a0 = pset1<Packet>(T(iterations)), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0;
  Packet a6 = a0, a7 = a0, a8 = a0, a9 = a0, a10 = a0, a11 = a0;
  for (std::int64_t i = 0; i < iterations; ++i) {
    a0 = pmadd(a0, factor, term), a1 = pmadd(a1, factor, term), a2 = pmadd(a2, factor, term);
    a3 = pmadd(a3, factor, term), a4 = pmadd(a4, factor, term), a5 = pmadd(a5, factor, term);
    a6 = pmadd(a6, factor, term), a7 = pmadd(a7, factor, term), a8 = pmadd(a8, factor, term);
    a9 = pmadd(a9, factor, term), a10 = pmadd(a10, factor, term), a11 = pmadd(a11, factor, term);
    // The chains are equal: without this the compiler would compute one and call it twelve.
    __asm__ volatile("" : LAMINA_OPAQUE(a0), LAMINA_OPAQUE(a1), LAMINA_OPAQUE(a2), LAMINA_OPAQUE(a3));
    __asm__ volatile("" : LAMINA_OPAQUE(a4), LAMINA_OPAQUE(a5), LAMINA_OPAQUE(a6), LAMINA_OPAQUE(a7));
    __asm__ volatile("" : LAMINA_OPAQUE(a8), LAMINA_OPAQUE(a9), LAMINA_OPAQUE(a10), LAMINA_OPAQUE(a11));
  }
  const Packet low = padd(padd(padd(a0, a1), padd(a2, a3)), padd(a4, a5));
  const Packet high = padd(padd(padd(a6, a7), padd(a8, a9)), padd(a10, a11));
  return static_cast<double>(predux(padd(low, high)));
}

}  // namespace

extern const FmaLoop fma_loop;
const FmaLoop fma_loop = {run<float>, run<double>, Eigen::internal::packet_traits<float>::size,
                          Eigen::internal::packet_traits<double>::size};

}  // namespace lamina::bench::LAMINA_LEVEL
