// Beginnings of label sequences are nodes of a tree, so that the same beginning is the same node however it was found.
#include <cmath>
#include <limits>

#include "kernels/ctc/samples.h"

namespace lamina::kernels {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// log(exp(a) + exp(b))
double log_add(double a, double b) {
  const double top = std::max(a, b);
  return top == kNever ? top : top + std::log1p(std::exp(-std::abs(a - b)));
}

struct Node {
  std::int32_t parent, label, depth;
  std::int32_t first_child, next_sibling;
  std::int32_t beam;  // where it is among the beams, or -1
};

// A node with the logarithms of the probabilities of the paths that spell it and end with its label or with a blank.
// As a candidate: of the node's child for `label`, or of the node itself if that is -1.
struct Beam {
  double at_label, at_blank, total;
  std::int32_t node, label;
};

struct Search {
  const CtcShape& s;
  std::int64_t beam_width;
  Node* nodes;
  Beam *beams, *candidates;
  std::int32_t* alive;  // per class: the beam (+ 1) whose child for it is a beam itself
  std::int32_t num_nodes = 0;
  std::int64_t num_beams = 0;

  std::int32_t add_node(std::int32_t parent, std::int32_t label) {
    const std::int32_t depth = parent < 0 ? 0 : nodes[parent].depth + 1;
    nodes[num_nodes] = {parent, label, depth, -1, -1, -1};
    if (parent >= 0) {
      nodes[num_nodes].next_sibling = nodes[parent].first_child;
      nodes[parent].first_child = num_nodes;
    }
    return num_nodes++;
  }

  std::int32_t child(std::int32_t parent, std::int32_t label) {
    for (std::int32_t i = nodes[parent].first_child; i >= 0; i = nodes[i].next_sibling)
      if (nodes[i].label == label) return i;
    return add_node(parent, label);
  }

  std::int32_t depth(const Beam& b) const { return nodes[b.node].depth + (b.label >= 0); }

  // The label and the beginning before it of the first `size` labels of a candidate.
  struct Cut {
    std::int32_t node, label;
  };
  Cut cut(const Beam& b, std::int32_t size) const {
    if (b.label >= 0 && nodes[b.node].depth + 1 == size) return {b.node, b.label};
    std::int32_t i = b.node;
    while (nodes[i].depth > size) i = nodes[i].parent;
    return {nodes[i].parent, nodes[i].label};
  }

  // Whether a's labels come before b's: the smaller class where they first differ, the longer if they do not.
  bool earlier(const Beam& a, const Beam& b) const {
    std::int32_t size = std::min(depth(a), depth(b));
    bool result = depth(a) > depth(b);
    if (size == 0) return result;
    Cut x = cut(a, size), y = cut(b, size);
    for (;; --size) {
      if (x.label != y.label) result = x.label < y.label;
      if (x.node == y.node || size == 1) return result;
      x = {nodes[x.node].parent, nodes[x.node].label};
      y = {nodes[y.node].parent, nodes[y.node].label};
    }
  }

  // Keeps the best `most` of the candidates as beams, best first.
  void keep(std::int64_t num_candidates, std::int64_t most) {
    const auto better = [this](const Beam& a, const Beam& b) {
      return a.total != b.total ? a.total > b.total : earlier(a, b);
    };
    Beam* end = candidates + num_candidates;
    if (num_candidates > most) std::nth_element(candidates, candidates + most, end, better);
    num_beams = std::min(num_candidates, most);
    std::sort(candidates, candidates + num_beams, better);
    std::copy(candidates, candidates + num_beams, beams);
  }

  template <class T>
  double extended(const Beam& b, std::int32_t label, const T* log_probs) const {
    const double before = nodes[b.node].label == label ? b.at_blank : b.total;  // a repeat needs a blank between
    return before + static_cast<double>(log_probs[label]);
  }

  template <class T>
  void step(const T* log_probs) {
    std::int64_t count = 0;
    const auto add = [&](const Beam& b) {
      if (b.total > kNever) candidates[count++] = b;  // and not NaN
    };
    for (std::int64_t i = 0; i < num_beams; ++i) nodes[beams[i].node].beam = static_cast<std::int32_t>(i);
    for (std::int64_t i = 0; i < num_beams; ++i) {
      const Beam& b = beams[i];
      const Node& node = nodes[b.node];
      Beam stays{kNever, b.total + static_cast<double>(log_probs[s.blank]), 0, b.node, -1};
      if (node.parent >= 0) {
        stays.at_label = b.at_label + static_cast<double>(log_probs[node.label]);
        if (const std::int32_t parent = nodes[node.parent].beam; parent >= 0)
          stays.at_label = log_add(stays.at_label, extended(beams[parent], node.label, log_probs));
      }
      stays.total = log_add(stays.at_label, stays.at_blank);
      add(stays);
      const auto mark = static_cast<std::int32_t>(i + 1);
      for (std::int32_t c = node.first_child; c >= 0; c = nodes[c].next_sibling)
        if (nodes[c].beam >= 0) alive[nodes[c].label] = mark;
      for (std::int32_t label = 0; label < s.classes; ++label)
        if (label != s.blank && alive[label] != mark) {
          const double score = extended(b, label, log_probs);
          add({score, kNever, score, b.node, label});
        }
    }
    for (std::int64_t i = 0; i < num_beams; ++i) nodes[beams[i].node].beam = -1;
    std::fill(alive, alive + s.classes, 0);
    keep(count, beam_width);
    for (std::int64_t i = 0; i < num_beams; ++i)
      if (beams[i].label >= 0) beams[i].node = child(beams[i].node, beams[i].label);
  }

