// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/postgres_session.hpp"
#include "cli/site_rows.hpp"
#include "cli/site_status.hpp"
#include "config/references.hpp"
#include "config/target_folder.hpp"
#include "tests/integration/postgres_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace matricula {

inline const topic_partition first_partition{"ESO-46", 0};

inline constexpr auto anna = "10000001";
inline constexpr auto berta = "10000002";

/// The SQL of Moodle's tables, with another prefix if need be.
inline std::string moodle_tables(const std::string& prefix = "mdl_") {
  std::ifstream file{repository_targets().parent_path().parent_path() /
                     "tests/integration/moodle/moodle_4_3.sql"};
  std::string sql{std::istreambuf_iterator<char>{file}, {}};
  for (auto at = sql.find("mdl_"); at != std::string::npos; at = sql.find("mdl_", at + prefix.size()))
    sql.replace(at, 4, prefix);
  return sql;
}

/// Returns when so many sessions of this database wait for a lock.
inline void await_waiting(const site_database& database, int sessions) {
  const auto wanted = std::to_string(sessions);
  std::string waiting;
  for (int tries = 0; tries < 200 && waiting != wanted; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    waiting = database.value("select count(*) from pg_stat_activity where datname = current_database() and "
                             "wait_event_type = 'Lock'");
  }
  EXPECT_EQ(waiting, wanted);
}

/// A site with the tables of Moodle 4.3 and the target `moodle`.
class moodle_site : public testing::Test {
 protected:
  moodle_site() {
    database_.query(moodle_tables());
    site_.target = "moodle";
    site_.target_directory = repository_targets() / "moodle";
    given_settings({});
  }

  void given_settings(const std::map<std::string, std::string>& written) {
    site_.settings = config::read_target_folder(site_.target_directory).settings_with(written);
    session_.reset();
  }

  /// What day it is for whoever connects from now on.
  void it_is(const std::string& day) {
    database_.query("alter database " + database_.name() + " set matricula.today = '" + day + "'");
    session_.reset();
  }

  /// What the next record says, in a batch of its own; the effects.
  std::string site_gets(const given_record& record) { return site_gets_page({record}); }

  std::string site_gets_page(const std::vector<given_record>& records) {
    if (!session_)
      session_ = opened(first_partition);
    given_batch given{offset_};
    for (const auto& record : records)
      given.add(record, ++revision_);
    offset_ = given.batch.next_offset;
    return apply(*session_, given);
  }

  /// The page that it got last, once more from the topic.
  std::string site_reads_again(const std::vector<given_record>& records) {
    revision_ -= records.size();
    return site_gets_page(records);
  }

  std::unique_ptr<postgres_session> opened(const topic_partition& from) const {
    return opened_session(site_, from);
  }

  static std::string apply(site_store& store, const given_batch& given) {
    const auto& batch = given.batch;
    const auto outcome = store.apply(batch, given.all(), {}, batch.records.front().offset, batch.next_offset);
    if (!outcome)
      return outcome.error().text;
    const auto& counts = outcome->counts;
    return "created " + std::to_string(counts.created) + " changed " + std::to_string(counts.changed) +
           " withdrawn " + std::to_string(counts.withdrawn) +
           (counts.held > 0 ? ", " + std::to_string(counts.held) + " held" : "") +
           (outcome->offset_stored ? "" : ", nothing written");
  }

  /// Applies until no other session is in the way; why it cannot be, if there is another reason.
  static std::string apply_until_free(site_store& store, const given_batch& given) {
    for (;;) {
      const auto& batch = given.batch;
      const auto outcome =
          store.apply(batch, given.all(), {}, batch.records.front().offset, batch.next_offset);
      if (outcome)
        return "";
      if (outcome.error().code != error_code::database_conflict)
        return outcome.error().text;
    }
  }

  /// Why the site cannot be opened.
  std::string refusal() const {
    postgres_session session{site_};
    const auto position = session.open(first_partition);
    return position ? "none" : std::string{name_of(position.error().code)} + ": " + position.error().text;
  }

  /// What the doctor says: "fine Moodle 4.3, …".
  std::string diagnosis() const {
    const auto findings = postgres_session{site_}.inspect();
    if (!findings)
      return findings.error().text;
    constexpr const char* words[] = {"fine ", "late ", "wrong "};
    std::string all;
    for (const auto& one : *findings)
      all += words[static_cast<std::size_t>(one.how)] + one.what + " > " + one.mend + "\n";
    return all;
  }

