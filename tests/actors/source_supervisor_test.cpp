// SPDX-License-Identifier: Apache-2.0
#include "actors/fetch/elector.hpp"
#include "actors/supervise/end_reason.hpp"
#include "actors/supervise/source_supervisor.hpp"
#include "messages/control_json.hpp"
#include "tests/actors/graph_test.hpp"
#include "tests/kept_log.hpp"

namespace matricula::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string group = "matricula.demo.source.itaca";

class elector_test : public graph_test {
 protected:
  void started() {
    owner.spawn(*system);
    keep(owner.actor);
    actor = keep(system->spawn(elector, deployed(), "itaca", owner.actor));
    run();
  }

  owner_stand_in owner;
  elector_actor actor;
};

TEST_F(elector_test, tells_who_owns_the_source) {
  kafka.assigns_at_once = false;
  started();
  EXPECT_THAT(owner.told, IsEmpty());
  kafka.assign(group);
  run();
  EXPECT_THAT(owner.told, ElementsAre("elected"));
  kafka.revoke(group);
  run();
  EXPECT_THAT(owner.told, ElementsAre("elected", "revoked"));
}

TEST_F(elector_test, leaves_the_group_when_it_stops) {
  started();
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  EXPECT_EQ(kafka.members(group), 0U);
}

TEST_F(elector_test, leaves_the_group_when_it_dies) {
  started();
  crash(actor);
  EXPECT_EQ(kafka.members(group), 0U);
}

TEST_F(elector_test, goes_on_after_a_problem_of_its_consumer) {
  started();
  kafka.report(group, {{}, because(error_code::kafka_unavailable)});
  kafka.revoke(group);
  run();
  EXPECT_THAT(owner.told, ElementsAre("elected", "revoked"));
}

TEST_F(elector_test, ends_when_it_cannot_subscribe) {
  kafka.refuse(kafka_step::subscribe, because(error_code::kafka_unavailable));
  started();
  const auto ended = watch(actor);
  ASSERT_TRUE(*ended);
  EXPECT_EQ(failure_of(**ended).code, error_code::kafka_unavailable);
}

TEST_F(elector_test, ends_when_its_consumers_place_in_the_group_was_taken) {
  started();
  const auto ended = watch(actor);
  kafka.report(group, {{}, because(error_code::partition_lost)});
  run();
  ASSERT_TRUE(*ended);
  EXPECT_EQ(failure_of(**ended).code, error_code::partition_lost);
  EXPECT_EQ(kafka.members(group), 0U);
}

TEST(is_outage_test, takes_what_the_dying_answer_for_none) {
  for (const auto code : all_error_codes())
    EXPECT_EQ(is_outage(make_error(code)), code != error_code::stopping) << name_of(code);
}

class source_supervisor_test : public graph_test {
 protected:
  source_supervisor_test() {
    for (int i = 0; i < 3; ++i)
      feed.add_page({{.person = "1000000" + std::to_string(i)},
                     {.person = "2000000" + std::to_string(i), .flavour = "FP"}});
  }

  void started() {
    scoreboard.spawn(*system);
    keep(scoreboard.actor);
    actor = keep(system->spawn(source_supervisor, deployed(), source(), scoreboard.actor));
    ended = watch(actor);
    let_pass(0s);
  }

  /// What the supervisor told since the last look.
  std::vector<std::string> told() {
    std::vector<std::string> all;
    for (const auto& event : std::exchange(scoreboard.events, {}))
      all.push_back(event.substr(std::string{"source:itaca "}.size()));
    return all;
  }

  void crashes(const std::string& kind) { tell(actor, crash_atom::value, kind); }

  /// Starts, and goes as far as to what the supervisor tells then.
  void started_until(const std::string& event) {
    scoreboard.spawn(*system);
    keep(scoreboard.actor);
    actor = keep(system->spawn(source_supervisor, deployed(), source(), scoreboard.actor));
    while (scoreboard.count("source:itaca " + event) == 0)
      scheduler->run_once();
  }

  /// The next page is read and on its way to Kafka; the partitioner has not seen it.
  void a_page_is_on_its_way() {
    const auto requests = feed.requests.size();
    scheduler->advance_time(10s);
    while (feed.requests.size() == requests)
      ASSERT_TRUE(step("fetcher"));
  }

