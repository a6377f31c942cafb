// SPDX-License-Identifier: Apache-2.0
// Pages through all actors. Whatever dies or fails on the way, the end is the same.
#include "actors/supervise/node_supervisor.hpp"
#include "actors/supervise/scoreboard.hpp"
#include "actors/supervise/throwing_adapters.hpp"
#include "tests/actors/graph_test.hpp"
#include "tests/kept_log.hpp"

#include <algorithm>
#include <ostream>
#include <set>
#include <utility>

namespace matricula::testing {
namespace {

/// All that is left of a run.
struct end_state {
  /// Of both lanes, as topic, value and revision, in the order of each key.
  std::map<std::string, std::vector<std::string>> messages;
  std::map<std::string, std::string> cursors, outcomes;
  std::set<std::string> quarantine;  ///< keys: a new publisher writes an entry again, with a later page
  std::map<std::string, std::map<std::string, memory_site::row>> rows;
  std::map<std::string, std::vector<std::string>> quarantined;
  std::size_t rows_written = 0;
  bool stopped = false, gave_up = false;

  friend bool operator==(const end_state&, const end_state&) = default;
};

void PrintTo(const end_state& state, std::ostream* out) {
  *out << "messages of " << state.messages.size() << " keys, cursors";
  for (const auto& [key, value] : state.cursors)
    *out << ' ' << value;
  *out << ", " << state.outcomes.size() << " outcomes, " << state.quarantine.size() << " in quarantine, "
       << state.rows_written << " rows written; stopped " << state.stopped << ", gave up " << state.gave_up;
}

/// Two sweeps of four pages: new records, unchanged ones, one that is withdrawn and enrolled again in every
/// sweep, one that no lane takes, one that is no record, and one that its site refuses.
class played_run : public graph_world {
 public:
  explicit played_run(std::uint32_t seed, std::vector<planned_crash> crashes = {})
      : lots_(seed) {
    pages_max = 8;
    planned = std::move(crashes);
    kafka = memory_kafka{2};
    const enrolled poison{.person = "66600000"};
    sites["eso46"].poison = {key_of(poison)};
    for (int page = 0; page < 4; ++page) {
      std::vector<enrolled> records;
      for (int i = 0; i < 7; ++i)
        records.push_back({.person = std::to_string(10'000'000 + page * 10 + i),
                           .flavour = i % 3 == 0 ? "FP" : "ESO",
                           .centre = i % 2 == 0 ? "46000001" : "46000002"});
      records.push_back({.person = "19999999", .status = page % 2 == 0 ? "enrolled" : "withdrawn"});
      if (page == 1)
        records.push_back(poison);
      if (page == 2)
        records.push_back({.person = "1", .flavour = "ISEACV"});
      feed.add_page(records);
    }
    scores_ = keep(system->spawn(scoreboard, deployed()));
    node_ = keep(system->spawn(node_supervisor, deployed(), scores_));
    ended_ = watch_quietly();
  }

  /// Counts messages handled.
  std::size_t steps() const { return steps_; }

  /// Something happens once so many messages have been handled.
  void at_step(std::size_t step, std::function<void()> what) {
    step_ = step;
    what_ = std::move(what);
  }

  void crashes(const std::string& kind) { caf::anon_send(node_, crash_atom::value, kind); }

  end_state to_the_end() {
    let_pass(150s, [this] { handle(); });
    const auto stopped = ask<done>(node_, stop_atom::value);
    let_pass(10s, [this] { handle(); });
    end_state state;
    state.stopped = stopped->value.has_value();
    state.gave_up = ended_->has_value();
    for (const std::string topic : {"ESO-46", "FP-46"})
      for (const auto& message : kafka.messages(topic))
        state.messages[message.key].push_back(topic + ' ' + message.value + ' ' +
                                              std::to_string(message.revision));
    state.cursors = kafka.latest("matricula.cursors");
    state.outcomes = kafka.latest("matricula.outcomes");
    for (const auto& [key, value] : kafka.latest("matricula.quarantine"))
      state.quarantine.insert(key);
    for (const auto& [name, site] : sites) {
      state.rows[name] = site.rows;
      state.quarantined[name] = site.quarantined;
      state.rows_written += site.rows_written;
    }
    return state;
  }

 private:
  std::shared_ptr<std::optional<caf::error>> watch_quietly() {
    auto reason = std::make_shared<std::optional<caf::error>>();
    keep(system->spawn([reason, node = node_](caf::event_based_actor* self) -> caf::behavior {
      self->set_down_handler([reason](const caf::down_msg& down) { *reason = down.reason; });
      self->monitor(node);
      return {[](order&) {}};
    }));
    return reason;
  }

  void handle() {
    auto& jobs = scheduler->jobs;
    while (!jobs.empty()) {
      std::swap(jobs.front(), jobs[lots_() % jobs.size()]);
      scheduler->run_once();
      if (++steps_ == step_)
        what_();
    }
  }

