// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/publisher.hpp"
#include "messages/control_json.hpp"
#include "messages/hashing.hpp"
#include "tests/actors/given_pages.hpp"
#include "tests/actors/graph_test.hpp"

namespace matricula::testing {
namespace {

using ::testing::ElementsAre;

class publisher_test : public graph_test {
 protected:
  void SetUp() override {
    actor = keep(system->spawn(publisher, deployed(), "itaca"));
    ended = watch(actor);
  }

  void opened_after(std::uint64_t page_number) {
    ASSERT_TRUE(ask<done>(actor, open_atom::value)->value);
    ASSERT_TRUE(ask<done>(actor, start_atom::value, page_number)->value);
  }

  reply_ptr<page_published> adds(const page_share_ptr& share) { return ask<page_published>(actor, share); }

  /// A page with one record, of lane 0.
  page_ptr page(std::uint64_t number) const {
    return given_page(number, {json_of({.person = std::to_string(10'000'000 + number)})});
  }

  std::vector<std::string> keys(const std::string& topic) const {
    std::vector<std::string> all;
    for (const auto& message : kafka.messages(topic))
      all.push_back(message.key);
    return all;
  }

  static std::string key(std::uint64_t number) {
    return key_of({.person = std::to_string(10'000'000 + number)});
  }

  publisher_actor actor;
  std::shared_ptr<std::optional<caf::error>> ended;
};

TEST_F(publisher_test, commits_a_page_with_its_cursor_as_one_transaction) {
  opened_after(4);
  const auto first =
      given_page(5, {json_of({.person = "10000001"}), json_of({.person = "2", .flavour = "FP"}),
                     json_of({.person = "10000003"})});
  const auto eso = adds(changed_share(first, 0, 3));
  const auto own = adds(own_share(first, 3));
  EXPECT_TRUE(eso->pending());
  EXPECT_TRUE(own->pending());
  EXPECT_TRUE(kafka.messages("ESO-46").empty());
  const auto fp = adds(changed_share(first, 1, 3));
  ASSERT_TRUE(eso->value && own->value && fp->value);
  EXPECT_EQ(kafka.count(kafka_step::begin), 1U);
  EXPECT_EQ(kafka.count(kafka_step::commit), 1U);
  EXPECT_EQ(own->value->page_number, 5U);
  EXPECT_EQ(own->value->ends.size(), 2U);
  EXPECT_TRUE(eso->value->ends.empty());

  const auto records = kafka.messages("ESO-46");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].key, key_of({.person = "10000003"}));
  EXPECT_EQ(records[1].value, json_of({.person = "10000003"}));
  EXPECT_EQ(records[1].source, "itaca");
  EXPECT_EQ(records[1].content_hash, content_hash_of(records[1].value));
  EXPECT_EQ(records[1].revision, revision_at(5, 2));

  const auto cursors = kafka.messages("matricula.cursors");
  ASSERT_EQ(cursors.size(), 1U);
  EXPECT_EQ(cursors[0].key, "itaca");
  const auto position = parse_source_position(cursors[0].value);
  ASSERT_TRUE(position);
  EXPECT_EQ(position->page_number, 5U);
  EXPECT_EQ(position->cursor, "6");
  EXPECT_EQ(position->sweep, 17U);
}

TEST_F(publisher_test, keeps_the_order_of_pages_when_their_shares_are_interleaved) {
  opened_after(0);
  const auto third = adds(own_share(page(3), 1));
  const auto second_lane = adds(changed_share(page(2), 0, 2));
  const auto first_own = adds(own_share(page(1), 2));
  const auto second_own = adds(own_share(page(2), 2));
  EXPECT_TRUE(second_own->pending());
  EXPECT_EQ(kafka.count(kafka_step::commit), 0U);
  adds(changed_share(page(1), 0, 2));
  EXPECT_TRUE(third->value && second_lane->value && first_own->value && second_own->value);
  EXPECT_EQ(kafka.count(kafka_step::commit), 3U);
  EXPECT_THAT(keys("ESO-46"), ElementsAre(key(1), key(2)));
  EXPECT_EQ(parse_source_position(kafka.messages("matricula.cursors").back().value)->page_number, 3U);
}

