// SPDX-License-Identifier: Apache-2.0
#include "actors/report/reporter.hpp"
#include "tests/actors/graph_test.hpp"

namespace matricula::testing {
namespace {

class reporter_test : public graph_test {
 protected:
  void started() {
    actor = keep(system->spawn(reporter, deployed(), site_settings_of("eso46")));
    run();
  }

  void given_outcomes(int count) {
    for (int i = 0; i < count; ++i)
      site().add_outcome("outcome", "classroom " + std::to_string(++given), "link");
  }

  memory_site& site() { return sites["eso46"]; }
  std::size_t sent() const { return kafka.messages("matricula.outcomes").size(); }

  reporter_actor actor;
  int given = 0;
};

TEST_F(reporter_test, sends_what_a_predecessor_left) {
  given_outcomes(2);
  started();
  let_pass(199ms);
  EXPECT_EQ(sent(), 0U);
  let_pass(1ms);
  EXPECT_EQ(sent(), 2U);
  EXPECT_TRUE(site().outbox.empty());
}

TEST_F(reporter_test, gathers_for_a_moment_and_then_sends_in_order) {
  started();
  let_pass(1s);
  const auto takes = site().takes;
  for (int i = 0; i < 10; ++i) {
    given_outcomes(1);
    tell(actor, outcome_atom::value);
  }
  let_pass(200ms);
  EXPECT_EQ(site().takes, takes + 1);
  const auto all = kafka.messages("matricula.outcomes");
  ASSERT_EQ(all.size(), 10U);
  EXPECT_EQ(all.front().key, "classroom 1");
  EXPECT_EQ(all.back().key, "classroom 10");
  EXPECT_EQ(all.back().value, "link");
}

TEST_F(reporter_test, looks_once_more_a_while_after_it_removed_entries) {
  started();
  let_pass(1s);
  given_outcomes(1);
  tell(actor, outcome_atom::value);
  let_pass(200ms);
  const auto takes = site().takes;
  let_pass(1'999ms);
  EXPECT_EQ(site().takes, takes);
  let_pass(1ms);
  EXPECT_EQ(site().takes, takes + 1) << "PostgreSQL tidies what was removed when it is read";
  let_pass(6s);  // the next look of all is 10 s after the start
  EXPECT_EQ(site().takes, takes + 1);
}

TEST_F(reporter_test, keeps_a_producer_only_while_there_is_something_to_send) {
  started();
  let_pass(1s);
  EXPECT_EQ(kafka.plain_producers, 0U);
  given_outcomes(1);
  tell(actor, outcome_atom::value);
  let_pass(200ms);
  EXPECT_EQ(sent(), 1U);
  let_pass(10s);
  EXPECT_EQ(kafka.plain_producers, 1U);  // more may come with the next page
  let_pass(10s);
  EXPECT_EQ(kafka.plain_producers, 0U);
  given_outcomes(1);
  let_pass(10s);
  EXPECT_EQ(sent(), 2U);
}

TEST_F(reporter_test, sends_quarantine_entries_to_their_own_topic) {
  site().add_outcome("quarantine", "site/eso46/1", "why");
  given_outcomes(1);
  started();
  let_pass(200ms);
  ASSERT_EQ(kafka.messages("matricula.quarantine").size(), 1U);
  EXPECT_EQ(kafka.messages("matricula.quarantine")[0].key, "site/eso46/1");
  EXPECT_EQ(sent(), 1U);
}

TEST_F(reporter_test, takes_no_more_entries_than_the_limit_and_comes_back_for_the_rest) {
  limits().outbox_entries_max = 4;
  given_outcomes(10);
  started();
  let_pass(200ms);
  EXPECT_EQ(sent(), 10U);
  EXPECT_EQ(site().takes, 3U);
  EXPECT_EQ(kafka.count(kafka_step::flush), 3U);
}

TEST_F(reporter_test, removes_nothing_before_kafka_has_it) {
  given_outcomes(3);
  kafka.refuse(kafka_step::flush, because(error_code::kafka_unavailable), 2);
  started();
  let_pass(200ms);
  EXPECT_EQ(site().outbox.size(), 3U);
  EXPECT_EQ(site().releases, 1U);
  let_pass(99ms);
  EXPECT_EQ(kafka.count(kafka_step::flush), 1U);
  let_pass(1ms);
  EXPECT_EQ(kafka.count(kafka_step::flush), 2U);
  EXPECT_EQ(site().outbox.size(), 3U);
  let_pass(200ms);
  EXPECT_TRUE(site().outbox.empty());
  EXPECT_EQ(kafka.latest("matricula.outcomes").size(), 3U);
}

TEST_F(reporter_test, gives_back_what_kafka_refuses_to_take) {
  given_outcomes(3);
  kafka.refuse_after(kafka_step::plain_send, 1, because(error_code::kafka_unavailable));
  started();
  let_pass(200ms);
  EXPECT_EQ(site().releases, 1U);
  EXPECT_EQ(site().outbox.size(), 3U);
  let_pass(100ms);
  EXPECT_TRUE(site().outbox.empty());
  EXPECT_EQ(kafka.latest("matricula.outcomes").size(), 3U);
}

TEST_F(reporter_test, sends_again_what_it_could_not_remove) {
  given_outcomes(2);
  site().next_removals = {because(error_code::database_unavailable)};
  started();
  let_pass(200ms);
  EXPECT_EQ(sent(), 2U);
  EXPECT_EQ(site().outbox.size(), 2U);
  let_pass(100ms);
  EXPECT_EQ(sent(), 4U);
  EXPECT_EQ(kafka.latest("matricula.outcomes").size(), 2U);
  EXPECT_TRUE(site().outbox.empty());
}

TEST_F(reporter_test, does_not_send_what_another_process_may_have_overtaken) {
  given_outcomes(2);
  site().after_take = [this] {  // the process is stopped, and another one has sent these and newer ones
    stand_still_for(91s);
    site().outbox.clear();
  };
  started();
  let_pass(200ms);
  EXPECT_EQ(sent(), 0U);
  EXPECT_EQ(kafka.count(kafka_step::flush), 0U);
  EXPECT_EQ(kafka.plain_producers, 0U) << "it still has what was sent last";
  EXPECT_EQ(site().releases, 1U);
  let_pass(30s);
  EXPECT_EQ(sent(), 0U);
  given_outcomes(1);
  tell(actor, outcome_atom::value);
  let_pass(200ms);
  EXPECT_EQ(sent(), 1U);
}

TEST_F(reporter_test, sends_what_took_as_long_to_read_as_a_statement_may) {
  given_outcomes(2);
  site().after_take = [this] { stand_still_for(30s); };
  started();
  let_pass(200ms);
  EXPECT_EQ(sent(), 2U);
}

TEST_F(reporter_test, keeps_what_it_sends_until_the_producer_is_gone) {
  site().add_outcome("outcome", "classroom", std::string(1'000, 'x'));
  kafka.throws_in = kafka_step::flush;
  started();
  let_pass(200ms);
  EXPECT_EQ(kafka.plain_producers, 0U);
  EXPECT_EQ(kafka.values_lost, 0U) << "librdkafka reads them where they stand";
}

TEST_F(reporter_test, waits_out_an_outage_of_the_site_with_back_off) {
  given_outcomes(1);
  site().down = true;
  started();
  let_pass(200ms + 100ms + 200ms + 400ms + 800ms + 799ms);
  EXPECT_EQ(site().takes, 5U);
  site().down = false;
  let_pass(1ms);
  EXPECT_EQ(sent(), 1U);
}

TEST_F(reporter_test, keeps_its_back_off_while_neighbours_tell_of_more) {
  given_outcomes(1);
  site().down = true;
  started();
  let_pass(200ms + 100ms + 200ms + 400ms);  // the next try is in 800 ms
  const auto takes = site().takes;
  tell(actor, outcome_atom::value);
  let_pass(799ms);
  EXPECT_EQ(site().takes, takes);
  let_pass(1ms);
  EXPECT_EQ(site().takes, takes + 1);
}

TEST_F(reporter_test, empties_the_outbox_before_it_stops) {
  started();
  let_pass(1s);
  given_outcomes(3);
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  EXPECT_EQ(sent(), 3U);
}

TEST_F(reporter_test, stops_although_the_site_is_down) {
  started();
  let_pass(1s);
  site().down = true;
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
}

TEST_F(reporter_test, tries_again_whatever_the_outbox_answers) {
  given_outcomes(1);
  const auto refusal = because(error_code::database_refuses);
  site().next_takes = {refusal, refusal};
  site().next_removals = {refusal};
  started();
  let_pass(200ms + 100ms + 199ms);
  EXPECT_EQ(site().takes, 2U);
  EXPECT_EQ(sent(), 0U);
  let_pass(1ms);
  EXPECT_EQ(site().takes, 3U);
  EXPECT_EQ(sent(), 1U);
  EXPECT_EQ(site().outbox.size(), 1U);  // in Kafka, but not removed
  let_pass(400ms);
  EXPECT_EQ(site().takes, 4U);
  EXPECT_EQ(sent(), 2U);
  EXPECT_TRUE(site().outbox.empty());
}

}  // namespace
}  // namespace matricula::testing
