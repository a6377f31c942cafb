// SPDX-License-Identifier: Apache-2.0
// Records out of quarantine on their way through all actors again.
#include "actors/supervise/node_supervisor.hpp"
#include "actors/supervise/scoreboard.hpp"
#include "actors/supervise/source_supervisor.hpp"
#include "messages/retry_note.hpp"
#include "tests/actors/graph_test.hpp"

#include <nlohmann/json.hpp>

namespace matricula::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const enrolled ana{.person = "10000001"};
const enrolled ana_left{.person = "10000001", .status = "withdrawn"};
const enrolled bru{.person = "10000002"};
const enrolled of_no_lane{.person = "10000003", .flavour = "ISEACV"};
const std::string quarantine = "matricula.quarantine";

/// Two pages a sweep, a page every ten seconds; whoever asks for retries, and what became of them.
class retry_world : public graph_world {
 public:
  retry_world() {
    feed.add_page({ana, bru});
    feed.add_page({{.person = "20000000", .flavour = "FP"}, of_no_lane});
  }

  /// As the command does it.
  void asks_for(const std::string& entry, revision_t refused, const std::string& record) {
    const retry_note note{entry, refused, retry_state::asked, "itaca", record, 0};
    kafka.append(quarantine, 0, {note.key(), note.value(), {}, 0, 0});
  }
  void asks_for(const enrolled& who, revision_t refused) {
    asks_for("site/eso46/" + key_of(who), refused, json_of(who));
  }

  /// The last word on a retry.
  retry_note note(const enrolled& who, revision_t refused) const {
    return note("site/eso46/" + key_of(who), refused);
  }
  retry_note note(const std::string& entry, revision_t refused) const {
    retry_note sought;
    sought.entry = entry;
    sought.refused = refused;
    const auto latest = kafka.latest(quarantine);
    const auto found = latest.find(sought.key());
    return found == latest.end() ? retry_note{} : retry_note::read(found->second).value_or(retry_note{});
  }

  /// The messages of a key in its lane.
  std::vector<memory_kafka::stored_message> messages_of(const enrolled& who) const {
    std::vector<memory_kafka::stored_message> all;
    for (auto& message : kafka.messages(who.flavour + "-46"))
      if (message.key == key_of(who))
        all.push_back(std::move(message));
    return all;
  }

  source_supervisor_actor runs_the_source() {
    scoreboard.spawn(*system);
    keep(scoreboard.actor);
    return keep(system->spawn(source_supervisor, deployed(), source(), scoreboard.actor));
  }

  scoreboard_stand_in scoreboard;
};

class retry_test : public ::testing::Test, protected retry_world {
 protected:
  /// All of the deployment; the first page has been read.
  void runs() {
    node_ = keep(
        system->spawn(node_supervisor, deployed(), keep(system->spawn(matricula::scoreboard, deployed()))));
    let_pass(1s);
  }

  /// A retry of Ana's first record, of which the source has a newer one by then.
  void asks_in_vain_when_the_source_has(const enrolled& newer) {
    runs_the_source();
    let_pass(1s);
    const auto refused = messages_of(ana).at(0).revision;
    feed.change_page(0, {newer, bru});
    let_pass(30s);
    ASSERT_EQ(messages_of(newer).back().value, json_of(newer));
    const auto published = messages_of(newer).back().revision;
    asks_for(ana, refused);
    let_pass(20s);
    EXPECT_EQ(note(ana, refused).state, retry_state::superseded);
    EXPECT_EQ(note(ana, refused).revision, published);
    EXPECT_EQ(messages_of(newer).back().revision, published);
  }

  node_supervisor_actor node_;
};