  /// A page is on its way. An actor of this kind ends of `why` and the fetcher of `no_answer` from there, of which the
  /// supervisor hears first.
  void fetcher_ends_first(const std::string& kind, const caf::error& no_answer, const caf::error& why) {
    ASSERT_NO_FATAL_FAILURE(a_page_is_on_its_way());
    const auto fetcher = stepped;
    ASSERT_TRUE(step("partitioner"));
    ASSERT_TRUE(step(kind));
    const auto other = stepped;
    caf::anon_send(fetcher, caf::exit_msg{fetcher.address(), no_answer});
    ASSERT_TRUE(step("fetcher"));
    caf::anon_send(other, caf::exit_msg{other.address(), why});
    run();
  }

  std::uint64_t committed() const {
    const auto latest = kafka.latest("matricula.cursors");
    const auto found = latest.find("itaca");
    return found == latest.end() ? 0 : parse_source_position(found->second)->page_number;
  }

  scoreboard_stand_in scoreboard;
  source_supervisor_actor actor;
  std::shared_ptr<std::optional<caf::error>> ended;
};

TEST_F(source_supervisor_test, stands_by_until_it_is_elected) {
  kafka.assigns_at_once = false;
  started();
  let_pass(1h);
  EXPECT_THAT(told(), ElementsAre("standby"));
  EXPECT_EQ(kafka.count(kafka_step::open), 0U);
  EXPECT_EQ(feed.opened, 0U);
}

TEST_F(source_supervisor_test, fences_then_rebuilds_then_runs) {
  started();
  EXPECT_THAT(told(), ElementsAre("standby", "elected", "fencing", "rebuilding", "running"));
  EXPECT_EQ(kafka.count(kafka_step::open), 1U);
  EXPECT_EQ(feed.requests.size(), 1U);
  EXPECT_EQ(committed(), 1U);
  EXPECT_EQ(kafka.messages("ESO-46").size(), 1U);
  EXPECT_EQ(kafka.messages("FP-46").size(), 1U);
}

TEST_F(source_supervisor_test, reads_nothing_before_its_predecessor_is_fenced_and_the_lanes_are_known) {
  kafka.refuse(kafka_step::open, because(error_code::kafka_unavailable));
  kafka.refuse_after(kafka_step::scan, 1, because(error_code::kafka_unavailable));
  started();
  EXPECT_THAT(told(), ElementsAre("standby", "elected", "fencing", "restarting"));
  let_pass(99ms);
  EXPECT_THAT(told(), IsEmpty());
  let_pass(1ms);
  EXPECT_THAT(told(), ElementsAre("fencing", "rebuilding", "restarting"));
  let_pass(199ms);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(feed.opened, 0U);
  let_pass(1ms);
  EXPECT_THAT(told(), ElementsAre("fencing", "rebuilding", "running"));
}

TEST_F(source_supervisor_test, ends_the_group_and_starts_it_again_whichever_actor_dies) {
  started();
  told();
  std::uint32_t restarts = 0;
  for (const std::string kind : {"publisher", "deduplicator", "partitioner", "fetcher"}) {
    SCOPED_TRACE(kind);
    crashes(kind);
    EXPECT_THAT(told(), ElementsAre("restarting"));
    EXPECT_TRUE(feed.interrupted);
    let_pass(99ms);
    EXPECT_THAT(told(), IsEmpty());
    let_pass(1ms);
    EXPECT_THAT(told(), ElementsAre("fencing", "rebuilding", "running"));
    EXPECT_EQ(kafka.count(kafka_step::open), 2U + restarts++);
    let_pass(61s);  // a calm window forgets
  }
  EXPECT_FALSE(*ended);
  EXPECT_EQ(kafka.messages("ESO-46").size(), 3U);  // whatever died, nothing twice
}

TEST_F(source_supervisor_test, an_elector_that_is_to_die_while_there_is_none_dies_as_soon_as_there_is) {
  started();
  told();
  crashes("elector");
  crashes("elector");
  let_pass(100ms);
  EXPECT_EQ(scoreboard.count("source:itaca restarting"), 2U);
  EXPECT_EQ(kafka.members(group), 0U);
  let_pass(200ms);
  EXPECT_EQ(kafka.members(group), 1U);
}

