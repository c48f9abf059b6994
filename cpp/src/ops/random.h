// Random numbers. Every op takes a state, int64 [key, counter], and is a pure function of it; whoever owns the state
// (a seed generator) advances the counter.
#pragma once

#include "kernels/random/random.h"
#include "ops/op.h"

namespace lamina {

enum class Distribution : std::uint8_t { uniform, normal, truncated_normal };
inline constexpr const char* kRandomNames[] = {"random_uniform", "random_normal", "random_truncated_normal"};

// input state. uniform: in [low, high); normal: mean, stddev; truncated_normal: redrawn within 2 stddev of mean.
template <Distribution D>
struct RandomOp {
  static constexpr const char* name = kRandomNames[static_cast<int>(D)];
  Dims shape;
  double first = 0, second = 1;  // low, high or mean, stddev
  DType dtype = DType::float32;
  template <class V>
  void fields(V& v) {
    v("shape", shape);
    v(D == Distribution::uniform ? "low" : "mean", first);
    v(D == Distribution::uniform ? "high" : "stddev", second);
    v("dtype", dtype);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// input state -> int64 in [low, high).
struct RandomIntegers {
  static constexpr const char* name = "random_integers";
  Dims shape;
  std::int64_t low = 0, high = 1;
  template <class V>
  void fields(V& v) {
    v("shape", shape);
    v("low", low);
    v("high", high);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// input state -> the int64 numbers 0 ... size - 1 in random order.
struct RandomPermutation {
  static constexpr const char* name = "random_permutation";
  Dim size;
  template <class V>
  void fields(V& v) {
    v("size", size);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
};

// inputs alpha, state -> a number of the gamma distribution of that shape (scale 1) for each alpha, or its logarithm,
// which can be told from that of 0. No gradient flows to alpha.
struct RandomGamma {
  static constexpr const char* name = "random_gamma";
  bool logarithm = false;
  template <class V>
  void fields(V& v) {
    v("logarithm", logarithm);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
  unsigned reuses(int) const { return 1; }
};

// inputs counts, probabilities (of one shape), state -> the number of successes in that many trials. No gradient.
struct RandomBinomial {
  static constexpr const char* name = "random_binomial";
  template <class V>
  void fields(V&) {}
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
  unsigned reuses(int) const { return 3; }
};

// inputs x, state -> x with each element zeroed with probability `rate`, the others divided by 1 - rate.
struct Dropout {
  static constexpr const char* name = "dropout";
  double rate = 0;
  template <class V>
  void fields(V& v) {
    v("rate", rate);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;
  unsigned reuses(int) const { return 1; }
};

}  // namespace lamina
