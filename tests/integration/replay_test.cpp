// SPDX-License-Identifier: Apache-2.0
#include "cli/replay.hpp"

#include "announced_text.hpp"
#include "cli/command.hpp"
#include "records_by_hand.hpp"
#include "tests/faults/forwarder.hpp"
#include "tests/faults/topic_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace matricula {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

/// Text that lets something happen whenever it is flushed.
class watched_text : public std::stringbuf {
 public:
  explicit watched_text(std::function<void()> at_flush)
      : at_flush_(std::move(at_flush)) {}

 protected:
  int sync() override {
    at_flush_();
    return std::stringbuf::sync();
  }

 private:
  std::function<void()> at_flush_;
};

/// A site that has read the two entries of its lane, of two hours and of an hour ago. Nobody runs it.
class replay_test : public records_by_hand {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(records_by_hand::SetUp());
    topic_said(hours{2}, 1, student("10000001"));
    topic_said(hours{1}, 2, student("10000002"));
    site_gets(1, student("10000001"));
    site_gets(2, student("10000002"));
  }

  /// As topic_says, so long ago.
  void topic_said(minutes ago, revision_t revision, const given_record& record,
                  const std::string& lane = "ESO-46") {
    const auto key = record.key(), value = record.json();
    faults::append(kafka_bootstrap(), deployment.lane(lane),
                   {0, 0, key, value, revision, content_hash_of(value)},
                   (now - ago).time_since_epoch().count());
  }

  /// That time as `--from` takes it.
  std::string before_now(minutes ago) const { return text_of(now - ago); }

  /// Kafka has deleted what the lane held; three entries have come since.
  void deleted() {
    topic_says(3, student("10000003"));
    faults::topic_reader{kafka_bootstrap()}.delete_all(deployment.lane());
    for (revision_t revision = 4; revision < 7; ++revision)
      topic_says(revision, student("1000000" + std::to_string(revision)));
  }

  /// Of the lane ESO-46, by its topic, if no other is named.
  int replay(const std::string& from, bool follow = false, const std::optional<std::string>& lane = {}) {
    out.str("");
    return replay_into(out, from, follow, lane);
  }

  int replay_into(std::ostream& shown, const std::string& from, bool follow,
                  const std::optional<std::string>& lane = {}) {
    errors.str("");
    const replay_options options{"eso46", lane.value_or(deployment.lane()), *replay_from_text(from), follow,
                                 seconds{2}};
    return replay_site(deployment.file(), options, deployment.environment(), shown, errors);
  }

  std::string offset(const std::string& lane = "ESO-46") {
    return database.value("select next_offset from matricula.positions where topic = '" +
                          deployment.lane(lane) + "'");
  }

  const utc_time now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
};

TEST_F(replay_test, goes_back_to_an_offset_and_no_further_ahead) {
  EXPECT_EQ(replay("1"), exit_done) << errors.str();
  EXPECT_EQ(out.str(), deployment.lane() + "-0: from 2 back to 1\n");
  EXPECT_EQ(offset(), "1");
  EXPECT_EQ(replay("2"), exit_done) << errors.str();
  EXPECT_THAT(out.str(), HasSubstr("nothing to read again"));
  EXPECT_EQ(offset(), "1");
}

TEST_F(replay_test, goes_back_to_what_was_published_since_a_time) {
  EXPECT_EQ(replay(before_now(minutes{30})), exit_done) << errors.str();
  EXPECT_THAT(out.str(), HasSubstr("nothing to read again"));
  EXPECT_EQ(offset(), "2");
  EXPECT_EQ(replay(before_now(minutes{90})), exit_done) << errors.str();
  EXPECT_EQ(out.str(), deployment.lane() + "-0: from 2 back to 1\n");
  EXPECT_EQ(offset(), "1");
  EXPECT_EQ(replay(before_now(hours{2})), exit_done) << errors.str();
  EXPECT_EQ(out.str(), deployment.lane() + "-0: from 1 back to 0\n");
  EXPECT_EQ(offset(), "0");
}

