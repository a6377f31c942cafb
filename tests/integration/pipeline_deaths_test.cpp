// SPDX-License-Identifier: Apache-2.0
#include "pipeline_deployment.hpp"

#include <csignal>
#include <random>
#include <thread>

namespace matricula {
namespace {

/// Kafka gives up a process that was killed after six seconds, the least it allows.
constexpr const char* short_session = "\"session.timeout.ms\" = 6000\n\"heartbeat.interval.ms\" = 500\n";
const std::string the_only_member = "\"group.instance.id\" = \"the_only_one\"\n";

/// Nobody else reads or writes a site's enrolments until the end of this object.
class held_table {
 public:
  explicit held_table(const site_database& site)
      : connection_(site.url())
      , transaction_(connection_) {
    transaction_.exec("lock table classrooms.enrolment in access exclusive mode");
  }

 private:
  pqxx::connection connection_;
  pqxx::work transaction_;
};

/// The sessions at a site that wait for somebody's lock neither answer nor end, until the end of this object. They wait, so
/// they hold nothing that the other databases of the server want.
class stopped_sessions {
 public:
  explicit stopped_sessions(const site_database& site) {
    for (const auto& row :
         site.query("select distinct l.pid from pg_locks l join pg_database d on d.oid = l.database "
                    "where d.datname = current_database() and not l.granted"))
      if (const auto pid = row[0].as<pid_t>(); ::kill(pid, SIGSTOP) == 0)
        pids_.push_back(pid);
  }

  stopped_sessions(const stopped_sessions&) = delete;
  stopped_sessions& operator=(const stopped_sessions&) = delete;

  ~stopped_sessions() {
    for (const auto pid : pids_)
      ::kill(pid, SIGCONT);
  }

  bool none() const { return pids_.empty(); }

 private:
  std::vector<pid_t> pids_;
};

class pipeline_deaths : public pipeline_test {
 protected:
  /// Whether the source runs in this process, by what its log has said last.
  static bool owns_source(const running_process& process) {
    const auto log = process.log();
    const auto running = log.rfind("source:itaca running");
    const auto ended = [&](const char* how) {
      const auto at = log.rfind(std::string{"source:itaca "} + how);
      return at != std::string::npos && at > running;
    };
    return running != std::string::npos && !ended("standby") && !ended("restarting");
  }

