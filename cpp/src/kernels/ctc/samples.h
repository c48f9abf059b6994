// What the loss and the search share: samples as tasks, and sums of probabilities in logarithms.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/parallel_for.h"
#include "kernels/ctc/ctc.h"

namespace lamina::kernels::ctc {

inline std::int64_t clamped(std::int64_t n, std::int64_t most) { return std::clamp<std::int64_t>(n, 0, most); }

// log(exp(a) + exp(b))
inline double log_add(double a, double b) {
  const double top = std::max(a, b);
  return top == -std::numeric_limits<double>::infinity() ? top : top + std::log1p(std::exp(-std::abs(a - b)));
}

// body(sample, worker) for each sample.
template <class Body>
void for_samples(const CtcShape& s, const Body& body) {
  parallel_for(
      s.batch, 1,
      [](void* context, std::int64_t begin, std::int64_t end, int worker) {
        for (std::int64_t b = begin; b < end; ++b) (*static_cast<const Body*>(context))(b, worker);
      },
      const_cast<Body*>(&body));
}

}  // namespace lamina::kernels::ctc
