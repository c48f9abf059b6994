// These definitions come before the C library's for everything in the process, the OpenMP runtime included; `new` calls
// malloc. For the C library of GNU, whose own functions have second names.
#include "quiet/trap.h"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

namespace {

std::atomic<bool> armed{false};
std::atomic<std::int64_t> allocations{0}, locks{0};

void count(std::atomic<std::int64_t>& counter) {
  if (armed.load(std::memory_order_relaxed)) counter.fetch_add(1, std::memory_order_relaxed);
}

template <class F>
F next(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

}  // namespace

namespace trap {

void arm() {
  allocations = locks = 0;
  armed = true;
}

Counts disarm() {
  armed = false;
  return {allocations, locks};
}

}  // namespace trap

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t bytes) {
  count(allocations);
  return __libc_malloc(bytes);
}
void* calloc(std::size_t number, std::size_t bytes) {
  count(allocations);
  return __libc_calloc(number, bytes);
}
void* realloc(void* old, std::size_t bytes) {
  count(allocations);
  return __libc_realloc(old, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count(allocations);
  return __libc_memalign(alignment, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
  count(allocations);
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t bytes) {
  count(allocations);
  *result = __libc_memalign(alignment, bytes);
  return *result == nullptr ? ENOMEM : 0;
}
void free(void* p) {
  if (p != nullptr) count(allocations);
  __libc_free(p);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static const auto lock = next<int (*)(pthread_mutex_t*)>("pthread_mutex_lock");
  count(locks);
  return lock(mutex);
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) {
  static const auto lock = next<int (*)(pthread_mutex_t*)>("pthread_mutex_trylock");
  count(locks);
  return lock(mutex);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* mutex) {
  static const auto lock = next<int (*)(pthread_rwlock_t*)>("pthread_rwlock_rdlock");
  count(locks);
  return lock(mutex);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* mutex) {
  static const auto lock = next<int (*)(pthread_rwlock_t*)>("pthread_rwlock_wrlock");
  count(locks);
  return lock(mutex);
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  static const auto wait = next<int (*)(pthread_cond_t*, pthread_mutex_t*)>("pthread_cond_wait");
  count(locks);
  return wait(condition, mutex);
}

}  // extern "C"
