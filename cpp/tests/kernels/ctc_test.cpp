// The loss, its gradient and the decoders against all paths.
#include "kernels/ctc/ctc.h"

#include <algorithm>

#include "kernels/buffers.h"
#include "kernels/ctc/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
using kernels::CtcShape;

struct Problem {
  CtcShape s;
  std::vector<double> log_probs;
  std::vector<Index> labels, counts, times;

  Problem(const CtcShape& shape, unsigned seed) : s(shape) {
    std::mt19937_64 engine(seed);
    std::uniform_real_distribution<double> draw(-3, 0);
    for (Index i = 0; i < s.batch * s.time * s.classes; ++i) log_probs.push_back(draw(engine));
    auto below = [&](Index n) { return static_cast<Index>(engine() % static_cast<std::uint64_t>(n)); };
    for (Index i = 0; i < s.batch * s.labels; ++i) {
      const Index label = below(s.classes - 1);
      labels.push_back(label < s.blank ? label : label + 1);
    }
    for (Index b = 0; b < s.batch; ++b) {
      counts.push_back(below(s.labels + 1));
      times.push_back(std::min(s.time, 2 * counts.back() + below(3)));
    }
  }
  const double* sample(Index b) const { return log_probs.data() + b * s.time * s.classes; }
  reference::CtcLabels target(Index b) const {
    const auto first = labels.begin() + b * s.labels;
    return {first, first + counts[static_cast<std::size_t>(b)]};
  }
};

std::vector<Problem> problems() {
  std::vector<Problem> all;
  unsigned seed = 0;
  for (const Index classes : {2, 3, 4})
    for (const Index labels : {0, 1, 3})
      for (const Index blank : {Index(0), classes - 1})
        all.emplace_back(CtcShape{6, 6, classes, labels, blank}, ++seed);
  return all;
}

template <class T>
struct Loss {
  std::vector<T> loss, gradient;

  explicit Loss(const Problem& p) : loss(p.counts.size()), gradient(p.log_probs.size()) {
    const std::vector<T> log_probs(p.log_probs.begin(), p.log_probs.end());
    std::vector<char> scratch(kernels::ctc_loss_scratch(p.s));
    kernels::ctc_loss(p.s, log_probs.data(), p.labels.data(), p.counts.data(), p.times.data(), loss.data(),
                      gradient.data(), scratch.data());
  }
};

TEST(Ctc, LossAndGradientAreSumsOverPaths) {
  for (const Problem& p : problems()) {
    const Loss<double> found(p);
    const Loss<float> in_float(p);
    for (Index b = 0; b < p.s.batch; ++b) {
      const auto i = static_cast<std::size_t>(b);
      const auto all = reference::ctc_spellings(p.times[i], p.s.classes, p.s.blank, p.sample(b));
      const auto it = all.find(p.target(b));
      if (it == all.end()) {  // does not fit into the time
        EXPECT_GT(found.loss[i], 9e4);
        EXPECT_TRUE(std::isfinite(found.loss[i]));
        continue;
      }
      EXPECT_NEAR(found.loss[i], -std::log(it->second.probability), 1e-12 * p.s.time * 3);
      EXPECT_NEAR(in_float.loss[i], found.loss[i], 1e-5);
      const auto row = static_cast<std::size_t>(b * p.s.time * p.s.classes);
      for (std::size_t k = 0; k < static_cast<std::size_t>(p.s.time * p.s.classes); ++k) {
        const double wanted =
            k < it->second.gradient.size() ? -it->second.gradient[k] / it->second.probability : 0;  // 0 past the time
        EXPECT_NEAR(found.gradient[row + k], wanted, 1e-12);
        EXPECT_NEAR(in_float.gradient[row + k], wanted, 1e-5);
      }
    }
  }
}

