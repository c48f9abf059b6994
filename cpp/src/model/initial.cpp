// What variables begin with: the same numbers as Python's initializers.
#include <algorithm>
#include <cmath>
#include <string>

#include "autodiff/value.h"
#include "core/spelling.h"
#include "lamina/graph.h"
#include "lamina/runtime.h"
#include "ops/dispatch.h"
#include "ops/functions.h"
#include "ops/random.h"

namespace lamina {

namespace {

enum class Fan : std::uint8_t { none, in, average };

struct Initial {
  const char* name;
  Distribution distribution;
  Fan fan;
  double scale;  // of the variance; without a fan the deviation or limit
};

constexpr Initial initials[] = {
    {"random_normal", Distribution::normal, Fan::none, 0.05},
    {"random_uniform", Distribution::uniform, Fan::none, 0.05},
    {"truncated_normal", Distribution::truncated_normal, Fan::none, 0.05},
    {"glorot_uniform", Distribution::uniform, Fan::average, 1},
    {"glorot_normal", Distribution::truncated_normal, Fan::average, 1},
    {"he_uniform", Distribution::uniform, Fan::in, 2},
    {"he_normal", Distribution::truncated_normal, Fan::in, 2},
    {"lecun_uniform", Distribution::uniform, Fan::in, 1},
    {"lecun_normal", Distribution::truncated_normal, Fan::in, 1},
};

double fan_of(Fan fan, const Shape& shape) {
  const int rank = shape.rank();
  const double in = rank == 0 ? 1 : static_cast<double>(rank == 1 ? shape[0] : shape.size(0, rank - 1));
  if (fan == Fan::in || rank < 2) return in;
  return (in + static_cast<double>(shape.size(0, rank - 2) * shape[rank - 1])) / 2;
}

// The deviation, or the limit of uniform numbers.
double spread(const Initial& initial, const Shape& shape) {
  if (initial.fan == Fan::none) return initial.scale;
  const double variance = initial.scale / std::max(1.0, fan_of(initial.fan, shape));
  if (initial.distribution == Distribution::uniform) return std::sqrt(3 * variance);
  constexpr double cut = 0.87962566103423978;  // the deviation that a unit normal has left, cut at two deviations
  return std::sqrt(variance) / (initial.distribution == Distribution::truncated_normal ? cut : 1);
}

template <Distribution D>
Tensor draw(const Shape& shape, double first, double second, std::int64_t seed, DType dtype) {
  const Value state(Tensor::of<std::int64_t>({2}, {seed, 0}));
  return call(RandomOp<D>{Dims(shape), first, second, dtype}, {state})[0].tensor();
}

}  // namespace

Tensor initial_value(const std::string& name, const Shape& shape, std::int64_t seed, DType dtype) {
  if (name == "zeros" || name == "ones") return ops::fill(Dims(shape), name == "ones" ? 1 : 0, dtype).tensor();
  std::vector<std::string> names = {"zeros", "ones"};
  for (const Initial& initial : initials) {
    names.emplace_back(initial.name);
    if (name != initial.name) continue;
    const double s = spread(initial, shape);
    switch (initial.distribution) {
      case Distribution::uniform:
        return draw<Distribution::uniform>(shape, -s, s, seed, dtype);
      case Distribution::normal:
        return draw<Distribution::normal>(shape, 0, s, seed, dtype);
      case Distribution::truncated_normal:
        return draw<Distribution::truncated_normal>(shape, 0, s, seed, dtype);
    }
  }
  fail(ErrorKind::value, "There are no initial values '" + name + "'",
       "one of the names in lamina/graph.h; the nearest are " + nearest(name, names), "'" + name + "'",
       "Correct the name.");
}

Tensor initial_value(const std::string& name, const Shape& shape) { return initial_value(name, shape, next_seed()); }

}  // namespace lamina