TEST_F(retry_test, brings_a_record_to_the_site_that_refused_it) {
  sites["eso46"].poison = {key_of(ana)};
  runs();
  ASSERT_THAT(sites["eso46"].quarantined, ElementsAre(key_of(ana)));
  let_pass(30s);  // the source sends it again and again, which is no news
  ASSERT_THAT(messages_of(ana), SizeIs(1));
  sites["eso46"].poison.clear();

  const auto refused = messages_of(ana)[0].revision;
  asks_for(ana, refused);
  let_pass(10s);
  ASSERT_THAT(messages_of(ana), SizeIs(2));
  const auto again = messages_of(ana)[1];
  EXPECT_EQ(again.value, json_of(ana));
  EXPECT_GT(again.revision, refused);
  EXPECT_EQ(note(ana, refused).state, retry_state::retried);
  EXPECT_EQ(note(ana, refused).revision, again.revision);
  EXPECT_EQ(note(ana, refused).record, "");
  EXPECT_EQ(sites["eso46"].rows.at(key_of(ana)).revision, again.revision);

  let_pass(60s);
  EXPECT_THAT(messages_of(ana), SizeIs(2));
  EXPECT_THAT(sites["eso46"].quarantined, SizeIs(1));
}

TEST_F(retry_test, is_a_new_entry_when_the_site_refuses_it_again) {
  sites["eso46"].poison = {key_of(ana)};
  runs();
  const auto refused = messages_of(ana).at(0).revision;
  asks_for(ana, refused);
  let_pass(20s);
  EXPECT_EQ(note(ana, refused).state, retry_state::retried);
  EXPECT_THAT(sites["eso46"].quarantined, ElementsAre(key_of(ana), key_of(ana)));
  // The site's word comes after the source's, and under a key that the source does not write.
  EXPECT_EQ(kafka.messages(quarantine).back().key, key_of(ana));

  sites["eso46"].poison.clear();
  const auto again = messages_of(ana).at(1).revision;
  asks_for(ana, again);
  let_pass(20s);
  EXPECT_EQ(note(ana, again).state, retry_state::retried);
  EXPECT_EQ(sites["eso46"].rows.at(key_of(ana)).revision, messages_of(ana).at(2).revision);
}

TEST_F(retry_test, leaves_the_sweep_as_it_is) {
  runs_the_source();
  let_pass(1s);
  asks_for(ana, messages_of(ana).at(0).revision);
  let_pass(30s);
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "1", "-", "1"));
  EXPECT_THAT(feed.times(), ElementsAre(0s, 10s, 20s, 30s));
  ASSERT_THAT(messages_of(ana), SizeIs(2));
  EXPECT_EQ(page_number_of(messages_of(ana)[1].revision), 2U);
  EXPECT_EQ(kafka.messages("matricula.cursors").size(), 5U);
}

TEST_F(retry_test, publishes_nothing_older_than_what_the_topic_holds) {
  asks_in_vain_when_the_source_has(ana_left);
  EXPECT_THAT(messages_of(ana), SizeIs(2));
}

TEST_F(retry_test, publishes_nothing_older_than_what_another_lane_holds) {
  const enrolled of_another_flavour{.person = ana.person, .flavour = "FP"};
  asks_in_vain_when_the_source_has(of_another_flavour);
  EXPECT_THAT(messages_of(ana), SizeIs(1));
  EXPECT_THAT(messages_of(of_another_flavour), SizeIs(1));
}

TEST_F(retry_test, of_two_contents_of_a_key_the_newer_holds) {
  feed.change_page(0, {bru});
  asks_for("source/itaca/1", 5, json_of(ana));
  asks_for("source/itaca/2", 6, json_of(ana_left));
  runs_the_source();
  let_pass(30s);
  ASSERT_THAT(messages_of(ana), SizeIs(1));
  EXPECT_EQ(messages_of(ana)[0].value, json_of(ana_left));
  EXPECT_EQ(note("source/itaca/2", 6).state, retry_state::retried);
  EXPECT_EQ(note("source/itaca/1", 5).state, retry_state::superseded);
}