TEST_F(source_supervisor_test, gives_up_when_its_actors_crash_too_often) {
  const kept_log log;
  started();
  for (const auto delay : {100ms, 200ms, 400ms}) {
    crashes("fetcher");
    told();
    let_pass(delay - 1ms);
    EXPECT_THAT(told(), IsEmpty());
    let_pass(1ms);
    EXPECT_THAT(told(), Contains("running"));
  }
  EXPECT_FALSE(*ended);
  crashes("partitioner");
  ASSERT_TRUE(*ended);
  EXPECT_EQ(**ended, caf::exit_reason::unhandled_exception);
  EXPECT_EQ(kafka.members(group), 0U);  // a standby takes over
  EXPECT_THAT(log.text(),
              HasSubstr("source:itaca gives up: its actors died more than 3 times, with less than 60000 ms "
                        "of work in between (limits.restarts_max), at last of "
                        "exit_reason(unhandled_exception)"));
}

TEST_F(source_supervisor_test, gives_up_however_long_its_lanes_take_to_load) {
  started();
  for (int crash = 0; crash < 3; ++crash) {
    crashes("fetcher");
    let_pass(61s, [this] { run_without("loader"); });
    told();
    run();
    EXPECT_THAT(told(), ElementsAre("running"));
  }
  EXPECT_FALSE(*ended);
  crashes("fetcher");
  EXPECT_TRUE(*ended);
}

TEST_F(source_supervisor_test, counts_a_crash_though_it_hears_of_who_got_no_answer_first) {
  limits().restarts_max = 0;
  started();
  ASSERT_NO_FATAL_FAILURE(fetcher_ends_first("deduplicator", make_error(error_code::stopping),
                                             caf::exit_reason::unhandled_exception));
  ASSERT_TRUE(*ended);
  EXPECT_EQ(**ended, caf::exit_reason::unhandled_exception);
}

TEST_F(source_supervisor_test, counts_no_outage_though_it_hears_of_who_got_no_answer_first) {
  limits().restarts_max = 0;
  started();
  ASSERT_NO_FATAL_FAILURE(fetcher_ends_first("publisher", caf::sec::request_receiver_down,
                                             make_error(error_code::kafka_unavailable)));
  let_pass(1s);
  EXPECT_FALSE(*ended);
  EXPECT_GE(committed(), 2U);
}

TEST_F(source_supervisor_test, waits_out_an_outage_for_ever) {
  kafka.refuse_always(kafka_step::open, because(error_code::kafka_unavailable));
  started();
  let_pass(1h);
  // Tries at 0, 100, 300, 700, 1500, 2300, … ms.
  EXPECT_EQ(kafka.count(kafka_step::open), 4U + (3'600'000U - 700U) / 800U);
  EXPECT_FALSE(*ended);
  kafka.accept(kafka_step::open);
  let_pass(800ms);
  EXPECT_EQ(committed(), 1U);
}

TEST_F(source_supervisor_test, backs_off_further_when_kafka_refuses_every_page) {
  kafka.refuse_always(kafka_step::commit, because(error_code::kafka_unavailable));
  started();
  let_pass(700ms);
  EXPECT_EQ(kafka.count(kafka_step::commit), 4U);  // at 0, 100, 300, 700 ms
  let_pass(800ms);
  EXPECT_EQ(kafka.count(kafka_step::commit), 5U);
  EXPECT_FALSE(*ended);
}

TEST_F(source_supervisor_test, goes_on_from_what_kafka_has_after_a_commit_whose_answer_was_lost) {
  kafka.lose_commit_answer();
  started();
  let_pass(100ms);
  EXPECT_EQ(committed(), 2U);
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "1"));
  EXPECT_EQ(kafka.messages("ESO-46").size(), 2U);
}

TEST_F(source_supervisor_test, ends_the_group_when_another_process_is_given_the_source) {
  started();
  told();
  kafka.revoke(group);
  run();
  EXPECT_THAT(told(), ElementsAre("standby"));
  let_pass(1h);
  EXPECT_EQ(feed.requests.size(), 1U);
  kafka.assign(group);
  let_pass(0s);
  EXPECT_THAT(told(), ElementsAre("elected", "fencing", "rebuilding", "running"));
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "1"));
}

