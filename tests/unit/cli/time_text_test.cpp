// SPDX-License-Identifier: Apache-2.0
#include "cli/time_text.hpp"

#include <gtest/gtest.h>

namespace matricula {
namespace {

using namespace std::chrono_literals;

const utc_time eight = std::chrono::sys_days{std::chrono::year{2026} / 9 / 9} + 8h;

TEST(time_text, reads_times_as_they_stand_in_json) {
  EXPECT_EQ(time_from_json("2026-09-09T08:00:12"), eight + 12s);
  EXPECT_EQ(time_from_json("2026-09-09T08:00:12Z"), eight + 12s);
  EXPECT_EQ(time_from_json("2026-09-09T08:00:12.345678+00:00"), eight + 12s);
  EXPECT_EQ(time_from_json("2026-09-09T10:00:12.3+02:00"), eight + 12s);
  EXPECT_EQ(time_from_json("2026-09-09T03:30:12-04:30"), eight + 12s);
  EXPECT_EQ(time_from_json("2026-09-09T10:00:12+02"), eight + 12s);
  for (const char* text : {"", "2026-09-09", "2026-09-09T08:00:12x", "2026-09-09T08:00:12.3+02:00x",
                           "2026-09-09T08:00:12+", "2026-09-09T08:00:12.5Zulu"})
    EXPECT_FALSE(time_from_json(text)) << text;
}

TEST(time_text, writes_a_time_that_it_can_read) {
  EXPECT_EQ(text_of(eight + 12s + 345ms), "2026-09-09T08:00:12Z");
  EXPECT_EQ(time_from_text(text_of(eight + 12s)), eight + 12s);
}

}  // namespace
}  // namespace matricula