TEST_F(replay_test, knows_a_lane_by_its_name_and_leaves_the_others) {
  deployment.write(2, "", {"ESO-46", "FP-46"});
  topic_said(hours{2}, 3, student("10000003"), "FP-46");
  topic_said(hours{1}, 4, student("10000004"), "FP-46");
  database.query("insert into matricula.positions (topic, partition, next_offset, revision) values ('" +
                 deployment.lane("FP-46") + "', 0, 2, 4)");

  EXPECT_EQ(replay("1", false, "ESO-46"), exit_done) << errors.str();
  EXPECT_EQ(out.str(), deployment.lane() + "-0: from 2 back to 1\n");
  EXPECT_EQ(offset("FP-46"), "2");
  EXPECT_EQ(replay(before_now(minutes{90}), false, "FP-46"), exit_done) << errors.str();
  EXPECT_EQ(out.str(), deployment.lane("FP-46") + "-0: from 2 back to 1\n");
  EXPECT_EQ(offset(), "1");
  EXPECT_EQ(replay("beginning", false, ""), exit_done) << errors.str();
  EXPECT_EQ(offset(), "0");
  EXPECT_EQ(offset("FP-46"), "0");

  EXPECT_EQ(replay("0", false, ""), exit_wrong_usage);
  EXPECT_THAT(errors.str(), HasSubstr("name its lane with --lane"));
  EXPECT_EQ(replay("0", false, "ISEACV-03"), exit_wrong_usage);
  EXPECT_THAT(errors.str(), HasSubstr("does not read the lane \"ISEACV-03\"; it reads " + deployment.lane()));
}

TEST_F(replay_test, shows_how_far_the_site_is_until_it_is_through) {
  revision_t applied = 0;
  watched_text text{[&] {  // the site reads on with every line, and what moves an offset at once is a change
    if (applied < 2) {
      ++applied;
      site_gets(2 + applied, student("2000000" + std::to_string(applied)));
    }
  }};
  std::ostream shown{&text};
  EXPECT_EQ(replay_into(shown, "beginning", true), exit_done) << errors.str();
  EXPECT_EQ(text.str(), deployment.lane() + "-0: from 2 back to 0\n"
                                            "0 of 2 entries\n"
                                            "1 of 2 entries\n"
                                            "2 of 2 entries\n");
}

TEST_F(replay_test, does_not_take_a_lost_connection_for_the_end) {
  announced_text text{[&] {  // it has moved the offset, and asks next how far the site is
    ASSERT_EQ(database.value("select bool_and(pg_terminate_backend(pid)) from pg_stat_activity where "
                             "application_name = 'matricula replay eso46' and datname = current_database()"),
              "t");
  }};
  std::ostream shown{&text};
  EXPECT_EQ(replay_into(shown, "beginning", true), exit_failed);
  EXPECT_EQ(text.str(), deployment.lane() + "-0: from 2 back to 0\n0 of 2 entries\n");
  EXPECT_THAT(errors.str(), HasSubstr("nothing has moved for 2s"));
}

TEST_F(replay_test, passes_over_nothing_that_the_topic_still_holds) {
  deleted();
  for (const auto* from : {"2100-01-01T00:00", "5", "0", "beginning"}) {
    database.query("update matricula.positions set next_offset = 2");
    EXPECT_EQ(replay(from), exit_done) << errors.str();
    EXPECT_EQ(out.str(), deployment.lane() + "-0: from 2, which the topic no longer holds, on to 3\n")
        << from;
    EXPECT_EQ(offset(), "3") << from;
  }
}

TEST_F(replay_test, begins_at_the_first_entry_of_a_topic_that_was_made_anew) {
  for (const auto* from : {"2100-01-01T00:00", "5", "0", "beginning"}) {
    database.query("update matricula.positions set next_offset = 500");
    EXPECT_EQ(replay(from), exit_done) << errors.str();
    EXPECT_EQ(out.str(), deployment.lane() + "-0: from 500, which the topic no longer holds, back to 0\n")
        << from;
    EXPECT_EQ(offset(), "0") << from;
  }
}

TEST_F(replay_test, is_through_when_a_topic_that_was_made_anew_is_being_read) {
  database.query("update matricula.positions set next_offset = 500");
  bool reads_on = false;
  watched_text text{[&] {
    if (!std::exchange(reads_on, true))
      site_gets(3, student("10000003"));
  }};
  std::ostream shown{&text};
  EXPECT_EQ(replay_into(shown, "beginning", true), exit_done) << errors.str();
  EXPECT_THAT(text.str(), HasSubstr(" back to 0\n0 of 1 entries\n1 of 1 entries\n"));
}

TEST_F(replay_test, does_not_take_a_site_that_goes_on_for_one_past_the_end) {
  pqxx::connection site{database.url()};
  pqxx::work batch{site};
  batch.exec("update matricula.positions set next_offset = 10");
  auto replayed = std::async(std::launch::async, [&] { return replay("1"); });
  // It has asked where the topic ends, and waits for the site.
  const auto waits = [&] {
    return database.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and "
                          "application_name = 'matricula replay eso46' and datname = current_database()") ==
           "1";
  };
  for (int look = 0; look < 1'000 && !waits(); ++look)
    std::this_thread::sleep_for(milliseconds{20});
  ASSERT_TRUE(waits());
  batch.commit();
  EXPECT_EQ(replayed.get(), exit_done) << errors.str();
  EXPECT_EQ(out.str(), deployment.lane() + "-0: from 10 back to 1\n");
}

