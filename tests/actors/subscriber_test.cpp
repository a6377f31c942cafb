// SPDX-License-Identifier: Apache-2.0
#include "actors/subscribe/subscriber.hpp"
#include "actors/supervise/end_reason.hpp"
#include "tests/actors/graph_test.hpp"
#include "tests/kept_log.hpp"

namespace matricula::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string group = "matricula.demo.site.eso46";

/// Batches of three records, two of them in flight at the most.
class subscriber_test : public graph_test {
 protected:
  void spawned() {
    scoreboard.spawn(*system);
    reporter.spawn(*system);
    keep(scoreboard.actor);
    keep(reporter.actor);
    actor = keep(
        system->spawn(subscriber, deployed(), site_settings_of("eso46"), reporter.actor, scoreboard.actor));
  }

  void started() {
    spawned();
    ended = watch(actor);
  }

  /// The site goes down when it has told where to read on, and comes back.
  void started_with_a_site_that_is_down_for(std::chrono::seconds outage) {
    site().next_applies = {because(error_code::database_unavailable)};
    spawned();
    while (site().applies.empty())
      scheduler->run_once();
    site().down = true;
    let_pass(outage);
    site().down = false;
    let_pass(outage);
  }

  /// Before anybody has had a turn.
  void append(int count) {
    for (int i = 0; i < count; ++i) {
      ++given;
      const auto key = std::to_string(given);
      kafka.append("ESO-46", 0, {key, "value " + key, "itaca", 0, static_cast<revision_t>(given)});
    }
  }
  void given_messages(int count) {
    append(count);
    run();
  }

  void expect_all_applied_once() {
    EXPECT_EQ(site().rows.size(), static_cast<std::size_t>(given));
    EXPECT_EQ(site().rows_written, static_cast<std::size_t>(given));
    EXPECT_EQ(site().next_offset("ESO-46", 0), kafka.end_offset("ESO-46", 0));
    EXPECT_TRUE(site().quarantined.empty());
  }

  /// Three messages are applied, and the partition is taken away; the next three are on their way to its applier.
  void a_batch_is_on_its_way_at_the_revocation() {
    started();
    given_messages(3);
    kafka.calls_consumers = false;
    append(3);
    caf::anon_send(actor, poll_atom::value);
    ASSERT_TRUE(step("subscriber"));  // sends them
    kafka.revoke(group);
    ASSERT_TRUE(step("subscriber"));  // hears of it
    EXPECT_EQ(site().next_offset("ESO-46", 0), 3);
  }

  memory_site& site() { return sites["eso46"]; }

  std::vector<std::size_t> batch_sizes() {
    std::vector<std::size_t> sizes;
    for (const auto& call : site().applies)
      sizes.push_back(call.last - call.first);
    return sizes;
  }

  scoreboard_stand_in scoreboard;
  reporter_stand_in reporter;
  subscriber_actor actor;
  std::shared_ptr<std::optional<caf::error>> ended;
  int given = 0;
};

TEST_F(subscriber_test, reads_on_from_the_offset_in_the_sites_database) {
  given_messages(5);
  site().positions[{"ESO-46", 0}] = {3, 3};
  started();
  EXPECT_THAT(kafka.calls, ElementsAre("begin ESO-46-0 at 3"));
  EXPECT_EQ(kafka.consumed(group), 2U);
  EXPECT_EQ(site().rows.size(), 2U);
}

TEST_F(subscriber_test, applies_what_comes_and_tells_of_it) {
  started();
  given_messages(2);
  given_messages(5);
  expect_all_applied_once();
  EXPECT_EQ(kafka.noted({"ESO-46", 0}), 7);
  EXPECT_EQ(scoreboard.records_applied(), 7U);
  EXPECT_EQ(reporter.outcomes, scoreboard.applied.size());
}

TEST_F(subscriber_test, makes_batches_no_larger_than_the_limits) {
  given_messages(8);
  started();
  EXPECT_THAT(batch_sizes(), ElementsAre(3U, 3U, 2U));
  EXPECT_EQ(kafka.calls_of("pause ESO-46-0"), 0U);  // it was never long
  site().applies.clear();
  expect_all_applied_once();
}

