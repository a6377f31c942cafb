// SPDX-License-Identifier: Apache-2.0
// What a site's database holds after batches, repeats, failures and races: a real PostgreSQL, the target
// `classrooms`.
#include "actors/apply/postgres_session.hpp"

#include "actors/apply/postgres_connection.hpp"
#include "actors/apply/postgres_errors.hpp"
#include "tests/faults/forwarder.hpp"
#include "tests/integration/open_connections.hpp"
#include "tests/integration/postgres_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <random>
#include <thread>

namespace matricula {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

const topic_partition first_partition{"ESO-46", 0};
const topic_partition second_partition{"ESO-46", 1};

std::string text_of(const applied_counts& counts) {
  return "created " + std::to_string(counts.created) + " changed " + std::to_string(counts.changed) +
         " withdrawn " + std::to_string(counts.withdrawn) + " unchanged " + std::to_string(counts.unchanged) +
         " superseded " + std::to_string(counts.superseded);
}

class postgres_site : public testing::Test {
 protected:
  std::unique_ptr<postgres_session> opened(const topic_partition& from = first_partition) {
    return opened_session(site_, from);
  }

  /// Applies the whole batch from where it begins; the counts as text, or the error's name.
  static std::string apply(site_store& store, const given_batch& given) {
    const auto& batch = given.batch;
    const auto outcome = store.apply(batch, given.all(), {}, batch.records.front().offset, batch.next_offset);
    if (!outcome)
      return std::string{name_of(outcome.error().code)};
    return text_of(outcome->counts) + (outcome->offset_stored ? "" : ", nothing written");
  }

  /// What the site holds, without the ids that differ from database to database, and without memberships and
  /// teaching that have ended: what begins and ends in one batch was never there.
  std::string everything() const {
    std::string all;
    const std::pair<const char*, const char*> queries[] = {
        {"record",
         "select (to_jsonb(r) - '{id_of_classroom, id_of_person}'::text[])::text from classrooms.record r "
         "order by r.key"},
        {"centre",
         "select concat_ws('|', code, name, flavour, revision) from classrooms.centre order by code"},
        {"person", "select concat_ws('|', code, name, surname1, surname2, email, born, revision) "
                   "from classrooms.person order by code"},
        {"group", "select concat_ws('|', c.code, g.year, g.code, g.name, g.tutor, g.revision) "
                  "from classrooms.school_group g join classrooms.centre c using (centre_id) order by 1"},
        {"classroom", "select concat_ws('|', key, subject_name_val, timetable, revision) "
                      "from classrooms.classroom order by key"},
        {"teaching",
         "select concat_ws('|', c.key, p.code, t.substitutes, t.status) from classrooms.teaching t "
         "join classrooms.classroom c using (classroom_id) join classrooms.person p using (person_id) "
         "where t.status = 'enrolled' order by 1"},
        {"membership",
         "select concat_ws('|', c.code, g.code, p.code, m.status) from classrooms.membership m "
         "join classrooms.school_group g using (group_id) join classrooms.centre c using (centre_id) "
         "join classrooms.person p using (person_id) where m.status = 'enrolled' order by 1"}};
    for (const auto& [name, sql] : queries)
      for (const auto row : database_.query(sql))
        all += std::string{name} + " " + row[0].c_str() + "\n";
    return all;
  }

  void end_sessions_of_the_site() const {
    database_.query("select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name = 'matricula eso46' and datname = current_database()");
  }

  /// Returns when a session of this database waits for a lock.
  void wait_until_somebody_waits() const {
    while (database_.value("select count(*) from pg_stat_activity where datname = current_database() "
                           "and wait_event_type = 'Lock'") == "0")
      std::this_thread::sleep_for(5ms);
  }

  void expect_the_next_goes_on_when_the_owner_falls_silent_at(faults::moment when) {
    faults::forwarder way{std::stoi(database_.value("show port"))};
    auto site = site_;
    auto url = database_.url();
    const auto colon = url.rfind(':'), slash = url.find('/', colon);
    site.database = secret{url.replace(colon + 1, slash - colon - 1, std::to_string(way.port()))};
    postgres_session silent{site};
    ASSERT_TRUE(silent.open(first_partition));
    auto next = opened();
    const auto batch = std::move(given_batch{}.add({.person = "10000001"}, 1));

    way.silent_at_next(when);
    auto late = std::async(std::launch::async, [&] { return apply(silent, batch); });
    while (!way.has_struck())
      std::this_thread::sleep_for(5ms);
    EXPECT_EQ(apply(*next, batch), "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
    way.reset();
    EXPECT_EQ(late.get(), "database_unavailable");
    EXPECT_EQ(count("enrolment"), "1");
  }

  std::string count(const std::string& table) const {
    return database_.value("select count(*) from classrooms." + table);
  }

  site_database database_;
  site_settings site_ = site_in(database_);
};

/// The same site with a copy of its target, to which a file is added or a file's end.
class changed_target {
 public:
  changed_target(site_settings site, const std::string& file, const std::string& added)
      : site_(std::move(site))
      , folder_(fs::temp_directory_path() / ("matricula_changed_target_" + std::to_string(getpid()))) {
    fs::copy(site_.target_directory, folder_);
    std::ofstream{folder_ / file, std::ios::app} << added;
    site_.target_directory = folder_;
  }
  ~changed_target() { fs::remove_all(folder_); }
  changed_target(const changed_target&) = delete;
  changed_target& operator=(const changed_target&) = delete;

  const site_settings& site() const { return site_; }

