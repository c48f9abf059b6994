// The only source of the library that uses OpenMP.
#include "core/parallel_for.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>

#include "core/cpu.h"
#include "core/grain.h"
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
// More than one, so that those who are through can take from those who are slow or came late; few, because what a
// worker takes from another's share lies in the other's cache.
constexpr std::int64_t ranges_per_worker = 2;
thread_local int current_worker = outside;

struct Job {
  std::int64_t count, grain, blocks;
  int ranges;
  RangeFunction function;
  void* context;
};

void run(RangeFunction function, void* context, std::int64_t begin, std::int64_t end, int worker) {
  const int outer = current_worker;
  current_worker = worker;
  function(context, begin, end, worker);
  current_worker = outer;
}

void run_range(const Job& job, int range, int worker) {
  const std::int64_t begin = job.blocks * range / job.ranges * job.grain;
  const std::int64_t end = std::min(job.count, job.blocks * (range + 1) / job.ranges * job.grain);
  run(job.function, job.context, begin, end, worker);
}

// Waits a little longer each time: what is awaited mostly comes within microseconds; a processor that is needed
// elsewhere is given away after some more.
class Patience {
 public:
  void wait() {
    ++waits_;
    if (waits_ < 2'000) {
      pause();
    } else if (waits_ < 20'000) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }

  int waits() const { return waits_; }

 private:
  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  int waits_ = 0;
};

// The threads of one parallel region. The first posts jobs and takes part in them; the others wait for jobs until it
// dismisses them. The ranges of a job are dealt out in equal shares of neighbours; who is through with its own share
// takes from the others', so nobody waits for a worker that the system has not let run yet.
//   A line of memory that one processor writes and another one reads costs 0.1 to 0.5 microseconds each time. So all
// that a worker needs to know of a job and all that it has to say lies in a single line, which the others leave alone
// for as long as they can.
class Team {
 public:
  Team(int threads, bool flush_denormals)
      : num_shares_(std::min(threads, kMostShares)), flush_denormals_(flush_denormals) {}

  void run_job(const Job& job) {
    ++generation_;
    for (int i = num_shares_; i-- > 0;) {
      const int begin = job.ranges * i / num_shares_, end = job.ranges * (i + 1) / num_shares_;
      shares_[i].job = job;
      shares_[i].finished.store(0, std::memory_order_relaxed);
      shares_[i].left.store(ticket(generation_, begin, end), std::memory_order_release);
    }
    take_share(0, 0, generation_);
    for (Patience patience; finished() < job.ranges; patience.wait()) take_others(0, generation_);
  }

  void serve(int worker) {
    // The mode belongs to a thread: the workers take over the caller's.
    const FlushDenormals mode(flush_denormals_);
    const std::atomic<std::uint64_t>& own = shares_[worker % num_shares_].left;
    std::uint32_t seen = 0;
    for (Patience patience; !over_.load(std::memory_order_acquire); patience.wait()) {
      if (const auto generation = static_cast<std::uint32_t>(own.load(std::memory_order_acquire) >> 32);
          generation != seen) {
        take_share(worker, worker, generation);
        seen = generation;
        patience = {};
      } else if (patience.waits() == kWaitsBeforeHelp) {
        take_others(worker, seen);
      }
    }
  }

  void dismiss() { over_.store(true, std::memory_order_release); }

 private:
  static constexpr int kMostShares = 64;
  static constexpr int kWaitsBeforeHelp = 32;  // about a microsecond

  // What a worker is asked to do, and what it has done.
  struct alignas(64) Share {
    std::atomic<std::uint64_t> left{0};  // a ticket
    std::atomic<int> finished{0};        // ranges that its owners have run, from whichever share
    Job job = {};                        // stays what it is until all ranges are finished
  };

  // What is left of a share: the ranges [next, end), of the job that the generation counts.
  static std::uint64_t ticket(std::uint32_t generation, int next, int end) {
    return std::uint64_t{generation} << 32 | static_cast<std::uint64_t>(next) << 16 | static_cast<std::uint64_t>(end);
  }

  void take_share(int worker, int owner, std::uint32_t generation) {
    Share& share = shares_[owner % num_shares_];
    int taken = 0;
    std::uint64_t left = share.left.load(std::memory_order_acquire);
    while (left >> 32 == generation) {
      const int next = static_cast<int>(left >> 16 & 0xffff), end = static_cast<int>(left & 0xffff);
      if (next >= end) break;
      if (!share.left.compare_exchange_weak(left, ticket(generation, next + 1, end), std::memory_order_acq_rel,
                                            std::memory_order_acquire))
        continue;
      run_range(share.job, next, worker);
      ++taken;
      left = share.left.load(std::memory_order_acquire);
    }
    if (taken > 0) shares_[worker % num_shares_].finished.fetch_add(taken, std::memory_order_release);
  }

  void take_others(int worker, std::uint32_t generation) {
    for (int i = 1; i < num_shares_; ++i) take_share(worker, worker + i, generation);
  }

  int finished() const {
    int sum = 0;
    for (int i = 0; i < num_shares_; ++i) sum += shares_[i].finished.load(std::memory_order_acquire);
    return sum;
  }

  const int num_shares_;
  const bool flush_denormals_;
  std::uint32_t generation_ = 0;
  alignas(64) std::atomic<bool> over_{false};
  Share shares_[kMostShares];
};

thread_local Team* current_team = nullptr;
thread_local std::uint64_t jobs = 0;

// The thread sanitizer does not see how the OpenMP runtime makes threads wait for each other, so it is told: what a
// thread did before publish() comes before what another one does after its observe().
#if defined(__SANITIZE_THREAD__)
#define LAMINA_UNCHECKED __attribute__((no_sanitize("thread")))
void publish(Team& team) { __tsan_release(&team); }
void observe(Team& team) { __tsan_acquire(&team); }
#else
#define LAMINA_UNCHECKED
void publish(Team&) {}
void observe(Team&) {}
#endif

void serve(Team& team, int worker) {
  observe(team);
  team.serve(worker);
  publish(team);
}

// Runs body with a team. The runtime may give it fewer threads than asked for.
LAMINA_UNCHECKED void run_team(int threads, void (*body)(void*), void* context) {
  const bool flush = flushes_denormals();
  Team team(threads, flush);
  std::exception_ptr error;  // nothing may leave a parallel region by an exception
  // A thread starts in the mode of the one that starts it, which the workers must not keep.
  const FlushDenormals mode(false);
  publish(team);
#pragma omp parallel num_threads(threads)
  {
    if (const int worker = omp_get_thread_num(); worker > 0) {
      serve(team, worker);
    } else {
      const FlushDenormals own(flush);
      current_team = &team;
      const std::uint64_t asked = jobs;
      measure_handing_over();
      jobs = asked;
      try {
        body(context);
      } catch (...) {
        error = std::current_exception();
      }
      current_team = nullptr;
      team.dismiss();
    }
  }
  observe(team);
  if (error) std::rethrow_exception(error);
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
  if (threads == 1) return run(function, context, 0, count, 0);

  ++jobs;
  const std::int64_t blocks = (count - 1) / grain + 1;
  const int ranges = static_cast<int>(std::min<std::int64_t>({blocks, ranges_per_worker * threads, 0xffff}));
  const Job job = {count, grain, blocks, ranges, function, context};
  if (current_team != nullptr) return current_team->run_job(job);
  if (omp_in_parallel()) return run(function, context, 0, count, 0);
  with_workers([](void* opaque) { current_team->run_job(*static_cast<const Job*>(opaque)); }, const_cast<Job*>(&job));
}

void with_workers(void (*body)(void*), void* context) {
  const int threads = num_threads();
  if (threads == 1 || current_worker != outside || current_team != nullptr || omp_in_parallel()) return body(context);
  watch_for_forks();
  run_team(threads, body, context);
}

std::uint64_t jobs_for_workers() { return jobs; }

}  // namespace lamina
