// SPDX-License-Identifier: Apache-2.0
// C11's threads, with which Debian's librdkafka is built, as POSIX threads. ThreadSanitizer intercepts pthread_create and
// pthread_mutex_lock, but not thrd_create and mtx_lock: the first call into its runtime from such a thread ends the
// process, and no lock of the library would count. These definitions come before the C library's; that of cnd_timedwait
// is the product's own, actors/publish/kafka_waits.cpp.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>

#ifdef __SANITIZE_THREAD__
// Of the sanitizer's runtime (tsan_interface_ann.h), which no header declares.
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char* file, int line);
#endif

namespace {

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t) &&
              sizeof(once_flag) == sizeof(pthread_once_t));

pthread_mutex_t* posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* posix(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }

int answer(int error) {
  switch (error) {
  case 0:
    return thrd_success;
  case EBUSY:
    return thrd_busy;
  case ENOMEM:
    return thrd_nomem;
  default:
    return thrd_error;
  }
}

/// The library hands what it has made to its threads, and takes it back to destroy it, by atomics that the sanitizer
/// cannot see: no write in this object's life counts.
class uncounted_write {
 public:
#ifdef __SANITIZE_THREAD__
  uncounted_write() { AnnotateIgnoreWritesBegin(__FILE__, __LINE__); }
  uncounted_write(const uncounted_write&) = delete;
  uncounted_write& operator=(const uncounted_write&) = delete;
  ~uncounted_write() { AnnotateIgnoreWritesEnd(__FILE__, __LINE__); }
#else
  uncounted_write() {}  // no default: it is not unused
#endif
};

struct routine {
  thrd_start_t run;
  void* argument;
};

void* begin(void* given) {
  const std::unique_ptr<routine> what{static_cast<routine*>(given)};
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(what->run(what->argument)));
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t run, void* argument) {
  auto what = std::make_unique<routine>(routine{run, argument});
  const int error = pthread_create(thread, nullptr, begin, what.get());
  if (error == 0)
    static_cast<void>(what.release());
  return error == EAGAIN ? thrd_nomem : answer(error);
}

int thrd_join(thrd_t thread, int* result) {
  void* returned = nullptr;
  const int error = pthread_join(thread, &returned);
  if (result != nullptr)
    *result = static_cast<int>(reinterpret_cast<std::intptr_t>(returned));
  return answer(error);
}

int mtx_init(mtx_t* mutex, int type) {
  const uncounted_write making;
  *posix(mutex) = (type & mtx_recursive) != 0 ? pthread_mutex_t PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP
                                              : pthread_mutex_t PTHREAD_MUTEX_INITIALIZER;
  return thrd_success;
}
int mtx_lock(mtx_t* mutex) { return answer(pthread_mutex_lock(posix(mutex))); }
int mtx_trylock(mtx_t* mutex) { return answer(pthread_mutex_trylock(posix(mutex))); }
int mtx_unlock(mtx_t* mutex) { return answer(pthread_mutex_unlock(posix(mutex))); }
void mtx_destroy(mtx_t* mutex) {
  const uncounted_write destroying;
  pthread_mutex_destroy(posix(mutex));
}

int cnd_init(cnd_t* condition) {
  const uncounted_write making;
  *posix(condition) = pthread_cond_t PTHREAD_COND_INITIALIZER;
  return thrd_success;
}
int cnd_signal(cnd_t* condition) { return answer(pthread_cond_signal(posix(condition))); }
int cnd_broadcast(cnd_t* condition) { return answer(pthread_cond_broadcast(posix(condition))); }
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return answer(pthread_cond_wait(posix(condition), posix(mutex)));
}
void cnd_destroy(cnd_t* condition) {
  const uncounted_write destroying;
  pthread_cond_destroy(posix(condition));
}

void call_once(once_flag* flag, void (*run)()) { pthread_once(reinterpret_cast<pthread_once_t*>(flag), run); }

}  // extern "C"
