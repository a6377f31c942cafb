// SPDX-License-Identifier: Apache-2.0
#include "actors/subscribe/batch_pace.hpp"

#include <gtest/gtest.h>

namespace matricula {
namespace {

using namespace std::chrono_literals;

struct batch_pace_test : testing::Test {
  batch_pace pace{10'000};
  batch_pace::time now{1h};

  void applies(std::size_t records, std::chrono::milliseconds took) {
    pace.sent(records, now);
    now += took;
    pace.answered(now);
  }
};

TEST_F(batch_pace_test, grows_while_full_batches_are_fast) {
  EXPECT_EQ(pace.records(), 2'500U);
  applies(2'500, 100ms);
  EXPECT_EQ(pace.records(), 5'000U);
  applies(5'000, 200ms);
  applies(10'000, 400ms);
  EXPECT_EQ(pace.records(), 10'000U);
}

TEST_F(batch_pace_test, a_small_batch_says_nothing_of_a_large_one) {
  applies(10, 5ms);
  EXPECT_EQ(pace.records(), 2'500U);
}

TEST_F(batch_pace_test, shrinks_to_what_the_site_takes_in_time) {
  applies(2'500, 10s);
  EXPECT_EQ(pace.records(), 500U);
  applies(500, 1'500ms);
  EXPECT_EQ(pace.records(), 500U);
  applies(500, 1h);
  EXPECT_EQ(pace.records(), batch_pace::records_min);
}

TEST_F(batch_pace_test, a_batch_that_waited_behind_another_is_not_slow) {
  pace.sent(2'500, now);
  pace.sent(2'500, now);
  pace.answered(now += 900ms);
  pace.answered(now += 900ms);
  EXPECT_EQ(pace.records(), 5'000U);
}

TEST_F(batch_pace_test, forgets_what_is_under_way_when_it_begins_anew) {
  pace.sent(2'500, now);
  pace.begin();
  now += 1h;
  applies(2'500, 100ms);
  pace.answered(now);
  EXPECT_EQ(pace.records(), 5'000U);
}

TEST(batch_pace, stays_within_a_small_limit) {
  batch_pace pace{100};
  EXPECT_EQ(pace.records(), 100U);
  pace.sent(100, batch_pace::time{1h});
  pace.answered(batch_pace::time{2h});
  EXPECT_EQ(pace.records(), 100U);
}

}  // namespace
}  // namespace matricula
