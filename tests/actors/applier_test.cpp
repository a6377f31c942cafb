// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/applier.hpp"
#include "tests/actors/graph_test.hpp"

namespace matricula::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using enum error_code;
using call = memory_site::apply_call;

class applier_test : public graph_test {
 protected:
  void SetUp() override {
    scoreboard.spawn(*system);
    keep(scoreboard.actor);
    actor = keep(system->spawn(applier, deployed(), site_settings_of("eso46"), where, scoreboard.actor));
    ended = watch(actor);
  }

  /// Messages with the keys "first" … "last - 1"; their values differ from generation to generation.
  site_batch_ptr batch(std::int64_t first, std::int64_t last, const std::string& value = "v") {
    auto made = std::make_shared<site_batch>();
    auto texts = std::make_shared<std::deque<std::string>>();
    made->from = where;
    for (auto offset = first; offset < last; ++offset) {
      const auto& key = texts->emplace_back(std::to_string(offset));
      const auto& text = texts->emplace_back(value);
      made->records.push_back({offset, key, text, 0, static_cast<revision_t>(++revision)});
    }
    made->first_offset = first;
    made->next_offset = last;
    made->memory = texts;
    return made;
  }

  /// A batch of what the site has already: keys "0", "1" and "2" with the value "v".
  site_batch_ptr unchanged_batch(std::int64_t first) {
    auto made = std::make_shared<site_batch>(*batch(first, first + 3));
    auto texts = std::make_shared<std::deque<std::string>>();
    for (std::size_t i = 0; i < 3; ++i) {
      made->records[i].key = texts->emplace_back(std::to_string(i));
      made->records[i].value = "v";
      made->records[i].revision = 1;
    }
    made->memory = texts;
    return made;
  }

  reply_ptr<stored_position> opens() { return ask<stored_position>(actor, open_atom::value); }
  reply_ptr<done> looks() { return ask<done>(actor, poll_atom::value); }
  reply_ptr<applied_receipt> applies(const site_batch_ptr& what) { return ask<applied_receipt>(actor, what); }

  /// At a site that is as new: its offset is 3, and the last batch, up to 6, changed nothing.
  void given_an_offset_to_write() {
    site().rows.clear();
    site().positions.clear();
    site().advances = 0;
    opens();
    applies(batch(0, 3));
    applies(unchanged_batch(3));
  }

  memory_site& site() { return sites["eso46"]; }
  std::int64_t stored() { return site().next_offset("ESO-46", 0); }

  const topic_partition where{"ESO-46", 0};
  scoreboard_stand_in scoreboard;
  applier_actor actor;
  std::shared_ptr<std::optional<caf::error>> ended;
  revision_t revision = 0;
};

TEST_F(applier_test, tells_where_the_site_stands) {
  site().positions[{"ESO-46", 0}] = {41, 7};
  const auto position = opens();
  ASSERT_TRUE(position->value);
  EXPECT_EQ(position->value->next_offset, 41);
  EXPECT_EQ(position->value->revision_applied, 7U);
}

TEST_F(applier_test, connects_anew_after_the_database_refused_to_write) {
  opens();
  const auto opened = site().opens;
  site().next_applies = {because(database_refuses)};
  const auto receipt = applies(batch(0, 3));
  EXPECT_TRUE(receipt->pending());
  let_pass(10s);
  EXPECT_TRUE(receipt->value);
  EXPECT_EQ(site().opens, opened + 1);
}

TEST_F(applier_test, tells_what_hinders_it_and_when_it_is_over) {
  site().down = true;
  opens();
  let_pass(10s);
  EXPECT_THAT(scoreboard.parts, ElementsAre("ESO-46-0 database_unavailable"));
  site().down = false;
  let_pass(60s);
  EXPECT_THAT(scoreboard.parts, ElementsAre("ESO-46-0 database_unavailable", "ESO-46-0 running"));
}

TEST_F(applier_test, applies_a_batch_in_one_transaction) {
  opens();
  const auto receipt = applies(batch(0, 5));
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->from, where);
  EXPECT_EQ(receipt->value->next_offset, 5);
  EXPECT_EQ(receipt->value->records, 5U);
  EXPECT_EQ(receipt->value->created, 5U);
  EXPECT_THAT(site().applies, ElementsAre(call{0, 5, 0, none}));
  EXPECT_EQ(stored(), 5);
}

TEST_F(applier_test, waits_out_an_outage_when_it_opens) {
  site().down = true;
  const auto position = opens();
  let_pass(100ms + 200ms + 400ms + 800ms + 799ms);
  EXPECT_EQ(site().opens, 5U);
  EXPECT_TRUE(position->pending());
  site().down = false;
  let_pass(1ms);
  EXPECT_TRUE(position->value);
}

