// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/restart_policy.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace matricula {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

TEST(back_off_test, doubles_to_its_greatest_and_starts_over) {
  back_off delays{100ms, 500ms};
  EXPECT_EQ(delays.next(), 100ms);
  EXPECT_EQ(delays.next(), 200ms);
  EXPECT_EQ(delays.next(), 400ms);
  EXPECT_EQ(delays.next(), 500ms);
  EXPECT_EQ(delays.next(), 500ms);
  delays.reset();
  EXPECT_EQ(delays.next(), 100ms);
}

struct restart_policy_test : testing::Test {
  restart_policy policy{3, 10'000ms, 100ms, 1'000ms};
  restart_policy::clock::time_point now{};

  std::optional<milliseconds> dies_after(milliseconds work) {
    policy.works(now);
    return policy.died(now += work);
  }
};

TEST_F(restart_policy_test, gives_up_after_too_many_deaths_without_a_calm_window) {
  EXPECT_EQ(dies_after(0s), 100ms);
  EXPECT_EQ(dies_after(9'999ms), 200ms);
  EXPECT_EQ(dies_after(9'999ms), 400ms);
  EXPECT_EQ(dies_after(9'999ms), std::nullopt);
}

TEST_F(restart_policy_test, forgets_after_a_calm_window) {
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(dies_after(10s), 100ms);
}

TEST_F(restart_policy_test, takes_what_passes_until_it_works_for_no_calm) {
  for (const auto delay : {100ms, 200ms, 400ms}) {
    EXPECT_EQ(dies_after(1s), delay);
    now += 1h;
  }
  EXPECT_EQ(dies_after(1s), std::nullopt);
}

TEST_F(restart_policy_test, adds_up_the_work_between_outages) {
  EXPECT_EQ(dies_after(1s), 100ms);
  for (int outage = 0; outage < 2; ++outage) {
    policy.works(now);
    policy.failed(now += 5s);
    now += 1h;
  }
  EXPECT_EQ(policy.died(now), 100ms);
}

TEST_F(restart_policy_test, takes_no_outage_for_a_death) {
  for (const auto delay : {100ms, 200ms, 400ms, 800ms, 1'000ms, 1'000ms})
    EXPECT_EQ(policy.failed(now += 1s), delay);
  EXPECT_EQ(dies_after(10s), 100ms);
  EXPECT_EQ(policy.failed(now), 100ms);  // it had worked
}

}  // namespace
}  // namespace matricula