  template <class T>
  void run(const T* log_probs, std::int64_t times) {
    num_nodes = 0;
    num_beams = 1;
    beams[0] = {kNever, 0, 0, add_node(-1, -1), -1};
    std::fill(alive, alive + s.classes, 0);
    for (std::int64_t t = 0; t < times; ++t) step(log_probs + t * s.classes);
  }
};

// How the scratch of one sample is cut.
struct Layout {
  std::size_t nodes, beams, candidates, alive;
  Layout(const CtcShape& s, std::int64_t beam_width)
      : nodes(static_cast<std::size_t>(beam_width * s.time + 1)),
        beams(static_cast<std::size_t>(beam_width)),
        candidates(static_cast<std::size_t>(beam_width * std::max<std::int64_t>(1, s.classes))),
        alive(static_cast<std::size_t>(s.classes)) {}
  std::size_t bytes() const {
    const std::size_t all = (beams + candidates) * sizeof(Beam) + nodes * sizeof(Node) + alive * sizeof(std::int32_t);
    return (all + 63) / 64 * 64;
  }
  Search search(const CtcShape& s, std::int64_t beam_width, char* memory) const {
    auto* first = reinterpret_cast<Beam*>(memory);
    auto* tree = reinterpret_cast<Node*>(first + beams + candidates);
    return {s, beam_width, tree, first, first + beams, reinterpret_cast<std::int32_t*>(tree + nodes)};
  }
};

}  // namespace

void ctc_collapse(const CtcShape& s, bool merge_repeated, const std::int64_t* path, const std::int64_t* times,
                  std::int32_t* labels) {
  for (std::int64_t b = 0; b < s.batch; ++b, path += s.time, labels += s.time) {
    std::int64_t count = 0;
    for (std::int64_t t = 0; t < ctc::clamped(times[b], s.time); ++t)
      if (path[t] != s.blank && !(merge_repeated && t > 0 && path[t] == path[t - 1]))
        labels[count++] = static_cast<std::int32_t>(path[t]);
    std::fill(labels + count, labels + s.time, -1);
  }
}

std::size_t ctc_beam_search_scratch(const CtcShape& s, std::int64_t beam_width) {
  return s.batch == 0 ? 0 : static_cast<std::size_t>(max_threads()) * Layout(s, beam_width).bytes();
}

template <class T>
void ctc_beam_search(const CtcShape& s, std::int64_t beam_width, std::int64_t top_paths, const T* log_probs,
                     const std::int64_t* times, std::int32_t* labels, T* scores, void* scratch) {
  const Layout layout(s, beam_width);
  ctc::for_samples(s, [&](std::int64_t b, int worker) {
    Search search =
        layout.search(s, beam_width, static_cast<char*>(scratch) + static_cast<std::size_t>(worker) * layout.bytes());
    // Keras reads the first step in any case.
    search.run(log_probs + b * s.time * s.classes, std::min(s.time, std::max<std::int64_t>(1, times[b])));
    for (std::int64_t k = 0; k < top_paths; ++k) {
      std::int32_t* to = labels + (k * s.batch + b) * s.time;
      std::fill(to, to + s.time, -1);
      const bool found = k < search.num_beams;
      scores[b * top_paths + k] = found ? static_cast<T>(search.beams[k].total) : -std::numeric_limits<T>::infinity();
      if (!found) continue;
      for (std::int32_t i = search.beams[k].node; search.nodes[i].depth > 0; i = search.nodes[i].parent)
        to[search.nodes[i].depth - 1] = search.nodes[i].label;
    }
  });
}

template void ctc_beam_search(const CtcShape&, std::int64_t, std::int64_t, const float*, const std::int64_t*,
                              std::int32_t*, float*, void*);
template void ctc_beam_search(const CtcShape&, std::int64_t, std::int64_t, const double*, const std::int64_t*,
                              std::int32_t*, double*, void*);

}  // namespace lamina::kernels