TEST_F(source_supervisor_test, goes_on_at_once_when_it_is_elected_again_before_its_group_has_ended) {
  started();
  told();
  kafka.revoke(group);
  kafka.assign(group);
  let_pass(0s);
  EXPECT_THAT(told(), ElementsAre("standby", "elected", "fencing", "rebuilding", "running"));
}

// Its group would fence whoever owns the source, and nobody would ever tell it to stop.
TEST_F(source_supervisor_test, believes_no_elector_that_has_died_since) {
  kafka.assigns_at_once = false;
  started();
  told();
  kafka.assign(group);
  kafka.report(group, {{}, because(error_code::partition_lost)});
  run_without("source_supervisor");
  run();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("restarting")));
  EXPECT_EQ(kafka.count(kafka_step::open), 0U);
}

TEST_F(source_supervisor_test, starts_only_one_group_when_it_is_elected_again_during_a_back_off) {
  started();
  crashes("fetcher");
  kafka.revoke(group);
  run();
  kafka.assign(group);
  run();
  told();
  let_pass(1s);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(kafka.count(kafka_step::open), 2U);
}

TEST_F(source_supervisor_test, starts_its_elector_again) {
  started();
  told();
  crashes("elector");
  EXPECT_THAT(told(), ElementsAre("restarting", "standby"));
  EXPECT_EQ(kafka.members(group), 0U);
  let_pass(99ms);
  EXPECT_EQ(kafka.members(group), 0U);
  let_pass(1ms);
  EXPECT_THAT(told(), ElementsAre("elected", "fencing", "rebuilding", "running"));
}

TEST_F(source_supervisor_test, starts_its_elector_again_whose_place_in_the_group_was_taken) {
  limits().restarts_max = 0;
  started();
  told();
  kafka.report(group, {{}, because(error_code::partition_lost)});
  run();
  EXPECT_THAT(told(), ElementsAre("restarting", "standby"));
  let_pass(100ms);
  EXPECT_THAT(told(), ElementsAre("elected", "fencing", "rebuilding", "running"));
}

TEST_F(source_supervisor_test, hands_the_source_over_to_a_standby_when_it_stops) {
  started();
  scoreboard_stand_in other;
  other.spawn(*system);
  keep(other.actor);
  keep(system->spawn(source_supervisor, deployed(), source(), other.actor));
  let_pass(10s);
  EXPECT_THAT(other.events, ElementsAre("source:itaca standby"));
  EXPECT_EQ(committed(), 2U);
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  let_pass(0s);
  EXPECT_THAT(other.events, Contains("source:itaca running"));
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "1", "2"));
  EXPECT_EQ(committed(), 3U);
}

TEST_F(source_supervisor_test, stops_from_the_source_and_leaves_the_group) {
  started();
  const auto stopped = ask<done>(actor, stop_atom::value);
  EXPECT_TRUE(stopped->value);
  EXPECT_TRUE(feed.interrupted);
  EXPECT_EQ(kafka.calls.back(), "leave " + group);
  let_pass(1h);
  EXPECT_EQ(feed.requests.size(), 1U);
}

TEST_F(source_supervisor_test, stops_while_it_stands_by) {
  kafka.assigns_at_once = false;
  started();
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  EXPECT_EQ(kafka.members(group), 0U);
}

TEST_F(source_supervisor_test, stops_during_a_back_off) {
  started();
  crashes("fetcher");
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  let_pass(1h);
  EXPECT_EQ(feed.requests.size(), 1U);
}

TEST_F(source_supervisor_test, stops_while_its_elector_is_to_start_again) {
  started();
  crashes("elector");
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  let_pass(1h);
  EXPECT_EQ(kafka.members(group), 0U);
}

TEST_F(source_supervisor_test, takes_its_actors_with_it) {
  started();
  kill(actor);
  let_pass(1h);
  EXPECT_EQ(feed.requests.size(), 1U);
  EXPECT_EQ(kafka.members(group), 0U);
}

TEST_F(source_supervisor_test, tells_the_scoreboard_which_pages_kafka_has) {
  started();
  ASSERT_EQ(scoreboard.begun.size(), 1U);
  EXPECT_EQ(scoreboard.begun[0].page_number, 0U);
  crashes("partitioner");
  let_pass(1s);
  ASSERT_EQ(scoreboard.begun.size(), 2U);
  EXPECT_GE(scoreboard.begun[1].page_number, 1U);
  EXPECT_EQ(scoreboard.begun[1].ends.size(), 2U);
}

