// Connectionist temporal classification straight from its definition (see ctc.h): by trying all paths.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

namespace lamina::reference {

using CtcLabels = std::vector<std::int64_t>;

inline CtcLabels ctc_collapse(const CtcLabels& path, std::int64_t blank, bool merge_repeated = true) {
  CtcLabels labels;
  for (std::size_t t = 0; t < path.size(); ++t)
    if (path[t] != blank && !(merge_repeated && t > 0 && path[t] == path[t - 1])) labels.push_back(path[t]);
  return labels;
}

struct CtcSpelling {
  double probability = 0;
  std::vector<double> gradient;  // of the probability by log_probs
};

// What can be spelled from log_probs[time][classes].
template <class T>
std::map<CtcLabels, CtcSpelling> ctc_spellings(std::int64_t time, std::int64_t classes, std::int64_t blank,
                                               const T* log_probs) {
  std::map<CtcLabels, CtcSpelling> all;
  CtcLabels path(static_cast<std::size_t>(time), 0);
  for (;;) {
    double sum = 0;
    for (std::size_t t = 0; t < path.size(); ++t)
      sum += static_cast<double>(log_probs[static_cast<std::int64_t>(t) * classes + path[t]]);
    CtcSpelling& spelling = all[ctc_collapse(path, blank)];
    spelling.gradient.resize(static_cast<std::size_t>(time * classes));
    spelling.probability += std::exp(sum);
    for (std::size_t t = 0; t < path.size(); ++t)
      spelling.gradient[t * static_cast<std::size_t>(classes) + static_cast<std::size_t>(path[t])] += std::exp(sum);
    std::size_t t = 0;
    while (t < path.size() && ++path[t] == classes) path[t++] = 0;
    if (t == path.size()) return all;
  }
}

}  // namespace lamina::reference
