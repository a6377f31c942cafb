// SPDX-License-Identifier: Apache-2.0
// That no jump of the wall clock counts is what the cell clock of scripts/faults shows.
#include <chrono>
#include <ctime>
#include <dlfcn.h>
#include <thread>
#include <threads.h>

#include <gtest/gtest.h>

namespace matricula {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class kafka_waits_test : public testing::Test {
 protected:
  kafka_waits_test() {
    mtx_init(&mutex_, mtx_plain);
    cnd_init(&condition_);
    mtx_lock(&mutex_);
  }
  ~kafka_waits_test() override {
    mtx_unlock(&mutex_);
    cnd_destroy(&condition_);
    mtx_destroy(&mutex_);
  }

  static timespec from_now(milliseconds time) {
    timespec at{};
    timespec_get(&at, TIME_UTC);
    const auto ns = std::chrono::nanoseconds{at.tv_nsec} + time;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(ns);
    return {at.tv_sec + seconds.count(), (ns - seconds).count()};
  }

  mtx_t mutex_;
  cnd_t condition_;
};

TEST_F(kafka_waits_test, are_what_a_shared_library_calls) {
  EXPECT_EQ(dlsym(RTLD_DEFAULT, "cnd_timedwait"), reinterpret_cast<void*>(&cnd_timedwait));
  Dl_info where{};
  ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, "cnd_timedwait"), &where), 0);
  EXPECT_EQ(std::string{where.dli_fname}.find("libc.so"), std::string::npos) << where.dli_fname;
}

TEST_F(kafka_waits_test, last_at_least_until_the_moment) {
  const auto began = steady_clock::now();
  const auto until = from_now(milliseconds{30});
  int answer = thrd_success;
  while (answer == thrd_success)  // a thread may be woken for nothing
    answer = cnd_timedwait(&condition_, &mutex_, &until);
  EXPECT_EQ(answer, thrd_timedout);
  EXPECT_GE(steady_clock::now() - began, milliseconds{29});
}

TEST_F(kafka_waits_test, are_over_at_once_for_a_moment_that_is_past) {
  const auto until = from_now(milliseconds{-1'500});
  EXPECT_EQ(cnd_timedwait(&condition_, &mutex_, &until), thrd_timedout);
}

TEST_F(kafka_waits_test, end_with_a_signal) {
  bool told = false;
  std::thread other{[&] {
    mtx_lock(&mutex_);
    told = true;
    cnd_signal(&condition_);
    mtx_unlock(&mutex_);
  }};
  const auto until = from_now(milliseconds{3'600'000});
  while (!told)
    EXPECT_EQ(cnd_timedwait(&condition_, &mutex_, &until), thrd_success);
  other.join();
}

}  // namespace
}  // namespace matricula
