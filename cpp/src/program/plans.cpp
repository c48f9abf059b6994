#include "program/plans.h"

namespace lamina {

Shape Batch::shape(std::size_t i) const {
  Shape shape = arrays[i].shape();
  if (rows >= 0) shape[0] = rows;
  return shape;
}

std::vector<Shape> Batch::shapes() const {
  std::vector<Shape> all;
  for (std::size_t i = 0; i < arrays.size(); ++i) all.push_back(shape(i));
  return all;
}

bool Batch::has(const std::vector<Shape>& shapes) const {
  if (shapes.size() != arrays.size()) return false;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    if (shape(i) != shapes[i]) return false;
  return true;
}

Plans::~Plans() { clear(); }

std::shared_ptr<Planned> Plans::find(const Batch& batch, const Bindings& sizes) const {
  std::shared_ptr<Planned> found;
  readers_.fetch_add(1);
  for (const std::atomic<Cell*>& slot : cells_) {
    const Cell* cell = slot.load();
    if (cell == nullptr) break;
    if (!batch.has((*cell)->shapes) || (*cell)->sizes != sizes) continue;
    found = *cell;
    break;
  }
  readers_.fetch_sub(1);
  return found;
}

// A cell that was taken out goes away when nobody looks: who comes later does not see it.
void Plans::replace(int at, Cell* cell) {
  if (Cell* old = cells_[at].exchange(cell)) retired_.emplace_back(old);
  if (readers_.load() == 0) retired_.clear();
}

void Plans::add(std::shared_ptr<Planned> planned) {
  replace(next_, new Cell(std::move(planned)));
  next_ = (next_ + 1) % kMost;
}

void Plans::clear() {
  for (int i = kMost; i-- > 0;) replace(i, nullptr);
  next_ = 0;
}

}  // namespace lamina
