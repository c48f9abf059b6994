// The plans of one entry, one per set of input shapes, each with the workspaces that are not in use.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "core/pool.h"
#include "program/workspace.h"

namespace lamina {

// The inputs of a run, or a batch of their rows.
struct Batch {
  const std::vector<Tensor>& arrays;
  std::int64_t rows = -1;  // of the batch; -1: all of them

  Shape shape(std::size_t i) const;
  std::vector<Shape> shapes() const;
  bool has(const std::vector<Shape>& shapes) const;
};

struct Planned {
  std::vector<Shape> shapes;
  Bindings sizes;  // that were measured
  std::shared_ptr<const Plan> plan;
  Pool<Workspace> idle;
};

// `find` takes no lock and allocates nothing, and may be called by any number of threads, while one of them adds.
class Plans {
 public:
  Plans() = default;
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;
  ~Plans();

  std::shared_ptr<Planned> find(const Batch& batch, const Bindings& sizes) const;  // null when there is none
  void add(std::shared_ptr<Planned> planned);
  void clear();

 private:
  using Cell = std::shared_ptr<Planned>;
  static constexpr int kMost = 64;  // shapes kept; the oldest goes first

  void replace(int at, Cell* cell);

  std::atomic<Cell*> cells_[kMost] = {};
  mutable std::atomic<int> readers_{0};  // threads that look at the cells
  std::vector<std::unique_ptr<Cell>> retired_;
  int next_ = 0;
};

}  // namespace lamina
