// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/deduplicator.hpp"
#include "tests/actors/given_pages.hpp"
#include "tests/actors/graph_test.hpp"

#include "messages/hashing.hpp"

namespace matricula::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class deduplicator_test : public graph_test {
 protected:
  void SetUp() override {
    publisher.spawn(*system);
    keep(publisher.actor);
    actor = keep(system->spawn(deduplicator, publisher.actor, milliseconds{60'000}));
  }

  reply_ptr<share_receipt> reads(std::uint64_t number, const std::vector<std::string>& records) {
    return ask<share_receipt>(actor, share_of(given_page(number, records), 0), std::uint32_t{2});
  }

  /// What of the share that was sent on as number `index` had changed.
  const std::vector<std::uint32_t>& changed(std::size_t index) const {
    return publisher.shares.at(index).request->changed->indices;
  }

  void commits(std::size_t index) {
    have(publisher.actor, [this, index] { publisher.shares[index].promise.deliver(page_published{}); });
  }
  void sends_back(std::size_t index) {
    have(publisher.actor, [this, index] {
      publisher.shares[index].promise.deliver(make_error(because(error_code::transaction_aborted)));
    });
  }

  publisher_stand_in publisher;
  deduplicator_actor actor;
  const std::string ana = json_of({.person = "10000001"});
  const std::string ana_left = json_of({.person = "10000001", .status = "withdrawn"});
  const std::string bru = json_of({.person = "10000002"});
};

TEST_F(deduplicator_test, lets_pass_what_the_topic_does_not_hold) {
  const auto known = std::make_shared<std::vector<index_entry>>();
  known->push_back({key_hash_of(key_of({.person = "10000001"})), content_hash_of(ana), 7});
  EXPECT_TRUE(ask<done>(actor, index_chunk{known})->value);
  const auto receipt = reads(8, {ana, bru});
  EXPECT_THAT(changed(0), ElementsAre(1U));
  EXPECT_EQ(publisher.shares[0].request->shares_total, 2U);
  EXPECT_FALSE(publisher.shares[0].request->position);
  EXPECT_TRUE(receipt->pending());
  commits(0);
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->records, 2U);
  EXPECT_EQ(receipt->value->unchanged, 1U);
  EXPECT_EQ(receipt->value->changed, (lane_counts{{0, 1}}));
}

TEST_F(deduplicator_test, sends_a_share_on_of_which_nothing_has_changed) {
  reads(1, {ana});
  commits(0);
  const auto receipt = reads(2, {ana});
  EXPECT_THAT(changed(1), IsEmpty());  // the publisher counts shares
  commits(1);
  EXPECT_EQ(receipt->value->unchanged, 1U);
}

TEST_F(deduplicator_test, reads_whole_what_has_changed_and_sets_aside_what_cannot_be_used) {
  reads(1, {ana});
  commits(0);
  auto broken = ana;
  const std::string_view since = "2026-09-09";
  broken.replace(broken.find(since), since.size(), "some time");
  const auto receipt =
      ask<share_receipt>(actor, share_of(given_page(2, {broken, bru}, reading::keys), 0), std::uint32_t{2});
  const auto& share = *publisher.shares.at(1).request;
  EXPECT_THAT(share.changed->indices, ElementsAre(1U));
  ASSERT_EQ(share.rejected.size(), 1U);
  EXPECT_EQ(share.rejected[0].reason.code, error_code::field_value);
  EXPECT_EQ(share.rejected[0].position, 0U);
  EXPECT_EQ(share.page->json(share.rejected[0]), broken);
  commits(1);
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->changed, (lane_counts{{0, 1}}));
  EXPECT_EQ(receipt->value->unchanged, 0U);
  EXPECT_EQ(receipt->value->rejected.at(error_code::field_value), 1U);
}

TEST_F(deduplicator_test, remembers_nothing_of_a_record_that_cannot_be_used) {
  auto broken = ana;
  const std::string_view since = "2026-09-09";
  broken.replace(broken.find(since), since.size(), "some time");
  for (std::uint64_t number = 1; number <= 2; ++number) {
    ask<share_receipt>(actor, share_of(given_page(number, {broken}, reading::keys), 0), std::uint32_t{2});
    EXPECT_THAT(changed(number - 1), IsEmpty());
    EXPECT_EQ(publisher.shares.at(number - 1).request->rejected.size(), 1U);
    commits(number - 1);
  }
}

TEST_F(deduplicator_test, compares_a_page_with_those_still_in_flight) {
  reads(1, {ana});
  reads(2, {ana, bru});
  reads(3, {ana_left, bru});
  EXPECT_THAT(changed(0), ElementsAre(0U));
  EXPECT_THAT(changed(1), ElementsAre(1U));
  EXPECT_THAT(changed(2), ElementsAre(0U));
}

TEST_F(deduplicator_test, takes_a_page_back_that_was_not_committed) {
  const auto first = reads(1, {ana});
  const auto second = reads(2, {ana});
  sends_back(0);
  sends_back(1);
  EXPECT_EQ(first->code(), error_code::transaction_aborted);
  EXPECT_EQ(second->code(), error_code::transaction_aborted);
  reads(1, {ana});
  EXPECT_THAT(changed(2), ElementsAre(0U));
}

TEST_F(deduplicator_test, falls_back_to_what_was_committed_before) {
  reads(1, {ana});
  commits(0);
  reads(2, {ana_left});
  sends_back(1);
  reads(2, {ana});  // the source has thought better of it
  EXPECT_THAT(changed(2), IsEmpty());
}

TEST_F(deduplicator_test, takes_a_page_back_that_the_publisher_does_not_answer) {
  const auto receipt = reads(1, {ana});
  let_pass(60s);
  EXPECT_EQ(receipt->code(), error_code::downstream_lost);
  commits(0);  // late: the page counts as not committed, so its records are published once more
  reads(2, {ana});
  EXPECT_THAT(changed(1), ElementsAre(0U));
  commits(1);
  reads(3, {ana});
  EXPECT_THAT(changed(2), IsEmpty());
}

TEST_F(deduplicator_test, answers_what_it_holds_when_it_dies) {
  const auto first = reads(1, {ana});
  const auto second = reads(2, {bru});
  crash(actor);
  EXPECT_EQ(first->code(), error_code::stopping);
  EXPECT_EQ(second->code(), error_code::stopping);
}

TEST_F(deduplicator_test, takes_a_page_back_whatever_the_reason) {
  std::size_t index = 0;
  for (const auto why : all_error_codes()) {
    SCOPED_TRACE(name_of(why));
    const auto receipt = reads(1, {ana, bru});
    EXPECT_THAT(changed(index), ElementsAre(0U, 1U));
    have(publisher.actor, [&] { publisher.shares[index].promise.deliver(make_error(because(why))); });
    EXPECT_EQ(receipt->code(), why);
    ++index;
  }
  reads(1, {ana});
  EXPECT_THAT(changed(index), ElementsAre(0U));
}

TEST_F(deduplicator_test, hears_at_once_of_a_publisher_that_is_gone) {
  kill(publisher.actor);
  EXPECT_EQ(reads(1, {ana})->code(), error_code::downstream_lost);
  EXPECT_EQ(reads(2, {ana})->code(), error_code::downstream_lost);
}

}  // namespace
}  // namespace matricula::testing
