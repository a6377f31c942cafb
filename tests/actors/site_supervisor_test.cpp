// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/node_supervisor.hpp"
#include "actors/supervise/site_supervisor.hpp"
#include "tests/actors/graph_test.hpp"
#include "tests/kept_log.hpp"

#include <algorithm>

namespace matricula::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string group = "matricula.demo.site.eso46";

class site_supervisor_test : public graph_test {
 protected:
  void started() {
    scoreboard.spawn(*system);
    keep(scoreboard.actor);
    actor = keep(system->spawn(site_supervisor, deployed(), site_settings_of("eso46"), scoreboard.actor));
    ended = watch(actor);
    let_pass(200ms);
  }

  void given_messages(int count) {
    for (int i = 0; i < count; ++i) {
      const auto key = std::to_string(++given);
      kafka.append("ESO-46", 0, {key, "value " + key, "itaca", 0, static_cast<revision_t>(given)});
    }
    run();
  }

  void crashes(const std::string& kind) { tell(actor, crash_atom::value, kind); }
  std::vector<std::string> told() { return std::exchange(scoreboard.events, {}); }
  memory_site& site() { return sites["eso46"]; }

  void expect_all_applied_once() {
    EXPECT_EQ(site().rows_written, static_cast<std::size_t>(given));
    EXPECT_EQ(site().next_offset("ESO-46", 0), given);
    EXPECT_EQ(kafka.latest("matricula.outcomes").size(), static_cast<std::size_t>(given));
  }

  scoreboard_stand_in scoreboard;
  site_supervisor_actor actor;
  std::shared_ptr<std::optional<caf::error>> ended;
  int given = 0;
};

TEST_F(site_supervisor_test, runs_from_the_topic_to_the_outcomes) {
  started();
  given_messages(7);
  let_pass(200ms);
  expect_all_applied_once();
  EXPECT_THAT(told(), ElementsAre("site:eso46 running"));
}

TEST_F(site_supervisor_test, starts_a_subscriber_again_and_keeps_the_reporter) {
  started();
  given_messages(2);
  told();
  crashes("subscriber");
  EXPECT_THAT(told(), ElementsAre("site:eso46 restarting"));
  EXPECT_EQ(kafka.members(group), 0U);
  given_messages(2);
  let_pass(99ms);
  EXPECT_EQ(kafka.members(group), 0U);
  let_pass(1ms);
  EXPECT_EQ(kafka.members(group), 1U);
  let_pass(200ms);
  expect_all_applied_once();
}

TEST_F(site_supervisor_test, starts_both_again_when_the_reporter_dies) {
  started();
  given_messages(2);
  crashes("reporter");
  EXPECT_EQ(kafka.members(group), 0U);
  let_pass(100ms);
  EXPECT_EQ(kafka.members(group), 1U);
  given_messages(2);
  let_pass(200ms);
  expect_all_applied_once();
  EXPECT_EQ(scoreboard.count("site:eso46 restarting"), 1U);
}

TEST_F(site_supervisor_test, counts_one_death_when_the_subscriber_falls_later_than_the_back_off) {
  started();
  given_messages(2);
  caf::anon_send(actor, crash_atom::value, std::string{"reporter"});
  // The supervisor is told, the reporter dies, the supervisor hears of it.
  for (int step = 0; step < 3; ++step)
    scheduler->run_once();
  scheduler->advance_time(100ms);
  scheduler->prioritize(actor);
  run();
  let_pass(300ms);
  EXPECT_EQ(kafka.members(group), 1U);
  EXPECT_EQ(scoreboard.count("site:eso46 restarting"), 1U);
  given_messages(2);
  let_pass(200ms);
  expect_all_applied_once();
}

