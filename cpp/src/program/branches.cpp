#include "program/branches.h"

#include <algorithm>
#include <numeric>

namespace lamina {

namespace {

using Size = std::size_t;

// The tasks [first, ...) in groups that lead to each other, one task more at a time.
class Groups {
 public:
  Groups(const std::vector<Task>& tasks, int first) : tasks_(tasks), first_(first) {}

  void add() {
    const int i = first_ + static_cast<int>(parents_.size());
    const Task& task = tasks_[Size(i)];
    parents_.push_back(static_cast<int>(parents_.size()));
    times_.push_back(task.work.alone);
    for (const int before : task.after)
      if (before >= first_) join(before - first_, i - first_);
    const Size group = Size(root(i - first_));
    longest_ = std::max(longest_, times_[group]);
    alone_ += task.work.alone;
    shared_ += task.work.shared;
  }

  // What it takes one after the other, and at least side by side.
  double shared() const { return shared_; }
  double longest(int workers) const { return std::max(longest_, alone_ / workers); }

  int group_of(int task) { return root(task - first_); }
  double time_of(int group) const { return times_[Size(group)]; }

 private:
  int root(int i) {
    while (parents_[Size(i)] != i) i = parents_[Size(i)] = parents_[Size(parents_[Size(i)])];
    return i;
  }
  void join(int a, int b) {
    a = root(a), b = root(b);
    if (a == b) return;
    parents_[Size(b)] = a;
    times_[Size(a)] += times_[Size(b)];
  }

  const std::vector<Task>& tasks_;
  const int first_;
  std::vector<int> parents_;
  std::vector<double> times_;  // per root
  double longest_ = 0, alone_ = 0, shared_ = 0;
};

// The groups as parts, not more than workers can take: the longest first, each to what is shortest so far.
Section section_of(const std::vector<Task>& tasks, int first, int last, int workers) {
  Groups groups(tasks, first);
  for (int i = first; i < last; ++i) groups.add();
  std::vector<int> found;
  for (int i = first; i < last; ++i)
    if (groups.group_of(i) == i - first) found.push_back(i - first);
  std::stable_sort(found.begin(), found.end(), [&](int a, int b) { return groups.time_of(a) > groups.time_of(b); });
  const Size count = std::min(found.size(), Size(workers));
  std::vector<double> times(count, 0);
  std::vector<int> part_of(Size(last - first), 0);
  for (const int group : found) {
    const auto shortest = std::min_element(times.begin(), times.end());
    *shortest += groups.time_of(group);
    part_of[Size(group)] = static_cast<int>(shortest - times.begin());
  }
  Section section{first, last, std::vector<std::vector<int>>(count)};
  for (int i = first; i < last; ++i) section.parts[Size(part_of[Size(groups.group_of(i))])].push_back(i);
  return section;
}

}  // namespace

std::vector<Section> find_branches(const std::vector<Task>& tasks, int workers, double handing_over) {
  constexpr int longest = 128;    // tasks of a section
  constexpr double doubt = 1.15;  // parts may take that much longer than estimated; shared work evens that out
  const int count = static_cast<int>(tasks.size());
  if (workers < 2) return {};
  // The most that is gained in the tasks before i, and where the section begins that ends there (-1: none does).
  std::vector<double> best(Size(count) + 1, 0);
  std::vector<int> begins(Size(count) + 1, -1);
  for (int first = 0; first <= count; ++first) {
    if (first > 0 && best[Size(first)] <= best[Size(first) - 1]) {
      best[Size(first)] = best[Size(first) - 1];
      begins[Size(first)] = -1;
    }
    Groups groups(tasks, first);
    for (int last = first + 1; last <= std::min(count, first + longest); ++last) {
      if (tasks[Size(last) - 1].by_itself) break;
      groups.add();
      const double gain = groups.shared() - doubt * groups.longest(workers) - handing_over;
      if (gain <= 0 || best[Size(first)] + gain <= best[Size(last)]) continue;
      best[Size(last)] = best[Size(first)] + gain;
      begins[Size(last)] = first;
    }
  }
  // The workers have to be woken, too, when nothing else needs them.
  const bool awake =
      std::any_of(tasks.begin(), tasks.end(), [](const Task& t) { return t.work.shared < t.work.alone; });
  if (!awake && best[Size(count)] < 2 * handing_over) return {};
  std::vector<Section> sections;
  for (int last = count; last > 0;) {
    const int first = begins[Size(last)];
    if (first >= 0) sections.push_back(section_of(tasks, first, last, workers));
    last = first >= 0 ? first : last - 1;
  }
  std::reverse(sections.begin(), sections.end());
  return sections;
}

}  // namespace lamina
