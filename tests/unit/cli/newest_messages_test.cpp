// SPDX-License-Identifier: Apache-2.0
#include "cli/newest_messages.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace matricula {
namespace {

scanned_message message(std::string_view key, revision_t revision, std::int64_t offset,
                        std::int32_t partition = 0, std::size_t topic = 0) {
  scanned_message out;
  out.topic_index = topic;
  out.partition = partition;
  out.record.key = key;
  out.record.revision = revision;
  out.record.offset = offset;
  return out;
}

TEST(newest_messages, has_one_of_each_key) {
  newest_messages newest;
  newest.note(message("a", 1, 0));
  newest.note(message("b", 2, 1));
  newest.note(message("a", 3, 2));
  EXPECT_EQ(newest.keys(), 2U);
  EXPECT_FALSE(newest.has(message("a", 1, 0)));
  EXPECT_TRUE(newest.has(message("b", 2, 1)));
  EXPECT_TRUE(newest.has(message("a", 3, 2)));
}

TEST(newest_messages, goes_by_the_revision_and_then_by_the_order) {
  newest_messages newest;
  newest.note(message("a", 9, 0));
  newest.note(message("a", 3, 1));
  newest.note(message("b", 5, 2));
  newest.note(message("b", 5, 3));
  EXPECT_TRUE(newest.has(message("a", 9, 0)));
  EXPECT_FALSE(newest.has(message("a", 3, 1)));
  EXPECT_FALSE(newest.has(message("b", 5, 2)));
  EXPECT_TRUE(newest.has(message("b", 5, 3)));
}

TEST(newest_messages, tells_topics_and_partitions_apart) {
  newest_messages newest;
  newest.note(message("a", 1, 7, 1, 0));
  newest.note(message("a", 1, 7, 1, 1));
  EXPECT_FALSE(newest.has(message("a", 1, 7, 1, 0)));
  EXPECT_FALSE(newest.has(message("a", 1, 7, 0, 1)));
  EXPECT_TRUE(newest.has(message("a", 1, 7, 1, 1)));
}

TEST(newest_messages, has_none_that_was_written_meanwhile) {
  newest_messages newest;
  newest.note(message("a", 1, 0));
  EXPECT_FALSE(newest.has(message("a", 2, 1)));
  EXPECT_FALSE(newest.has(message("b", 2, 1)));
  EXPECT_TRUE(newest.has(message("a", 1, 0)));
}

}  // namespace
}  // namespace matricula