TEST_F(publisher_test, accepts_no_page_before_it_was_told_where_the_source_stands) {
  EXPECT_EQ(adds(own_share(page(1), 1))->code(), error_code::out_of_sequence);
  opened_after(7);
  EXPECT_EQ(adds(own_share(page(7), 1))->code(), error_code::out_of_sequence);
  EXPECT_TRUE(adds(own_share(page(8), 1))->value);
}

TEST_F(publisher_test, sends_all_in_hand_back_when_a_transaction_is_aborted) {
  opened_after(0);
  kafka.refuse(kafka_step::commit, because(error_code::transaction_aborted));
  const auto second = adds(own_share(page(2), 2));
  const auto third = adds(changed_share(page(3), 0, 2));
  const auto lane = adds(changed_share(page(1), 0, 2));
  const auto own = adds(own_share(page(1), 2));
  for (const auto& answer : {second, third, lane, own})
    EXPECT_EQ(answer->code(), error_code::transaction_aborted);
  EXPECT_EQ(kafka.count(kafka_step::abort), 1U);
  EXPECT_FALSE(*ended);

  // What was decided upon while page 1 seemed to succeed is out of sequence.
  EXPECT_EQ(adds(changed_share(page(2), 0, 2))->code(), error_code::out_of_sequence);
  EXPECT_EQ(adds(own_share(page(3), 2))->code(), error_code::out_of_sequence);

  adds(changed_share(page(1), 0, 2));
  EXPECT_TRUE(adds(own_share(page(1), 2))->value);
  EXPECT_TRUE(adds(own_share(page(2), 1))->value);
  EXPECT_THAT(keys("ESO-46"), ElementsAre(key(1)));
}

TEST_F(publisher_test, dies_when_a_newer_owner_has_fenced_it) {
  opened_after(0);
  const auto newer = kafka.open_transactional_producer("matricula.demo.itaca");
  ASSERT_TRUE(newer->open());
  const auto later = adds(own_share(page(2), 1));
  const auto now = adds(own_share(page(1), 1));
  EXPECT_EQ(now->code(), error_code::publisher_fenced);
  EXPECT_EQ(later->code(), error_code::publisher_fenced);
  ASSERT_TRUE(*ended);
  EXPECT_EQ(failure_of(**ended).code, error_code::publisher_fenced);
  EXPECT_TRUE(kafka.messages("matricula.cursors").empty());
}

TEST_F(publisher_test, dies_when_kafka_is_lost_at_any_step) {
  for (const auto step : {kafka_step::begin, kafka_step::send, kafka_step::commit}) {
    actor = keep(system->spawn(publisher, deployed(), "itaca"));
    ended = watch(actor);
    opened_after(0);
    kafka.refuse(step, because(error_code::kafka_unavailable));
    EXPECT_EQ(adds(own_share(page(1), 1))->code(), error_code::kafka_unavailable);
    ASSERT_TRUE(*ended);
    EXPECT_EQ(failure_of(**ended).code, error_code::kafka_unavailable);
  }
}

TEST_F(publisher_test, dies_when_a_transaction_cannot_even_be_aborted) {
  opened_after(0);
  kafka.refuse(kafka_step::commit, because(error_code::transaction_aborted));
  kafka.refuse(kafka_step::abort, because(error_code::publisher_fenced));
  EXPECT_EQ(adds(own_share(page(1), 1))->code(), error_code::publisher_fenced);
  EXPECT_TRUE(*ended);
}

TEST_F(publisher_test, leaves_no_share_unanswered_when_a_transaction_is_aborted_before_the_page_is_whole) {
  opened_after(0);
  kafka.refuse(kafka_step::begin, because(error_code::transaction_aborted));
  const auto lane = adds(changed_share(page(1), 0, 3));
  const auto other = adds(changed_share(page(1), 1, 3));
  const auto own = adds(own_share(page(1), 3));
  EXPECT_FALSE(lane->pending());
  EXPECT_FALSE(other->pending());
  EXPECT_FALSE(own->pending());
}