  /// People of a centre, numbered, in its one classroom.
  static std::vector<given_record> people_of(const std::string& centre, int first, int last,
                                             const std::string& status = "enrolled") {
    std::vector<given_record> records;
    for (int number = first; number <= last; ++number)
      records.push_back(
          {.person = centre.substr(5) + std::to_string(10'000 + number), .status = status, .centre = centre});
    return records;
  }

  /// "active 8, suspended 2" of a centre's students.
  std::string students_of(const std::string& centre) const {
    return value("select format('active %s, suspended %s', count(*) filter (where e.status = 0), "
                 "count(*) filter (where e.status = 1)) from mdl_user_enrolments e "
                 "join mdl_user u on u.id = e.userid where u.username like '" +
                 centre.substr(5) + "1____'");
  }

  /// "46000001 held 3 3", centre by centre.
  std::string held_back() const {
    const auto status = status_of(site_);
    if (!status)
      return status.error().text;
    std::string all;
    for (const auto& each : status->withdrawals)
      all += (all.empty() ? "" : ", ") + each.centre + " " + each.state + " " + std::to_string(each.people) +
             " " + std::to_string(each.enrolments);
    return all;
  }

  /// Decides on all that has been held back until now, portion by portion: "500 500, 200 200", people and enrolments.
  std::string somebody(postgres_session::decision decides, const std::string& centre,
                       const std::string& until = "infinity") const {
    const auto session = opened(first_partition);
    std::string all;
    for (bool again = true; again;) {
      const auto portion = session->decide({decides, centre, until});
      if (!portion)
        return portion.error().text;
      std::uint64_t people = 0, enrolments = 0;
      for (const auto& each : portion->centres) {
        people += each.people;
        enrolments += each.enrolments;
      }
      if (people > 0)
        all += (all.empty() ? "" : ", ") + std::to_string(people) + " " + std::to_string(enrolments);
      again = portion->again;
    }
    return all;
  }

  std::string value(const std::string& sql) const { return database_.value(sql); }

  /// Every row of every table of Moodle, with the transaction that wrote it.
  std::string moodle() const {
    std::string all;
    for (const auto table :
         database_.query("select relname from pg_class where relkind = 'r' and relname like 'mdl_%' "
                         "order by relname"))
      for (const auto row :
           database_.query(std::string{"select t.xmin, t::text from "} + table[0].c_str() + " t order by id"))
        all += std::string{table[0].c_str()} + " " + row[0].c_str() + " " + row[1].c_str() + "\n";
    return all;
  }

  /// A topology that names this site; `more` follows what it says of it.
  void write_topology(const std::filesystem::path& file, const std::string& more = "") const {
    std::ofstream{file} << "[pipeline]\nname = \"demo\"\nschool_year = \"2026\"\ntargets_directory = \""
                        << repository_targets().string() << "\"\n[kafka]\nbootstrap = \"127.0.0.1:1\"\n"
                        << "[[source]]\nname = \"itaca\"\nurl = \"http://127.0.0.1:1/\"\n"
                        << "[[lane]]\nflavour = \"ESO\"\nprovinces = [\"46\"]\n"
                        << "[[site]]\nname = \"eso46\"\ntopics = [\"ESO-46\"]\ndatabase = "
                           "\"${TEST_DATABASE}\"\ntarget = \""
                        << site_.target << "\"\nbase_url = \"https://aules.example/eso46\"\n"
                        << more;
  }

  /// What it refers to.
  environment_lookup environment() const {
    return [url = database_.url()](const std::string& name) {
      return name == "TEST_DATABASE" ? std::optional{url} : std::nullopt;
    };
  }

  /// Who is in which course and group and as what: "10000001 MAT:active student 1r ESO A, …".
  std::string people() const {
    return value(R"sql(
select coalesce(string_agg(line, ', ' order by line), '') from (
  select u.username || ' ' || c.fullname || ': '
         || coalesce(case e.status when 0 then 'active' when 1 then 'suspended' end, 'no enrolment')
         || coalesce(' ' || (select string_agg(r.shortname, '+' order by r.shortname)
                             from mdl_role_assignments a join mdl_role r on r.id = a.roleid
                             where a.userid = u.id and a.contextid = x.id), '')
         || coalesce(' [' || (select string_agg(g.name, '+' order by g.name)
                              from mdl_groups_members m join mdl_groups g on g.id = m.groupid
                              where m.userid = u.id and g.courseid = c.id) || ']', '') as line
  from mdl_user u
  cross join mdl_course c
  join mdl_context x on x.contextlevel = 50 and x.instanceid = c.id
  join mdl_enrol i on i.courseid = c.id and i.enrol = 'database'
  left join mdl_user_enrolments e on e.enrolid = i.id and e.userid = u.id
  where e.id is not null or exists (select from mdl_role_assignments a where a.userid = u.id and a.contextid = x.id)
) as lines)sql");
  }

  /// What `matricula verify` reads: the person, the group, the role and the status, by key.
  std::string verified() const {
    std::map<std::string, std::string> rows;
    const auto outcome = read_site_rows(site_, [&](const site_row& row) {
      for (const auto text :
           {row.record.person_id, row.record.group_code, row.record.role, row.record.status})
        rows[std::string{row.key}] += (rows[std::string{row.key}].empty() ? "" : " ") + std::string{text};
    });
    EXPECT_TRUE(outcome) << outcome.error().text;
    std::string all;
    for (const auto& [key, text] : rows)
      all += (all.empty() ? "" : ", ") + text;
    return all;
  }

  /// The columns in which the one row is not as Moodle's own, numbers of rows and times aside.
  std::string differences(const std::string& table, const std::string& where,
                          const std::string& moodles_row) const {
    return value(
        "select coalesce(string_agg(key, ' ' order by key), '') from (select to_jsonb(t) as row from " +
        table + " t where " + where +
        ") as ours cross join lateral jsonb_each(ours.row) as a "
        "full join jsonb_each('" +
        moodles_row +
        "') as b using (key) "
        "where a.value is distinct from b.value and key not in ('id', 'timecreated', 'timemodified', "
        "'timeadded', 'cacherev', 'expiry')");
  }

  site_database database_;
  site_settings site_ = site_in(database_);
  std::unique_ptr<postgres_session> session_;
  std::int64_t offset_ = 0;
  revision_t revision_ = 0;
};

}  // namespace matricula