  std::mt19937 lots_;
  scoreboard_actor scores_;
  node_supervisor_actor node_;
  std::shared_ptr<std::optional<caf::error>> ended_;
  std::size_t steps_ = 0, step_ = 0;
  std::function<void()> what_;
};

/// The run in which nothing happens.
struct calm_run {
  end_state end;
  std::size_t steps = 0;
};

const calm_run& calm() {
  static const calm_run made = [] {
    played_run undisturbed{0};
    calm_run result;
    result.end = undisturbed.to_the_end();
    result.steps = undisturbed.steps();
    return result;
  }();
  return made;
}

TEST(whole_graph, carries_two_sweeps_from_the_feed_to_the_sites) {
  const auto& end = calm().end;
  EXPECT_TRUE(end.stopped);
  EXPECT_FALSE(end.gave_up);
  // 28 records, the one that comes and goes in all eight pages, and the poison.
  std::size_t messages = 0;
  for (const auto& [key, all] : end.messages)
    messages += all.size();
  EXPECT_EQ(messages, 28U + 8U + 1U);
  EXPECT_EQ(end.rows.at("eso46").size() + end.rows.at("fp46").size(), 28U + 1U);
  EXPECT_EQ(end.rows_written, 28U + 8U);
  EXPECT_EQ(end.quarantined.at("eso46").size(), 1U);
  EXPECT_EQ(end.quarantine.size(), 2U);
  EXPECT_EQ(end.outcomes.size(), 29U);
}

class order_of_messages : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(order_of_messages, does_not_matter) { EXPECT_EQ(played_run{GetParam()}.to_the_end(), calm().end); }

INSTANTIATE_TEST_SUITE_P(seeds, order_of_messages, ::testing::Range(1U, 21U));

/// A group is taken away from its member and given back.
void rebalance(graph_world& world, const std::string& group) {
  world.kafka.revoke("matricula.demo." + group);
  world.kafka.assign("matricula.demo." + group);
}

/// A message at one of so many points, spread over the time in which something is still to be written.
std::size_t step_of(std::size_t point, std::size_t points) {
  return 1 + calm().steps * point / points * 2 / 5;
}

/// Whether something that was to go wrong has not yet.
bool is_to_go_wrong(const graph_world& world) {
  return world.kafka.throws_in || world.kafka.will_refuse() || world.feed.throws ||
         !world.feed.has_played_all() ||
         std::any_of(world.sites.begin(), world.sites.end(), [](const auto& named) {
           const auto& site = named.second;
           return site.throws_after_commit || site.connection_breaks != memory_site::breaks::no ||
                  !site.next_applies.empty() || !site.next_opens.empty();
         });
}

class crash_of : public ::testing::TestWithParam<std::string> {};

TEST_P(crash_of, loses_nothing_and_repeats_nothing) {
  constexpr std::size_t points = 40;
  for (std::size_t point = 0; point < points; ++point) {
    const auto step = step_of(point, points);
    SCOPED_TRACE(GetParam() + " at message " + std::to_string(step));
    played_run disturbed{static_cast<std::uint32_t>(point)};
    const kept_log log;
    disturbed.at_step(step, [&] {
      disturbed.crashes(GetParam());
      if (GetParam() == "loader")  // there is one only when a source begins
        rebalance(disturbed, "source.itaca");
    });
    EXPECT_EQ(disturbed.to_the_end(), calm().end);
    EXPECT_THAT(log.text(), ::testing::HasSubstr(GetParam() + " dies, as planned"));
  }
}

INSTANTIATE_TEST_SUITE_P(kinds, crash_of,
                         ::testing::Values("elector", "loader", "publisher", "deduplicator", "partitioner",
                                           "fetcher", "subscriber", "applier", "reporter"),
                         [](const auto& kind) { return kind.param; });

/// Something in the world outside that goes wrong for a while.
struct outage {
  std::string name;
  std::function<void(graph_world&)> begins;
};

void PrintTo(const outage& what, std::ostream* out) { *out << what.name; }

class outage_of : public ::testing::TestWithParam<outage> {};

TEST_P(outage_of, loses_nothing_and_repeats_nothing) {
  constexpr std::size_t points = 25;
  for (std::size_t point = 0; point < points; ++point) {
    const auto step = step_of(point, points);
    SCOPED_TRACE(GetParam().name + " at message " + std::to_string(step));
    played_run disturbed{static_cast<std::uint32_t>(point)};
    disturbed.at_step(step, [&] { GetParam().begins(disturbed); });
    EXPECT_EQ(disturbed.to_the_end(), calm().end);
    EXPECT_FALSE(is_to_go_wrong(disturbed)) << "not all of it has gone wrong";
  }
}

INSTANTIATE_TEST_SUITE_P(
    of, outage_of,
    ::testing::Values(
        outage{"source", [](auto& world) { world.feed.fail(because(error_code::source_unavailable), 5); }},
        outage{"page_cut", [](auto& world) { world.feed.answer({.bytes = "{\"page\":{", .etag = {}}); }},
        outage{"kafka_commit",
               [](auto& world) {
                 world.kafka.refuse(kafka_step::commit, because(error_code::kafka_unavailable), 3);
               }},
        outage{"kafka_send",
               [](auto& world) {
                 world.kafka.refuse(kafka_step::send, because(error_code::kafka_unavailable), 2);
               }},
        outage{"transaction",
               [](auto& world) {
                 world.kafka.refuse(kafka_step::commit, because(error_code::transaction_aborted), 2);
               }},
        outage{"commit_answer", [](auto& world) { world.kafka.lose_commit_answer(); }},
        outage{"stale_owner",
               [](auto& world) {
                 static_cast<void>(world.kafka.open_transactional_producer("matricula.demo.itaca")->open());
               }},
        outage{"rebalance",
               [](auto& world) {
                 for (const std::string group : {"source.itaca", "site.eso46", "site.fp46"})
                   rebalance(world, group);
               }},
        outage{"flush",
               [](auto& world) {
                 world.kafka.refuse(kafka_step::flush, because(error_code::kafka_unavailable), 3);
               }},
        outage{"deadlock",
               [](auto& world) {
                 for (auto& [name, site] : world.sites)
                   site.next_applies.assign(3, because(error_code::database_conflict));
               }},
        outage{"connection",
               [](auto& world) {
                 for (auto& [name, site] : world.sites)
                   site.next_applies.assign(3, because(error_code::database_unavailable));
               }},
        outage{"site_commit_answer",
               [](auto& world) {
                 for (auto& [name, site] : world.sites)
                   site.connection_breaks = memory_site::breaks::after_commit;
               }},
        outage{"target",
               [](auto& world) {
                 for (auto& [name, site] : world.sites)
                   site.next_applies.assign(3, because(error_code::target_broken));
               }},
        outage{"applier_before_its_reply",
               [](auto& world) {
                 for (auto& [name, site] : world.sites)
                   site.throws_after_commit = true;
               }},
        outage{"site_commit_answer_and_connections",
               [](auto& world) {
                 for (auto& [name, site] : world.sites) {
                   site.connection_breaks = memory_site::breaks::after_commit;
                   site.next_opens.assign(2, because(error_code::database_unavailable));
                 }
               }},
        outage{"site_commit",
               [](auto& world) {
                 for (auto& [name, site] : world.sites)
                   site.connection_breaks = memory_site::breaks::before_commit;
               }}),
    [](const auto& tested) { return tested.param.name; });

/// An actor throws in the middle of a message.
outage throws_in(std::string name, kafka_step step) {
  return {std::move(name), [step](auto& world) { world.kafka.throws_in = step; }};
}

INSTANTIATE_TEST_SUITE_P(bug_in, outage_of,
                         ::testing::Values(outage{"fetcher", [](auto& world) { world.feed.throws = true; }},
                                           outage{"loader",
                                                  [](auto& world) {
                                                    world.kafka.throws_in = kafka_step::scan;
                                                    rebalance(world, "source.itaca");
                                                  }},
                                           outage{
                                               "elector_or_subscriber",
                                               [](auto& world) { world.kafka.throws_in = kafka_step::poll; }},
                                           throws_in("publisher_at_begin", kafka_step::begin),
                                           throws_in("publisher_at_send", kafka_step::send),
                                           throws_in("publisher_at_commit", kafka_step::commit),
                                           throws_in("publisher_behind_commit", kafka_step::committed),

                                           outage{"subscriber_at_its_offset",
                                                  [](auto& world) {
                                                    world.kafka.throws_in = kafka_step::seek;
                                                    rebalance(world, "site.eso46");
                                                  }},

                                           throws_in("reporter_at_send", kafka_step::plain_send),
                                           throws_in("reporter_at_flush", kafka_step::flush)),
                         [](const auto& tested) { return tested.param.name; });

/// A call of the world outside, how many of it there are at least in a run, and what the run needs for that.
struct call_of {
  std::string kind, name;
  std::uint64_t at_least = 1;
  std::function<void(played_run&)> prepare = [](played_run&) {};
};

void PrintTo(const call_of& call, std::ostream* out) { *out << call.kind << ' ' << call.name; }

class throw_at : public ::testing::TestWithParam<call_of> {};

/// As it begins and as it returns.
TEST_P(throw_at, loses_nothing_and_repeats_nothing) {
  constexpr std::uint32_t seeds = 10;
  const auto& expected = calm().end;
  const auto& [kind, name, at_least, prepare] = GetParam();
  for (const std::string when : {"before_", "after_"})
    for (std::uint32_t seed = 0; seed < seeds; ++seed) {
      const planned_crash crash{kind, 0ms, when + name, seed % at_least};
      SCOPED_TRACE(crash.call + " of " + kind + " after " + std::to_string(crash.passes) + ", seed " +
                   std::to_string(seed));
      played_run disturbed{seed, {crash}};
      prepare(disturbed);
      const kept_log log;
      EXPECT_EQ(disturbed.to_the_end(), expected);
      EXPECT_THAT(log.text(), ::testing::HasSubstr(kind + " throws " + crash.call + ", as planned"));
    }
}

void is_aborted(played_run& run) {
  run.kafka.refuse(kafka_step::commit, because(error_code::transaction_aborted));
}

void loses_appliers(played_run& run) {
  for (auto& [name, site] : run.sites)
    site.throws_after_commit = true;
}

/// For forty seconds and more, in which more comes than a partition may have under way.
void waits_for_its_sites(played_run& run) {
  for (auto& [name, site] : run.sites)
    site.next_applies.assign(110, because(error_code::database_conflict));
}

/// When all is written, and as nothing has changed, only the offset has to be written again.
void reads_again(played_run& run) {
  run.at_step(calm().steps / 2, [&run] {
    for (auto& [where, position] : run.sites["fp46"].positions)
      position.next_offset = 0;
  });
}

INSTANTIATE_TEST_SUITE_P(
    of, throw_at,
    ::testing::Values(
        call_of{"elector", "poll", 2}, call_of{"fetcher", "read", 8}, call_of{"fetcher", "tail", 2},
        call_of{"loader", "scan", 2}, call_of{"publisher", "open"}, call_of{"publisher", "begin", 8},
        call_of{"publisher", "send", 10}, call_of{"publisher", "commit", 8},
        call_of{"publisher", "abort", 1, is_aborted}, call_of{"subscriber", "pause", 1, loses_appliers},
        call_of{"subscriber", "resume", 1, waits_for_its_sites},
        call_of{"applier", "advance", 1, reads_again}, call_of{"applier", "look", 20},
        call_of{"subscriber", "poll", 10}, call_of{"subscriber", "begin", 2},
        call_of{"subscriber", "note_applied", 8}, call_of{"applier", "open", 2},
        call_of{"applier", "apply", 8}, call_of{"reporter", "take", 8}, call_of{"reporter", "send", 10},
        call_of{"reporter", "flush", 4}, call_of{"reporter", "remove_taken", 4}),
    [](const auto& tested) { return tested.param.kind + '_' + tested.param.name; });

/// A record's flavour changes, and with it its lane.
class change_of_lane : public ::testing::Test, protected graph_world {
 protected:
  change_of_lane() {
    site_settings_of("eso46").topics = {"ESO-46", "FP-46"};
    feed.add_page({of_eso});
    node_ = keep(
        system->spawn(node_supervisor, deployed(), keep(system->spawn(matricula::scoreboard, deployed()))));
    let_pass(1s);
  }

