#include "core/gate.h"

namespace lamina {

namespace {

thread_local const Gate::Pass* innermost = nullptr;

}  // namespace

Gate::Pass::Pass(Gate& gate, bool writes) : gate_(gate), outer_(innermost), writes_(writes), entered_(true) {
  for (const Pass* pass = outer_; pass != nullptr; pass = pass->outer_) entered_ = entered_ && &pass->gate_ != &gate_;
  if (entered_) writes ? gate_.enter_to_write() : gate_.enter_to_read();
  innermost = this;
}

Gate::Pass::~Pass() {
  innermost = outer_;
  if (entered_) writes_ ? gate_.leave_writing() : gate_.leave_reading();
}

void Gate::Pass::pause() {
  if (!entered_ || !writes_ || gate_.waiting_.load(std::memory_order_relaxed) == 0) return;
  gate_.leave_writing();
  gate_.enter_to_write();
}

void Gate::enter_to_read() {
  if (state_.fetch_add(1, std::memory_order_acquire) < kWriter) return;
  leave_reading();
  std::unique_lock<std::mutex> lock(mutex_);
  waiting_.fetch_add(1, std::memory_order_relaxed);
  readable_.wait(lock, [this] { return !writing_; });
  state_.fetch_add(1, std::memory_order_acquire);  // no writer comes in while the mutex is held
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  writable_.notify_all();
}

void Gate::leave_reading() {
  if (state_.fetch_sub(1, std::memory_order_release) != kWriter + 1) return;
  const std::lock_guard<std::mutex> lock(mutex_);  // the last one out, and a writer waits
  writable_.notify_all();
}

void Gate::enter_to_write() {
  std::unique_lock<std::mutex> lock(mutex_);
  writable_.wait(lock, [this] { return !writing_ && waiting_.load(std::memory_order_relaxed) == 0; });
  writing_ = true;
  state_.fetch_add(kWriter, std::memory_order_acquire);
  writable_.wait(lock, [this] { return state_.load(std::memory_order_acquire) == kWriter; });
}

void Gate::leave_writing() {
  const std::lock_guard<std::mutex> lock(mutex_);
  state_.fetch_sub(kWriter, std::memory_order_release);
  writing_ = false;
  readable_.notify_all();
  writable_.notify_all();
}

}  // namespace lamina