TEST_F(replay_test, says_when_nobody_goes_on) {
  deleted();
  EXPECT_EQ(replay("beginning", true), exit_failed);
  EXPECT_THAT(out.str(), HasSubstr(" on to 3\n0 of 1 entries\n"));
  EXPECT_THAT(errors.str(), HasSubstr("nothing has moved for 2s: does a process run the site eso46?"));
}

TEST_F(replay_test, does_not_take_another_replay_for_a_standstill) {
  for (revision_t revision = 3; revision <= 10; ++revision)
    topic_says(revision, student(std::to_string(10'000'000 + revision)));
  database.query("update matricula.positions set next_offset = 10");
  announced_text text{[&] {  // another one has sent the site further back: with every look it is elsewhere
    database.query("alter table matricula.positions rename to positions_there;"
                   "create sequence matricula.looks;"
                   "create view matricula.positions as select topic, partition,"
                   " case when looks <= 8 then looks % 2 else 10 end as next_offset from"
                   " (select topic, partition, nextval('matricula.looks') as looks from"
                   " matricula.positions_there offset 0) as there");
  }};
  std::ostream shown{&text};
  EXPECT_EQ(replay_into(shown, "2", true), exit_done) << errors.str();
  EXPECT_EQ(text.str(), deployment.lane() + "-0: from 10 back to 2\n0 of 8 entries\n8 of 8 entries\n");
}

TEST_F(replay_test, says_that_a_site_has_not_begun) {
  for (const auto* statement : {"delete from matricula.positions", "drop schema matricula cascade"}) {
    database.query(statement);
    EXPECT_EQ(replay("beginning", true), exit_done) << errors.str();
    EXPECT_EQ(out.str(), "site eso46 has not begun: it reads the lane from the start\n");
    EXPECT_EQ(errors.str(), "");
  }
}

TEST_F(replay_test, waits_for_the_database) {
  faults::forwarder way{std::stoi(database.value("show port"))};
  way.set(faults::passage::refused);
  const auto environment = [&](std::string_view) {
    auto url = database.url();
    const auto colon = url.rfind(':'), slash = url.find('/', colon);
    return std::optional{url.replace(colon + 1, slash - colon - 1, std::to_string(way.port()))};
  };
  auto replayed = std::async(std::launch::async, [&] {
    return replay_site(deployment.file(), {"eso46", "", from_beginning{}, false, minutes{1}}, environment,
                       out, errors);
  });
  EXPECT_EQ(replayed.wait_for(seconds{1}), std::future_status::timeout);
  way.set(faults::passage::open);
  EXPECT_EQ(replayed.get(), exit_done) << errors.str();
  EXPECT_EQ(offset(), "0");
}

TEST_F(replay_test, does_not_do_again_what_may_have_been_done) {
  database.query(
      "create sequence commits; create function break_off() returns trigger language plpgsql as $$ begin "
      "perform nextval('public.commits'); perform pg_terminate_backend(pg_backend_pid()); return null; end "
      "$$; "
      "create constraint trigger break_off after update on matricula.positions deferrable initially deferred "
      "for each row execute function break_off()");
  EXPECT_EQ(replay("beginning"), exit_failed);
  EXPECT_THAT(errors.str(), HasSubstr("site eso46"));
  EXPECT_EQ(database.value("select last_value from commits"), "1");
  EXPECT_EQ(offset(), "2");
}

TEST_F(replay_test, has_postgresql_end_its_transaction_if_it_is_stopped) {
  database.query(
      "create table public.timeouts (value text); create function public.note_timeout() returns trigger "
      "language plpgsql "
      "as $$ begin insert into public.timeouts values "
      "(current_setting('idle_in_transaction_session_timeout'));"
      " return new; end $$; "
      "create trigger note_timeout before update on matricula.positions for each row execute function "
      "public.note_timeout()");
  EXPECT_EQ(replay("beginning"), exit_done) << errors.str();
  EXPECT_EQ(database.value("select value from public.timeouts"), "5s");
}

TEST_F(replay_test, has_nothing_to_wait_for_where_nothing_is_left) {
  topic_says(3, student("10000003"));
  faults::topic_reader{kafka_bootstrap()}.delete_all(deployment.lane());
  EXPECT_EQ(replay("beginning", true), exit_done) << errors.str();
  EXPECT_THAT(out.str(), HasSubstr(" on to 3\n0 of 0 entries\n"));
  EXPECT_EQ(offset(), "3");
}

}  // namespace
}  // namespace matricula