TEST_F(applier_test, retries_an_outage_with_back_off_and_quarantines_nothing) {
  opens();
  site().down = true;
  const auto receipt = applies(batch(0, 4));
  let_pass(1h);
  EXPECT_TRUE(receipt->pending());
  // Tries at 0, 100, 300, 700, 1500, 2300, … ms.
  EXPECT_EQ(site().opens, 1U + 3U + (3'600'000U - 700U) / 800U);
  EXPECT_THAT(site().applies, ElementsAre(call{0, 4, 0, database_unavailable}));
  site().down = false;
  let_pass(800ms);
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->created, 4U);
  EXPECT_EQ(receipt->value->quarantined, 0U);
  EXPECT_TRUE(site().quarantined.empty());
}

TEST_F(applier_test, begins_with_a_small_transaction_after_an_outage) {
  opens();
  site().next_applies = {because(database_refuses), because(database_refuses)};
  const auto receipt = applies(batch(0, 5'000));
  let_pass(99ms);
  EXPECT_EQ(stored(), 0);
  let_pass(1ms + 200ms);
  ASSERT_TRUE(receipt->value);
  EXPECT_THAT(site().applies,
              ElementsAre(call{0, 5'000, 0, database_refuses}, call{0, 1'000, 0, database_refuses},
                          call{0, 1'000, 0, none}, call{1'000, 5'000, 0, none}));
  EXPECT_EQ(receipt->value->created, 5'000U);
  EXPECT_EQ(stored(), 5'000);
}

TEST_F(applier_test, knows_a_small_commit_again_whose_answer_was_lost) {
  opens();
  site().next_applies = {because(database_refuses)};
  site().connection_breaks = memory_site::breaks::after_commit;
  const auto receipt = applies(batch(0, 5'000));
  let_pass(100ms + 200ms);
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(site().rows_written, 5'000U);
  EXPECT_EQ(stored(), 5'000);
}

TEST_F(applier_test, retries_what_the_database_refuses_for_its_own_reasons) {
  opens();
  for (const auto why : {database_conflict, database_refuses, target_broken}) {
    site().applies.clear();
    site().next_applies = {because(why), because(why)};
    const auto from = stored();
    const auto receipt = applies(batch(from, from + 4));
    let_pass(99ms);
    EXPECT_EQ(site().applies.size(), 1U);
    let_pass(1ms + 200ms);
    ASSERT_TRUE(receipt->value) << name_of(why);
    EXPECT_THAT(site().applies, ElementsAre(call{0, 4, 0, why}, call{0, 4, 0, why}, call{0, 4, 0, none}));
    EXPECT_EQ(receipt->value->quarantined, 0U);
  }
  EXPECT_EQ(site().opens, 1U + 2U + 2U);  // anew after each refusal, and not for another session's sake
}

TEST_F(applier_test, finds_the_one_record_that_is_refused) {
  opens();
  site().poison = {"5"};
  const auto receipt = applies(batch(0, 8));
  ASSERT_TRUE(receipt->value);
  EXPECT_THAT(site().applies, ElementsAre(call{0, 8, 0, row_refused}, call{0, 4, 0, none},  //
                                          call{4, 6, 0, row_refused}, call{4, 5, 0, none},  //
                                          call{5, 6, 0, row_refused}, call{5, 6, 1, none},  //
                                          call{6, 8, 0, none}));
  EXPECT_THAT(site().quarantined, ElementsAre("5"));
  EXPECT_EQ(site().rows.size(), 7U);
  EXPECT_EQ(receipt->value->records, 8U);
  EXPECT_EQ(receipt->value->created, 7U);
  EXPECT_EQ(receipt->value->quarantined, 1U);
  EXPECT_EQ(stored(), 8);
}

TEST_F(applier_test, sets_aside_every_record_of_a_batch_that_is_all_poison) {
  opens();
  site().poison = {"0", "1", "2"};
  const auto receipt = applies(batch(0, 3));
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->quarantined, 3U);
  EXPECT_THAT(site().quarantined, ElementsAre("0", "1", "2"));
  EXPECT_TRUE(site().rows.empty());
  EXPECT_EQ(stored(), 3);
}

TEST_F(applier_test, goes_on_bisecting_where_an_outage_interrupted_it) {
  opens();
  site().poison = {"1"};
  site().next_applies = {because(row_refused), because(database_unavailable)};
  const auto receipt = applies(batch(0, 4));
  EXPECT_TRUE(receipt->pending());
  let_pass(100ms);
  ASSERT_TRUE(receipt->value);
  EXPECT_THAT(site().quarantined, ElementsAre("1"));
  EXPECT_EQ(receipt->value->created, 3U);
}

TEST_F(applier_test, does_not_repeat_a_commit_whose_answer_was_lost) {
  opens();
  site().connection_breaks = memory_site::breaks::after_commit;
  const auto receipt = applies(batch(0, 4));
  EXPECT_TRUE(receipt->pending());
  let_pass(100ms);
  ASSERT_TRUE(receipt->value);
  EXPECT_THAT(scoreboard.parts, ElementsAre("ESO-46-0 database_unavailable", "ESO-46-0 running"));
  EXPECT_EQ(site().applies.size(), 1U);
  EXPECT_EQ(site().rows_written, 4U);
  EXPECT_EQ(receipt->value->next_offset, 4);
  EXPECT_TRUE(applies(batch(4, 6))->value);
  EXPECT_EQ(stored(), 6);
}

TEST_F(applier_test, repeats_a_commit_that_had_not_happened) {
  opens();
  site().connection_breaks = memory_site::breaks::before_commit;
  const auto receipt = applies(batch(0, 4));
  let_pass(100ms);
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(site().applies.size(), 2U);
  EXPECT_EQ(site().rows_written, 4U);
}

TEST_F(applier_test, counts_a_quarantined_record_whose_commit_answer_was_lost) {
  opens();
  site().poison = {"0"};
  site().next_applies = {};
  const auto first = batch(0, 1);
  // Refused when it stands alone, then set aside; there the connection breaks.
  site().connection_breaks = memory_site::breaks::after_commit;
  const auto receipt = applies(first);
  let_pass(100ms);
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->quarantined, 1U);
  EXPECT_THAT(site().quarantined, ElementsAre("0"));
}

TEST_F(applier_test, hands_every_batch_over_when_the_partition_is_lost) {
  opens();
  site().down = true;
  const auto first = applies(batch(0, 2));
  const auto second = applies(batch(2, 4));
  site().down = false;
  site().positions[{"ESO-46", 0}].next_offset = 3;  // another owner went on
  let_pass(100ms);
  EXPECT_EQ(first->code(), partition_lost);
  EXPECT_EQ(second->code(), partition_lost);
  EXPECT_TRUE(site().rows.empty());
  EXPECT_FALSE(*ended);
  EXPECT_EQ(opens()->value->next_offset, 3);
  EXPECT_TRUE(applies(batch(3, 4))->value);
}

TEST_F(applier_test, hands_a_batch_over_whose_offset_another_owner_moved) {
  opens();
  site().positions[{"ESO-46", 0}].next_offset = 2;
  EXPECT_EQ(applies(batch(0, 2))->code(), partition_lost);
  EXPECT_TRUE(site().rows.empty());
}

TEST_F(applier_test, keeps_the_order_of_batches_that_wait) {
  opens();
  site().next_applies = {because(database_conflict)};
  const auto first = applies(batch(0, 2, "old"));
  const auto second = applies(batch(2, 4, "new"));
  EXPECT_EQ(site().applies.size(), 1U);
  let_pass(100ms);
  EXPECT_TRUE(first->value && second->value);
  EXPECT_EQ(stored(), 4);
}

TEST_F(applier_test, writes_the_offset_of_unchanged_batches_at_leisure) {
  opens();
  applies(batch(0, 3));
  site().positions[{"ESO-46", 0}].next_offset = 3;
  const auto receipt = applies(unchanged_batch(3));
  EXPECT_EQ(receipt->value->unchanged, 3U);
  EXPECT_EQ(stored(), 3);
  let_pass(1'999ms);
  EXPECT_EQ(site().advances, 0U);
  let_pass(1ms);
  EXPECT_EQ(site().advances, 1U);
  EXPECT_EQ(stored(), 6);
  let_pass(1h);
  EXPECT_EQ(site().advances, 1U);

  // A batch that writes carries the offset along, from where the database has it.
  applies(unchanged_batch(6));
  EXPECT_TRUE(applies(batch(9, 10))->value);
  EXPECT_EQ(stored(), 10);
  let_pass(2s);
  EXPECT_EQ(site().advances, 1U);

  // And a flush writes it at once.
  applies(unchanged_batch(10));
  EXPECT_EQ(stored(), 10);
  EXPECT_TRUE(ask<done>(actor, flush_atom::value)->value);
  EXPECT_EQ(stored(), 13);
}

TEST_F(applier_test, answers_what_it_holds_when_it_dies) {
  opens();
  site().down = true;
  const auto first = applies(batch(0, 2));
  const auto second = applies(batch(2, 4));
  crash(actor);
  EXPECT_EQ(first->code(), stopping);
  EXPECT_EQ(second->code(), stopping);
}

TEST_F(applier_test, answers_who_waits_for_the_site_when_it_dies) {
  site().down = true;
  const auto position = opens();
  crash(actor);
  EXPECT_EQ(position->code(), stopping);
}

TEST_F(applier_test, refuses_a_batch_that_does_not_follow_on_the_last) {
  opens();
  const auto early = applies(batch(5, 8));
  EXPECT_EQ(early->code(), partition_lost);
  EXPECT_TRUE(site().applies.empty());
  EXPECT_EQ(stored(), 0);
}

TEST_F(applier_test, waits_when_a_target_fails_without_the_record_too) {
  opens();
  const auto refusal = because(error_code::row_refused);
  site().next_applies = {refusal, refusal, refusal};
  const auto receipt = applies(batch(0, 1));
  // Alone, alone once more, without the record, and then it waits.
  EXPECT_THAT(site().applies, ElementsAre(call{0, 1, 0, row_refused}, call{0, 1, 0, row_refused},
                                          call{0, 1, 1, row_refused}));
  EXPECT_THAT(scoreboard.parts, ElementsAre("ESO-46-0 target_broken"));
  let_pass(100ms);
  ASSERT_TRUE(receipt->value);
  // The record was not to blame.
  EXPECT_EQ(receipt->value->created, 1U);
  EXPECT_EQ(receipt->value->quarantined, 0U);
  EXPECT_TRUE(site().quarantined.empty());
}

TEST_F(applier_test, gives_a_batch_back_that_waits_for_the_site_when_it_is_told_to_stop) {
  opens();
  site().down = true;
  const auto waiting = applies(batch(0, 3));
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  EXPECT_EQ(waiting->code(), error_code::stopping);
}

TEST_F(applier_test, begins_no_batch_once_it_is_told_to_stop) {
  opens();
  caf::anon_send<caf::message_priority::high>(actor, stop_atom::value);
  const auto late = applies(batch(0, 3));
  EXPECT_EQ(late->code(), error_code::stopping);
  EXPECT_TRUE(site().rows.empty());
}

TEST_F(applier_test, opens_as_soon_as_it_can_whatever_hinders_it) {
  for (const auto why : {database_unavailable, database_conflict, database_refuses, target_broken}) {
    SCOPED_TRACE(name_of(why));
    site().opens = 0;
    scoreboard.parts.clear();
    site().next_opens = {because(why), because(why)};
    const auto position = opens();
    let_pass(100ms + 199ms);
    EXPECT_EQ(site().opens, 2U);
    EXPECT_TRUE(position->pending());
    let_pass(1ms);
    EXPECT_EQ(site().opens, 3U);
    EXPECT_TRUE(position->value);
    EXPECT_THAT(scoreboard.parts, ElementsAre("ESO-46-0 " + std::string{name_of(why)}, "ESO-46-0 running"));
  }
}

TEST_F(applier_test, sets_no_record_aside_that_was_refused_only_once) {
  opens();
  site().next_applies = {because(row_refused)};  // another session wrote the same row at the same moment
  const auto receipt = applies(batch(0, 1));
  ASSERT_TRUE(receipt->value);
  EXPECT_THAT(site().applies, ElementsAre(call{0, 1, 0, row_refused}, call{0, 1, 0, none}));
  EXPECT_EQ(receipt->value->created, 1U);
  EXPECT_TRUE(site().quarantined.empty());
}

TEST_F(applier_test, does_not_repeat_a_commit_in_the_middle_of_a_batch_whose_answer_was_lost) {
  opens();
  site().poison = {"5"};
  site().applies_before_break = 1;
  site().connection_breaks = memory_site::breaks::after_commit;
  const auto receipt = applies(batch(0, 8));
  EXPECT_TRUE(receipt->pending());
  EXPECT_EQ(stored(), 5);
  let_pass(100ms);
  ASSERT_TRUE(receipt->value);
  EXPECT_THAT(site().applies, ElementsAre(call{0, 8, 0, row_refused}, call{0, 4, 0, none},                  //
                                          call{4, 6, 0, row_refused}, call{4, 5, 0, database_unavailable},  //
                                          call{5, 6, 0, row_refused}, call{5, 6, 1, none},                  //
                                          call{6, 8, 0, none}));
  EXPECT_EQ(site().opens, 2U);
  EXPECT_EQ(site().rows_written, 7U);
  EXPECT_THAT(site().quarantined, ElementsAre("5"));
  EXPECT_EQ(receipt->value->created, 6U);  // what became of the lost answer's record nobody has told
  EXPECT_EQ(receipt->value->next_offset, 8);
  EXPECT_EQ(stored(), 8);
}

TEST_F(applier_test, lets_go_when_another_owner_went_on_while_a_commit_was_in_doubt) {
  opens();
  site().connection_breaks = memory_site::breaks::after_commit;
  const auto first = applies(batch(0, 4));
  const auto second = applies(batch(4, 6));
  site().positions[{"ESO-46", 0}].next_offset = 6;  // the other one has applied the second batch
  let_pass(100ms);
  EXPECT_EQ(first->code(), partition_lost);
  EXPECT_EQ(second->code(), partition_lost);
  EXPECT_EQ(site().applies.size(), 1U);
  EXPECT_EQ(site().rows_written, 4U);
  EXPECT_EQ(opens()->value->next_offset, 6);
}

TEST_F(applier_test, writes_the_offset_with_the_next_batch_when_it_could_not_be_written_at_leisure) {
  for (const auto why : {database_unavailable, database_conflict, database_refuses}) {
    SCOPED_TRACE(name_of(why));
    given_an_offset_to_write();
    site().next_advances = {because(why)};
    let_pass(2s);
    EXPECT_EQ(site().advances, 1U);
    EXPECT_EQ(stored(), 3);
    EXPECT_TRUE(applies(batch(6, 8))->value);
    EXPECT_EQ(stored(), 8);
    EXPECT_EQ(site().rows.size(), 5U);
  }
}

TEST_F(applier_test, writes_the_offset_at_a_look_when_it_could_not_be_written_at_leisure) {
  for (const auto why : {database_unavailable, database_conflict, database_refuses}) {
    SCOPED_TRACE(name_of(why));
    given_an_offset_to_write();
    site().next_advances = {because(why), because(why)};
    let_pass(2s);
    EXPECT_EQ(site().advances, 1U);
    EXPECT_TRUE(looks()->value);
    EXPECT_EQ(stored(), 3);
    EXPECT_TRUE(looks()->value);
    EXPECT_EQ(site().advances, 3U);
    EXPECT_EQ(stored(), 6);
    EXPECT_TRUE(looks()->value);
    EXPECT_EQ(site().advances, 3U);
  }
}

TEST_F(applier_test, takes_no_flush_whose_answer_was_lost_for_another_owner) {
  given_an_offset_to_write();
  site().next_advances = {because(database_unavailable)};
  let_pass(2s);
  site().positions[{"ESO-46", 0}].next_offset = 6;  // it was committed
  EXPECT_TRUE(looks()->value);
  EXPECT_TRUE(applies(batch(6, 8))->value);
  EXPECT_EQ(stored(), 8);
}

// As when a topic that is read again, of which nothing is news, is to be read again from further back.
TEST_F(applier_test, hands_a_batch_over_that_changes_nothing_when_the_offset_was_moved) {
  given_an_offset_to_write();
  site().positions[{"ESO-46", 0}].next_offset = 1;
  let_pass(2s);
  EXPECT_EQ(applies(unchanged_batch(6))->code(), partition_lost);
  EXPECT_EQ(stored(), 1);
}

TEST_F(applier_test, leaves_the_offset_to_another_owner_who_comes_between_look_and_flush) {
  given_an_offset_to_write();
  site().next_advances = {because(database_unavailable), because(partition_lost)};
  let_pass(2s);
  EXPECT_EQ(looks()->code(), partition_lost);
}

TEST_F(applier_test, hears_of_an_outage_and_of_its_end_though_no_batch_comes) {
  opens();
  applies(batch(0, 3));
  EXPECT_TRUE(looks()->value);
  site().down = true;
  EXPECT_TRUE(looks()->value);
  EXPECT_TRUE(looks()->value);
  EXPECT_THAT(scoreboard.parts, ElementsAre("ESO-46-0 database_unavailable"));
  site().down = false;
  site().positions[{"ESO-46", 0}].next_offset = 1;  // a replay
  EXPECT_EQ(looks()->code(), partition_lost);
  EXPECT_THAT(scoreboard.parts, ElementsAre("ESO-46-0 database_unavailable", "ESO-46-0 running"));
}

}  // namespace
}  // namespace matricula::testing
