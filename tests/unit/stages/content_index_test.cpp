// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/content_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A lane's share of a page whose records have these (key hash, content hash) pairs.
record_batch share(std::uint64_t number, std::vector<std::pair<std::uint64_t, std::uint64_t>> records) {
  auto made = std::make_shared<page>();
  made->number = number;
  record_batch batch;
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    record_view view;
    view.key_hash = records[i].first;
    view.content_hash = records[i].second;
    view.position = i;
    made->records.push_back(view);
    batch.indices.push_back(i);
  }
  batch.page = std::move(made);
  return batch;
}

TEST(content_index_test, lets_new_and_changed_records_pass) {
  content_index index;
  EXPECT_THAT(index.select(share(1, {{10, 1}, {11, 1}})), ElementsAre(0, 1));
  index.commit(1);
  EXPECT_THAT(index.select(share(2, {{10, 1}, {11, 2}, {12, 1}})), ElementsAre(1, 2));
  index.commit(2);
  EXPECT_THAT(index.select(share(3, {{10, 1}, {11, 2}, {12, 1}})), IsEmpty());
  EXPECT_EQ(index.size(), 3U);
}

TEST(content_index_test, compares_with_pages_in_flight) {
  content_index index;
  index.select(share(1, {{10, 1}}));
  EXPECT_THAT(index.select(share(2, {{10, 1}, {10, 2}})), ElementsAre(1));
  EXPECT_EQ(index.size(), 0U);
  index.commit(1);
  index.commit(2);
  EXPECT_THAT(index.select(share(3, {{10, 2}})), IsEmpty());
}

TEST(content_index_test, forgets_a_page_that_is_taken_back) {
  content_index index;
  index.load({10, 1, 5});
  EXPECT_THAT(index.select(share(1, {{10, 2}})), ElementsAre(0));
  index.take_back(1);
  EXPECT_EQ(index.pages_in_flight(), 0U);
  EXPECT_THAT(index.select(share(1, {{10, 1}})), IsEmpty());
  index.take_back(1);
  EXPECT_THAT(index.select(share(1, {{10, 2}})), ElementsAre(0));
}

TEST(content_index_test, takes_two_pages_back_in_any_order) {
  content_index index;
  index.load({10, 1, 5});
  index.select(share(1, {{10, 2}}));
  index.select(share(2, {{10, 3}}));
  index.take_back(1);
  index.take_back(2);
  EXPECT_THAT(index.select(share(1, {{10, 1}})), IsEmpty());
}

TEST(content_index_test, keeps_the_newest_of_what_it_loads) {
  content_index index;
  index.load({10, 7, 50});
  index.load({10, 6, 40});
  index.load({10, 8, 60});
  index.load({11, 1, 1});
  EXPECT_THAT(index.select(share(1, {{10, 8}, {11, 1}})), IsEmpty());
}

TEST(content_index_test, a_record_that_goes_back_to_an_older_content_is_a_change) {
  content_index index;
  for (std::uint64_t page = 1; page <= 3; ++page) {
    EXPECT_THAT(index.select(share(page, {{10, page % 2}})), ElementsAre(0));
    index.commit(page);
  }
}

/// The same, of a page of retries: of each record the revision that was refused.
record_batch retries(std::uint64_t number, std::vector<std::pair<std::uint64_t, std::uint64_t>> records,
                     std::vector<revision_t> refused) {
  auto batch = share(number, std::move(records));
  auto made = std::make_shared<page>(*batch.page);
  for (const auto revision : refused)
    made->retries.push_back({"entry", revision});
  batch.page = std::move(made);
  return batch;
}

/// Of each record of the share: state and revision.
std::vector<std::pair<retry_state, revision_t>> states(const content_index::retried_selection& selection) {
  std::vector<std::pair<retry_state, revision_t>> all;
  for (const auto& each : selection.settled)
    all.emplace_back(each.state, each.revision);
  return all;
}

TEST(content_index_test, lets_a_retry_pass_of_what_the_topic_holds) {
  content_index index;
  index.load({10, 1, 5});
  const auto selection = index.select_retries(retries(9, {{10, 1}, {11, 1}}, {5, 5}));
  EXPECT_THAT(selection.changed, ElementsAre(0, 1));
  EXPECT_THAT(states(selection), ElementsAre(std::pair{retry_state::retried, revision_at(9, 0)},
                                             std::pair{retry_state::retried, revision_at(9, 1)}));
  index.commit(9);
  EXPECT_THAT(index.select(share(10, {{10, 1}, {11, 1}})), IsEmpty());
}

TEST(content_index_test, lets_no_retry_pass_that_is_older_than_what_the_topic_holds) {
  content_index index;
  index.load({10, 2, 6});
  const auto selection = index.select_retries(retries(9, {{10, 1}}, {5}));
  EXPECT_THAT(selection.changed, IsEmpty());
  EXPECT_THAT(states(selection), ElementsAre(std::pair{retry_state::superseded, revision_t{6}}));
}

TEST(content_index_test, publishes_no_retry_twice) {
  content_index index;
  index.load({10, 1, 5});
  index.select_retries(retries(9, {{10, 1}}, {5}));  // in flight
  const auto again = index.select_retries(retries(10, {{10, 1}}, {5}));
  EXPECT_THAT(again.changed, IsEmpty());
  EXPECT_THAT(states(again), ElementsAre(std::pair{retry_state::retried, revision_at(9, 0)}));
  index.take_back(9);
  index.take_back(10);
  EXPECT_THAT(index.select_retries(retries(9, {{10, 1}}, {5})).changed, ElementsAre(0));
}

}  // namespace
}  // namespace matricula