  /// MATRICULA_CRASH: the actors of this kind die again and again. One that is not there at the moment is
  /// spared.
  static running_process::variables dying(const std::string& kind, int first_ms = 500) {
    std::string crashes;
    for (int ms = first_ms; ms <= 60'000; ms += 250)
      crashes += (crashes.empty() ? "" : ",") + kind + '@' + std::to_string(ms);
    return {{"MATRICULA_CRASH", crashes}};
  }

  /// A process at work, of which a transaction waits at a site for somebody who is in the way.
  void given_a_site_in_the_way(const std::string& limits) {
    pipeline_wishes wishes;
    wishes.kafka_properties = short_session;
    wishes.every = "0s";
    wishes.simulator_options = {"--changes", "0.05"};
    wishes.limits = limits;
    ASSERT_NO_FATAL_FAILURE(given(wishes));
    hindered.emplace(pipeline->start_run());
    ASSERT_TRUE(pages_flow()) << hindered->log();
    const auto& site = pipeline->database("ESO-46");
    ASSERT_TRUE(eventually([&] { return pipeline->difference("ESO-46") != "the site has no tables yet"; }));
    in_the_way.emplace(site);
    ASSERT_TRUE(eventually([&] {
      return site.value("select count(*) from pg_locks where not granted") != "0";
    })) << hindered->log();
  }

  /// After a process that is gone; it stops cleanly in the end.
  void expect_that_the_next_one_goes_on() {
    auto process = pipeline->start_run();
    ASSERT_TRUE(pages_flow()) << process.log();
    pipeline->simulator().change(0);
    ASSERT_TRUE(pipeline->simulator().passes_a_sweep()) << process.log();
    ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
    process.signal(SIGTERM);
    EXPECT_EQ(process.exit_code(), 0) << process.log();
  }

  void TearDown() override {
    hindered.reset();
    in_the_way.reset();
    pipeline_test::TearDown();
  }

  std::optional<running_process> hindered;
  std::optional<held_table> in_the_way;
};

TEST_F(pipeline_deaths, a_standby_takes_over_from_an_owner_that_is_killed) {
  pipeline_wishes wishes;
  wishes.kafka_properties = short_session;
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  auto first = pipeline->start_run(), second = pipeline->start_run();
  ASSERT_TRUE(pages_flow()) << first.log() << second.log();
  // The second one's coming may move the source once more.
  ASSERT_TRUE(eventually([&] { return owns_source(first) != owns_source(second); }))
      << first.log() << second.log();

  auto& owner = owns_source(first) ? first : second;
  auto& standby = &owner == &first ? second : first;
  owner.kill();
  ASSERT_TRUE(eventually([&] { return owns_source(standby); })) << standby.log();
  ASSERT_TRUE(pages_flow()) << standby.log();

  pipeline->simulator().change(0);
  ASSERT_TRUE(pipeline->simulator().passes_a_sweep()) << standby.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
}

TEST_F(pipeline_deaths, a_process_that_joins_takes_the_source_from_nobody) {
  pipeline_wishes wishes;
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  const auto owner = pipeline->start_run();
  ASSERT_TRUE(pages_flow()) << owner.log();
  for (int join = 0; join < 5; ++join) {
    auto other = pipeline->start_run();
    ASSERT_TRUE(eventually([&] { return other.has_logged("has partitions of its topics"); })) << other.log();
    ASSERT_TRUE(pages_flow()) << owner.log();
    other.signal(SIGTERM);
    EXPECT_EQ(other.exit_code(), 0) << other.log();
    EXPECT_FALSE(other.has_logged("source:itaca elected")) << other.log();
  }
  EXPECT_FALSE(owner.has_logged("another process owns the source")) << owner.log();
}

TEST_F(pipeline_deaths, a_process_killed_again_and_again_goes_on_where_it_was) {
  pipeline_wishes wishes;
  // A static member comes back without waiting for the end of its own old session.
  wishes.kafka_properties = short_session + the_only_member;
  wishes.every = "0s";
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  auto process = pipeline->start_run();
  const auto& site = pipeline->database("ESO-46");
  ASSERT_TRUE(eventually([&] { return pipeline->difference("ESO-46") != "the site has no tables yet"; }))
      << process.log();
  site.query("create table public.audit (before bigint, after bigint);"
             "create function public.note() returns trigger language plpgsql as $$ begin"
             " insert into public.audit values (old.revision, new.revision); return new; end $$;"
             "create trigger note after update on classrooms.enrolment for each row"
             " execute function public.note()");

  std::mt19937 lots{20'260'909};
  for (int kill = 0; kill < 5; ++kill) {
    ASSERT_TRUE(pages_flow(1)) << process.log();
    std::this_thread::sleep_for(std::chrono::milliseconds{lots() % 300});  // anywhere in a page
    process.kill();
    process = pipeline->start_run();
  }
  ASSERT_TRUE(pages_flow(4)) << process.log();
  pipeline->simulator().change(0);
  ASSERT_TRUE(pipeline->simulator().passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  EXPECT_NE(site.value("select count(*) from public.audit"), "0");
  EXPECT_EQ(site.value("select count(*) from public.audit where after <= before"), "0")
      << "a revision has gone back";
}

TEST_F(pipeline_deaths, a_process_whose_actors_die_too_often_ends_says_why_and_can_be_started_again) {
  pipeline_wishes wishes;
  wishes.every = "0s";
  wishes.limits = "restarts_max = 2\n";
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  const std::pair<std::string, std::string> kinds[] = {{"fetcher", "source:itaca gives up"},
                                                       {"elector", "source:itaca gives up"},
                                                       {"reporter", " gives up"},
                                                       {"subscriber", " gives up"},
                                                       {"applier", " gives up"}};
  for (const auto& [kind, who_gives_up] : kinds) {
    SCOPED_TRACE(kind);
    auto process = pipeline->start_run({}, dying(kind));
    EXPECT_EQ(process.exit_code(), 1) << process.log();
    EXPECT_TRUE(process.has_logged(who_gives_up + ": its actors died more than 2 times, with less than "
                                                  "60000 ms of work in between"))
        << process.log();
    EXPECT_TRUE(process.has_logged("ended because a supervisor gave up")) << process.log();
    EXPECT_FALSE(process.has_logged("drained")) << process.log();
  }
  ASSERT_NO_FATAL_FAILURE(expect_that_the_next_one_goes_on());
}

TEST_F(pipeline_deaths, a_process_at_whose_sites_every_batch_throws_ends_with_the_limits_as_they_are) {
  pipeline_wishes wishes;
  wishes.every = "0s";
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  // Two sites have four appliers: one of them has died eleven times then, and no subscriber more than three.
  std::string crashes;
  for (int i = 0; i < 41; ++i)
    crashes += (crashes.empty() ? "" : ",") + std::string{"applier@0:before_apply"};
  auto process = pipeline->start_run({}, {{"MATRICULA_CRASH", crashes}});
  EXPECT_EQ(process.exit_code(), 1) << process.log();
  EXPECT_TRUE(process.has_logged(" gives up: its actors died more than 10 times")) << process.log();
  ASSERT_NO_FATAL_FAILURE(expect_that_the_next_one_goes_on());
}

TEST_F(pipeline_deaths, a_process_whose_place_was_taken_goes_on_when_the_other_is_gone) {
  pipeline_wishes wishes;
  wishes.kafka_properties = short_session + the_only_member;
  wishes.every = "0s";
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  auto process = pipeline->start_run();
  ASSERT_TRUE(pages_flow()) << process.log();
  auto other = pipeline->start_run();
  for (const std::string who :
       {"source:itaca restarting: its elector died: partition_lost", "site:eso46 restarting: partition_lost",
        "site:fp46 restarting: partition_lost"})
    ASSERT_TRUE(eventually([&] { return process.has_logged(who); })) << who << process.log();
  other.kill();
  ASSERT_TRUE(pages_flow()) << process.log();
  pipeline->simulator().change(0);
  ASSERT_TRUE(pipeline->simulator().passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  process.signal(SIGTERM);
  EXPECT_EQ(process.exit_code(), 0) << process.log();
}

TEST_F(pipeline_deaths, a_process_told_to_stop_drains_and_the_next_one_goes_on) {
  pipeline_wishes wishes;
  wishes.every = "0s";
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  auto process = pipeline->start_run();
  ASSERT_TRUE(pages_flow()) << process.log();
  process.signal(SIGTERM);
  EXPECT_EQ(process.exit_code(), 0) << process.log();
  const auto pages = pipeline->pages_committed();

  process = pipeline->start_run();
  ASSERT_TRUE(pages_flow()) << process.log();
  EXPECT_TRUE(process.has_logged("source:itaca running: after page " + std::to_string(pages)))
      << process.log();
  pipeline->simulator().change(0);
  ASSERT_TRUE(pipeline->simulator().passes_a_sweep()) << process.log();
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
}

TEST_F(pipeline_deaths, a_process_told_to_stop_before_it_began_stops) {
  ASSERT_NO_FATAL_FAILURE(given());
  auto process = pipeline->start_run_told_to_stop();
  EXPECT_EQ(process.exit_code(), 0) << process.log();
  EXPECT_TRUE(process.has_logged("drained") || process.has_logged("stopped before anything was started"))
      << process.log();
}

TEST_F(pipeline_deaths, a_process_that_gives_up_does_not_wait_for_a_call_that_hangs) {
  pipeline_wishes wishes;
  wishes.every = "0s";
  wishes.limits = "drain_timeout_ms = 1000\nrestarts_max = 6\n";
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  // The source gives up at the seventh death of its fetcher, which takes six seconds, for each of them waits longer.
  auto process = pipeline->start_run({}, dying("fetcher", 6'000));
  const auto& site = pipeline->database("ESO-46");
  ASSERT_TRUE(eventually([&] { return pipeline->difference("ESO-46") != "the site has no tables yet"; }))
      << process.log();
  in_the_way.emplace(site);
  std::optional<stopped_sessions> hang;
  ASSERT_TRUE(eventually([&] { return !hang.emplace(site).none(); })) << process.log();
  EXPECT_EQ(process.exit_code(), 1) << process.log();
  hang.reset();
  in_the_way.reset();
  EXPECT_TRUE(process.has_logged("source:itaca gives up")) << process.log();
  EXPECT_TRUE(process.has_logged("ended because a supervisor gave up")) << process.log();
  EXPECT_TRUE(process.has_logged("an actor has not returned from a call within 1000 ms")) << process.log();
  ASSERT_NO_FATAL_FAILURE(expect_that_the_next_one_goes_on());
}

TEST_F(pipeline_deaths, a_second_signal_ends_a_process_that_cannot_drain) {
  ASSERT_NO_FATAL_FAILURE(given_a_site_in_the_way("drain_timeout_ms = 3600000\n"));
  hindered->signal(SIGTERM);
  hindered->signal(SIGINT);  // two of the same would be one if the process were slow
  EXPECT_EQ(hindered->exit_code(), 1) << hindered->log();
}

TEST_F(pipeline_deaths, a_process_that_does_not_drain_in_time_ends_says_so_and_can_be_started_again) {
  ASSERT_NO_FATAL_FAILURE(given_a_site_in_the_way("drain_timeout_ms = 1000\n"));
  hindered->signal(SIGTERM);
  EXPECT_EQ(hindered->exit_code(), 1) << hindered->log();
  EXPECT_TRUE(hindered->has_logged("did not drain within 1000 ms")) << hindered->log();
  EXPECT_FALSE(hindered->has_logged("drained")) << hindered->log();

  in_the_way.reset();
  ASSERT_NO_FATAL_FAILURE(expect_that_the_next_one_goes_on());
}

TEST_F(pipeline_deaths, a_process_whose_scoreboard_dies_ends_says_so_and_can_be_started_again) {
  pipeline_wishes wishes;
  wishes.kafka_properties = short_session;
  wishes.every = "0s";
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  auto process = pipeline->start_run({"--pages", "1000000"}, {{"MATRICULA_CRASH", "scoreboard@1000"}});
  EXPECT_EQ(process.exit_code(), 1) << process.log();
  EXPECT_TRUE(process.has_logged("ended because a supervisor gave up or died")) << process.log();
  EXPECT_FALSE(process.has_logged("drained")) << process.log();
  ASSERT_NO_FATAL_FAILURE(expect_that_the_next_one_goes_on());
}

}  // namespace
}  // namespace matricula