TEST_F(site_supervisor_test, gives_up_when_its_actors_die_too_often) {
  const kept_log log;
  started();
  for (const auto delay : {100ms, 200ms, 400ms}) {
    crashes("subscriber");
    told();
    let_pass(delay - 1ms);
    EXPECT_THAT(told(), IsEmpty());
    let_pass(1ms);
    EXPECT_THAT(told(), ElementsAre("site:eso46 running"));
  }
  EXPECT_FALSE(*ended);
  crashes("reporter");
  ASSERT_TRUE(*ended);
  EXPECT_EQ(**ended, caf::exit_reason::unhandled_exception);
  EXPECT_EQ(kafka.members(group), 0U);
  EXPECT_THAT(log.text(), HasSubstr("site:eso46 gives up: its actors died more than 3 times, with less than "
                                    "60000 ms of work in between (limits.restarts_max), at last of "
                                    "exit_reason(unhandled_exception)"));
}

TEST_F(site_supervisor_test, gives_up_over_actors_that_throw) {
  const kept_log log;
  started();
  for (const auto delay : {100ms, 200ms, 400ms}) {
    kafka.throws_in = kafka_step::poll;
    let_pass(1s);
    ASSERT_FALSE(kafka.throws_in);
    EXPECT_FALSE(*ended);
    let_pass(delay);
  }
  kafka.throws_in = kafka_step::poll;
  let_pass(1s);
  ASSERT_TRUE(*ended);
  EXPECT_THAT(log.text(), HasSubstr("site:eso46 gives up: its actors died more than 3 times, with less than "
                                    "60000 ms of work in between (limits.restarts_max), at last of "
                                    "system_error(runtime_error)"));
}

TEST_F(site_supervisor_test, gives_up_over_subscribers_of_which_each_lives_for_seconds) {
  limits() = {};
  started();
  for (std::uint32_t death = 0; death < limits().restarts_max; ++death) {
    crashes("subscriber");
    let_pass(9s);
  }
  EXPECT_FALSE(*ended);
  crashes("subscriber");
  EXPECT_TRUE(*ended);
}

TEST_F(site_supervisor_test, forgets_deaths_after_a_calm_window) {
  started();
  for (int death = 0; death < 5; ++death) {
    crashes("subscriber");
    told();
    let_pass(99ms);
    EXPECT_THAT(told(), IsEmpty());
    let_pass(1ms);
    EXPECT_THAT(told(), ElementsAre("site:eso46 running"));
    let_pass(60s);
  }
  EXPECT_FALSE(*ended);
}

TEST_F(site_supervisor_test, answers_who_waits_for_its_stop_when_it_dies) {
  started();
  given_messages(3);
  site().next_applies.assign(9, because(error_code::database_conflict));
  given_messages(3);
  const auto stopped = ask<done>(actor, stop_atom::value);
  EXPECT_TRUE(stopped->pending());
  kill(actor);
  EXPECT_EQ(stopped->code(), error_code::stopping);
}

TEST_F(site_supervisor_test, gives_up_with_a_subscriber_that_has_given_up_on_an_applier) {
  const kept_log log;
  given_messages(1);
  started();
  for (int i = 0; i < 3; ++i) {
    crashes("applier");
    let_pass(800ms);
  }
  EXPECT_FALSE(*ended);
  crashes("applier");
  ASSERT_TRUE(*ended);
  EXPECT_EQ(**ended, caf::exit_reason::unhandled_exception);
  EXPECT_EQ(kafka.members(group), 0U);
  EXPECT_THAT(log.text(), HasSubstr("site:eso46 gives up"));
}

TEST_F(site_supervisor_test, gives_up_over_a_batch_at_which_every_applier_throws) {
  limits() = {};
  planned.assign(100, planned_crash{"applier", 0ms, "before_apply"});
  given_messages(1);
  started();
  let_pass(10s);
  ASSERT_TRUE(*ended);
  EXPECT_EQ(**ended, caf::sec::runtime_error);
  EXPECT_EQ(site().opens, limits().restarts_max + 1);
}

TEST_F(site_supervisor_test, waits_for_ever_until_its_consumer_can_be_made) {
  const kept_log log;
  kafka.refuse_always(kafka_step::subscribe, because(error_code::kafka_unavailable));
  started();
  let_pass(1h);
  EXPECT_FALSE(*ended);
  // Tries at 0, 100, 300, 700, 1500, 2300, … ms, and a line a minute.
  EXPECT_EQ(kafka.count(kafka_step::subscribe), 4U + (3'600'200U - 700U) / 800U);
  const auto text = log.text();
  EXPECT_THAT(text,
              HasSubstr("site:eso46 restarting: kafka_unavailable: kafka_unavailable; tried again since"));
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 70);

  kafka.accept(kafka_step::subscribe);
  given_messages(2);
  let_pass(2s);
  expect_all_applied_once();
}

