// The only source of the library that uses OpenMP.
#include "core/parallel_for.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/cpu.h"
#include "lamina/error.h"
#include "lamina/runtime.h"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace lamina {
namespace {

// ---- The number of workers

// The positive number at the beginning of a variable (OMP_NUM_THREADS may be a list, one per nesting level), or 0.
int read_count(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return 0;
  char* end = nullptr;
  const long count = std::strtol(text, &end, 10);
  if (end != text && (*end == '\0' || *end == ',') && count >= 1 && count <= 1 << 16) return static_cast<int>(count);
  std::fprintf(stderr, "lamina: %s=\"%s\" is ignored: expected a number of threads, at least 1.\n", variable, text);
  return 0;
}

struct Limits {
  int initial;  // before any set_num_threads()
  int maximum;
};

const Limits& limits() {
  static const Limits found = [] {
    const int processors = available_processors();
    int initial = read_count("LAMINA_NUM_THREADS");
    if (initial == 0) initial = read_count("OMP_NUM_THREADS");
    if (initial == 0) initial = processors;
    // Never below 8, so that a small machine can run what a bigger one runs; scratch that no worker touches is free.
    return Limits{initial, std::max({initial, processors, 8})};
  }();
  return found;
}

std::atomic<int> chosen_threads{0};  // 0: not chosen

// ---- Fork

// The OpenMP runtime's workers do not survive fork(): the child would wait for them for ever in its first parallel
// region. So a child that comes after a parallel region runs everything on the thread it has.
std::atomic<bool> forked{false};

void watch_for_forks() {
#if defined(__unix__) || defined(__APPLE__)
  static const int registered = pthread_atfork(nullptr, nullptr, [] { forked.store(true, std::memory_order_relaxed); });
  static_cast<void>(registered);
#endif
}

// ---- Workers

constexpr int outside = -1;
thread_local int current_worker = outside;

struct Job {
  std::int64_t count, grain, blocks;
  int ranges;
  RangeFunction function;
  void* context;
  bool flush_denormals;
};

void run(RangeFunction function, void* context, std::int64_t begin, std::int64_t end, int worker) {
  const int outer = current_worker;
  current_worker = worker;
  function(context, begin, end, worker);
  current_worker = outer;
}

// The thread sanitizer does not see how the OpenMP runtime makes threads wait for each other, so it is told: what a
// thread did before publish() comes before what another one does after its observe().
#if defined(__SANITIZE_THREAD__)
#define LAMINA_UNCHECKED __attribute__((no_sanitize("thread")))
void publish(const Job& job) { __tsan_release(const_cast<Job*>(&job)); }
void observe(const Job& job) { __tsan_acquire(const_cast<Job*>(&job)); }
#else
#define LAMINA_UNCHECKED
void publish(const Job&) {}
void observe(const Job&) {}
#endif

void run_range(const Job& job, int range) {
  const std::int64_t begin = job.blocks * range / job.ranges * job.grain;
  const std::int64_t end = std::min(job.count, job.blocks * (range + 1) / job.ranges * job.grain);
  // The mode belongs to a thread: the workers take over the caller's.
  const FlushDenormals mode(job.flush_denormals);
  run(job.function, job.context, begin, end, range);
}

// The runtime may give fewer threads than asked for.
void run_ranges(const Job& job, int thread, int threads) {
  observe(job);
  for (int range = thread; range < job.ranges; range += threads) run_range(job, range);
  publish(job);
}

// Always the full team, even for fewer ranges: the runtime would end the threads that a smaller team leaves out, and
// start them again for the next one.
LAMINA_UNCHECKED void run_team(const Job& job, int threads) {
  publish(job);
#pragma omp parallel num_threads(threads)
  run_ranges(job, omp_get_thread_num(), omp_get_num_threads());
  observe(job);
}

}  // namespace

int max_threads() { return limits().maximum; }

int num_threads() {
  if (forked.load(std::memory_order_relaxed)) return 1;
  const int chosen = chosen_threads.load(std::memory_order_relaxed);
  return chosen != 0 ? chosen : limits().initial;
}

void set_num_threads(int count) {
  if (count < 1) {
    fail(ErrorKind::value, "The number of threads cannot be set", "at least 1", std::to_string(count),
         "Use 1 to run everything in the calling thread.");
  }
  chosen_threads.store(std::min(count, max_threads()), std::memory_order_relaxed);
}

void parallel_for(std::int64_t count, std::int64_t grain, RangeFunction function, void* context) {
  if (count <= 0) return;
  grain = std::max<std::int64_t>(grain, 1);
  // A nested call keeps its worker's number, so that scratch cut per worker stays its own.
  if (current_worker != outside) return function(context, 0, count, current_worker);
  const int threads = count <= grain ? 1 : num_threads();
  if (threads == 1 || omp_in_parallel()) return run(function, context, 0, count, 0);

  watch_for_forks();
  const std::int64_t blocks = (count - 1) / grain + 1;
  const int ranges = static_cast<int>(std::min<std::int64_t>(threads, blocks));
  const Job job = {count, grain, blocks, ranges, function, context, flushes_denormals()};
  // A thread starts in the mode of the one that starts it, which the workers must not keep.
  const FlushDenormals mode(false);
  run_team(job, threads);
}

}  // namespace lamina
