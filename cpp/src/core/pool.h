// Objects that wait for their next use, for whichever thread comes first.
#pragma once

#include <atomic>
#include <memory>

namespace lamina {

// Takes no lock and allocates nothing.
template <class T>
class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (std::atomic<T*>& slot : slots_) delete slot.load();
  }

  // Null when there is none.
  std::unique_ptr<T> take() {
    for (std::atomic<T*>& slot : slots_) {
      if (slot.load(std::memory_order_relaxed) == nullptr) continue;
      if (T* object = slot.exchange(nullptr, std::memory_order_acquire)) return std::unique_ptr<T>(object);
    }
    return nullptr;
  }
  // What finds no room goes away.
  void give(std::unique_ptr<T> object) {
    for (std::atomic<T*>& slot : slots_) {
      T* none = nullptr;
      if (slot.load(std::memory_order_relaxed) != nullptr) continue;
      if (!slot.compare_exchange_strong(none, object.get(), std::memory_order_release, std::memory_order_relaxed))
        continue;
      static_cast<void>(object.release());
      return;
    }
  }

 private:
  std::atomic<T*> slots_[64] = {};
};

}  // namespace lamina
