// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/restart_policy.hpp"

#include <gtest/gtest.h>

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
};

TEST_F(restart_policy_test, gives_up_after_too_many_deaths_in_the_window) {
  EXPECT_EQ(policy.died(now), 100ms);
  EXPECT_EQ(policy.died(now += 1s), 200ms);
  EXPECT_EQ(policy.died(now += 1s), 400ms);
  EXPECT_EQ(policy.died(now += 1s), std::nullopt);
  EXPECT_EQ(policy.restarts(), 3U);
}

TEST_F(restart_policy_test, forgets_after_a_calm_window) {
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(policy.died(now += 11s), 100ms);
}

TEST_F(restart_policy_test, counts_within_a_sliding_window) {
  EXPECT_TRUE(policy.died(now));
  EXPECT_TRUE(policy.died(now += 4s));
  EXPECT_TRUE(policy.died(now += 4s));
  EXPECT_TRUE(policy.died(now += 4s));  // the first is older than the window
  EXPECT_FALSE(policy.died(now += 1s));
}

}  // namespace
}  // namespace matricula
