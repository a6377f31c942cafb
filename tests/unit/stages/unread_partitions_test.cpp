// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/unread_partitions.hpp"

#include <gtest/gtest.h>

namespace matricula {
namespace {

const topic_partition first{"ESO-46", 0}, second{"ESO-46", 1};

TEST(unread_partitions_test, are_read_when_each_has_reached_its_end) {
  unread_partitions unread;
  EXPECT_TRUE(unread.empty());
  unread.add(first, 3);
  unread.add(second, 1);
  EXPECT_EQ(unread.reach(first, 2), false);
  EXPECT_EQ(unread.reach(first, 3), true);
  EXPECT_FALSE(unread.empty());
  EXPECT_EQ(unread.reach(second, 5), true);
  EXPECT_TRUE(unread.empty());
}

TEST(unread_partitions_test, are_not_read_where_a_broker_knows_less_than_there_was) {
  unread_partitions unread;
  unread.add(first, 3);
  EXPECT_EQ(unread.reach(first, 1), false);
  EXPECT_EQ(unread.reach(first, 1), false);
  EXPECT_FALSE(unread.empty());
}

TEST(unread_partitions_test, stay_read_when_more_comes) {
  unread_partitions unread;
  unread.add(first, 3);
  EXPECT_EQ(unread.reach(first, 3), true);
  EXPECT_EQ(unread.reach(first, 2), std::nullopt);  // nobody waits for it
  EXPECT_EQ(unread.reach(second, 2), std::nullopt);
  EXPECT_TRUE(unread.empty());
}

}  // namespace
}  // namespace matricula