 private:
  site_settings site_;
  fs::path folder_;
};

TEST_F(postgres_site, begins_with_nothing) {
  postgres_session session{site_};
  const auto position = session.open(first_partition);
  ASSERT_TRUE(position) << position.error().text;
  EXPECT_EQ(position->next_offset, 0);
  EXPECT_EQ(position->revision_applied, 0U);
}

TEST_F(postgres_site, makes_people_classrooms_groups_and_enrolments_of_a_new_batch) {
  auto session = opened();
  EXPECT_EQ(apply(*session, given_batch{}
                                .add({.person = "10000001", .subject = "MAT"}, 1)
                                .add({.person = "10000001", .subject = "VAL"}, 2)
                                .add({.person = "10000002", .subject = "MAT"}, 3)
                                .add({.person = "012345678Z", .role = "teacher", .subject = "MAT"}, 4)),
            "created 4 changed 0 withdrawn 0 unchanged 0 superseded 0");
  EXPECT_EQ(count("centre"), "1");
  EXPECT_EQ(count("school_group"), "1");
  EXPECT_EQ(count("classroom"), "2");
  EXPECT_EQ(count("person"), "3");
  EXPECT_EQ(count("membership"), "2");
  EXPECT_EQ(count("teaching"), "2");
  EXPECT_EQ(count("enrolment"), "4");
  EXPECT_EQ(database_.value("select name || ' ' || coalesce(born::text, 'unborn') from classrooms.person "
                            "where code = '10000001'"),
            "Anna 2013-04-05");
  const auto position = opened()->open(first_partition);
  ASSERT_TRUE(position);
  EXPECT_EQ(position->next_offset, 4);
  EXPECT_EQ(position->revision_applied, 4U);
}

TEST_F(postgres_site, writes_no_wal_for_what_it_holds_already) {
  auto session = opened();
  given_batch batch;
  for (int i = 0; i < 300; ++i)
    batch.add({.person = std::to_string(10'000'000 + i)}, static_cast<revision_t>(i + 1));
  ASSERT_EQ(apply(*session, batch), "created 300 changed 0 withdrawn 0 unchanged 0 superseded 0");

  // Other tests and the server's own housekeeping write as well, but not all the time.
  pqxx::connection observer{database_.url()};
  pqxx::nontransaction look{observer};
  const auto log_position = [&] {
    return look.exec1("select pg_current_wal_insert_lsn() - '0/0'")[0].as<std::int64_t>();
  };
  std::int64_t least = -1;
  for (int attempt = 0; attempt < 200 && least != 0; ++attempt) {
    const auto before = log_position();
    ASSERT_EQ(apply(*session, batch),
              "created 0 changed 0 withdrawn 0 unchanged 300 superseded 0, nothing written");
    const auto written = log_position() - before;
    least = least < 0 ? written : std::min(least, written);
  }
  EXPECT_EQ(least, 0);
}

TEST_F(postgres_site, writes_only_the_records_that_changed) {
  auto session = opened();
  ASSERT_EQ(apply(*session, given_batch{}.add({.person = "10000001"}, 1).add({.person = "10000002"}, 2)),
            "created 2 changed 0 withdrawn 0 unchanged 0 superseded 0");
  const auto untouched =
      "select e.xmin from classrooms.enrolment e join classrooms.person p using (person_id) "
      "where p.code = '10000001'";
  const auto before = database_.value(untouched);
  EXPECT_EQ(apply(*session, given_batch{2}
                                .add({.person = "10000001"}, 1)
                                .add({.person = "10000002", .name = "Berta", .since = "2026-10-01"}, 4)),
            "created 0 changed 1 withdrawn 0 unchanged 1 superseded 0");
  EXPECT_EQ(database_.value(untouched), before);
  EXPECT_EQ(database_.value(
                "select person_name || ' ' || since from classrooms.record where person_id = '10000002'"),
            "Berta 2026-10-01");
}

TEST_F(postgres_site, keeps_who_left_marked_and_takes_him_back) {
  auto session = opened();
  const given_record maths{.subject = "MAT"}, valencian{.subject = "VAL"};
  const auto membership = "select status from classrooms.membership";
  apply(*session, given_batch{}.add(maths, 1).add(valencian, 2));
  EXPECT_EQ(apply(*session, given_batch{2}.add(withdrawn(maths), 3)),
            "created 0 changed 0 withdrawn 1 unchanged 0 superseded 0");
  EXPECT_EQ(database_.value(membership), "enrolled");
  EXPECT_EQ(apply(*session, given_batch{3}.add(withdrawn(valencian), 4)),
            "created 0 changed 0 withdrawn 1 unchanged 0 superseded 0");
  EXPECT_EQ(database_.value(membership), "withdrawn");
  EXPECT_EQ(count("enrolment"), "2");
  EXPECT_EQ(apply(*session, given_batch{4}.add(maths, 5)),
            "created 0 changed 1 withdrawn 0 unchanged 0 superseded 0");
  EXPECT_EQ(database_.value(membership), "enrolled");
  EXPECT_EQ(database_.value("select string_agg(status, ',' order by key) from classrooms.record"),
            "enrolled,withdrawn");
}

TEST_F(postgres_site, counts_a_newcomer_who_has_left_already_as_withdrawn) {
  auto session = opened();
  EXPECT_EQ(apply(*session, given_batch{}.add({.status = "withdrawn"}, 1)),
            "created 0 changed 0 withdrawn 1 unchanged 0 superseded 0");
  EXPECT_EQ(count("enrolment"), "1");
  EXPECT_EQ(count("membership"), "0");
}

TEST_F(postgres_site, leaves_a_newer_revision_alone) {
  auto session = opened();
  apply(*session, given_batch{}.add({.name = "New", .since = "2026-10-10", .room = "B2"}, 10));
  const auto before = everything();
  EXPECT_EQ(apply(*session, given_batch{1}.add({.name = "Old", .room = "B1"}, 9)),
            "created 0 changed 0 withdrawn 0 unchanged 0 superseded 1, nothing written");
  EXPECT_TRUE(everything() == before) << everything() << "\n" << before;
}

TEST_F(postgres_site, applies_the_newest_of_a_key_that_comes_twice) {
  auto session = opened();
  EXPECT_EQ(apply(*session, given_batch{}.add({.since = "2026-09-01"}, 1).add({.since = "2026-09-02"}, 2)),
            "created 1 changed 0 withdrawn 0 unchanged 0 superseded 1");
  EXPECT_EQ(database_.value("select since from classrooms.record"), "2026-09-02");
}

// Of a batch in which something may have been applied before.
TEST_F(postgres_site, stores_the_revision_of_what_has_come_back_beside_what_it_knows) {
  auto session = opened();
  const given_record known{.person = "10000001"}, back{.person = "10000002"};
  apply(*session, given_batch{}.add(known, 10).add(back, 11));
  EXPECT_EQ(apply(*session, given_batch{2}.add(known, 10).add(back, 30)),
            "created 0 changed 1 withdrawn 0 unchanged 1 superseded 0");
  EXPECT_EQ(apply(*opened({"FP-46", 0}), given_batch{}.add(withdrawn(back), 20)),
            "created 0 changed 0 withdrawn 0 unchanged 0 superseded 1");
  EXPECT_EQ(database_.value("select count(*) from classrooms.enrolment where status = 'enrolled'"), "2");
}

TEST_F(postgres_site, asks_only_of_what_may_have_been_applied_before) {
  const changed_target unaskable{site_, "differs.sql",
                                 "\n  and 1 / (select count(*) from pg_class where false) = 1"};
  auto session = opened_session(unaskable.site(), first_partition);
  EXPECT_EQ(apply(*session, given_batch{}.add({.person = "10000001"}, 5).add({.person = "10000002"}, 3)),
            "created 2 changed 0 withdrawn 0 unchanged 0 superseded 0");
  session = opened_session(unaskable.site(), first_partition);
  EXPECT_EQ(apply(*session, given_batch{2}.add({.person = "10000003"}, 6)),
            "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
  EXPECT_EQ(apply(*session, given_batch{3}.add({.person = "10000003"}, 6)), "row_refused");
}

// What the site holds already is applied no more, but a revision that was passed over on the way must not be either, when
// the topic is read again in other batches.
TEST_F(postgres_site, passes_over_for_good_what_has_changed_and_changed_back_in_one_batch) {
  auto session = opened();
  const given_record student;
  apply(*session, given_batch{}.add(student, 10));
  const auto there_and_back = std::move(given_batch{1}.add(withdrawn(student), 20).add(student, 30));
  EXPECT_EQ(apply(*session, there_and_back), "created 0 changed 1 withdrawn 0 unchanged 0 superseded 1");
  const auto before = everything();

  database_.query("update matricula.positions set next_offset = 1");
  session = opened();
  EXPECT_EQ(apply(*session, given_batch{1}.add(withdrawn(student), 20)),
            "created 0 changed 0 withdrawn 0 unchanged 0 superseded 1, nothing written");
  EXPECT_TRUE(session->advance(1, 2));
  EXPECT_EQ(apply(*session, given_batch{2}.add(student, 30)),
            "created 0 changed 0 withdrawn 0 unchanged 1 superseded 0, nothing written");
  EXPECT_TRUE(everything() == before) << everything() << "\n" << before;

  database_.query("update matricula.positions set next_offset = 1");
  session = opened();
  EXPECT_EQ(apply(*session, there_and_back),
            "created 0 changed 0 withdrawn 0 unchanged 1 superseded 1, nothing written");
}

// As when a record has changed its flavour and changed it back: the two lanes are read by their own sessions, of which one
// lags behind.
TEST_F(postgres_site, takes_nothing_that_another_lane_brings_late_for_newer_than_what_has_come_back) {
  auto session = opened(), late = opened({"FP-46", 0});
  const given_record student;
  apply(*session, given_batch{}.add(student, 10));
  EXPECT_EQ(apply(*session, given_batch{1}.add(student, 30)),
            "created 0 changed 1 withdrawn 0 unchanged 0 superseded 0");
  const auto before = everything();
  EXPECT_EQ(apply(*late, given_batch{}.add(withdrawn(student), 20)),
            "created 0 changed 0 withdrawn 0 unchanged 0 superseded 1");
  EXPECT_TRUE(everything() == before) << everything() << "\n" << before;
}

TEST_F(postgres_site, follows_a_classrooms_list_of_teachers) {
  auto session = opened();
  const auto teacher = [](const std::string& id, const std::string& substitutes) {
    return R"({"id":")" + id + R"(","name":"T","surname1":"S","surname2":null,"email":null,"substitutes":)" +
           (substitutes.empty() ? "null" : "\"" + substitutes + "\"") + "}";
  };
  const auto teaching =
      "select string_agg(concat_ws(' ', p.code, t.status, t.substitutes), ', ' order by p.code) "
      "from classrooms.teaching t join classrooms.person p using (person_id)";
  apply(*session, given_batch{}.add({.teachers = "[" + teacher("0A", "") + "]"}, 1));
  EXPECT_EQ(database_.value(teaching), "0A enrolled");
  apply(*session,
        given_batch{1}.add({.teachers = "[" + teacher("0A", "") + "," + teacher("0B", "0A") + "]"}, 2));
  EXPECT_EQ(database_.value(teaching), "0A enrolled, 0B enrolled 0A");
  apply(*session, given_batch{2}.add({.teachers = "[" + teacher("0B", "") + "]"}, 3));
  EXPECT_EQ(database_.value(teaching), "0A withdrawn, 0B enrolled");
  apply(*session, given_batch{3}.add({.teachers = "[]"}, 4));
  EXPECT_EQ(database_.value(teaching), "0A withdrawn, 0B withdrawn");
}

TEST_F(postgres_site, hands_over_when_another_owner_has_moved_the_offset) {
  auto stale = opened();
  auto owner = opened();
  ASSERT_EQ(apply(*owner, given_batch{}.add({.person = "10000001"}, 1)),
            "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
  EXPECT_EQ(apply(*stale, given_batch{}.add({.person = "10000002"}, 1)), "partition_lost");
  EXPECT_EQ(count("enrolment"), "1");
  EXPECT_FALSE(stale->advance(0, 5));
  EXPECT_EQ(stale->advance(0, 5).error().code, error_code::partition_lost);
  EXPECT_TRUE(owner->advance(1, 5));
  EXPECT_EQ(database_.value("select next_offset from matricula.positions"), "5");
}

TEST_F(postgres_site, an_owner_that_falls_silent_in_copy_does_not_stop_the_next) {
  expect_the_next_goes_on_when_the_owner_falls_silent_at(faults::moment::copying);
}

// With its lock on the offset, for which the next one waits no longer than lock_timeout.
TEST_F(postgres_site, an_owner_that_falls_silent_before_its_commit_loses_its_transaction) {
  expect_the_next_goes_on_when_the_owner_falls_silent_at(faults::moment::held_back);
}

TEST_F(postgres_site, advance_moves_the_offset_of_a_partition_never_seen) {
  auto session = opened();
  EXPECT_TRUE(session->advance(0, 3));
  EXPECT_FALSE(session->advance(0, 4));
  EXPECT_TRUE(session->advance(3, 4));
}

TEST_F(postgres_site, comes_to_the_same_when_a_topic_is_read_from_its_beginning) {
  auto session = opened();
  given_batch first, second{40};
  for (int i = 0; i < 40; ++i)
    first.add({.person = std::to_string(10'000'000 + i)}, static_cast<revision_t>(i + 1));
  for (int i = 0; i < 40; i += 2)
    second.add({.person = std::to_string(10'000'000 + i),
                .status = i % 4 == 0 ? "withdrawn" : "enrolled",
                .room = "C"},
               static_cast<revision_t>(i + 100));
  apply(*session, first);
  apply(*session, second);
  const auto before = everything();

  database_.query("update matricula.positions set next_offset = 0");
  session = opened();
  EXPECT_EQ(apply(*session, first),
            "created 0 changed 0 withdrawn 0 unchanged 20 superseded 20, nothing written");
  EXPECT_TRUE(session->advance(0, 40));
  EXPECT_EQ(apply(*session, second),
            "created 0 changed 0 withdrawn 0 unchanged 20 superseded 0, nothing written");
  EXPECT_TRUE(everything() == before) << everything() << "\n" << before;
}

TEST_F(postgres_site, gives_back_what_it_was_given_whatever_the_characters) {
  std::mt19937 random{46};
  const auto code_point = [&]() -> std::uint32_t {
    constexpr std::uint32_t special[] = {'\\', '\t', '\n', '\r',   '"',    '\'',
                                         0x7F, 0x1,  0x85, 0x2028, 0xFFFE, 0xFFFF};
    for (;;) {
      const auto kind = random() % 5;
      const auto c = kind == 0   ? special[random() % std::size(special)]
                     : kind == 1 ? static_cast<std::uint32_t>(random() % 0x80)
                     : kind == 2 ? static_cast<std::uint32_t>(random() % 0x800)
                     : kind == 3 ? static_cast<std::uint32_t>(random() % 0x10000)
                                 : static_cast<std::uint32_t>(random() % 0x110000);
      if (c != 0 && (c < 0xD800 || c > 0xDFFF))
        return c;
    }
  };
  const auto append_utf8 = [](std::uint32_t c, std::string& out) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xC0 | (c >> 6U));
      out += static_cast<char>(0x80 | (c & 63U));
    } else if (c < 0x10000) {
      out += static_cast<char>(0xE0 | (c >> 12U));
      out += static_cast<char>(0x80 | ((c >> 6U) & 63U));
      out += static_cast<char>(0x80 | (c & 63U));
    } else {
      out += static_cast<char>(0xF0 | (c >> 18U));
      out += static_cast<char>(0x80 | ((c >> 12U) & 63U));
      out += static_cast<char>(0x80 | ((c >> 6U) & 63U));
      out += static_cast<char>(0x80 | (c & 63U));
    }
  };
  given_batch batch;
  std::map<std::string, std::string> names;
  for (int i = 0; i < 500; ++i) {
    const auto person = std::to_string(10'000'000 + i);
    auto& name = names[person] = "x";
    for (auto length = random() % 20; length > 0; --length)
      append_utf8(code_point(), name);
    batch.add({.person = person, .name = name, .subject_name = name}, static_cast<revision_t>(i + 1));
  }
  auto session = opened();
  const auto outcome = session->apply(batch.batch, batch.all(), {}, 0, 500);
  ASSERT_TRUE(outcome) << outcome.error().text;
  for (const auto& one : outcome->refused)
    ADD_FAILURE() << one.reason.text << " " << batch.batch.records[one.index].value;
  for (const auto row : database_.query("select code, name from classrooms.person where born is not null"))
    EXPECT_EQ(row[1].as<std::string>(), names.at(row[0].as<std::string>())) << row[0].c_str();
}

TEST_F(postgres_site, comes_to_the_same_in_whatever_order_partitions_arrive) {
  // Two partitions whose records name the same people with ever different names; each partition keeps its own
  // order.
  std::mt19937 random{12};
  std::vector<std::pair<given_record, revision_t>> records[2];
  for (int i = 0; i < 120; ++i) {
    const auto partition = random() % 2;
    const auto version = std::to_string(i);
    given_record record{.person = std::to_string(10'000'000 + random() % 6),
                        .name = "N" + version,
                        .status = random() % 3 == 0 ? "withdrawn" : "enrolled",
                        .centre = partition == 0 ? "46012345" : "46054321",
                        .centre_name = "C" + version,
                        .group = random() % 2 == 0 ? "1ESOA" : "1ESOB",
                        .subject = random() % 2 == 0 ? "MAT" : "VAL",
                        .subject_name = "S" + version};
    record.teachers = "[";
    for (const auto* id : {"0A", "0B", "0C"})
      if (random() % 2 == 0)
        record.teachers += std::string{record.teachers.size() > 1 ? "," : ""} + R"({"id":")" + id +
                           R"(","name":"T)" + version + R"(","surname1":"S","substitutes":null})";
    record.teachers += "]";
    records[partition].emplace_back(record, static_cast<revision_t>(i + 1));
  }
  std::string expected;
  for (int round = 0; round < 6; ++round) {
    database_.query("drop schema if exists classrooms, matricula cascade");
    std::unique_ptr<postgres_session> sessions[2] = {opened(first_partition), opened(second_partition)};
    std::size_t next[2] = {0, 0};
    while (next[0] < records[0].size() || next[1] < records[1].size()) {
      const auto p = random() % 2;
      const auto size = std::min<std::size_t>(1 + random() % 25, records[p].size() - next[p]);
      if (size == 0)
        continue;
      given_batch batch{static_cast<std::int64_t>(next[p]), p == 0 ? first_partition : second_partition};
      for (std::size_t i = 0; i < size; ++i)
        batch.add(records[p][next[p] + i].first, records[p][next[p] + i].second);
      next[p] += size;
      ASSERT_THAT(apply(*sessions[p], batch), HasSubstr("created"));
    }
    if (round == 0)
      expected = everything();
    ASSERT_TRUE(everything() == expected) << "round " << round << "\n" << everything() << "\n" << expected;
  }
}

