// SPDX-License-Identifier: Apache-2.0
#include "itaca_simulator/cursor.hpp"
#include "itaca_simulator/random.hpp"
#include "itaca_simulator/served_slots.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace matricula::simulator {
namespace {

TEST(Shuffle, IsABijectionWithItsInverse) {
  for (const std::uint64_t size : {1u, 2u, 3u, 10u, 97u, 30'000u}) {
    const shuffle order(size, 12'345);
    std::vector<bool> seen(size);
    for (std::uint64_t place = 0; place < size; ++place) {
      const auto element = order.at(place);
      ASSERT_LT(element, size);
      EXPECT_FALSE(seen[element]);
      seen[element] = true;
      EXPECT_EQ(order.place_of(element), place);
    }
  }
}

TEST(Shuffle, WorksAtFullSize) {
  const shuffle order(8'000'000, 0xfeedfacecafebeef);
  for (std::uint64_t place = 0; place < 8'000'000; place += 4'321)
    EXPECT_EQ(order.place_of(order.at(place)), place);
}

TEST(Cursor, ReadsWhatItWrites) {
  for (const cursor c : {cursor{1, 0, 0}, cursor{17, 30'000, 0}, cursor{17, 0, 2}})
    EXPECT_EQ(cursor::parse(c.text()), c);
  EXPECT_EQ((cursor{17, 30'000, 0}.text()), "17:30000");
}

TEST(Cursor, RefusesEverythingElse) {
  for (const auto* text : {"", "17", "17:", ":1", "a:b", "17:1:", "17:1:0", "017:1", "17:1:2:3", "17:1 ",
                           "-1:0", "99999999999999999999:0"})
    EXPECT_FALSE(cursor::parse(text)) << text;
}

TEST(ServedSlots, KeepTheNewestSweepOfEverySlot) {
  served_slots served;
  EXPECT_EQ(served.sweep_of(5), 0u);
  served.add(0, 100, 1);
  served.add(0, 30, 2);
  EXPECT_EQ(served.sweep_of(29), 2u);
  EXPECT_EQ(served.sweep_of(30), 1u);
  EXPECT_EQ(served.sweep_of(100), 0u);
  served.add(10, 50, 1);  // an old page, read again
  EXPECT_EQ(served.sweep_of(29), 2u);
  served.add(90, 120, 3);
  served.add(30, 90, 2);
  const auto runs = served.runs();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].end, 90u);
  EXPECT_EQ(runs[1].begin, 90u);
  EXPECT_EQ(runs[1].end, 120u);
  EXPECT_EQ(runs[1].sweep, 3u);
}

TEST(ServedSlots, StaySmallWhenSweepsAreReadInOrder) {
  served_slots served;
  for (std::uint64_t sweep = 1; sweep < 50; ++sweep)
    for (std::uint64_t slot = 0; slot < 1'000; slot += 10) {
      served.add(slot, slot + 10, sweep);
      ASSERT_LE(served.runs().size(), 2u);
    }
}

}  // namespace
}  // namespace matricula::simulator
