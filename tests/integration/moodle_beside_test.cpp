// SPDX-License-Identifier: Apache-2.0
// Batches of two partitions at once while somebody works in the same Moodle by hand: all that he has done stays, and all that
// the records say is there.
#include "cli/site_rows.hpp"
#include "tests/integration/moodle_fixture.hpp"
#include "tests/integration/moodle_worker.hpp"
#include "tests/integration/postgres_fixture.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <future>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace matricula {
namespace {

constexpr int rounds = 6, partitions = 2;

/// What the batches of the two partitions both want, a category or short names, so that nothing but a lock keeps them apart;
/// whether groups are merged, and who leaves is unenrolled; and what somebody does.
struct story {
  bool shares_shortnames = false;
  bool is_merged = false;
  unsigned seed = 0;
};

void PrintTo(const story& one, std::ostream* out) {
  *out << (one.shares_shortnames ? "one short name for two centres" : "one province")
       << (one.is_merged ? ", merged groups" : "") << ", seed " << one.seed;
}

class moodle_beside : public moodle_site, public testing::WithParamInterface<story> {
 protected:
  moodle_beside() {
    std::map<std::string, std::string> settings{{"withdraw_people_min", "1000000"}};
    if (GetParam().shares_shortnames) {
      settings["shortname"] = "{year} {subject.code} {group.code}";
      settings["categories"] = "centre/course";
    }
    if (GetParam().is_merged) {
      settings["classrooms"] = "merged";
      settings["withdraw"] = "unenrol";
    }
    given_settings(settings);
    for (std::size_t partition = 0; partition < partitions; ++partition)
      sessions_[partition] = opened(partition_of(partition));
  }

  static topic_partition partition_of(std::size_t partition) {
    return {"ESO-46", static_cast<std::int32_t>(partition)};
  }
  /// Each round has a centre in each partition, and the two of them a province of their own.
  static std::string province_of(int round) { return std::to_string(20 + round); }
  static std::string centre_of(int round, int partition) {
    return province_of(round) + "00000" + std::to_string(partition);
  }
  static std::string group_of(int round, int group) {
    return "G" + std::to_string(group) + "R" + std::to_string(round);
  }
  static std::string pupil_of(int round, int partition, int group, int number) {
    return std::to_string(10'000'000 + round * 100'000 + partition * 10'000 + group * 100 + number);
  }

  /// From the fifth round on the same in both partitions, which therefore wait for each other from the beginning.
  static std::string teacher_of(int round, int partition) {
    const auto id = round < 4 ? "0" + std::to_string(partition) : std::string{"0S"};
    return R"([{"id":")" + id + R"(","name":"Joan","surname1":"Fuster"}])";
  }

  /// The category of a centre, or of two, that is made first.
  static std::string category_of(int round, int partition) {
    return GetParam().shares_shortnames ? centre_of(round, partition) : province_of(round);
  }
  static std::string shortname_of(int round, int partition, const std::string& subject, int group) {
    return "2026 " + (GetParam().shares_shortnames ? "" : centre_of(round, partition) + " 1234567890 ") +
           subject + (GetParam().is_merged ? "" : " " + group_of(round, group));
  }

  /// What a batch to come will want.
  static std::vector<moodle_worker::names_to_come> names_of(int round) {
    std::vector<moodle_worker::names_to_come> names;
    for (int partition = 0; partition < partitions; ++partition)
      for (const int group : {0, 1})
        for (const int number : {0, 5})
          names.push_back({shortname_of(round, partition, number == 0 ? "MAT" : "VAL", group),
                           category_of(round, partition), pupil_of(round, partition, group, number)});
    return names;
  }

  using page = std::vector<given_record>;

  /// The classrooms of a centre and their pupils, for the first time.
  page newcomers(int round, int partition) {
    page all;
    for (const int group : {0, 1})
      for (const auto* subject : {"MAT", "VAL"})
        for (int number = 0; number < 10; ++number)
          say(all, {.person = pupil_of(round, partition, group, number),
                    .centre = centre_of(round, partition),
                    .centre_name = "IES",
                    .group = group_of(round, group),
                    .subject = subject,
                    .subject_name = subject,
                    .group_name = "Group",
                    .teachers = teacher_of(round, partition)});
    return all;
  }