TEST_F(postgres_site, partitions_that_share_people_do_not_stop_each_other) {
  const auto run = [&](const topic_partition& from, const std::string& centre, int order) {
    auto session = opened(from);
    for (int round = 0; round < 30; ++round) {
      given_batch batch{round * 20, from};
      for (int i = 0; i < 20; ++i) {
        const auto person = order > 0 ? i : 19 - i;
        batch.add({.person = std::to_string(10'000'000 + person),
                   .name = centre + std::to_string(round),
                   .centre = centre},
                  static_cast<revision_t>(round * 40 + i * 2 + order));
      }
      auto outcome = apply(*session, batch);
      while (outcome == "database_conflict")
        outcome = apply(*session, batch);
      EXPECT_THAT(outcome, HasSubstr("created")) << "round " << round;
    }
  };
  std::thread one{run, first_partition, "46012345", 1};
  std::thread other{run, second_partition, "46054321", 0};
  one.join();
  other.join();
  EXPECT_EQ(database_.value("select count(*) from classrooms.enrolment"), "40");
  EXPECT_EQ(database_.value("select string_agg(distinct name, ',' order by name) from classrooms.person "
                            "where born is not null and revision < 29 * 40"),
            "null");
}

TEST_F(postgres_site, a_group_that_two_partitions_bring_at_once_stops_neither) {
  auto session = opened();
  const auto batch = std::move(given_batch{}.add({.group = "1ESOA", .group_name = "1r ESO A"}, 2));
  pqxx::connection connection{database_.url()};
  pqxx::work other{connection};
  database_.query("insert into classrooms.centre (code, name, flavour, revision) "
                  "values ('46012345', 'IES', 'FP', 1)");
  other.exec("insert into classrooms.school_group (centre_id, year, code, name, revision) "
             "select centre_id, '2026', '1ESOA', 'A', 1 from classrooms.centre");
  auto outcome = std::async(std::launch::async, [&] { return apply(*session, batch); });
  wait_until_somebody_waits();
  other.commit();
  EXPECT_EQ(outcome.get(), "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
  EXPECT_EQ(database_.value("select name from classrooms.school_group"), "1r ESO A");
}

TEST_F(postgres_site, a_centre_that_two_partitions_bring_at_once_stops_neither) {
  auto session = opened();
  const auto batch = std::move(given_batch{}.add({.centre = "46012345", .centre_name = "IES Jaume I"}, 2));
  pqxx::connection connection{database_.url()};
  pqxx::work other{connection};
  other.exec("insert into classrooms.centre (code, name, flavour, revision) "
             "values ('46012345', 'IES', 'FP', 1)");
  auto outcome = std::async(std::launch::async, [&] { return apply(*session, batch); });
  wait_until_somebody_waits();
  other.commit();
  EXPECT_EQ(outcome.get(), "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
  EXPECT_EQ(database_.value("select name from classrooms.centre"), "IES Jaume I");
}

/// A record that has changed its lane comes from two topics.
TEST_F(postgres_site, takes_nothing_back_that_another_session_has_brought_meanwhile) {
  auto session = opened();
  const given_record maths{.subject = "MAT"};
  apply(*session, given_batch{}.add(withdrawn(maths), 50).add({.person = "10000002", .subject = "VAL"}, 150));
  pqxx::connection connection{database_.url()};
  pqxx::work other{connection};
  other.exec("update classrooms.enrolment set revision = 200 where revision = 50");
  const auto batch = std::move(given_batch{2}.add(maths, 100));
  auto outcome = std::async(std::launch::async, [&] { return apply(*session, batch); });
  wait_until_somebody_waits();
  other.commit();
  EXPECT_EQ(outcome.get(), "created 0 changed 0 withdrawn 0 unchanged 0 superseded 1");
  EXPECT_EQ(
      database_.value("select revision || ' ' || e.status from classrooms.enrolment e where revision <> 150"),
      "200 withdrawn");
  EXPECT_EQ(database_.value("select string_agg(p.code, ', ') from classrooms.membership m "
                            "join classrooms.person p using (person_id) where m.status = 'enrolled'"),
            "10000002");
}

TEST_F(postgres_site, a_person_leaves_a_group_with_the_last_of_two_that_end_at_once) {
  auto session = opened();
  const given_record maths{.subject = "MAT"}, valencian{.subject = "VAL"};
  apply(*session, given_batch{}.add(maths, 1).add(valencian, 2));
  pqxx::connection connection{database_.url()};
  pqxx::work other{connection};  // as a session that has come so far
  other.exec("update classrooms.enrolment set revision = 3, status = 'withdrawn' where revision = 1");
  other.exec("select from classrooms.membership for no key update");
  const auto batch = std::move(given_batch{2}.add(withdrawn(valencian), 4));
  auto outcome = std::async(std::launch::async, [&] { return apply(*session, batch); });
  while (outcome.wait_for(5ms) != std::future_status::ready &&
         database_.value("select count(*) from pg_stat_activity where datname = current_database() "
                         "and wait_event_type = 'Lock'") == "0") {
  }
  other.commit();
  EXPECT_EQ(outcome.get(), "created 0 changed 0 withdrawn 1 unchanged 0 superseded 0");
  EXPECT_EQ(database_.value("select status from classrooms.membership"), "withdrawn");
}

// What goes wrong.

TEST_F(postgres_site, applies_the_newest_of_a_key_that_can_be_read) {
  auto session = opened();
  const given_record old{.since = "2026-09-01"}, newer{.since = "2026-09-02"};
  given_batch batch;
  batch.add(old, 1).add(newer, 2).add(newer.key(), R"({"year": 2026, "name": "Secret"})", 3);
  const auto outcome = session->apply(batch.batch, batch.all(), {}, 0, 3);
  ASSERT_TRUE(outcome) << outcome.error().text;
  EXPECT_EQ(text_of(outcome->counts), "created 1 changed 0 withdrawn 0 unchanged 0 superseded 1");
  ASSERT_EQ(outcome->refused.size(), 1U);
  EXPECT_EQ(outcome->refused[0].index, 2U);
  EXPECT_EQ(database_.value("select since from classrooms.record"), "2026-09-02");
}

TEST_F(postgres_site, quarantines_a_record_that_it_cannot_read_and_goes_on) {
  auto session = opened();
  given_batch batch;
  batch.add({.person = "10000001"}, 1);
  batch.add("2026/46012345/1234567890/MAT/1ESOA/10000002/student", R"({"year": 2026, "name": "Secret"})", 2);
  batch.add("2026/46012345/1234567890/MAT/1ESOA/somebody else/student", given_record{}.json(), 3);
  const auto outcome = session->apply(batch.batch, batch.all(), {}, 0, 3);
  ASSERT_TRUE(outcome) << outcome.error().text;
  EXPECT_EQ(text_of(outcome->counts), "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
  ASSERT_EQ(outcome->refused.size(), 2U);
  EXPECT_EQ(outcome->refused[0].index, 1U);
  EXPECT_EQ(outcome->refused[0].reason.code, error_code::field_type);
  EXPECT_EQ(outcome->refused[1].reason.code, error_code::field_value);
  const auto rows = database_.query("select key, value->>'reason', value->>'record', value->>'offset', "
                                    "value->>'topic', value->>'site', value->>'revision' "
                                    "from matricula.outbox where kind = 'quarantine' order by id");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_STREQ(rows[0][0].c_str(), "site/eso46/2026/46012345/1234567890/MAT/1ESOA/10000002/student");
  EXPECT_STREQ(rows[0][1].c_str(), "field_type");
  EXPECT_STREQ(rows[0][2].c_str(), R"({"year": 2026, "name": "Secret"})");
  EXPECT_STREQ(rows[0][3].c_str(), "1");
  EXPECT_STREQ(rows[0][4].c_str(), "ESO-46");
  EXPECT_STREQ(rows[0][5].c_str(), "eso46");
  EXPECT_STREQ(rows[0][6].c_str(), "2");
  EXPECT_EQ(database_.value("select value->>'refused' from matricula.outbox where kind = 'outcome'"), "2");
}

TEST_F(postgres_site, quarantines_bytes_that_are_no_text) {
  auto session = opened();
  given_batch batch;
  batch.add("a\xFF"
            "b",
            std::string("N\xFAria\0", 6), 1);
  batch.add("long", std::string(100'000, 'x'), 2);
  ASSERT_EQ(apply(*session, batch), "created 0 changed 0 withdrawn 0 unchanged 0 superseded 0");
  const auto rows = database_.query("select key, value->>'record', value->>'record_bytes', "
                                    "length(value->>'record') from matricula.outbox order by id");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_STREQ(rows[0][0].c_str(), "site/eso46/a\xEF\xBF\xBD"
                                   "b");
  EXPECT_STREQ(rows[0][1].c_str(), "N\xEF\xBF\xBDria\xEF\xBF\xBD");
  EXPECT_STREQ(rows[1][2].c_str(), "100000");
  EXPECT_STREQ(rows[1][3].c_str(), "65536");
}

TEST_F(postgres_site, refuses_a_row_that_the_database_does_not_take_and_then_goes_on_without_it) {
  auto session = opened();
  database_.query("alter table classrooms.person add check (name <> 'Poison')");
  given_batch batch;
  batch.add({.person = "10000001"}, 1)
      .add({.person = "10000002", .name = "Poison"}, 2)
      .add({.person = "10000003"}, 3);
  const auto whole = session->apply(batch.batch, batch.all(), {}, 0, 3);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, error_code::row_refused);
  EXPECT_THAT(whole.error().text,
              AllOf(HasSubstr("23514"), HasSubstr("50_people_insert.sql"), HasSubstr(database_.name()),
                    Not(HasSubstr("Poison")), Not(HasSubstr("10000002@"))));
  EXPECT_EQ(count("person"), "0");
  const auto rest = session->apply(batch.batch, batch.all(), {{1, whole.error()}}, 0, 3);
  ASSERT_TRUE(rest) << rest.error().text;
  EXPECT_EQ(text_of(rest->counts), "created 2 changed 0 withdrawn 0 unchanged 0 superseded 0");
  EXPECT_EQ(database_.value("select value->>'reason' from matricula.outbox where kind = 'quarantine'"),
            "row_refused");
}

TEST_F(postgres_site, refuses_json_that_only_the_database_finds_wrong) {
  auto session = opened();
  given_batch batch;
  batch.add({.teachers = R"([{"id":"0A","name":"T","surname1":"S","note":"\u0000"}])"}, 1);
  EXPECT_EQ(apply(*session, batch), "row_refused");
}

TEST_F(postgres_site, stages_no_list_that_the_target_leaves_unread) {
  const changed_target changed{site_, "session.sql", "; set matricula.unread_lists = 'teachers'"};
  postgres_session session{changed.site()};
  ASSERT_TRUE(session.open(first_partition));
  apply(session, given_batch{}.add({}, 1));
  EXPECT_EQ(count("enrolment"), "1");
  EXPECT_EQ(count("teaching"), "0");
  EXPECT_EQ(database_.value("select jsonb_array_length(timetable) from classrooms.classroom"), "1");
}

TEST_F(postgres_site, reports_a_broken_target_with_its_file) {
  const changed_target changed{site_, "15_mine.sql", "insert into nowhere select 1"};
  const auto position = postgres_session{changed.site()}.open(first_partition);
  ASSERT_FALSE(position);
  EXPECT_EQ(position.error().code, error_code::target_broken);
  EXPECT_THAT(position.error().text,
              AllOf(HasSubstr("15_mine.sql"), HasSubstr("42P01"), HasSubstr("nowhere")));
}

TEST_F(postgres_site, tells_what_a_statement_of_the_target_raises) {
  opened();
  database_.query("create function public.refuse() returns trigger language plpgsql as $$ begin "
                  "raise exception 'no' using errcode = current_setting('demo.state'); end $$;"
                  "create trigger refuse before insert on classrooms.person for each row "
                  "execute function public.refuse()");
  for (const std::string state :
       {"08006", "0A000", "20000", "21000", "22012", "23505", "25006", "28000", "3D000", "40000",
        "40001", "40002", "40003", "40P01", "42501", "42601", "42703", "42883", "42P01", "44000",
        "53100", "53200", "53300", "53400", "54000", "55006", "55P03", "57014", "58030", "72000",
        "F0000", "HV00N", "P0001", "P0002", "P0003", "P0004", "XX000", "XX001", "AB123"}) {
    SCOPED_TRACE(state);
    database_.administer("alter database " + database_.name() + " set demo.state = '" + state + "'");
    auto session = opened();
    given_batch batch;
    batch.add({}, 1);
    const auto outcome = session->apply(batch.batch, batch.all(), {}, 0, 1);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(name_of(outcome.error().code), name_of(code_of_sqlstate(state))) << outcome.error().text;
    // libpqxx takes class 08 for the end of the connection and keeps no state.
    EXPECT_THAT(outcome.error().text, HasSubstr(state == "08006" ? "PostgreSQL at " : "SQLSTATE " + state));
    EXPECT_EQ(count("person"), "0");
  }
}

TEST_F(postgres_site, a_refusal_without_a_record_is_the_targets) {
  const changed_target changed{site_, "session.sql", "; select 1 / 0"};
  const auto position = postgres_session{changed.site()}.open(first_partition);
  ASSERT_FALSE(position);
  EXPECT_EQ(position.error().code, error_code::target_broken);
  EXPECT_THAT(position.error().text,
              AllOf(HasSubstr("22012"), HasSubstr("session.sql"), Not(HasSubstr("quarantine"))));
}

TEST_F(postgres_site, a_database_whose_tables_are_gone_has_them_again_once_it_is_opened) {
  auto session = opened();
  given_batch first;
  first.add({.person = "10000001"}, 1);
  apply(*session, first);
  database_.query("drop schema classrooms, matricula cascade");
  EXPECT_EQ(apply(*session, given_batch{1}.add({.person = "10000002"}, 2)), "target_broken");
  const auto position = session->open(first_partition);
  ASSERT_TRUE(position) << position.error().text;
  EXPECT_EQ(position->next_offset, 0);
  EXPECT_EQ(apply(*session, first), "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
}

TEST_F(postgres_site, a_deadlock_is_a_conflict_and_the_same_batch_then_goes_through) {
  database_.administer("alter database " + database_.name() + " set deadlock_timeout = '2s'");
  auto session = opened();
  apply(*session, given_batch{}.add({.person = "10000001"}, 1).add({.person = "10000002"}, 2));
  given_batch batch{2};
  batch.add({.person = "10000001", .name = "A"}, 3).add({.person = "10000002", .name = "B"}, 4);

  pqxx::connection rival{database_.url()};
  pqxx::nontransaction{rival}.exec("set deadlock_timeout = '60s'");
  std::string outcome;
  {
    pqxx::work work{rival};
    work.exec("update classrooms.person set name = 'X' where code = '10000002'");
    std::thread applier{[&] { outcome = apply(*session, batch); }};
    wait_until_somebody_waits();
    work.exec("update classrooms.person set name = 'X' where code = '10000001'");
    applier.join();
  }
  EXPECT_EQ(outcome, "database_conflict");
  EXPECT_EQ(apply(*session, batch), "created 0 changed 2 withdrawn 0 unchanged 0 superseded 0");
}

TEST_F(postgres_site, works_read_committed_whatever_the_database_prefers) {
  opened();
  database_.query("create function public.demand() returns trigger language plpgsql as $$ begin "
                  "if current_setting('transaction_isolation') <> 'read committed' then "
                  "raise exception 'another level'; end if; return new; end $$;"
                  "create trigger demand before insert on classrooms.person for each row "
                  "execute function public.demand()");
  database_.administer("alter database " + database_.name() +
                       " set default_transaction_isolation = serializable");
  auto session = opened();
  EXPECT_EQ(apply(*session, given_batch{}.add({}, 1)),
            "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
}

TEST_F(postgres_site, a_database_that_takes_no_writes_refuses) {
  opened();
  database_.administer("alter database " + database_.name() + " set default_transaction_read_only = on");
  postgres_session session{site_};
  const auto position = session.open(first_partition);
  ASSERT_FALSE(position);
  EXPECT_EQ(position.error().code, error_code::database_refuses);
  EXPECT_THAT(position.error().text, HasSubstr("25006"));
  database_.administer("alter database " + database_.name() + " set default_transaction_read_only = off");
  EXPECT_TRUE(session.open(first_partition));
}

TEST_F(postgres_site, a_killed_connection_is_an_outage_until_opened_again) {
  auto session = opened();
  apply(*session, given_batch{}.add({.person = "10000001"}, 1));
  end_sessions_of_the_site();
  const auto batch = std::move(given_batch{1}.add({.person = "10000002"}, 2));
  EXPECT_EQ(apply(*session, batch), "database_unavailable");
  EXPECT_EQ(apply(*session, batch), "database_unavailable");
  EXPECT_EQ(session->advance(1, 2).error().code, error_code::database_unavailable);
  const auto position = session->open(first_partition);
  ASSERT_TRUE(position) << position.error().text;
  EXPECT_EQ(position->next_offset, 1);
  EXPECT_EQ(apply(*session, batch), "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
}

TEST_F(postgres_site, a_lost_connection_is_told_as_one) {
  auto session = opened();
  end_sessions_of_the_site();
  const auto batch = std::move(given_batch{}.add({.person = "10000001"}, 1));
  const auto outcome = session->apply(batch.batch, batch.all(), {}, 0, 1);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text,
              AnyOf(HasSubstr("terminating connection"), HasSubstr("closed the connection")));
}

TEST_F(postgres_site, a_connection_killed_in_a_transaction_leaves_nothing_behind) {
  auto session = opened();
  apply(*session, given_batch{}.add({.person = "10000001"}, 1));
  pqxx::connection rival{database_.url()};
  pqxx::work lock{rival};
  lock.exec("update classrooms.person set name = 'X'");
  std::string outcome;
  std::thread applier{
      [&] { outcome = apply(*session, given_batch{1}.add({.person = "10000001", .name = "A"}, 2)); }};
  wait_until_somebody_waits();
  end_sessions_of_the_site();
  applier.join();
  EXPECT_EQ(outcome, "database_unavailable");
  const auto position = session->open(first_partition);
  ASSERT_TRUE(position);
  EXPECT_EQ(position->next_offset, 1);
}

TEST_F(postgres_site, a_connection_that_nobody_acknowledges_is_given_up_on_both_sides) {
  const auto address = postgres_address::read(database_.url(), "matricula eso46");
  ASSERT_TRUE(address);
  postgres_connection connection{*address};
  EXPECT_EQ(tcp_option(connection.sock(), TCP_USER_TIMEOUT), 15'000);
  EXPECT_EQ(pqxx::nontransaction{connection}.exec("show tcp_user_timeout")[0][0].as<std::string>(), "15000");
}

TEST_F(postgres_site, no_server_is_an_outage_whose_text_hides_the_password) {
  auto site = site_;
  site.database = secret{"postgresql://nobody:s3cret@127.0.0.1:1/nowhere"};
  postgres_session session{site};
  const auto position = session.open(first_partition);
  ASSERT_FALSE(position);
  EXPECT_EQ(position.error().code, error_code::database_unavailable);
  EXPECT_THAT(position.error().text, AllOf(HasSubstr("127.0.0.1:1/nowhere"), Not(HasSubstr("s3cret"))));
}

TEST_F(postgres_site, sessions_that_open_at_once_install_once) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([this, i] { opened({"ESO-46", i}); });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(database_.value("select count(*) from matricula.target"), "2");
}

// What the target promises.

TEST_F(postgres_site, reports_each_classroom_with_its_link_and_without_names) {
  auto session = opened();
  apply(*session, given_batch{}
                      .add({.person = "10000001", .subject = "MAT"}, 1)
                      .add({.person = "10000002", .status = "withdrawn", .subject = "MAT"}, 2)
                      .add({.person = "012345678Z", .role = "teacher", .subject = "MAT"}, 3));
  const auto rows = database_.query("select key, value - 'at', value->>'at' is not null, value "
                                    "from (select key, value::jsonb from matricula.outbox) o");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_STREQ(rows[0][0].c_str(), "2026/46012345/1234567890/MAT/1ESOA");
  const auto id = database_.value("select classroom_id from classrooms.classroom");
  EXPECT_EQ(
      rows[0][1].as<std::string>(),
      R"({"link": "https://aules.example/eso46/course/view.php?id=)" + id +
          R"(", "site": "eso46", "changed": 0, "created": 2, "members": {"students": 1, "teachers": 1}, )" +
          R"("refused": 0, "withdrawn": 1})");
  EXPECT_TRUE(rows[0][2].as<bool>());
  EXPECT_THAT(rows[0][3].as<std::string>(), AllOf(Not(HasSubstr("Anna")), Not(HasSubstr("Joan"))));
}

TEST_F(postgres_site, verify_shows_every_record_in_the_columns_of_the_staging_table) {
  auto session = opened();
  given_batch batch;
  batch.add({.person = "10000001", .group = "A~1B"}, 7);
  auto& record = batch.batch.records[0];
  std::string key = given_record{.group = "A~01B"}.key();  // RFC 6901: '~' is written "~0"
  record.key = key;
  ASSERT_EQ(apply(*session, batch), "created 1 changed 0 withdrawn 0 unchanged 0 superseded 0");
  std::ifstream file{site_.target_directory / "verify.sql"};
  const std::string sql{std::istreambuf_iterator<char>{file}, {}};
  const auto rows = database_.query("set search_path = classrooms; " + sql);
  ASSERT_EQ(rows.size(), 1U);
  std::string columns = "ordinal";
  for (pqxx::row::size_type i = 0; i < rows.columns(); ++i)
    columns += std::string{", "} + rows.column_name(i);
  EXPECT_EQ(columns, copy_encoder::columns);
  EXPECT_EQ(rows[0]["key"].as<std::string>(), key);
  EXPECT_EQ(rows[0]["key_hash"].as<std::int64_t>(), static_cast<std::int64_t>(key_hash_of(key)));
  EXPECT_EQ(rows[0]["content_hash"].as<std::int64_t>(), static_cast<std::int64_t>(record.content_hash));
  EXPECT_EQ(rows[0]["revision"].as<std::int64_t>(), 7);
}

TEST_F(postgres_site, looks_up_by_index_also_while_the_tables_grow) {
  auto session = opened();
  revision_t revision = 0;
  std::int64_t offset = 0;
  for (int batch_number = 0; batch_number < 4; ++batch_number) {
    given_batch batch{offset};
    for (int i = 0; i < 2000; ++i)
      batch.add({.person = std::to_string(10'000'000 + batch_number * 200 + i / 10),
                 .group = "G" + std::to_string(batch_number * 8 + i / 250),
                 .subject = "S" + std::to_string(i % 10)},
                ++revision);
    offset = batch.batch.next_offset;
    ASSERT_THAT(apply(*session, batch), HasSubstr("created 2000 "));
  }
  session.reset();
  std::string scans;
  for (int wait = 0; wait < 100; ++wait) {  // the session's counters come with its end
    if (database_.value("select n_tup_ins from pg_stat_user_tables where relname = 'enrolment'") == "8000")
      break;
    std::this_thread::sleep_for(50ms);
  }
  for (const auto row : database_.query("select relname, seq_scan, seq_tup_read from pg_stat_user_tables "
                                        "where schemaname = 'classrooms' and seq_tup_read > 0"))
    scans += std::string{row[0].c_str()} + " " + row[1].c_str() + " " + row[2].c_str() + "\n";
  EXPECT_EQ(scans, "");
}

}  // namespace
}  // namespace matricula
