// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/batch_walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace matricula {
namespace {

/// Walks a batch through a site that refuses the records in `poison`.
struct walked {
  std::vector<std::size_t> applied, quarantined;
  int transactions = 0, refusals = 0;

  walked(std::size_t records, const std::set<std::size_t>& poison) {
    batch_walk walk{records};
    while (!walk.finished()) {
      ++transactions;
      const auto range = walk.range();
      std::set<std::size_t> skipped;
      for (const auto& refused : walk.refused())
        skipped.insert(refused.index);
      bool refuse = false;
      for (auto i = range.first; i < range.last; ++i)
        refuse |= poison.count(i) != 0 && skipped.count(i) == 0;
      if (refuse) {
        ++refusals;
        walk.refuse({error_code::row_refused, "no"});
        continue;
      }
      for (auto i = range.first; i < range.last; ++i)
        (skipped.count(i) != 0 ? quarantined : applied).push_back(i);
      walk.applied();
    }
    EXPECT_EQ(walk.quarantined(), quarantined.size());
  }
};

TEST(batch_walk_test, takes_a_good_batch_whole) {
  const walked walk{30'000, {}};
  EXPECT_EQ(walk.transactions, 1);
  EXPECT_EQ(walk.applied.size(), 30'000U);
}

TEST(batch_walk_test, has_nothing_to_do_for_an_empty_batch) { EXPECT_TRUE(batch_walk{0}.finished()); }

TEST(batch_walk_test, sets_exactly_the_poison_aside_and_keeps_the_order) {
  const std::set<std::size_t> poison{0, 1, 500, 511, 512, 999};
  const walked walk{1'000, poison};
  EXPECT_THAT(walk.quarantined, testing::ElementsAreArray(poison));
  EXPECT_EQ(walk.applied.size(), 994U);
  EXPECT_TRUE(std::is_sorted(walk.applied.begin(), walk.applied.end()));
}

TEST(batch_walk_test, finds_one_bad_record_in_logarithmic_time) {
  for (const std::size_t bad : {std::size_t{0}, std::size_t{12'345}, std::size_t{29'999}}) {
    const walked walk{30'000, {bad}};
    EXPECT_THAT(walk.quarantined, testing::ElementsAre(bad));
    EXPECT_LE(walk.refusals, 17);
    EXPECT_LE(walk.transactions, 34);
  }
}

TEST(batch_walk_test, ends_when_everything_is_poison) {
  std::set<std::size_t> poison;
  for (std::size_t i = 0; i < 64; ++i)
    poison.insert(i);
  const walked walk{64, poison};
  EXPECT_EQ(walk.quarantined.size(), 64U);
  EXPECT_TRUE(walk.applied.empty());
}

TEST(batch_walk_test, sets_no_record_aside_that_was_refused_only_once) {
  batch_walk walk{1};
  walk.refuse({error_code::row_refused, "no"});
  EXPECT_TRUE(walk.refused().empty());
  EXPECT_EQ(walk.range().last, 1U);
  walk.refuse({error_code::row_refused, "no"});
  EXPECT_EQ(walk.refused().size(), 1U);
  walk.applied();
  EXPECT_TRUE(walk.finished());
  EXPECT_EQ(walk.quarantined(), 1U);
}

TEST(batch_walk_test, tries_what_stands_behind_a_record_set_aside_again_before_it_is_set_aside_too) {
  batch_walk walk{2};
  walk.refuse({error_code::row_refused, "no"});
  walk.refuse({error_code::row_refused, "no"});
  walk.applied();  // without the first, which may have been the only cause
  ASSERT_EQ(walk.range().first, 1U);
  walk.refuse({error_code::row_refused, "another session's row"});
  EXPECT_TRUE(walk.refused().empty());
  walk.applied();
  EXPECT_TRUE(walk.finished());
  EXPECT_EQ(walk.quarantined(), 1U);
}

TEST(batch_walk_test, takes_a_record_back_that_was_not_the_cause) {
  batch_walk walk{2};
  walk.refuse({error_code::row_refused, "no"});
  walk.refuse({error_code::row_refused, "no"});
  ASSERT_EQ(walk.refused().size(), 1U);
  walk.take_back();
  EXPECT_TRUE(walk.refused().empty());
  EXPECT_EQ(walk.range().first, 0U);
  EXPECT_EQ(walk.range().last, 1U);
  walk.applied();
  walk.applied();
  EXPECT_TRUE(walk.finished());
  EXPECT_EQ(walk.quarantined(), 0U);
}

TEST(batch_walk_test, tries_the_rest_whole_once_the_poison_is_found) {
  const walked walk{1'024, {3}};
  // Ten halvings, the record alone, and then not more than one good range a level.
  EXPECT_LE(walk.transactions, 24);
}

}  // namespace
}  // namespace matricula