  /// All is called otherwise, some leave, and one group has a further subject.
  void changes(int round, int partition, page& all) {
    const auto again = " " + std::to_string(round + 1);
    for (auto record : said_of(centre_of(round, partition))) {
      record.name += again;
      record.centre_name = "IES" + again;
      record.group_name = "Group" + again;
      record.subject_name = record.subject + again;
      const auto number = record.person.back() - '0';
      if (number == 1 || number == 6)
        record.status = "withdrawn";
      say(all, record);
      if (record.subject == "MAT" && record.group == group_of(round, 0) && record.status == "enrolled") {
        record.subject = "ENG";
        record.subject_name = "ENG" + again;
        say(all, record);
      }
    }
  }

  /// Who had left comes back, and one pupil goes over to the other group.
  void returns(int round, int partition, page& all) {
    for (auto record : said_of(centre_of(round, partition))) {
      if (record.status == "withdrawn") {
        record.status = "enrolled";
        say(all, record);
      } else if (record.person.back() == '4' && record.subject == "MAT" &&
                 record.group == group_of(round, 0)) {
        say(all, withdrawn(record));
        record.group = group_of(round, 1);
        say(all, record);
      }
    }
  }

  page page_of(int round, int partition) {
    auto all = newcomers(round, partition);
    if (round >= 1)
      changes(round - 1, partition, all);
    if (round >= 2)
      returns(round - 2, partition, all);
    return all;
  }

  /// Applies one page in each partition, both at once.
  void both_get(const std::array<page, partitions>& pages) {
    std::array<std::future<std::string>, partitions> outcomes;
    for (std::size_t partition = 0; partition < partitions; ++partition) {
      auto given = std::make_shared<given_batch>(offsets_[partition], partition_of(partition));
      for (const auto& record : pages[partition])
        given->add(record, ++revision_);
      offsets_[partition] = given->batch.next_offset;
      outcomes[partition] = std::async(std::launch::async, [this, partition, given] {
        return apply_until_free(*sessions_[partition], *given);
      });
    }
    for (auto& outcome : outcomes)
      EXPECT_EQ(outcome.get(), "");
  }

  void say(page& all, const given_record& record) {
    said_[record.key()] = record;
    all.push_back(record);
  }
  page said_of(const std::string& centre) const {
    page all;
    for (const auto& [key, record] : said_)
      if (record.centre == centre)
        all.push_back(record);
    return all;
  }

  void expect_what_the_records_say();
  void expect_nothing_twice() const;
  void expect_all_in_its_category() const;