TEST_F(source_supervisor_test, reads_so_many_pages_as_it_was_told_restarts_or_not) {
  pages_max = 2;
  started();
  crashes("fetcher");
  let_pass(1h);
  EXPECT_EQ(committed(), 2U);
  crashes("publisher");
  let_pass(1h);
  EXPECT_EQ(committed(), 2U);
}

TEST_F(source_supervisor_test, gives_up_when_its_elector_crashes_too_often_and_says_so) {
  const kept_log log;
  started();
  for (const auto delay : {100ms, 200ms, 400ms}) {
    crashes("elector");
    EXPECT_EQ(kafka.members(group), 0U);
    let_pass(delay - 1ms);
    EXPECT_EQ(kafka.members(group), 0U);
    let_pass(1ms);
    EXPECT_EQ(kafka.members(group), 1U);
  }
  EXPECT_FALSE(*ended);
  EXPECT_THAT(log.text(), Not(HasSubstr("gives up")));
  crashes("elector");
  ASSERT_TRUE(*ended);
  EXPECT_EQ(kafka.members(group), 0U);
  EXPECT_THAT(log.text(), HasSubstr("source:itaca gives up"));
}

TEST_F(source_supervisor_test, gives_up_at_the_first_crash_when_it_may_restart_nothing) {
  limits().restarts_max = 0;
  started();
  crashes("deduplicator");
  EXPECT_TRUE(*ended);
  EXPECT_EQ(kafka.count(kafka_step::open), 1U);
}

TEST_F(source_supervisor_test, waits_for_ever_until_it_can_be_elected) {
  kafka.refuse_always(kafka_step::subscribe, because(error_code::kafka_unavailable));
  started();
  let_pass(1h);
  // Tries at 0, 100, 300, 700, 1500, 2300, … ms.
  EXPECT_EQ(kafka.count(kafka_step::subscribe), 4U + (3'600'000U - 700U) / 800U);
  EXPECT_FALSE(*ended);
  kafka.accept(kafka_step::subscribe);
  let_pass(800ms);
  EXPECT_EQ(committed(), 1U);
}

TEST_F(source_supervisor_test, takes_a_reply_that_does_not_come_in_time_for_an_outage) {
  limits().request_timeout_ms = 5'000;
  limits().restart_window_ms = 3'600'000;
  started();
  for (int outages = 1; outages <= 5; ++outages) {  // more than it may restart after crashes
    ASSERT_NO_FATAL_FAILURE(a_page_is_on_its_way());
    told();
    scheduler->advance_time(5s);
    ASSERT_TRUE(step("fetcher"));
    run();
    EXPECT_THAT(told(), ElementsAre("restarting"));
    ASSERT_FALSE(*ended);
    let_pass(800ms);
    EXPECT_THAT(told(), ElementsAre("fencing", "rebuilding", "running"));
    EXPECT_EQ(kafka.count(kafka_step::open), 1U + static_cast<std::size_t>(outages));
  }
  EXPECT_EQ(kafka.messages("ESO-46").size(), 3U);  // the feed's three pages, once each
}

TEST_F(source_supervisor_test, does_not_rebuild_for_who_lost_the_source_while_it_fenced) {
  started_until("fencing");
  kafka.revoke(group);
  ASSERT_TRUE(step("elector"));
  while (kafka.count(kafka_step::open) == 0)
    ASSERT_TRUE(step("publisher"));  // answers behind the revocation
  let_pass(1h);
  EXPECT_THAT(told(), ElementsAre("standby", "elected", "fencing", "standby"));
  EXPECT_EQ(kafka.count(kafka_step::scan), 0U);
  EXPECT_EQ(feed.opened, 0U);
}

TEST_F(source_supervisor_test, does_not_run_what_was_rebuilt_for_who_lost_the_source_meanwhile) {
  started_until("rebuilding");
  kafka.revoke(group);
  ASSERT_TRUE(step("elector"));
  while (kafka.count(kafka_step::scan) < 2)
    ASSERT_TRUE(step("loader"));
  let_pass(1h);
  EXPECT_THAT(told(), ElementsAre("standby", "elected", "fencing", "rebuilding", "standby"));
  EXPECT_EQ(feed.opened, 0U);
}