TEST_F(retry_test, one_content_that_two_sites_refused_is_published_once) {
  runs_the_source();
  let_pass(1s);
  const auto refused = messages_of(ana).at(0).revision;
  asks_for("site/eso46/" + key_of(ana), refused, json_of(ana));
  asks_for("site/all46/" + key_of(ana), refused, json_of(ana));
  let_pass(30s);
  ASSERT_THAT(messages_of(ana), SizeIs(2));
  for (const std::string site : {"eso46", "all46"}) {
    EXPECT_EQ(note("site/" + site + '/' + key_of(ana), refused).state, retry_state::retried);
    EXPECT_EQ(note("site/" + site + '/' + key_of(ana), refused).revision, messages_of(ana)[1].revision);
  }
}

TEST_F(retry_test, what_the_source_refuses_again_is_an_entry_again) {
  runs_the_source();
  let_pass(11s);
  ASSERT_THAT(kafka.messages(quarantine), SizeIs(1));
  const auto entry = kafka.messages(quarantine)[0];
  const auto page_of = [](const std::string& value) {
    return nlohmann::json::parse(value).at("page").get<std::uint64_t>();
  };
  const auto refused = revision_at(page_of(entry.value), 1);
  asks_for(entry.key, refused, json_of(of_no_lane));
  let_pass(10s);
  EXPECT_EQ(note(entry.key, refused).state, retry_state::refused);
  const auto again = kafka.latest(quarantine).at(entry.key);
  EXPECT_EQ(page_of(again), 3U);
  EXPECT_EQ(nlohmann::json::parse(again).at("reason"), "lane_unknown");
  EXPECT_EQ(note(entry.key, refused).revision, revision_at(3, 0));
  let_pass(60s);
  EXPECT_THAT(kafka.messages(quarantine), SizeIs(4));
}

TEST_F(retry_test, a_dropped_entry_comes_back_with_the_next_sweep) {
  runs_the_source();
  let_pass(60s);
  ASSERT_THAT(kafka.messages(quarantine), SizeIs(1));
  const auto entry = kafka.messages(quarantine)[0];
  auto dropped = nlohmann::json::parse(entry.value);
  dropped["state"] = "dropped";
  kafka.append(quarantine, 0, {entry.key, dropped.dump(), {}, 0, 0});
  let_pass(60s);
  ASSERT_THAT(kafka.messages(quarantine), SizeIs(3));
  EXPECT_FALSE(nlohmann::json::parse(kafka.latest(quarantine).at(entry.key)).contains("state"));
}

TEST_F(retry_test, a_lane_that_the_topology_has_by_now_takes_it) {
  topology.lanes.push_back({"ISEACV", "46", "itaca", "ISEACV-46"});
  feed.change_page(1, {bru});  // the source does not send it at the moment
  runs_the_source();
  asks_for("source/itaca/1", 5, json_of(of_no_lane));
  let_pass(10s);
  EXPECT_EQ(note("source/itaca/1", 5).state, retry_state::retried);
  EXPECT_THAT(messages_of(of_no_lane), SizeIs(1));
}

TEST_F(retry_test, an_outage_of_the_quarantine_topic_holds_nothing_else_up) {
  runs_the_source();
  let_pass(1s);
  kafka.refuse_always(kafka_step::tail, because(error_code::kafka_unavailable));
  const auto refused = messages_of(ana).at(0).revision;
  asks_for(ana, refused);
  let_pass(30s);
  EXPECT_THAT(feed.times(), ElementsAre(0s, 10s, 20s, 30s));
  EXPECT_EQ(note(ana, refused).state, retry_state::asked);
  kafka.accept(kafka_step::tail);
  let_pass(10s);
  EXPECT_EQ(note(ana, refused).state, retry_state::retried);
}

TEST_F(retry_test, what_others_write_into_the_topic_holds_nothing_up) {
  for (const char* record : {"{},{}", "", "{", R"({}],"x":[{})"})
    asks_for(std::string{"x"} + record, 5, record);
  kafka.append(quarantine, 0, {"retry/5/x", "no JSON", {}, 0, 0});
  kafka.append(quarantine, 0, {"retry/5/y", "", {}, 0, 0});
  asks_for("source/itaca/1", 5, "[]");  // no record, and yet JSON
  runs_the_source();
  let_pass(30s);
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "1", "-", "1"));
  EXPECT_EQ(note("source/itaca/1", 5).state, retry_state::refused);
}