  std::array<std::unique_ptr<postgres_session>, partitions> sessions_;
  std::array<std::int64_t, partitions> offsets_{};
  std::map<std::string, given_record> said_;  ///< the newest of each key
};

/// But for names that somebody has given by hand, and people whom he has suspended.
void moodle_beside::expect_what_the_records_say() {
  std::map<std::string, std::string> names;  // by what is called so
  std::map<std::string, std::string> wanted, found;
  for (const auto& [key, record] : said_) {
    wanted[key] = record.status;
    const auto classroom = key.substr(0, key.find("/" + record.person + "/"));
    const auto course = GetParam().is_merged ? classroom.substr(0, classroom.rfind('/')) : classroom;
    names["course " + course] = record.subject_name + (GetParam().is_merged ? "" : " · " + record.group_name);
    names["group " + course + " " + record.group] = record.group_name;
    names["category " + (GetParam().shares_shortnames ? "" : record.centre.substr(0, 2) + "/") +
          record.centre] = record.centre_name;
    names["account " + record.person] = record.name;
  }
  for (const auto row : database_.query(
           "select r.key || '/' || p.code || '/student' from by_hand h join mdl_user_enrolments e on "
           "e.id = h.id join matricula.moodle_course c on c.enrol_id = e.enrolid "
           "join matricula.moodle_classroom m on m.course_id = c.course_id "
           "join classrooms.classroom r on r.classroom_id = m.classroom_id "
           "join matricula.moodle_user u on u.user_id = e.userid "
           "join classrooms.person p on p.person_id = u.person_id "
           "join classrooms.enrolment o on o.classroom_id = r.classroom_id and o.person_id = p.person_id "
           "where h.tbl = 'mdl_user_enrolments'"))
    wanted[row[0].c_str()] = "withdrawn";
  // Who has left a group of a merged course for another, and whom somebody has put into it, cannot be told from its own.
  for (const auto row : database_.query(
           "select r.key || '/' || p.code || '/student' from by_hand h "
           "join mdl_groups_members g on g.id = h.id "
           "join matricula.moodle_classroom m on m.moodle_group_id = g.groupid "
           "join classrooms.classroom r on r.classroom_id = m.classroom_id "
           "join matricula.moodle_user u on u.user_id = g.userid "
           "join classrooms.person p on p.person_id = u.person_id "
           "join classrooms.enrolment o on o.classroom_id = r.classroom_id and o.person_id = p.person_id "
           "join matricula.moodle_course c on c.course_id = m.course_id "
           "join mdl_user_enrolments e on e.enrolid = c.enrol_id and e.userid = g.userid and e.status = 0 "
           "where h.tbl = 'mdl_groups_members' and o.status = 'withdrawn'"))
    wanted[row[0].c_str()] = "enrolled";
  const auto outcome = read_site_rows(
      site_, [&](const site_row& row) { found[std::string{row.key}] = std::string{row.record.status}; });
  ASSERT_TRUE(outcome) << outcome.error().text;
  EXPECT_EQ(found, wanted);
  for (const auto row : database_.query(
           "select 'course ' || m.key, c.fullname, h.what ->> 'fullname' from matricula.moodle_course m "
           "join mdl_course c on c.id = m.course_id "
           "left join by_hand h on h.tbl = 'mdl_course' and h.id = c.id "
           "union all select 'group ' || c.key || ' ' || x.code, g.name, h.what ->> 'name' "
           "from matricula.moodle_group m "
           "join classrooms.school_group x on x.group_id = m.group_id "
           "join matricula.moodle_course c on c.course_id = m.course_id "
           "join mdl_groups g on g.id = m.moodle_group_id "
           "left join by_hand h on h.tbl = 'mdl_groups' and h.id = g.id "
           "union all select 'category ' || m.key, c.name, h.what ->> 'name' from matricula.moodle_category "
           "m "
           "join mdl_course_categories c on c.id = m.category_id "
           "left join by_hand h on h.tbl = 'mdl_course_categories' and h.id = c.id "
           "union all select 'account ' || u.username, u.firstname, h.what ->> 'firstname' "
           "from matricula.moodle_user m join mdl_user u on u.id = m.user_id "
           "left join by_hand h on h.tbl = 'mdl_user' and h.id = u.id")) {
    const auto known = names.find(row[0].c_str());
    if (!row[2].is_null()) {
      EXPECT_STREQ(row[1].c_str(), row[2].c_str()) << row[0].c_str();
    } else if (known != names.end()) {
      EXPECT_EQ(row[1].c_str(), known->second) << row[0].c_str();
    }
    if (known != names.end())
      names.erase(known);
  }
  EXPECT_TRUE(names.empty()) << names.size() << " are missing, such as " << names.begin()->first;
}

void moodle_beside::expect_nothing_twice() const {
  for (const auto& [what, rows] : std::map<std::string, std::string>{
           {"courses of a short name", "select shortname as thing from mdl_course"},
           {"courses of an idnumber", "select idnumber as thing from mdl_course where idnumber <> ''"},
           {"categories of an idnumber",
            "select idnumber as thing from mdl_course_categories where idnumber <> ''"},
           {"accounts", "select username as thing from mdl_user"},
           {"contexts", "select (contextlevel, instanceid)::text as thing from mdl_context"},
           {"instances of a plugin", "select (courseid, enrol)::text as thing from mdl_enrol"},
           {"enrolments", "select (enrolid, userid)::text as thing from mdl_user_enrolments"},
           {"roles",
            "select (roleid, contextid, userid, component, itemid)::text as thing from mdl_role_assignments"},
           {"groups", "select (courseid, idnumber)::text as thing from mdl_groups"},
           {"memberships", "select (groupid, userid)::text as thing from mdl_groups_members"}})
    EXPECT_EQ(value("select coalesce(string_agg(thing, ', '), '') from (select thing from (" + rows +
                    ") as things group by thing having count(*) > 1) as twice"),
              "")
        << what;
  EXPECT_EQ(value("select count(*) from mdl_context c join mdl_context p on c.path = p.path || '/' || c.id "
                  "and c.depth = p.depth + 1 where c.contextlevel in (40, 50) and c.instanceid > 1"),
            value("select (select count(*) from mdl_course where id > 1) + "
                  "(select count(*) from mdl_course_categories where id > 1)"));
}

/// Whatever somebody has done with categories meanwhile.
void moodle_beside::expect_all_in_its_category() const {
  EXPECT_EQ(value("select coalesce(string_agg(m.key, ', '), '') from matricula.moodle_course m "
                  "join mdl_course c on c.id = m.course_id "
                  "left join mdl_context x on x.contextlevel = 50 and x.instanceid = c.id "
                  "left join mdl_context p on p.contextlevel = 40 and p.instanceid = c.category "
                  "where x.path is distinct from p.path || '/' || x.id"),
            "")
      << "contexts of courses elsewhere";
  EXPECT_EQ(value("select coalesce(string_agg(m.key, ', '), '') from matricula.moodle_category m "
                  "join mdl_course_categories c on c.id = m.category_id and c.parent > 0 "
                  "left join mdl_context x on x.contextlevel = 40 and x.instanceid = c.id "
                  "left join mdl_context p on p.contextlevel = 40 and p.instanceid = c.parent "
                  "where x.path is distinct from p.path || '/' || x.id"),
            "")
      << "contexts of categories elsewhere";
  EXPECT_EQ(value("select coalesce(string_agg(m.key, ', '), '') from matricula.moodle_course m "
                  "join mdl_course c on c.id = m.course_id join mdl_course_categories k on k.id = c.category "
                  "where c.visible > k.visible and not exists (select from by_hand h "
                  "where h.tbl = 'mdl_course' and h.id = c.id and h.what ? 'visible')"),
            "")
      << "courses shown in hidden categories";
  EXPECT_EQ(value("select coalesce(string_agg(m.key, ', '), '') from matricula.moodle_category m "
                  "join mdl_course_categories c on c.id = m.category_id "
                  "join mdl_course_categories k on k.id = c.parent where c.visible > k.visible"),
            "")
      << "categories shown in hidden ones";
}

TEST_P(moodle_beside, leaves_all_that_somebody_does_by_hand_and_does_all_that_the_records_say) {
  std::vector<std::vector<moodle_worker::names_to_come>> to_come;
  for (int round = 0; round < rounds; ++round)
    to_come.push_back(names_of(round));
  moodle_worker worker{database_.url(), GetParam().seed, to_come};
  std::size_t done_meanwhile = 0;
  for (int round = 0; round < rounds; ++round) {
    worker.begin_round(static_cast<std::size_t>(round));
    const auto before = worker.done();
    both_get({page_of(round, 0), page_of(round, 1)});
    done_meanwhile += worker.done() - before;
    worker.await(worker.done() + 25);  // and between the batches
  }
  EXPECT_EQ(worker.stop(), "");
  EXPECT_GE(done_meanwhile, std::size_t{rounds});
  RecordProperty("refused", static_cast<int>(worker.refused()));
  for (const auto* table : {"mdl_course", "mdl_course_categories", "mdl_groups", "mdl_user",
                            "mdl_user_enrolments", "mdl_role_assignments", "mdl_groups_members"})
    EXPECT_NE(value(std::string{"select count(*) from by_hand where tbl = '"} + table + "'"), "0") << table;
  // A course more in each category.
  std::array<page, partitions> last;
  for (int partition = 0; partition < partitions; ++partition)
    for (int round = 0; round < rounds; ++round)
      for (auto record : said_of(centre_of(round, partition)))
        if (record.subject == "VAL" && record.group == group_of(round, 1)) {
          record.subject = record.subject_name = "LAST";
          say(last[static_cast<std::size_t>(partition)], record);
        }
  both_get(last);
  pqxx::connection connection{database_.url()};
  pqxx::work work{connection};
  EXPECT_EQ(moodle_worker::differences(work), "");
  work.abort();
  expect_what_the_records_say();
  expect_nothing_twice();
  expect_all_in_its_category();
  EXPECT_EQ(
      value("select coalesce(string_agg(concat_ws(' ', k.id, k.coursecount, n.courses), ', '), '') from "
            "mdl_course_categories k cross join lateral (select count(*) as courses from mdl_course c "
            "where c.category = k.id) as n where k.coursecount <> n.courses"),
      "");
  // Whose short name was taken has its number behind it.
  EXPECT_EQ(value("select count(*) from matricula.moodle_notice where kind = 'shortname_taken'"),
            value("select count(*) from matricula.moodle_course m join mdl_course c on c.id = m.course_id "
                  "where c.shortname like '% ' || c.id"));
  EXPECT_EQ(value("select count(*) from mdl_course where id > 1"),
            value("select (select count(*) from by_hand where tbl = 'mdl_course' and what ? 'shortname') + "
                  "(select count(*) from matricula.moodle_course)"));
}

INSTANTIATE_TEST_SUITE_P(stories, moodle_beside,
                         testing::Values(story{.seed = 1}, story{.shares_shortnames = true, .seed = 2},
                                         story{.is_merged = true, .seed = 3}));

}  // namespace
}  // namespace matricula
