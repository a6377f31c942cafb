// SPDX-License-Identifier: Apache-2.0
#include "cli/replay.hpp"

#include <gtest/gtest.h>

namespace matricula {
namespace {

using namespace std::chrono_literals;

TEST(replay_from_text, reads_the_beginning_offsets_and_times) {
  EXPECT_TRUE(std::holds_alternative<from_beginning>(replay_from_text("beginning").value()));
  EXPECT_EQ(std::get<from_offset>(replay_from_text("0").value()), 0);
  EXPECT_EQ(std::get<from_offset>(replay_from_text("120000").value()), 120'000);
  const from_time time = std::chrono::sys_days{std::chrono::year{2026} / 9 / 9} + 8h + 30min;
  EXPECT_EQ(std::get<from_time>(replay_from_text("2026-09-09T08:30").value()), time);
  EXPECT_EQ(std::get<from_time>(replay_from_text("2026-09-09T08:30Z").value()), time);
  EXPECT_EQ(std::get<from_time>(replay_from_text("2026-09-09T08:30:15Z").value()), time + 15s);
}

TEST(replay_from_text, takes_nothing_else) {
  for (const char* text :
       {"", "end", "-1", "12x", "2026-09-09", "2026-13-09T08:00", "2026-02-30T08:00", "2026-09-09T24:00",
        "2026-09-09T08:60", "2026-09-09T08:00:61", "2026-09-09T08:00+02", "2026-09-09T08:00:15 "})
    EXPECT_FALSE(replay_from_text(text)) << text;
}

}  // namespace
}  // namespace matricula
