// SPDX-License-Identifier: Apache-2.0
// librdkafka waits with C11's cnd_timedwait until a moment of the wall clock, which it computes itself. In the C library's
// it waits by that clock: set back by an hour, it lets a thread that was to wait for a second sleep for an hour, and Kafka
// gives up a consumer whose heartbeats stay away (librdkafka's issue 2145). This one is linked into the program, which comes
// before the C library, and waits as long by the monotonic clock.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <ctime>

namespace {

constexpr long second_ns = 1'000'000'000;

timespec now_by(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now;
}

bool operator==(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

timespec in_order(std::time_t seconds, long nanoseconds) {
  if (nanoseconds < 0)
    return {seconds - 1, nanoseconds + second_ns};
  if (nanoseconds >= second_ns)
    return {seconds + 1, nanoseconds - second_ns};
  return {seconds, nanoseconds};
}

/// The moment of the monotonic clock that is as far off as `until` is by the wall clock. A thread that is woken too early
/// waits again until the same `until`: the clock may have jumped since, so what was computed then is what counts.
timespec by_monotonic_clock(const timespec& until) {
  thread_local timespec last_until{}, last_answer{};
  if (until == last_until)
    return last_answer;
  const auto wall = now_by(CLOCK_REALTIME), steady = now_by(CLOCK_MONOTONIC);
  const auto left = in_order(until.tv_sec - wall.tv_sec, until.tv_nsec - wall.tv_nsec);
  last_until = until;
  return last_answer = in_order(steady.tv_sec + left.tv_sec, steady.tv_nsec + left.tv_nsec);
}

}  // namespace

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));

// In glibc these types are those of POSIX under other names (nptl/cnd_timedwait.c).
extern "C" int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  const auto deadline = by_monotonic_clock(*until);
  switch (pthread_cond_clockwait(reinterpret_cast<pthread_cond_t*>(condition),
                                 reinterpret_cast<pthread_mutex_t*>(mutex), CLOCK_MONOTONIC, &deadline)) {
  case 0:
    return thrd_success;
  case ETIMEDOUT:
    return thrd_timedout;
  default:
    return thrd_error;
  }
}
