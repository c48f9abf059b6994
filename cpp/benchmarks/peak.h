// What this machine can do at most, measured; and the columns that every benchmark row prints next to its time.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>

namespace lamina::bench {

// GFLOP/s of multiply-adds that touch no memory, at a level ("v2" has no fused instruction: multiply, then add) with
// this many threads. T is float or double. Measured on the first call.
template <class T>
double fma_peak(const std::string& level, int threads);

// GB/s of copying arrays far larger than the caches, bytes read and bytes written together. Kernels whose data fits
// into a cache go above it. Measured on the first call.
double copy_peak(int threads);

// Adds a row. The time is the wall clock's, because a kernel may use several threads.
benchmark::internal::Benchmark* add_row(const std::string& name, const std::function<void(benchmark::State&)>& body);

// To be called once, after the loop over `state`: GFLOP/s, or GB/s read and written, and the share of the peak in
// percent for num_threads() threads. The amounts are those of one iteration.
template <class T>
void report_flops(benchmark::State& state, const std::string& level, double flops);
void report_bytes(benchmark::State& state, double bytes);

}  // namespace lamina::bench
