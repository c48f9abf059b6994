// Random integers and permutations (compiled once: the numbers are the same at every instruction set level).
#include "core/grain.h"
#include "core/parallel_for.h"
#include "kernels/random/philox.h"
#include "kernels/random/random.h"

namespace lamina::kernels {
namespace {

__extension__ typedef unsigned __int128 Wide;

// A number below `range` from 64 random bits; the bias is below range / 2^64.
std::uint64_t multiply_shift(std::uint64_t bits, std::uint64_t range) {
  return static_cast<std::uint64_t>((Wide(bits) * range) >> 64);
}

struct Request {
  std::uint64_t key, counter, range, low;
  std::int64_t* y;
};

constexpr std::int64_t kGrain = 8 * 1024;  // even: a block makes two numbers

}  // namespace

void random_integers(std::int64_t n, std::uint64_t key, std::uint64_t counter, std::int64_t low, std::int64_t high,
                     std::int64_t* y) {
  // Without sign: the range of all integers is 2^64 - 1 at most.
  const std::uint64_t range = high > low ? std::uint64_t(high) - std::uint64_t(low) : 0;
  Request request = {key, counter, range, std::uint64_t(low), y};
  parallel_for(
      n, measured_grain(kGrain),
      [](void* context, std::int64_t begin, std::int64_t end, int) {
        const Request& r = *static_cast<const Request*>(context);
        for (std::int64_t i = begin; i < end; i += 2) {
          const philox::Block block = philox::generate(r.key, r.counter, std::uint64_t(i) / 2);
          for (int half = 0; half < 2 && i + half < end; ++half) {
            const std::uint64_t value = r.low + multiply_shift(philox::long_word(block, half), r.range);
            r.y[i + half] = static_cast<std::int64_t>(value);
          }
        }
      },
      &request);
}

void random_permutation(std::int64_t n, std::uint64_t key, std::uint64_t counter, std::int64_t* y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = i;
  philox::Block block = {};
  for (std::int64_t i = n - 1, draw = 0; i > 0; --i, ++draw) {
    if (draw % 2 == 0) block = philox::generate(key, counter, std::uint64_t(draw) / 2);
    const std::int64_t other =
        static_cast<std::int64_t>(multiply_shift(philox::long_word(block, draw % 2), std::uint64_t(i) + 1));
    const std::int64_t moved = y[i];
    y[i] = y[other];
    y[other] = moved;
  }
}

}  // namespace lamina::kernels
