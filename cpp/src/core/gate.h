// Who uses the variables of a program: many who read them, or one who writes them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace lamina {

// A reader takes no lock unless somebody writes: it costs one atomic addition to enter and one to leave. A writer waits
// for the readers inside; readers that waited for a writer come before the next one.
class Gate {
 public:
  // Inside the gate for as long as it lives. A thread that is inside may enter again; a reader stays one.
  class Pass {
   public:
    Pass(Gate& gate, bool writes);
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    // Between two pieces of a writer's work: lets those in who wait.
    void pause();

   private:
    Gate& gate_;
    const Pass* outer_;  // of this thread
    bool writes_, entered_;
  };

 private:
  void enter_to_read();
  void leave_reading();
  void enter_to_write();
  void leave_writing();

  static constexpr std::int64_t kWriter = std::int64_t{1} << 40;
  std::atomic<std::int64_t> state_{0};  // the readers inside or at the door, and the writer's bit
  std::atomic<int> waiting_{0};         // readers; changes under the mutex
  std::mutex mutex_;                    // of the slow way
  std::condition_variable readable_, writable_;
  bool writing_ = false;
};

}  // namespace lamina