TEST_F(subscriber_test, sends_a_few_messages_on_while_another_partition_has_many) {
  kafka = memory_kafka{2};
  started();
  kafka.append("ESO-46", 0, {"few", "value", "itaca", 0, 100});
  for (int i = 0; i < 50; ++i)
    kafka.append("ESO-46", 1,
                 {"many " + std::to_string(i), "value", "itaca", 0, static_cast<revision_t>(i + 1)});
  run();
  EXPECT_EQ(site().rows.size(), 51U);
  std::size_t before = 0;
  while (before < scoreboard.applied.size() && scoreboard.applied[before].from.partition != 0)
    ++before;
  EXPECT_LT(before, 6U);
}

TEST_F(subscriber_test, makes_batches_of_no_more_bytes_than_the_limit) {
  limits().batch_bytes_max = 20;  // a message has 8 or 9 bytes: three of them are over it
  limits().batch_records_max = 100;
  given_messages(9);
  started();
  EXPECT_THAT(batch_sizes(), ElementsAre(3U, 3U, 3U));
}

TEST_F(subscriber_test, makes_larger_batches_for_a_site_that_keeps_up) {
  limits().batch_records_max = 10'000;
  given_messages(30'000);
  started();
  EXPECT_EQ(batch_sizes().front(), batch_pace::records_at_first);
  EXPECT_THAT(batch_sizes(), Contains(10'000U));
  expect_all_applied_once();
}

TEST_F(subscriber_test, makes_smaller_batches_for_a_site_that_takes_long) {
  limits().batch_records_max = 10'000;
  given_messages(30'000);
  started_with_a_site_that_is_down_for(60s);
  // The second batch was under way with the first and quick, hence twice the least.
  EXPECT_THAT(batch_sizes(), Contains(2 * batch_pace::records_min));
  expect_all_applied_once();
}

TEST_F(subscriber_test, admits_exactly_the_sum_of_its_limits_while_the_site_is_down) {
  for (const std::uint32_t in_flight : {1U, 2U, 5U}) {
    SCOPED_TRACE(in_flight);
    site() = {};
    kafka = memory_kafka{1};
    given = 0;
    given_messages(100);
    auto other = topology;
    other.limits.batches_in_flight_max = in_flight;
    auto with = std::make_shared<deployment>(*deployed());
    with->topology = other;
    scoreboard = {};
    reporter = {};
    scoreboard.spawn(*system);
    reporter.spawn(*system);
    keep(scoreboard.actor);
    keep(reporter.actor);
    auto busy = system->spawn(subscriber, deployment_ptr{with}, site_settings_of("eso46"), reporter.actor,
                              scoreboard.actor);
    keep(busy);
    // The site goes down once it has told where to read on.
    site().next_applies = {because(error_code::database_unavailable)};
    while (site().applies.empty())
      scheduler->run_once();
    site().down = true;
    let_pass(60s);
    EXPECT_EQ(kafka.consumed(group), 3U * (in_flight + 1U) + 1U);
    EXPECT_EQ(kafka.calls_of("pause ESO-46-0"), 1U);
    EXPECT_EQ(kafka.calls_of("resume ESO-46-0"), 0U);
    given_messages(50);
    let_pass(60s);
    EXPECT_EQ(kafka.consumed(group), 3U * (in_flight + 1U) + 1U);
    site().down = false;
    let_pass(1s);
    expect_all_applied_once();
    EXPECT_GE(kafka.calls_of("resume ESO-46-0"), 1U);
    kill(busy);
  }
}

TEST_F(subscriber_test, tells_whether_the_group_has_given_it_partitions) {
  kafka.assigns_at_once = false;
  started();
  run();
  EXPECT_THAT(scoreboard.parts, ElementsAre("membership waiting"));
  kafka.assign(group);
  run();
  EXPECT_THAT(scoreboard.parts, ElementsAre("membership waiting", "membership running"));
  kafka.revoke(group);
  run();
  EXPECT_EQ(scoreboard.parts.back(), "membership waiting");
}

TEST_F(subscriber_test, tells_how_far_the_site_is_behind_what_others_publish) {
  started();
  given_messages(3);
  EXPECT_EQ(scoreboard.lag, 0);
  site().down = true;
  given_messages(20);
  let_pass(1s);
  EXPECT_EQ(scoreboard.lag, 20);
  given_messages(5);
  let_pass(1s);
  EXPECT_EQ(scoreboard.lag, 25);
  site().down = false;
  let_pass(60s);
  EXPECT_EQ(scoreboard.lag, 0);
}

TEST_F(subscriber_test, asks_only_the_consumer_again_when_a_seek_comes_too_early) {
  given_messages(2);
  kafka.refuse(kafka_step::seek, because(error_code::kafka_unavailable), 2);
  started();
  let_pass(99ms);
  EXPECT_EQ(kafka.count(kafka_step::seek), 1U);
  let_pass(101ms);
  EXPECT_EQ(kafka.count(kafka_step::seek), 3U);
  EXPECT_EQ(site().opens, 1U);
  expect_all_applied_once();
}

TEST_F(subscriber_test, reads_on_where_another_owner_went) {
  started();
  given_messages(3);
  site().positions[{"ESO-46", 0}].next_offset = 7;  // another owner applied four more
  given_messages(6);
  EXPECT_THAT(kafka.calls, Contains("begin ESO-46-0 at 7"));
  EXPECT_EQ(site().next_offset("ESO-46", 0), 9);
  EXPECT_EQ(site().rows.size(), 3U + 2U);
  EXPECT_FALSE(*ended);
  EXPECT_EQ(scoreboard.records_applied(), 5U);
}

TEST_F(subscriber_test, reads_again_from_where_a_replay_has_put_an_idle_site) {
  started();
  given_messages(5);
  kafka.calls.clear();
  site().positions[{"ESO-46", 0}].next_offset = 2;
  let_pass(4s);
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 2"), 0U);
  let_pass(1s);
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 2"), 1U);
  let_pass(10s);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 5);
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 2"), 1U);
}

TEST_F(subscriber_test, drops_what_it_gathered_when_another_owner_went_on) {
  started();
  given_messages(3);
  site().down = true;
  given_messages(5);  // in flight, and waiting for the site
  given_messages(9);  // gathered behind them
  site().positions[{"ESO-46", 0}].next_offset = 7;
  site().down = false;
  let_pass(60s);
  EXPECT_THAT(kafka.calls, Contains("begin ESO-46-0 at 7"));
  EXPECT_EQ(site().next_offset("ESO-46", 0), 17);
  EXPECT_EQ(site().rows.size(), 3U + 10U);
  EXPECT_EQ(scoreboard.records_applied(), 13U);
}

TEST_F(subscriber_test, starts_an_applier_again_that_died_and_loses_nothing) {
  started();
  given_messages(4);
  site().down = true;
  given_messages(20);
  tell(actor, crash_atom::value, std::string{"applier"});
  EXPECT_THAT(kafka.calls.back(), "pause ESO-46-0");
  site().down = false;
  const auto opened = site().opens;
  let_pass(99ms);
  EXPECT_EQ(site().opens, opened);
  let_pass(1ms);
  EXPECT_EQ(site().opens, opened + 1);
  expect_all_applied_once();
}

TEST_F(subscriber_test, waits_longer_each_time_its_applier_dies_and_then_gives_up) {
  given_messages(1);
  started();
  for (const auto delay : {100ms, 200ms, 400ms}) {
    const auto opened = site().opens;
    tell(actor, crash_atom::value, std::string{"applier"});
    let_pass(delay - 1ms);
    EXPECT_EQ(site().opens, opened);
    let_pass(1ms);
    EXPECT_EQ(site().opens, opened + 1);
  }
  EXPECT_FALSE(*ended);
  tell(actor, crash_atom::value, std::string{"applier"});
  ASSERT_TRUE(*ended);
  const auto last = given_up_for(**ended);
  ASSERT_TRUE(last);
  EXPECT_EQ(*last, caf::exit_reason::unhandled_exception);
}

TEST_F(subscriber_test, ignores_late_replies_of_a_partition_that_was_taken_away) {
  started();
  given_messages(3);
  const auto applied = scoreboard.applied.size();
  site().down = true;
  given_messages(9);
  kafka.revoke(group);
  run();
  site().down = false;
  let_pass(10s);
  EXPECT_EQ(scoreboard.applied.size(), applied);
  EXPECT_EQ(reporter.outcomes, applied);
  EXPECT_EQ(kafka.noted({"ESO-46", 0}), 3);
  EXPECT_FALSE(*ended);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 3);

  kafka.assign(group);
  let_pass(1s);
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 3"), 1U);
  expect_all_applied_once();
}

TEST_F(subscriber_test, takes_no_receipt_that_comes_after_the_revocation) {
  ASSERT_NO_FATAL_FAILURE(a_batch_is_on_its_way_at_the_revocation());
  ASSERT_TRUE(step("applier"));
  EXPECT_EQ(site().next_offset("ESO-46", 0), 6);
  run();
  EXPECT_EQ(scoreboard.records_applied(), 3U);
  EXPECT_EQ(kafka.noted({"ESO-46", 0}), 3);

  kafka.assign(group);
  run();
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 6"), 1U);
  EXPECT_EQ(scoreboard.records_applied(), 3U);
  EXPECT_EQ(kafka.noted({"ESO-46", 0}), 3);
  expect_all_applied_once();
}

TEST_F(subscriber_test, takes_no_receipt_that_comes_after_another_assignment) {
  ASSERT_NO_FATAL_FAILURE(a_batch_is_on_its_way_at_the_revocation());
  kafka.assign(group);
  ASSERT_TRUE(step("subscriber"));  // has another applier, whose turn comes after the first one's
  ASSERT_TRUE(step("applier"));
  EXPECT_EQ(site().next_offset("ESO-46", 0), 6);
  EXPECT_EQ(site().opens, 1U);
  run();
  EXPECT_EQ(site().opens, 2U);
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 6"), 1U);
  EXPECT_EQ(scoreboard.records_applied(), 3U);
  EXPECT_EQ(kafka.noted({"ESO-46", 0}), 3);

  kafka.calls_consumers = true;
  given_messages(9);  // the new applier's batches are counted from none
  EXPECT_EQ(scoreboard.records_applied(), 3U + 9U);
  expect_all_applied_once();
}

TEST_F(subscriber_test, begins_anew_when_a_partition_is_given_to_it_twice) {
  started();
  site().down = true;
  given_messages(9);
  kafka.assign(group);
  run();
  site().down = false;
  let_pass(10s);
  expect_all_applied_once();
}

TEST_F(subscriber_test, feeds_every_partition_by_itself) {
  kafka = memory_kafka{2};
  for (int i = 0; i < 4; ++i)
    for (const std::int32_t partition : {0, 1})
      kafka.append("ESO-46", partition,
                   {std::to_string(partition) + "/" + std::to_string(i), "v", "itaca", 0, 1});
  started();
  EXPECT_EQ(site().rows.size(), 8U);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 4);
  EXPECT_EQ(site().next_offset("ESO-46", 1), 4);
}

TEST_F(subscriber_test, passes_over_control_markers_and_compacted_offsets) {
  auto producer = kafka.open_transactional_producer("t");
  ASSERT_TRUE(producer->open());
  for (int page = 0; page < 3; ++page) {
    ASSERT_TRUE(producer->begin());
    const auto key = "page " + std::to_string(page);
    outgoing_message message;
    message.topic = "ESO-46";
    message.partition = 0;
    message.key = message.value = message.source = key;
    message.revision = static_cast<revision_t>(page + 1);
    ASSERT_TRUE(producer->send(message));
    ASSERT_TRUE(producer->commit());
  }
  started();
  EXPECT_EQ(site().rows.size(), 3U);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 5);  // a marker follows
  const auto begun = kafka.calls.size();
  given_messages(1);
  EXPECT_EQ(site().rows.size(), 4U);
  EXPECT_EQ(kafka.calls.size(), begun);
}

