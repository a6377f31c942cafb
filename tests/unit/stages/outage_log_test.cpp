// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/outage_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using namespace std::chrono_literals;

struct outage_log_test : testing::Test {
  outage_log log;
  outage_log::steady now{1h};
  outage_log::wall today{std::chrono::seconds{1'788'854'400}};  // 2026-09-08 08:00:00 UTC

  std::string failed(const std::string& text) {
    return log.failed({error_code::database_unavailable, text}, now, today).value_or("");
  }
};

TEST_F(outage_log_test, says_what_and_since_when) {
  EXPECT_EQ(failed("no answer"),
            "database_unavailable: no answer; tried again since 2026-09-08 08:00:00 UTC, for 0 s so far");
}

TEST_F(outage_log_test, repeats_the_same_once_a_minute_only) {
  failed("no answer");
  now += 59s;
  EXPECT_EQ(failed("no answer"), "");
  now += 1s;
  EXPECT_THAT(failed("no answer"), testing::HasSubstr("for 60 s so far"));
}

TEST_F(outage_log_test, tells_of_another_reason_at_once) {
  failed("no answer");
  now += 5s;
  EXPECT_THAT(failed("read-only"),
              testing::AllOf(testing::HasSubstr("read-only"), testing::HasSubstr("for 5 s")));
}

TEST_F(outage_log_test, tells_once_that_it_is_over) {
  EXPECT_EQ(log.works(now), std::nullopt);
  failed("no answer");
  now += 7s;
  EXPECT_EQ(log.works(now), "works again after 7 s");
  EXPECT_EQ(log.works(now), std::nullopt);
  EXPECT_NE(failed("no answer"), "");
}

}  // namespace
}  // namespace matricula