TEST_F(source_supervisor_test, takes_no_reply_of_a_publisher_that_died_since) {
  started_until("fencing");
  while (kafka.count(kafka_step::open) == 0)
    ASSERT_TRUE(step("publisher"));
  // Its answer waits in the supervisor's mailbox, and its death overtakes it.
  caf::anon_send_exit(stepped, caf::exit_reason::unhandled_exception);
  ASSERT_TRUE(step("publisher"));
  run();
  EXPECT_THAT(told(), ElementsAre("standby", "elected", "fencing", "restarting"));
  let_pass(100ms);
  EXPECT_THAT(told(), ElementsAre("fencing", "rebuilding", "running"));
  EXPECT_EQ(kafka.count(kafka_step::open), 2U);
  EXPECT_EQ(kafka.count(kafka_step::scan), 2U);
}

TEST_F(source_supervisor_test, fences_who_has_fenced_it_while_the_source_is_its_own) {
  started();
  ASSERT_TRUE(kafka.open_transactional_producer("matricula.demo.itaca")->open());
  told();
  let_pass(10s);
  EXPECT_THAT(told(), ElementsAre("restarting"));
  EXPECT_EQ(committed(), 1U);
  let_pass(100ms);
  EXPECT_THAT(told(), ElementsAre("fencing", "rebuilding", "running"));
  EXPECT_EQ(kafka.count(kafka_step::open), 3U);  // its own, the other's, its own
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "1", "1"));
  EXPECT_EQ(committed(), 2U);
  EXPECT_EQ(kafka.messages("ESO-46").size(), 2U);
}

TEST_F(source_supervisor_test, reads_a_page_again_whose_transaction_was_aborted_and_restarts_nothing) {
  started();
  told();
  kafka.refuse(kafka_step::commit, because(error_code::transaction_aborted), 2);
  let_pass(10s + 100ms + 199ms);
  EXPECT_EQ(committed(), 1U);
  let_pass(1ms);
  EXPECT_EQ(committed(), 2U);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(kafka.count(kafka_step::open), 1U);
  EXPECT_EQ(kafka.count(kafka_step::abort), 2U);
  EXPECT_EQ(kafka.count(kafka_step::commit), 4U);
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "1", "1", "1"));
  EXPECT_EQ(kafka.messages("ESO-46").size(), 2U);
  ASSERT_EQ(scoreboard.pages.size(), 2U);
  EXPECT_EQ(scoreboard.pages[1].changed, 2U);
}

TEST_F(source_supervisor_test, reads_a_page_again_whose_commit_had_not_happened) {
  kafka.refuse(kafka_step::commit, because(error_code::kafka_unavailable));
  started();
  EXPECT_EQ(committed(), 0U);
  let_pass(100ms);
  EXPECT_EQ(committed(), 1U);
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "-"));
  EXPECT_EQ(kafka.count(kafka_step::open), 2U);
  EXPECT_EQ(kafka.count(kafka_step::commit), 2U);
  EXPECT_EQ(kafka.messages("ESO-46").size(), 1U);
}

TEST_F(source_supervisor_test, waits_no_longer_for_pages_in_flight_than_the_drain_may_take) {
  limits().drain_timeout_ms = 4'000;
  started();
  ASSERT_NO_FATAL_FAILURE(a_page_is_on_its_way());
  const auto hangs = [this] { run_without("partitioner"); };
  const auto stopped = request<done>(actor, stop_atom::value);
  let_pass(3'999ms, hangs);
  EXPECT_TRUE(stopped->pending());
  EXPECT_EQ(kafka.members(group), 1U);
  let_pass(1ms, hangs);
  EXPECT_TRUE(stopped->pending());  // the partitioner is still there
  run();
  EXPECT_TRUE(stopped->value);
  EXPECT_EQ(kafka.members(group), 0U);
  EXPECT_EQ(committed(), 1U);
}

TEST_F(source_supervisor_test, answers_who_waits_for_its_stop_when_it_dies) {
  started();
  ASSERT_NO_FATAL_FAILURE(a_page_is_on_its_way());
  const auto stopped = request<done>(actor, stop_atom::value);
  run_without("partitioner");
  EXPECT_TRUE(stopped->pending());
  kill(actor);
  EXPECT_EQ(stopped->code(), error_code::stopping);
}

}  // namespace
}  // namespace matricula::testing