TEST_F(publisher_test, says_why_it_cannot_fence_its_predecessor) {
  kafka.refuse(kafka_step::open, because(error_code::kafka_unavailable));
  EXPECT_EQ(ask<done>(actor, open_atom::value)->code(), error_code::kafka_unavailable);
}

TEST_F(publisher_test, puts_a_record_into_quarantine_once) {
  opened_after(0);
  const std::string bad = R"({"year":"2026"})";
  for (std::uint64_t number = 1; number <= 3; ++number)
    ASSERT_TRUE(adds(own_share(given_page(number, {bad, "7"}), 1))->value);
  EXPECT_EQ(kafka.messages("matricula.quarantine").size(), 2U);
  EXPECT_EQ(kafka.latest("matricula.quarantine").size(), 2U);
}

TEST_F(publisher_test, puts_a_record_into_quarantine_again_once_its_entry_was_dropped) {
  opened_after(0);
  ASSERT_TRUE(adds(own_share(given_page(1, {"7"}), 1))->value);
  auto after_drop = *given_page(2, {"7"});
  after_drop.dropped = {kafka.messages("matricula.quarantine").at(0).key};
  ASSERT_TRUE(adds(own_share(std::make_shared<const matricula::page>(std::move(after_drop)), 1))->value);
  EXPECT_EQ(kafka.messages("matricula.quarantine").size(), 2U);
  ASSERT_TRUE(adds(own_share(given_page(3, {"7"}), 1))->value);
  EXPECT_EQ(kafka.messages("matricula.quarantine").size(), 2U);
}

TEST_F(publisher_test, sends_records_in_the_order_of_the_page_whichever_share_comes_first) {
  opened_after(0);
  const auto read = given_page(
      1, {json_of({.person = "10000001"}), json_of({.person = "10000002"}), json_of({.person = "10000003"})});
  const auto share = [&](std::vector<std::uint32_t> indices) {
    return std::make_shared<page_share>(page_share{
        read, 3, std::make_shared<record_batch>(record_batch{read, std::move(indices)}), std::nullopt});
  };
  adds(share({1}));
  adds(own_share(read, 3));
  ASSERT_TRUE(adds(share({0, 2}))->value);
  std::vector<std::string> keys;
  for (const auto& message : kafka.messages("ESO-46"))
    keys.push_back(message.key);
  EXPECT_THAT(keys, ::testing::ElementsAre(key_of({.person = "10000001"}), key_of({.person = "10000002"}),
                                           key_of({.person = "10000003"})));
}

TEST_F(publisher_test, puts_into_quarantine_what_a_deduplicator_could_not_use) {
  opened_after(0);
  const auto read = given_page(1, {json_of({.person = "10000001"})});
  const auto& record = read->records.at(0);
  const auto lanes = std::make_shared<page_share>();
  lanes->page = read;
  lanes->shares_total = 2;
  lanes->changed = std::make_shared<record_batch>(record_batch{read, {}});
  lanes->rejected.push_back({record.position, record.offset, record.length, std::string{read->key(record)},
                             failure{error_code::field_value, "since: not a date as YYYY-MM-DD"}});
  adds(lanes);
  EXPECT_TRUE(kafka.messages("matricula.quarantine").empty());
  ASSERT_TRUE(adds(own_share(read, 2))->value);
  ASSERT_EQ(kafka.messages("matricula.quarantine").size(), 1U);
  EXPECT_THAT(kafka.messages("matricula.quarantine")[0].value, ::testing::HasSubstr("field_value"));
  EXPECT_TRUE(kafka.messages("ESO-46").empty());
}

TEST_F(publisher_test, puts_a_record_into_quarantine_again_when_the_transaction_was_aborted) {
  opened_after(0);
  kafka.refuse(kafka_step::commit, because(error_code::transaction_aborted));
  adds(own_share(given_page(1, {"7"}), 1));
  EXPECT_TRUE(kafka.messages("matricula.quarantine").empty());
  adds(own_share(given_page(1, {"7"}), 1));
  EXPECT_EQ(kafka.messages("matricula.quarantine").size(), 1U);
}

