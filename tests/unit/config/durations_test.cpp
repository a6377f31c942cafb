// SPDX-License-Identifier: Apache-2.0
#include "config/durations.hpp"

#include <gtest/gtest.h>

namespace matricula::config {
namespace {

using namespace std::chrono_literals;

TEST(a_duration, is_a_whole_number_and_a_unit) {
  EXPECT_EQ(duration_from("500ms"), 500ms);
  EXPECT_EQ(duration_from("10s"), 10s);
  EXPECT_EQ(duration_from("2m"), 2min);
  EXPECT_EQ(duration_from("1h"), 1h);
  EXPECT_EQ(duration_from("0s"), 0s);
}

TEST(a_duration, is_nothing_else) {
  for (const auto* const text :
       {"", "10", "s", "10 s", "-1s", "1.5s", "10S", "1d", "10s ", "99999999999999999999s"})
    EXPECT_EQ(duration_from(text), std::nullopt) << text;
}

TEST(a_duration, is_printed_in_its_largest_whole_unit) {
  EXPECT_EQ(text_of(10'000ms), "10s");
  EXPECT_EQ(text_of(90'000ms), "90s");
  EXPECT_EQ(text_of(120'000ms), "2m");
  EXPECT_EQ(text_of(3'600'000ms), "1h");
  EXPECT_EQ(text_of(1'500ms), "1500ms");
  EXPECT_EQ(text_of(0ms), "0ms");
}

}  // namespace
}  // namespace matricula::config