  /// The source sends the record so, for two sweeps.
  void becomes(const enrolled& record) {
    feed.change_page(0, {record});
    let_pass(20s);
  }

  const enrolled of_eso{.person = "10000001"}, of_fp{.person = "10000001", .flavour = "FP"};
  node_supervisor_actor node_;
};

TEST_F(change_of_lane, publishes_what_has_come_back) {
  becomes(of_fp);
  EXPECT_EQ(kafka.messages("FP-46").size(), 1U);
  becomes(of_eso);
  ASSERT_EQ(kafka.messages("ESO-46").size(), 2U);
  EXPECT_EQ(kafka.messages("FP-46").size(), 1U);
  const auto last = kafka.messages("ESO-46").back();
  EXPECT_EQ(last.value, json_of(of_eso));
  EXPECT_EQ(sites["eso46"].rows.at(key_of(of_eso)).revision, last.revision);
}

TEST_F(change_of_lane, knows_after_a_restart_which_lane_has_the_newest) {
  becomes(of_fp);
  caf::anon_send(node_, crash_atom::value, std::string{"deduplicator"});
  let_pass(20s);
  EXPECT_EQ(kafka.messages("ESO-46").size() + kafka.messages("FP-46").size(), 2U);
  becomes(of_eso);
  EXPECT_EQ(kafka.messages("ESO-46").size(), 2U);
  // The newest is in the lane that is read first, now.
  caf::anon_send(node_, crash_atom::value, std::string{"deduplicator"});
  let_pass(20s);
  becomes(of_fp);
  EXPECT_EQ(kafka.messages("ESO-46").size(), 2U);
  EXPECT_EQ(kafka.messages("FP-46").size(), 2U);
}

}  // namespace
}  // namespace matricula::testing