TEST_F(retry_test, a_standby_that_takes_the_source_over_does_what_was_asked_once) {
  const auto first = runs_the_source();
  let_pass(1s);
  const auto refused = messages_of(ana).at(0).revision;
  kafka.refuse_always(kafka_step::commit, because(error_code::kafka_unavailable));
  asks_for(ana, refused);
  scoreboard_stand_in other;
  other.spawn(*system);
  keep(other.actor);
  keep(system->spawn(source_supervisor, deployed(), source(), other.actor));
  let_pass(15s);
  EXPECT_EQ(note(ana, refused).state, retry_state::asked);
  kill(first);
  kafka.accept(kafka_step::commit);
  let_pass(30s);
  EXPECT_EQ(note(ana, refused).state, retry_state::retried);
  EXPECT_THAT(messages_of(ana), SizeIs(2));
}

/// Something that goes wrong while a retry is under way.
struct mishap {
  std::string name;
  std::function<void(retry_world&, const source_supervisor_actor&)> happens;
};

void PrintTo(const mishap& what, std::ostream* out) { *out << what.name; }

mishap crash_of(const std::string& kind) {
  return {"crash_of_" + kind, [kind](retry_world&, const source_supervisor_actor& supervisor) {
            caf::anon_send(supervisor, crash_atom::value, kind);
          }};
}

mishap refusal_of(const std::string& name, kafka_step step, error_code code) {
  return {name, [=](retry_world& world, const source_supervisor_actor&) {
            world.kafka.refuse(step, because(code));
          }};
}

class mishap_during_a_retry : public ::testing::TestWithParam<mishap> {};

TEST_P(mishap_during_a_retry, does_it_once) {
  // From the request on, so many messages are handled before it happens; no retry takes more.
  for (std::size_t point = 0; point < 40; ++point) {
    SCOPED_TRACE(GetParam().name + " after message " + std::to_string(point));
    retry_world world;
    world.limits().restarts_max = 100;
    const auto supervisor = world.runs_the_source();
    world.let_pass(1s);
    const auto refused = world.messages_of(ana).at(0).revision;
    world.asks_for(ana, refused);
    std::size_t handled = 0;
    const auto handle = [&] {
      while (!world.scheduler->jobs.empty()) {
        world.scheduler->run_once();
        if (++handled == point + 1)
          GetParam().happens(world, supervisor);
      }
    };
    world.let_pass(60s, handle);
    EXPECT_GT(handled, point);
    ASSERT_THAT(world.messages_of(ana), SizeIs(2));
    EXPECT_EQ(world.note(ana, refused).state, retry_state::retried);
    EXPECT_EQ(world.note(ana, refused).revision, world.messages_of(ana)[1].revision);
    EXPECT_THAT(world.messages_of(bru), SizeIs(1));
  }
}

INSTANTIATE_TEST_SUITE_P(
    each, mishap_during_a_retry,
    ::testing::Values(crash_of("publisher"), crash_of("deduplicator"), crash_of("partitioner"),
                      crash_of("fetcher"), crash_of("elector"),
                      refusal_of("transaction_aborted", kafka_step::commit, error_code::transaction_aborted),
                      refusal_of("commit_refused", kafka_step::commit, error_code::kafka_unavailable),
                      refusal_of("send_refused", kafka_step::send, error_code::kafka_unavailable),
                      mishap{"commit_answer_lost",
                             [](retry_world& world, const source_supervisor_actor&) {
                               world.kafka.lose_commit_answer();
                             }},
                      mishap{"page_cut",
                             [](retry_world& world, const source_supervisor_actor&) {
                               world.feed.answer({.bytes = "{\"page\":{", .etag = {}});
                             }}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace matricula::testing