TEST_F(site_supervisor_test, starts_a_subscriber_again_whose_place_in_the_group_was_taken) {
  started();
  for (int taken = 0; taken < 5; ++taken) {  // more often than it may die
    given_messages(2);
    kafka.report(group, {{}, because(error_code::partition_lost)});
    let_pass(1s);
  }
  EXPECT_FALSE(*ended);
  EXPECT_EQ(scoreboard.count("site:eso46 restarting"), 5U);
  expect_all_applied_once();
}

TEST_F(site_supervisor_test, stops_the_subscriber_before_the_reporter) {
  started();
  given_messages(3);
  site().next_applies = {because(error_code::database_conflict)};
  given_messages(3);
  const auto stopped = ask<done>(actor, stop_atom::value);
  EXPECT_TRUE(stopped->pending());
  let_pass(100ms);
  ASSERT_TRUE(stopped->value);
  expect_all_applied_once();  // what was applied last has been reported
  EXPECT_EQ(kafka.members(group), 0U);
}

TEST_F(site_supervisor_test, waits_no_longer_for_a_busy_site_than_the_drain_may_take) {
  limits().drain_timeout_ms = 10'000;
  started();
  given_messages(3);
  site().next_applies.assign(1'000, because(error_code::database_conflict));
  given_messages(3);
  const auto stopped = ask<done>(actor, stop_atom::value);
  let_pass(9'999ms);
  EXPECT_TRUE(stopped->pending());
  let_pass(1ms);
  EXPECT_TRUE(stopped->value);
}

TEST_F(site_supervisor_test, does_not_wait_for_a_site_that_is_down) {
  started();
  given_messages(3);
  site().down = true;
  given_messages(3);
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  EXPECT_EQ(site().next_offset("ESO-46", 0), 3);
}

TEST_F(site_supervisor_test, drains_although_its_reporter_dies_meanwhile) {
  started();
  given_messages(3);
  site().next_applies = {because(error_code::database_conflict)};
  given_messages(3);
  const auto stopped = ask<done>(actor, stop_atom::value);
  crashes("reporter");
  EXPECT_TRUE(stopped->pending());
  let_pass(100ms);
  EXPECT_TRUE(stopped->value);
  EXPECT_EQ(site().next_offset("ESO-46", 0), given);
}

TEST_F(site_supervisor_test, stops_during_a_back_off) {
  started();
  crashes("subscriber");
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  let_pass(1h);
  EXPECT_EQ(kafka.members(group), 0U);
}

class node_supervisor_test : public graph_test {
 protected:
  node_supervisor_test() {
    for (int i = 0; i < 3; ++i)
      feed.add_page({{.person = "1000000" + std::to_string(i)},
                     {.person = "2000000" + std::to_string(i), .flavour = "FP"}});
  }

  void started() {
    scoreboard.spawn(*system);
    keep(scoreboard.actor);
    actor = keep(system->spawn(node_supervisor, deployed(), scoreboard.actor));
    ended = watch(actor);
    let_pass(0s);
  }

  void crashes(const std::string& kind) { tell(actor, crash_atom::value, kind); }

  scoreboard_stand_in scoreboard;
  node_supervisor_actor actor;
  std::shared_ptr<std::optional<caf::error>> ended;
};

TEST_F(node_supervisor_test, runs_every_source_and_site) {
  started();
  EXPECT_THAT(scoreboard.events, Contains("source:itaca running"));
  EXPECT_THAT(scoreboard.events, Contains("site:eso46 running"));
  EXPECT_THAT(scoreboard.events, Contains("site:fp46 running"));
  EXPECT_EQ(sites["eso46"].rows.size(), 1U);
  EXPECT_EQ(sites["fp46"].rows.size(), 1U);
}

TEST_F(node_supervisor_test, stops_sources_first_and_then_sites) {
  started();
  sites["eso46"].next_applies.assign(7, because(error_code::database_conflict));
  let_pass(10s);
  const auto stopped = ask<done>(actor, stop_atom::value);
  EXPECT_TRUE(stopped->pending());
  let_pass(9s);
  ASSERT_TRUE(stopped->value);
  const auto& calls = kafka.calls;
  const auto source_left = std::find(calls.begin(), calls.end(), "leave matricula.demo.source.itaca");
  const auto site_left = std::find_if(calls.begin(), calls.end(), [](const auto& call) {
    return call.rfind("leave matricula.demo.site.", 0) == 0;
  });
  EXPECT_NE(site_left, calls.end());
  EXPECT_LT(source_left, site_left);
  EXPECT_EQ(sites["eso46"].rows.size(), 2U);
  EXPECT_EQ(sites["fp46"].rows.size(), 2U);
}

TEST_F(node_supervisor_test, dies_with_the_reason_of_a_supervisor_that_gave_up) {
  started();
  for (int i = 0; i < 3; ++i) {
    crashes("fetcher");
    let_pass(1s);
  }
  EXPECT_FALSE(*ended);
  crashes("fetcher");
  ASSERT_TRUE(*ended);
  EXPECT_EQ(**ended, caf::exit_reason::unhandled_exception);
  EXPECT_EQ(kafka.members("matricula.demo.site.eso46"), 0U);
  EXPECT_EQ(kafka.members("matricula.demo.source.itaca"), 0U);
}

class supervisor_death : public node_supervisor_test, public ::testing::WithParamInterface<const char*> {};

TEST_P(supervisor_death, ends_the_node_which_lets_go_of_all_it_owns) {
  started();
  crashes(GetParam());
  let_pass(0s);
  ASSERT_TRUE(*ended);
  EXPECT_EQ(**ended, caf::exit_reason::unhandled_exception);
  EXPECT_EQ(kafka.members("matricula.demo.site.eso46"), 0U);
  EXPECT_EQ(kafka.members("matricula.demo.site.fp46"), 0U);
  EXPECT_EQ(kafka.members("matricula.demo.source.itaca"), 0U);
}

INSTANTIATE_TEST_SUITE_P(each_kind, supervisor_death,
                         ::testing::Values("source_supervisor", "site_supervisor", "node_supervisor"));

TEST_F(node_supervisor_test, a_site_that_is_down_holds_nobody_else_up) {
  started();
  sites["eso46"].down = true;
  let_pass(20s);
  EXPECT_EQ(sites["eso46"].rows.size(), 1U);
  EXPECT_EQ(sites["fp46"].rows.size(), 3U);
  sites["eso46"].down = false;
  let_pass(1s);
  EXPECT_EQ(sites["eso46"].rows.size(), 3U);
}

TEST_F(node_supervisor_test, answers_who_waits_for_its_stop_when_it_dies) {
  started();
  sites["eso46"].next_applies.assign(7, because(error_code::database_conflict));
  let_pass(10s);
  const auto stopped = ask<done>(actor, stop_atom::value);
  kill(actor);
  EXPECT_EQ(stopped->code(), error_code::stopping);
}

TEST_F(node_supervisor_test, dies_with_the_reason_of_a_site_that_gave_up) {
  started();
  for (int i = 0; i < 3; ++i) {
    crashes("subscriber");
    let_pass(1s);
  }
  EXPECT_FALSE(*ended);
  crashes("subscriber");
  ASSERT_TRUE(*ended);
  EXPECT_EQ(**ended, caf::exit_reason::unhandled_exception);
  EXPECT_EQ(kafka.members("matricula.demo.source.itaca"), 0U);
  let_pass(1h);
  EXPECT_EQ(feed.requests.size(), 1U);
}

TEST_F(node_supervisor_test, stops_although_actors_die_meanwhile) {
  started();
  sites["eso46"].next_applies.assign(1'000, because(error_code::database_conflict));
  let_pass(10s);
  const auto stopped = ask<done>(actor, stop_atom::value);
  EXPECT_TRUE(stopped->pending());
  crashes("subscriber");
  EXPECT_TRUE(stopped->value);
  EXPECT_FALSE(*ended);
}

}  // namespace
}  // namespace matricula::testing