TEST_F(publisher_test, answers_what_it_holds_when_it_dies) {
  opened_after(0);
  const auto first = adds(own_share(page(1), 2));
  const auto second = adds(own_share(page(2), 2));
  crash(actor);
  EXPECT_EQ(first->code(), error_code::stopping);
  EXPECT_EQ(second->code(), error_code::stopping);
}

TEST_F(publisher_test, leaves_nothing_of_a_page_whatever_fails_at_whichever_step) {
  // The cursor is sent as soon as its share has come, the record when the page is whole.
  const std::pair<kafka_step, std::size_t> steps[] = {
      {kafka_step::begin, 0}, {kafka_step::send, 0}, {kafka_step::send, 1}, {kafka_step::commit, 0}};
  for (const auto& [step, after] : steps)
    for (const auto why :
         {error_code::transaction_aborted, error_code::publisher_fenced, error_code::kafka_unavailable}) {
      SCOPED_TRACE(std::to_string(static_cast<int>(step)) + " after " + std::to_string(after) + " " +
                   std::string{name_of(why)});
      kill(actor);
      kafka = memory_kafka{1};
      actor = keep(system->spawn(publisher, deployed(), "itaca"));
      ended = watch(actor);
      opened_after(0);
      kafka.refuse_after(step, after, because(why));
      const auto own = adds(own_share(page(1), 2));
      const auto lane = adds(changed_share(page(1), 0, 2));
      // Where it fails before the page is whole, its other shares find nobody.
      const bool whole = step == kafka_step::commit || after > 0;
      EXPECT_EQ(own->code(), why);
      EXPECT_EQ(lane->code(), whole ? why : error_code::downstream_lost);
      EXPECT_EQ(kafka.count(kafka_step::abort), why == error_code::transaction_aborted ? 1U : 0U);
      EXPECT_EQ(ended->has_value(), !whole || why != error_code::transaction_aborted);
      EXPECT_TRUE(kafka.messages("ESO-46").empty());
      EXPECT_TRUE(kafka.messages("matricula.cursors").empty());
      EXPECT_EQ(ended->has_value() ? failure_of(**ended).code : why, why);
    }
}

TEST_F(publisher_test, leaves_nothing_of_a_page_in_the_middle_of_which_it_was_fenced) {
  opened_after(0);
  const auto own = adds(own_share(page(1), 2));
  EXPECT_TRUE(own->pending());
  EXPECT_EQ(kafka.count(kafka_step::send), 1U);
  const auto newer = kafka.open_transactional_producer("matricula.demo.itaca");
  ASSERT_TRUE(newer->open());
  const auto lane = adds(changed_share(page(1), 0, 2));
  EXPECT_EQ(lane->code(), error_code::publisher_fenced);
  EXPECT_EQ(own->code(), error_code::publisher_fenced);
  ASSERT_TRUE(*ended);
  EXPECT_EQ(kafka.count(kafka_step::commit), 0U);
  EXPECT_EQ(kafka.count(kafka_step::abort), 0U);  // the newer owner's opening has done it
  EXPECT_TRUE(kafka.messages("ESO-46").empty());
  EXPECT_TRUE(kafka.messages("matricula.cursors").empty());
}

TEST_F(publisher_test, dies_of_a_commit_whose_outcome_it_does_not_know) {
  opened_after(0);
  kafka.lose_commit_answer();
  const auto later = adds(own_share(page(2), 1));
  const auto lane = adds(changed_share(page(1), 0, 2));
  const auto own = adds(own_share(page(1), 2));
  for (const auto& answer : {later, lane, own})
    EXPECT_EQ(answer->code(), error_code::kafka_unavailable);
  ASSERT_TRUE(*ended);
  EXPECT_EQ(kafka.count(kafka_step::commit), 1U);
  EXPECT_EQ(kafka.count(kafka_step::abort), 0U);  // it may have happened, and here it has
  EXPECT_THAT(keys("ESO-46"), ElementsAre(key(1)));
  EXPECT_EQ(parse_source_position(kafka.messages("matricula.cursors").back().value)->page_number, 1U);
}

}  // namespace
}  // namespace matricula::testing
