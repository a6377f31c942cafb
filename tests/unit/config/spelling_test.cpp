// SPDX-License-Identifier: Apache-2.0
#include "config/spelling.hpp"

#include <gtest/gtest.h>

namespace matricula::config {
namespace {

TEST(spelling, counts_what_was_inserted_removed_or_changed) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("topcis", "topics"), 1U);
  EXPECT_EQ(edit_distance("ESO", "eso"), 0U);
}

TEST(spelling, finds_the_nearest_word) {
  EXPECT_EQ(nearest("topcis", {"name", "topics", "target"}), "topics");
  EXPECT_EQ(nearest("Eso-46", {"ESO-03", "ESO-46"}), "ESO-46");
}

TEST(spelling, finds_no_word_that_differs_too_much) {
  EXPECT_EQ(nearest("colour", {"name", "topics", "target"}), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(spelling, lists_the_choice_where_no_word_is_near) {
  EXPECT_EQ(instead_of("colour", {"name", "topics"}), "one of: name, topics");
  EXPECT_EQ(instead_of("colour", {}), "one of: none");
  EXPECT_EQ(instead_of("colour", {"name", "topics", "name"}), "one of: name, topics");
}

}  // namespace
}  // namespace matricula::config
