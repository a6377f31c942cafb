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
  EXPECT_FALSE(unread.reach(first, 2));
  EXPECT_TRUE(unread.reach(first, 3));
  EXPECT_FALSE(unread.empty());
  EXPECT_TRUE(unread.reach(second, 5));
  EXPECT_TRUE(unread.empty());
}

TEST(unread_partitions_test, are_not_read_where_a_broker_knows_less_than_there_was) {
  unread_partitions unread;
  unread.add(first, 3);
  EXPECT_FALSE(unread.reach(first, 1));
  EXPECT_FALSE(unread.reach(first, 1));
  EXPECT_FALSE(unread.empty());
}

TEST(unread_partitions_test, stay_read_when_more_comes) {
  unread_partitions unread;
  unread.add(first, 3);
  EXPECT_TRUE(unread.reach(first, 3));
  EXPECT_TRUE(unread.reach(first, 2));
  EXPECT_TRUE(unread.empty());
}

}  // namespace
}  // namespace matricula
