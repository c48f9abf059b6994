// Samples as tasks: what the loss and the search share.
#pragma once

#include <algorithm>

#include "core/parallel_for.h"
#include "kernels/ctc/ctc.h"

namespace lamina::kernels::ctc {

inline std::int64_t clamped(std::int64_t n, std::int64_t most) { return std::clamp<std::int64_t>(n, 0, most); }

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
