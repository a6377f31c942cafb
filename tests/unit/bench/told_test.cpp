// SPDX-License-Identifier: Apache-2.0
#include "pipeline/told.hpp"

#include <gtest/gtest.h>

namespace matricula::bench {
namespace {

TEST(told_test, a_time_is_the_same_in_every_zone) {
  const auto utc = time_from("2026-11-23T08:15:00.250Z");
  EXPECT_EQ(utc, time_from("2026-11-23T09:15:00.250+01:00"));
  EXPECT_EQ(utc, time_from("2026-11-23T05:45:00.250-02:30"));
  EXPECT_DOUBLE_EQ(seconds_between(time_from("2026-11-23T08:14:59.000+00:00"), utc), 1.25);
  EXPECT_THROW(time_from("yesterday"), std::runtime_error);
}

TEST(told_test, finds_the_first_line_that_begins_so) {
  const std::string log =
      "no JSON\n"
      R"({"time":"2026-11-23T08:15:00.000+00:00","level":"info","text":"site:flat running"})"
      "\n"
      R"({"time":"2026-11-23T08:16:00.000+00:00","level":"info","text":"site:flat running"})"
      "\n";
  EXPECT_EQ(first_said(log, "site:flat"), time_from("2026-11-23T08:15:00.000Z"));
  EXPECT_FALSE(first_said(log, "source:"));
}

TEST(told_test, finds_the_longest_wait_for_a_lock_of_one_process) {
  const std::string log =
      "2026-11-23 08:15:00.100 UTC [12] moodle LOG:  process 12 still waiting for ShareLock on transaction 7 "
      "after "
      "50.021 ms\n"
      "2026-11-23 08:15:00.100 UTC [12] moodle DETAIL:  Process holding the lock: 34. Wait queue: 12.\n"
      "2026-11-23 08:15:00.453 UTC [12] moodle LOG:  process 12 acquired ShareLock on transaction 7 after "
      "403.250 ms\n"
      "2026-11-23 08:15:00.500 UTC [123] moodle LOG:  process 123 acquired ShareLock on transaction 8 after "
      "900.5 ms\n"
      "2026-11-23 08:15:00.500 UTC [12] moodle LOG:  process 12 acquired ShareLock on transaction 9 after "
      "60.5 ms\n";
  EXPECT_DOUBLE_EQ(longest_lock_wait_ms(log, 12), 403.25);
  EXPECT_EQ(longest_lock_wait_ms(log, 34), 0);
}

}  // namespace
}  // namespace matricula::bench