TEST(Ctc, CollapsesPaths) {
  std::mt19937_64 engine(3);
  const CtcShape s{20, 9, 0, 0, 1};
  std::vector<Index> path(180), times;
  for (Index& c : path) c = static_cast<Index>(engine() % 3);
  for (Index b = 0; b < s.batch; ++b) times.push_back(b - 5);
  for (const bool merge : {false, true}) {
    Buffer<std::int32_t> labels(180);
    kernels::ctc_collapse(s, merge, path.data(), times.data(), labels.data());
    EXPECT_TRUE(labels.guards_intact());
    for (Index b = 0; b < s.batch; ++b) {
      const auto first = path.begin() + b * s.time;
      const Index time = std::clamp<Index>(times[static_cast<std::size_t>(b)], 0, s.time);
      auto wanted = reference::ctc_collapse({first, first + time}, s.blank, merge);
      wanted.resize(static_cast<std::size_t>(s.time), -1);
      for (Index t = 0; t < s.time; ++t) EXPECT_EQ(labels[b * s.time + t], wanted[static_cast<std::size_t>(t)]);
    }
  }
}

struct Beams {
  std::vector<std::int32_t> labels;
  std::vector<double> scores;

  Beams(const Problem& p, Index width, Index top)
      : labels(static_cast<std::size_t>(top * p.s.batch * p.s.time)),
        scores(static_cast<std::size_t>(top * p.s.batch)) {
    std::vector<char> scratch(kernels::ctc_beam_search_scratch(p.s, width));
    kernels::ctc_beam_search(p.s, width, top, p.log_probs.data(), p.times.data(), labels.data(), scores.data(),
                             scratch.data());
  }
};

TEST(Ctc, AWideBeamFindsTheLikeliestLabels) {
  constexpr Index top = 5;
  for (const Problem& p : problems()) {
    const Beams found(p, 2000, top);
    for (Index b = 0; b < p.s.batch; ++b) {
      const Index time = std::max<Index>(1, p.times[static_cast<std::size_t>(b)]);
      const auto all = reference::ctc_spellings(time, p.s.classes, p.s.blank, p.sample(b));
      std::vector<std::pair<double, reference::CtcLabels>> ranked;
      for (const auto& [labels, spelling] : all) ranked.emplace_back(-std::log(spelling.probability), labels);
      std::sort(ranked.begin(), ranked.end());
      for (Index k = 0; k < top; ++k) {
        const double score = found.scores[static_cast<std::size_t>(b * top + k)];
        if (k >= static_cast<Index>(ranked.size())) {
          EXPECT_EQ(score, -std::numeric_limits<double>::infinity());
          continue;
        }
        auto& [cost, wanted] = ranked[static_cast<std::size_t>(k)];
        EXPECT_NEAR(score, -cost, 1e-12 * p.s.time * 3);
        wanted.resize(static_cast<std::size_t>(p.s.time), -1);
        const auto first = found.labels.begin() + (k * p.s.batch + b) * p.s.time;
        EXPECT_EQ(reference::CtcLabels(first, first + p.s.time), wanted);
      }
    }
  }
}

TEST(Ctc, EqualScoresGoByClassAndLength) {
  Problem p({1, 2, 3, 0, 0}, 1);
  std::fill(p.log_probs.begin(), p.log_probs.end(), -1.0);
  p.times = {2};
  // Three paths spell (1) and three (2), one each (1, 2), (2, 1) and nothing.
  const Beams found(p, 10, 5);
  EXPECT_EQ(found.labels, (std::vector<std::int32_t>{1, -1, 2, -1, 1, 2, 2, 1, -1, -1}));
}

TEST(Ctc, SameBitsWithAnyNumberOfThreads) {
  const Problem p({30, 40, 12, 8, 3}, 5);
  const int before = num_threads();
  set_num_threads(1);
  const Loss<double> loss(p);
  const Beams beams(p, 7, 3);
  set_num_threads(max_threads());
  const Loss<double> again(p);
  const Beams beams_again(p, 7, 3);
  set_num_threads(before);
  EXPECT_EQ(loss.loss, again.loss);
  EXPECT_EQ(loss.gradient, again.gradient);
  EXPECT_EQ(beams.labels, beams_again.labels);
  EXPECT_EQ(beams.scores, beams_again.scores);
}

}  // namespace
}  // namespace lamina