TEST_F(subscriber_test, tells_when_the_topic_no_longer_holds_the_sites_offset) {
  started();
  kafka.report(group, {{"ESO-46", 0}, because(error_code::offset_out_of_log)});
  run();
  EXPECT_EQ(scoreboard.parts.back(), "ESO-46-0 stuck");
  // A replay puts the site where the topic begins.
  site().positions[{"ESO-46", 0}].next_offset = 4;
  let_pass(5s);
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 4"), 1U);
  EXPECT_EQ(scoreboard.parts.back(), "ESO-46-0 running");
}

TEST_F(subscriber_test, polls_every_five_seconds_even_when_nothing_calls_it) {
  started();
  kafka.calls_consumers = false;
  let_pass(10s);
  given_messages(1);
  let_pass(4'999ms);
  EXPECT_TRUE(site().rows.empty());
  let_pass(1ms);
  expect_all_applied_once();
}

TEST_F(subscriber_test, wakes_only_to_look_at_offsets_while_nothing_comes) {
  started();
  given_messages(3);
  let_pass(5s);
  const auto polls = kafka.count(kafka_step::poll);
  let_pass(60s);
  EXPECT_EQ(kafka.count(kafka_step::poll), polls + 12U);
}

TEST_F(subscriber_test, wakes_only_to_look_while_it_has_no_partition) {
  kafka.assigns_at_once = false;
  started();
  const auto polls = kafka.count(kafka_step::poll);
  let_pass(60s);
  EXPECT_EQ(kafka.count(kafka_step::poll), polls + 12U);
}

TEST_F(subscriber_test, wakes_every_second_while_a_batch_is_under_way) {
  started();
  let_pass(7s);
  site().down = true;
  given_messages(1);
  const auto polls = kafka.count(kafka_step::poll);
  let_pass(2'999ms);
  EXPECT_EQ(kafka.count(kafka_step::poll), polls + 2U);
  EXPECT_EQ(scoreboard.lag, 1);
}

TEST_F(subscriber_test, pauses_a_partition_that_has_waited_for_two_seconds_from_its_idleness_on) {
  started();
  let_pass(7s);  // the timer is set for the tenth
  site().down = true;
  given_messages(20);
  let_pass(1'999ms);
  EXPECT_EQ(kafka.calls_of("pause ESO-46-0"), 0U);
  let_pass(1ms);
  EXPECT_EQ(kafka.calls_of("pause ESO-46-0"), 1U);
}

TEST_F(subscriber_test, pauses_no_partition_that_has_waited_for_less_than_a_second) {
  started();
  let_pass(4'900ms);
  site().down = true;
  given_messages(20);
  let_pass(1'099ms);
  EXPECT_EQ(kafka.calls_of("pause ESO-46-0"), 0U);
  let_pass(1ms);
  EXPECT_EQ(kafka.calls_of("pause ESO-46-0"), 1U);
}

TEST_F(subscriber_test, ends_when_it_cannot_subscribe) {
  kafka.refuse(kafka_step::subscribe, because(error_code::kafka_unavailable));
  started();
  ASSERT_TRUE(*ended);
  EXPECT_EQ(failure_of(**ended).code, error_code::kafka_unavailable);
}

TEST_F(subscriber_test, ends_when_its_consumers_place_in_the_group_was_taken) {
  started();
  kafka.report(group, {{}, because(error_code::partition_lost)});
  run();
  ASSERT_TRUE(*ended);
  EXPECT_EQ(failure_of(**ended).code, error_code::partition_lost);
  EXPECT_EQ(kafka.members(group), 0U);
}

TEST_F(subscriber_test, stops_when_all_in_flight_is_answered_and_leaves_the_group) {
  started();
  given_messages(3);
  site().next_applies = {because(error_code::database_conflict)};
  given_messages(9);
  const auto stopped = ask<done>(actor, stop_atom::value);
  EXPECT_TRUE(stopped->pending());
  EXPECT_THAT(kafka.calls, Not(Contains("leave " + group)));
  let_pass(100ms);
  EXPECT_TRUE(stopped->value);
  EXPECT_EQ(kafka.calls.back(), "leave " + group);
  EXPECT_EQ(kafka.members(group), 0U);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 3 + 6);  // the batch being gathered is not sent any more
}

TEST_F(subscriber_test, stops_ahead_of_batches_that_its_applier_has_not_begun) {
  limits().batches_in_flight_max = 2;
  started();
  given_messages(3);
  const auto applies = site().applies.size();
  ASSERT_GT(applies, 0U);
  kafka.calls_consumers = false;
  append(6);
  caf::anon_send(actor, poll_atom::value);
  run_without("applier");  // before whom two batches lie now
  const auto stopped = request<done>(actor, stop_atom::value);
  run_without("applier");
  EXPECT_TRUE(stopped->pending());
  run();
  EXPECT_TRUE(stopped->value);
  EXPECT_EQ(site().applies.size(), applies);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 3);
  EXPECT_EQ(kafka.consumed(group), 9U);
  EXPECT_EQ(kafka.calls.back(), "leave " + group);
}

TEST_F(subscriber_test, writes_the_offset_of_unchanged_batches_before_it_stops) {
  given_messages(3);
  kafka.append("ESO-46", 0, {"1", "value 1", "itaca", 0, 1});
  started();
  EXPECT_EQ(site().next_offset("ESO-46", 0), 3);
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 4);
}

TEST_F(subscriber_test, stops_although_its_applier_dies_meanwhile) {
  started();
  given_messages(3);
  site().next_applies = {because(error_code::database_conflict)};
  given_messages(9);
  const auto stopped = ask<done>(actor, stop_atom::value);
  EXPECT_TRUE(stopped->pending());
  tell(actor, crash_atom::value, std::string{"applier"});
  EXPECT_TRUE(stopped->value);
}

TEST_F(subscriber_test, stops_with_nothing_to_drain) {
  kafka.assigns_at_once = false;
  started();
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
}

TEST_F(subscriber_test, answers_who_waits_for_its_stop_when_it_dies) {
  started();
  given_messages(3);
  site().next_applies = {because(error_code::database_conflict)};
  given_messages(9);
  const auto stopped = ask<done>(actor, stop_atom::value);
  kill(actor);
  EXPECT_EQ(stopped->code(), error_code::stopping);
}

TEST_F(subscriber_test, takes_its_appliers_with_it) {
  started();
  given_messages(3);
  site().down = true;
  given_messages(3);
  kill(actor);
  const auto opened = site().opens;
  let_pass(1h);
  EXPECT_EQ(site().opens, opened);
}

TEST_F(subscriber_test, begins_in_the_middle_of_a_batch_in_the_middle_of_which_it_was_revoked) {
  limits().batch_records_max = 8;
  given_messages(8);
  site().poison = {"6"};
  // The whole, its first half, the fifth and sixth: then the site goes away.
  const failure passes{};
  site().next_applies = {passes, passes, passes, because(error_code::database_unavailable)};
  started();
  EXPECT_EQ(site().applies.size(), 4U);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 4);
  kafka.revoke(group);
  let_pass(1h);
  EXPECT_EQ(site().applies.size(), 4U);
  EXPECT_EQ(site().opens, 1U);
  EXPECT_TRUE(scoreboard.applied.empty());

  kafka.assign(group);
  run();
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 4"), 1U);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 8);
  EXPECT_EQ(site().rows.size(), 7U);
  EXPECT_EQ(site().rows_written, 7U);
  EXPECT_THAT(site().quarantined, ElementsAre("6"));
  EXPECT_EQ(scoreboard.records_applied(), 4U);
  EXPECT_EQ(site().opens, 2U);
}

TEST_F(subscriber_test, goes_on_behind_a_commit_whose_reply_was_lost_with_its_applier) {
  started();
  site().throws_after_commit = true;
  given_messages(3);
  EXPECT_EQ(site().rows_written, 3U);
  EXPECT_TRUE(scoreboard.applied.empty());
  let_pass(99ms);
  EXPECT_EQ(site().opens, 1U);
  let_pass(1ms);
  EXPECT_EQ(site().opens, 2U);
  given_messages(3);
  EXPECT_THAT(kafka.calls, ElementsAre("begin ESO-46-0 at 0", "pause ESO-46-0", "begin ESO-46-0 at 3"));
  EXPECT_EQ(kafka.consumed(group), 6U);
  EXPECT_EQ(scoreboard.records_applied(), 3U);
  EXPECT_EQ(reporter.outcomes, 1U);
  expect_all_applied_once();
}

TEST_F(subscriber_test, logs_who_threw_and_not_what_it_says) {
  kept_log log;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  started();
  site().throws_after_commit = true;
  given_messages(3);
  EXPECT_THAT(log.text(), HasSubstr("a bug: the actor applier"));
  EXPECT_THAT(log.text(), HasSubstr("threw std::runtime_error"));
  EXPECT_THAT(log.text(), Not(HasSubstr("a bug behind the commit")));
  EXPECT_EQ(::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr(), "");
}

TEST_F(subscriber_test, takes_no_reply_of_an_applier_that_died_since) {
  limits().batches_in_flight_max = 2;
  started();
  kafka.calls_consumers = false;
  given_messages(6);
  tell(actor, poll_atom::value);  // takes them; nothing else has had its turn
  ASSERT_EQ(site().applies.size(), 2U);
  expect_all_applied_once();

  append(6);
  const auto receipts = scoreboard.applied.size();
  caf::anon_send(actor, poll_atom::value);
  ASSERT_TRUE(step("subscriber"));  // sends a batch
  ASSERT_TRUE(step("subscriber"));  // and the next
  ASSERT_TRUE(step("applier"));     // answers the first
  EXPECT_EQ(site().applies.size(), 3U);
  site().throws_after_commit = true;
  ASSERT_TRUE(step("applier"));  // dies of the second; its death overtakes the answer
  EXPECT_EQ(site().applies.size(), 3U);
  run();
  EXPECT_EQ(scoreboard.applied.size(), receipts);
  let_pass(100ms);
  EXPECT_EQ(kafka.calls.back(), "begin ESO-46-0 at 12");

  kafka.calls_consumers = true;
  given_messages(9);  // the new applier's batches are counted from none
  expect_all_applied_once();
  EXPECT_EQ(scoreboard.records_applied(), 6U + 9U);
}

TEST_F(subscriber_test, begins_no_partition_that_was_taken_away_while_its_site_was_opened) {
  kafka.assigns_at_once = false;
  given_messages(2);
  started();
  kafka.assign(group);
  ASSERT_TRUE(step("subscriber"));
  kafka.revoke(group);
  while (site().opens == 0)
    ASSERT_TRUE(step("applier"));  // its answer comes behind the revocation
  let_pass(1h);
  EXPECT_TRUE(kafka.calls.empty());
  EXPECT_EQ(site().opens, 1U);
  EXPECT_TRUE(site().rows.empty());
  EXPECT_EQ(scoreboard.parts.back(), "membership waiting");
}

TEST_F(subscriber_test, fills_a_database_that_was_made_anew_from_the_topics_start) {
  started();
  given_messages(5);
  expect_all_applied_once();
  site().positions.clear();
  site().rows.clear();
  site().rows_written = 0;
  site().next_applies = {because(error_code::target_broken)};  // its tables are not there
  given_messages(1);
  let_pass(100ms);
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 0"), 2U);
  expect_all_applied_once();
  EXPECT_FALSE(*ended);
}

TEST_F(subscriber_test, hears_of_a_replay_of_an_idle_site_that_was_down_meanwhile) {
  started();
  given_messages(3);
  site().down = true;
  let_pass(5s);
  EXPECT_EQ(scoreboard.parts.back(), "ESO-46-0 database_unavailable");
  site().down = false;
  site().positions[{"ESO-46", 0}].next_offset = 1;
  let_pass(5s);
  EXPECT_EQ(kafka.calls_of("begin ESO-46-0 at 1"), 1U);
  EXPECT_EQ(scoreboard.parts.back(), "ESO-46-0 running");
  let_pass(2s);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 3);
}

TEST_F(subscriber_test, goes_on_after_a_problem_of_its_consumer) {
  started();
  kafka.report(group, {{}, because(error_code::kafka_unavailable)});
  given_messages(2);
  expect_all_applied_once();
  EXPECT_FALSE(*ended);
}

}  // namespace
}  // namespace matricula::testing
