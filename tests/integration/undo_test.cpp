// SPDX-License-Identifier: Apache-2.0
// What `matricula undo` makes of a Moodle site's changes: put back column by column, refused, or left.
#include "cli/command.hpp"
#include "cli/undo.hpp"
#include "tests/integration/moodle_fixture.hpp"

#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace matricula {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string mathematics = "2026/46012345/1234567890/MAT/1ESOA";
const std::string of_anna = mathematics + "/10000001/student", of_berta = mathematics + "/10000002/student";

class moodle_undo : public moodle_site {
 protected:
  /// What has been done so far was done an hour ago.
  void an_hour_passes() const {
    database_.query("update matricula.moodle_journal set at = at - interval '1 hour'");
  }

  std::string half_an_hour_ago() const {
    return value("select to_char(now() at time zone 'UTC' - interval '30 minutes', "
                 "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')");
  }

  /// "course put back KEY", "account put back 10000001: why not", in that order.
  static std::vector<std::string> lines_of(const postgres_session::undo_portion& portion) {
    std::vector<std::string> lines;
    for (const auto& [what, refused] : portion.changes)
      lines.push_back(what.kind + " " + what.effect + " " + what.id +
                      (refused.empty() ? "" : ": " + refused));
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  /// What an undo of the last half hour would do.
  std::vector<std::string> shown() const {
    const auto found = postgres_session{site_}.look_back(half_an_hour_ago());
    return found ? lines_of(*found) : std::vector{found.error().text};
  }

  /// What it does, portion by portion.
  std::vector<std::vector<std::string>> portions() const {
    std::vector<std::vector<std::string>> all;
    const auto session = opened(first_partition);
    for (bool again = true; again;) {
      const auto portion = session->undo(half_an_hour_ago());
      if (!portion) {
        all.push_back({portion.error().text});
        break;
      }
      all.push_back(lines_of(*portion));
      again = portion->again;
    }
    return all;
  }

  std::vector<std::string> undone() const {
    const auto all = portions();
    EXPECT_THAT(all, SizeIs(1));
    return all.front();
  }

  /// What Moodle's tables say, but for times and for caches.
  std::string rows() const {
    std::string all;
    for (const auto table :
         database_.query("select relname from pg_class where relkind = 'r' and relname like 'mdl_%' "
                         "and relname <> 'mdl_cache_flags' order by relname"))
      all +=
          value(std::string{"select coalesce(string_agg((to_jsonb(t) - 'timemodified' - 'timeadded')::text, "
                            "e'\\n' order by t.id), '') from "} +
                table[0].c_str() + " t") +
          "\n";
    return all;
  }

  std::string visibility_of(const std::string& subject) const {
    return value("select visible || ' ' || visibleold from mdl_course where idnumber like '%/" + subject +
                 "/%'");
  }

  /// The site reads the last record once more, as after a replay.
  std::string site_gets_again(const given_record& record) {
    --revision_;
    return site_gets(record);
  }
};

const given_record renamed_anna{.person = anna,
                                .name = "Anna Maria",
                                .centre_name = "IES Jaume II",
                                .subject_name = "Matemàtiques I",
                                .group_name = "1r ESO Alfa"};

TEST_F(moodle_undo, puts_names_back) {
  site_gets_page({{.person = anna}, {.person = berta}});
  const auto before = rows();
  an_hour_passes();
  site_gets(renamed_anna);
  EXPECT_NE(rows(), before);
  const std::vector<std::string> changes{"account put back 10000001", "category put back 46/46012345",
                                         "course put back " + mathematics, "enrolment forget " + of_anna,
                                         "group put back " + mathematics + ": 1ESOA"};
  const auto untouched = moodle();
  EXPECT_EQ(shown(), changes);
  EXPECT_EQ(moodle(), untouched);
  EXPECT_EQ(undone(), changes);
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(
      value("select string_agg(kind || ' ' || (ref = case kind when 'undone account' then (select id from "
            "mdl_user where username = '10000001') else ref end), ', ' order by kind) "
            "from matricula.moodle_notice"),
      "undone account true, undone category true, undone course true, undone group true");
}

TEST_F(moodle_undo, puts_back_what_several_records_have_changed_to_what_it_was_before_the_first) {
  site_gets({.person = anna});
  const auto before = rows();
  an_hour_passes();
  for (const auto* name : {"Anna Maria", "Maria", "Marieta"})
    site_gets({.person = anna, .name = name});
  EXPECT_EQ(undone(), (std::vector<std::string>{"account put back 10000001", "enrolment forget " + of_anna}));
  EXPECT_EQ(rows(), before);
}

TEST_F(moodle_undo, gives_an_account_that_was_taken_on_its_names_back) {
  database_.query(
      "insert into mdl_user (username, mnethostid, auth, confirmed, password, firstname, lastname) "
      "values ('10000001', 1, 'ldap', 1, 'hash', 'A.', 'F.')");
  site_gets({.person = berta});
  an_hour_passes();
  site_gets({.person = anna});
  EXPECT_THAT(undone(), Contains("account put back 10000001"));
  EXPECT_EQ(value("select concat_ws(' ', firstname, lastname, email, idnumber) from mdl_user "
                  "where username = '10000001'"),
            "A. F.  ");
}

TEST_F(moodle_undo, takes_back_whom_it_has_enrolled_and_hides_what_it_has_made) {
  site_gets({.person = anna});
  an_hour_passes();
  site_gets_page({{.person = berta}, {.person = anna, .subject = "VAL", .subject_name = "Valencià"}});
  const std::string valencian = "2026/46012345/1234567890/VAL/1ESOA";
  const std::vector<std::string> changes{"account stay 10000002", "course hide " + valencian,
                                         "enrolment withdraw " + of_berta,
                                         "enrolment withdraw " + valencian + "/10000001/student",
                                         "teaching withdraw " + valencian + "/012345678Z"};
  EXPECT_EQ(shown(), changes);
  EXPECT_EQ(undone(), changes);
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: active student [1r ESO A], "
                      "10000001 Valencià · 1r ESO A: suspended student [1r ESO A], "
                      "10000002 Matemàtiques · 1r ESO A: suspended student [1r ESO A], "
                      "12345678z Matemàtiques · 1r ESO A: active editingteacher, "
                      "12345678z Valencià · 1r ESO A: suspended editingteacher");
  EXPECT_EQ(visibility_of("MAT"), "1 1");
  EXPECT_EQ(visibility_of("VAL"), "0 0");
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled, 10000002 1ESOA student withdrawn, "
                        "10000001 1ESOA student withdrawn");
  EXPECT_EQ(value("select count(*) from mdl_cache_flags"), "3");
  EXPECT_EQ(value("select string_agg(value->>'withdrawn', ' ' order by id) from (select * from "
                  "matricula.outbox order by id desc limit 2) as o"),
            "1 1");
}

TEST_F(moodle_undo, leaves_who_has_been_in_the_course_since_he_was_enrolled_and_names_him) {
  const std::string other =
      R"([{"id":"0B","name":"Rosa","surname1":"Fuster","surname2":null,"email":null,"substitutes":null}])";
  site_gets({.person = anna, .teachers = "[]"});
  an_hour_passes();
  site_gets_page({{.person = berta, .teachers = other}, {.person = "10000003", .teachers = other}});
  const auto was_there = [&](const std::string& username, const std::string& when) {
    database_.query(
        "insert into mdl_user_lastaccess (userid, courseid, timeaccess) select id, 2, extract(epoch "
        "from now()) + " +
        when + " from mdl_user where username = '" + username + "'");
  };
  was_there(berta, "60");
  was_there("0b", "60");
  was_there("10000003", "-1800");  // before, as somebody else
  const std::vector<std::string> changes{
      "account stay 0B",
      "account stay 10000002",
      "account stay 10000003",
      "enrolment withdraw " + of_berta + ": the person has been in the course since",
      "enrolment withdraw " + mathematics + "/10000003/student",
      "teaching withdraw " + mathematics + "/0B: the person has been in the course since"};
  EXPECT_EQ(shown(), changes);
  EXPECT_EQ(undone(), changes);
  EXPECT_EQ(people(), "0b Matemàtiques · 1r ESO A: active editingteacher, "
                      "10000001 Matemàtiques · 1r ESO A: active student [1r ESO A], "
                      "10000002 Matemàtiques · 1r ESO A: active student [1r ESO A], "
                      "10000003 Matemàtiques · 1r ESO A: suspended student [1r ESO A]");
  EXPECT_THAT(verified(), HasSubstr("10000002 1ESOA student enrolled"));
  EXPECT_THAT(undone(), SizeIs(0));
}

TEST_F(moodle_undo, unenrols_whom_it_has_enrolled_if_that_is_how_people_leave) {
  given_settings({{"withdraw", "unenrol"}});
  site_gets({.person = anna, .teachers = "[]"});
  const auto before = people();
  an_hour_passes();
  site_gets({.person = berta, .teachers = "[]"});
  undone();
  EXPECT_EQ(people(), before);
  EXPECT_EQ(value("select count(*) from mdl_groups_members"), "1");
}

TEST_F(moodle_undo, leaves_whom_it_has_enrolled_if_nobody_leaves) {
  given_settings({{"withdraw", "keep"}});
  site_gets({.person = anna, .teachers = "[]"});
  an_hour_passes();
  site_gets({.person = berta, .teachers = "[]"});
  EXPECT_THAT(undone(), Contains("enrolment stay " + of_berta));
  EXPECT_THAT(people(), HasSubstr("10000002 Matemàtiques · 1r ESO A: active student"));
}

TEST_F(moodle_undo, makes_whom_it_has_withdrawn_active_again_on_the_same_row) {
  site_gets_page({{.person = anna, .teachers = "[]"}, {.person = berta, .teachers = "[]"}});
  const auto before = rows();
  an_hour_passes();
  site_gets_page(
      {withdrawn({.person = anna, .teachers = "[]"}), withdrawn({.person = berta, .teachers = "[]"})});
  EXPECT_EQ(undone(),
            (std::vector<std::string>{"enrolment return " + of_anna, "enrolment return " + of_berta}));
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled, 10000002 1ESOA student enrolled");
  EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal"), "0");
}

TEST_F(moodle_undo, enrols_whom_it_has_unenrolled_with_role_and_group) {
  given_settings({{"withdraw", "unenrol"}});
  site_gets({.person = anna, .teachers = "[]"});
  const auto before = people();
  an_hour_passes();
  site_gets(withdrawn({.person = anna, .teachers = "[]"}));
  undone();
  EXPECT_EQ(people(), before);
}

TEST_F(moodle_undo, enrols_whom_it_has_first_suspended_and_then_unenrolled) {
  site_gets({.person = anna, .teachers = "[]"});
  const auto before = people();
  an_hour_passes();
  site_gets(withdrawn({.person = anna, .teachers = "[]"}));
  given_settings({{"withdraw", "unenrol"}});
  site_gets(withdrawn({.person = anna, .teachers = "[]", .room = "B1"}));
  EXPECT_EQ(people(), "");
  EXPECT_EQ(undone(), (std::vector<std::string>{"enrolment return " + of_anna}));
  EXPECT_EQ(people(), before);
}

TEST_F(moodle_undo, refuses_to_take_back_whom_somebody_has_suspended_after_it) {
  site_gets({.person = anna, .teachers = "[]"});
  an_hour_passes();
  site_gets(withdrawn({.person = anna, .teachers = "[]"}));
  database_.query("update mdl_user_enrolments set timemodified = 7");
  EXPECT_EQ(undone(), (std::vector<std::string>{"enrolment return " + of_anna +
                                                ": somebody has suspended the enrolment in Moodle"}));
}

TEST_F(moodle_undo, suspends_whom_it_has_taken_back) {
  site_gets({.person = anna, .teachers = "[]"});
  site_gets(withdrawn({.person = anna, .teachers = "[]"}));
  const auto before = rows();
  an_hour_passes();
  site_gets({.person = anna, .teachers = "[]"});
  EXPECT_EQ(undone(), (std::vector<std::string>{"enrolment withdraw " + of_anna}));
  EXPECT_EQ(rows(), before);
}

TEST_F(moodle_undo, moves_a_pupil_back_to_the_group_of_before) {
  given_settings({{"classrooms", "merged"}});
  const given_record in_a{.person = anna, .teachers = "[]"},
      in_b{.person = anna, .group = "1ESOB", .group_name = "1r ESO B", .teachers = "[]"};
  site_gets_page({in_a, {.person = berta, .group = "1ESOB", .group_name = "1r ESO B", .teachers = "[]"}});
  const auto before = people();
  an_hour_passes();
  site_gets_page({withdrawn(in_a), in_b});
  EXPECT_NE(people(), before);
  undone();
  EXPECT_EQ(people(), before);
}

/// A pupil of a merged course goes over to another group of it, and works there.
class moodle_undo_of_a_move : public moodle_undo {
 protected:
  void SetUp() override {
    moodle_undo::SetUp();
    given_settings({{"classrooms", "merged"}});
    site_gets_page({in_a, {.person = berta, .group = "1ESOB", .group_name = "1r ESO B", .teachers = "[]"}});
    an_hour_passes();
  }

  /// So many that the undo is done in portions.
  static std::vector<given_record> others() {
    std::vector<given_record> all;
    for (int number = 0; number < 600; ++number)
      all.push_back({.person = std::to_string(10'001'000 + number), .teachers = "[]"});
    return all;
  }

  static std::vector<given_record> others_again() {
    auto all = others();
    for (auto& each : all)
      each.since = "2026-10-01";
    return all;
  }

  void works_there(const std::string& when = "60 seconds") const {
    database_.query("insert into mdl_user_lastaccess (userid, courseid, timeaccess) select id, 2, "
                    "extract(epoch from now() + interval '" +
                    when + "') from mdl_user where username = '10000001'");
  }

  void expect_that_he_stays() const {
    const auto all = portions();
    EXPECT_THAT(all, SizeIs(testing::Ge(2)));
    std::vector<std::string> lines;
    for (const auto& portion : all)
      lines.insert(lines.end(), portion.begin(), portion.end());
    EXPECT_THAT(lines, AllOf(Contains("enrolment return " + in_a.key() +
                                      ": the person stays in another classroom of the course"),
                             Contains("enrolment withdraw " + in_b.key() +
                                      ": the person has been in the course since")));
    EXPECT_THAT(people(), HasSubstr("10000001 Matemàtiques: active student [1r ESO B], "));
  }

  const given_record in_a{.person = anna, .teachers = "[]"},
      in_b{.person = anna, .group = "1ESOB", .group_name = "1r ESO B", .teachers = "[]"};
};

TEST_F(moodle_undo_of_a_move, does_not_let_him_return_in_the_same_portion) {
  auto page = others();
  page.push_back(withdrawn(in_a));
  page.push_back(in_b);
  site_gets_page(page);
  works_there();
  expect_that_he_stays();
}

TEST_F(moodle_undo_of_a_move, does_not_let_him_return_in_a_later_portion) {
  site_gets(withdrawn(in_a));
  site_gets_page(others());
  site_gets(in_b);
  works_there();
  expect_that_he_stays();
}

TEST_F(moodle_undo_of_a_move, does_not_let_him_return_in_an_earlier_portion) {
  site_gets(in_b);
  site_gets_page(others());
  site_gets(withdrawn(in_a));
  works_there();
  expect_that_he_stays();
}

TEST_F(moodle_undo_of_a_move, leaves_him_where_he_has_worked_though_he_was_withdrawn_in_between) {
  site_gets(in_b);
  site_gets_page(others());
  database_.query("update matricula.moodle_journal set at = at - interval '10 minutes'");
  works_there("-5 minutes");
  site_gets(withdrawn(in_b));
  site_gets_page(others_again());
  site_gets(in_b);
  portions();
  EXPECT_THAT(people(), HasSubstr("10000001 Matemàtiques: active student [1r ESO A+1r ESO B], "));
}

TEST_F(moodle_undo, lets_a_category_be_named_again_by_whom_a_record_of_a_wrong_year_outdid) {
  const auto centre = [&] {
    return value("select name from mdl_course_categories where idnumber = '46/46012345'");
  };
  const given_record ours{.person = anna, .year = "2025"};
  site_gets(ours);
  an_hour_passes();
  site_gets({.person = anna, .centre_name = "IES Mal Escrit", .year = "2026"});
  EXPECT_EQ(centre(), "IES Mal Escrit");
  EXPECT_THAT(undone(), Contains("category put back 46/46012345"));
  EXPECT_EQ(centre(), "IES Jaume I");
  site_gets({.person = anna, .centre_name = "IES Jaume II", .year = "2025"});
  EXPECT_EQ(centre(), "IES Jaume II");
}

TEST_F(moodle_undo, gives_a_classroom_the_teachers_of_before) {
  const std::string other =
      R"([{"id":"0B","name":"Rosa","surname1":"Fuster","surname2":null,"email":null,"substitutes":null}])";
  site_gets({.person = anna});
  an_hour_passes();
  site_gets({.person = anna, .teachers = other});
  EXPECT_THAT(undone(), AllOf(Contains("teaching return " + mathematics + "/012345678Z"),
                              Contains("teaching withdraw " + mathematics + "/0B")));
  EXPECT_EQ(people(), "0b Matemàtiques · 1r ESO A: suspended editingteacher, "
                      "10000001 Matemàtiques · 1r ESO A: active student [1r ESO A], "
                      "12345678z Matemàtiques · 1r ESO A: active editingteacher");
  // Another record of the classroom says who teaches there now.
  site_gets({.person = berta, .teachers = other});
  EXPECT_THAT(people(), HasSubstr("0b Matemàtiques · 1r ESO A: active editingteacher"));
}

TEST_F(moodle_undo, leaves_a_teacher_whom_the_list_has_as_it_had_before) {
  const auto substituting = [](const std::string& absent) {
    return R"([{"id":"012345678Z","name":"Joan","surname1":"Fuster","surname2":null,"email":null,)"
           R"("substitutes":)" +
           absent + "}]";
  };
  for (const auto& [before, meanwhile] : {std::pair{substituting("null"), std::string{"[]"}},
                                          std::pair{substituting("\"0X\""), substituting("null")}}) {
    site_gets({.person = anna, .teachers = before});
    const auto people_before = people();
    an_hour_passes();
    site_gets({.person = anna, .teachers = meanwhile});
    site_gets({.person = anna, .teachers = before});
    EXPECT_THAT(undone(), Contains("teaching forget " + mathematics + "/012345678Z"));
    EXPECT_EQ(people(), people_before);
    EXPECT_EQ(value("select status from classrooms.teaching"), "enrolled");
  }
}

TEST_F(moodle_undo, refuses_what_somebody_has_changed_and_names_it) {
  site_gets({.person = anna});
  an_hour_passes();
  site_gets(renamed_anna);
  database_.query("update mdl_user set firstname = 'Nina' where username = '10000001'; "
                  "update mdl_course set fullname = 'Mates divertides' where id > 1");
  const std::vector<std::string> changes{
      "account put back 10000001: somebody has changed it in Moodle", "category put back 46/46012345",
      "course put back " + mathematics + ": somebody has changed it in Moodle", "enrolment forget " + of_anna,
      "group put back " + mathematics + ": 1ESOA"};
  EXPECT_EQ(shown(), changes);
  EXPECT_EQ(undone(), changes);
  EXPECT_EQ(value("select firstname from mdl_user where username = '10000001'"), "Nina");
  EXPECT_EQ(value("select fullname from mdl_course where id > 1"), "Mates divertides");
  EXPECT_EQ(value("select name from mdl_groups"), "1r ESO A");
}

TEST_F(moodle_undo, puts_a_name_back_beside_a_field_that_somebody_has_changed_for_himself) {
  site_gets({.person = anna});
  an_hour_passes();
  site_gets({.person = anna, .name = "Anna Maria"});
  database_.query(
      "update mdl_user set email = 'nina@example.org', city = 'Dénia' where username = '10000001'");
  EXPECT_THAT(undone(), Contains("account put back 10000001"));
  EXPECT_EQ(value("select concat_ws(' ', firstname, email, city) from mdl_user where username = '10000001'"),
            "Anna nina@example.org Dénia");
}

/// Berta is to leave, for which an undo waits as a batch would, after it has looked at what is to be put back.
TEST_F(moodle_undo, leaves_what_somebody_changes_while_it_puts_things_back) {
  site_gets({.person = anna});
  an_hour_passes();
  site_gets_page({renamed_anna,
                  {.person = berta,
                   .centre_name = renamed_anna.centre_name,
                   .subject_name = renamed_anna.subject_name,
                   .group_name = renamed_anna.group_name}});
  pqxx::connection connection{database_.url()};
  pqxx::work other{connection};
  other.exec("select pg_advisory_xact_lock(hashtext('matricula.moodle_withdrawal'))");
  std::vector<std::string> lines;
  std::thread undoing{[&] { lines = undone(); }};
  await_waiting(database_, 1);
  database_.query("update mdl_user set firstname = 'Nina' where username = '10000001'; "
                  "update mdl_course set fullname = 'Mates divertides' where id > 1; "
                  "update mdl_groups set name = 'Els millors'; "
                  "update mdl_course_categories set name = 'El nostre IES' where idnumber = '46/46012345'");
  other.abort();
  undoing.join();
  EXPECT_THAT(lines, Contains("course put back " + mathematics));
  EXPECT_EQ(value("select concat_ws(', ', (select firstname from mdl_user where username = '10000001'), "
                  "(select fullname from mdl_course where id > 1), (select name from mdl_groups), "
                  "(select name from mdl_course_categories where idnumber = '46/46012345'))"),
            "Nina, Mates divertides, Els millors, El nostre IES");
}

/// A batch that names what an undo puts back at the same moment.
class moodle_undo_beside_a_batch : public moodle_undo {
 protected:
  void SetUp() override {
    moodle_undo::SetUp();
    given_settings({{"fullname", "{subject.name_val}"}});
  }

  /// All that Anna's record in mathematics names has been renamed since by others, one of a new pupil among them.
  void given_names_to_put_back(const std::string& pupil) {
    site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL"}});
    an_hour_passes();
    auto of_the_pupil = renamed_anna, in_valencian = renamed_anna;
    of_the_pupil.person = pupil;
    in_valencian.subject = "VAL";
    site_gets_page({of_the_pupil, in_valencian});
  }

  given_batch batch_of(const given_record& record) {
    given_batch given{offset_};
    given.add(record, ++revision_);
    offset_ = given.batch.next_offset;
    return given;
  }

  /// What comes of the batch while an undo waits for what `sql` locks; `waits`: the batch then waits for the undo.
  std::string applied_beside_undo(const given_batch& given, const std::string& sql, bool waits) {
    pqxx::connection connection{database_.url()};
    pqxx::work other{connection};
    other.exec(sql);
    std::thread undoing{[&] { undone(); }};
    await_waiting(database_, 1);
    std::string effects;
    std::thread applying{[&] { effects = apply(*session_, given); }};
    if (waits)
      await_waiting(database_, 2);
    else
      applying.join();
    other.abort();
    undoing.join();
    if (waits)
      applying.join();
    return effects;
  }

  /// How many categories, courses, groups and accounts are called otherwise than was last written.
  std::string called_otherwise() const {
    return value("select concat_ws(' ', (select count(*) from matricula.moodle_category m "
                 "join mdl_course_categories c on c.id = m.category_id where c.name <> m.name), "
                 "(select count(*) from matricula.moodle_course m join mdl_course c on c.id = m.course_id "
                 "where c.fullname <> m.fullname), (select count(*) from matricula.moodle_group m "
                 "join mdl_groups g on g.id = m.moodle_group_id where g.name <> m.name), "
                 "(select count(*) from matricula.moodle_user m join mdl_user u on u.id = m.user_id "
                 "where u.firstname <> m.firstname))");
  }

  static constexpr std::string given_record::*names_[] = {&given_record::name, &given_record::centre_name,
                                                          &given_record::subject_name,
                                                          &given_record::group_name};
};

TEST_F(moodle_undo_beside_a_batch, leaves_what_that_has_named_meanwhile) {
  given_names_to_put_back(berta);
  auto record = renamed_anna;
  for (const auto name : names_)
    record.*name += "!";
  EXPECT_EQ(applied_beside_undo(batch_of(record),
                                "select pg_advisory_xact_lock(hashtext('matricula.moodle_withdrawal'))",
                                false),
            "created 0 changed 1 withdrawn 0");
  EXPECT_EQ(value("select concat_ws(', ', (select firstname from mdl_user where username = '10000001'), "
                  "(select fullname from mdl_course where idnumber like '%/MAT/%'), "
                  "(select min(name) from mdl_groups), "
                  "(select name from mdl_course_categories where idnumber = '46/46012345'))"),
            "Anna Maria!, Matemàtiques I!, 1r ESO Alfa!, IES Jaume II!");
  EXPECT_EQ(called_otherwise(), "0 0 0 0");
}

TEST_F(moodle_undo_beside_a_batch, has_that_made_anew_if_it_came_first) {
  int number = 10'000'003;
  for (const auto name : names_) {
    const auto pupil = std::to_string(number++);
    given_names_to_put_back(pupil);
    auto record = renamed_anna;
    record.*name += "!";
    const auto given = batch_of(record);
    EXPECT_THAT(applied_beside_undo(given,
                                    "select from mdl_user_enrolments where userid = "
                                    "(select id from mdl_user where username = '" +
                                        pupil + "') for update",
                                    true),
                HasSubstr("SQLSTATE 40001"))
        << record.*name;
    EXPECT_EQ(called_otherwise(), "0 0 0 0") << record.*name;
    EXPECT_EQ(apply(*session_, given), "created 0 changed 1 withdrawn 0");
    EXPECT_EQ(called_otherwise(), "0 0 0 0") << record.*name;
  }
}

TEST_F(moodle_undo, leaves_an_idnumber_empty_that_another_course_has_by_now) {
  given_settings({{"idnumber", "{subject.name_val}"}});
  site_gets({.person = anna});
  an_hour_passes();
  site_gets({.person = anna, .subject_name = "Matemàtiques I"});
  database_.query("insert into mdl_course (category, shortname, idnumber) values (1, 'x', 'Matemàtiques')");
  EXPECT_THAT(undone(), Contains("course put back " + mathematics));
  EXPECT_EQ(value("select fullname || ', ' || idnumber from mdl_course where id = 2"),
            "Matemàtiques · 1r ESO A, ");
  EXPECT_EQ(value("select idnumber from matricula.moodle_course"), "");
  EXPECT_EQ(value("select ref from matricula.moodle_notice where kind = 'idnumber_taken'"), "2");
}

TEST_F(moodle_undo, refuses_to_take_back_into_a_course_whom_somebody_keeps_out_of_it) {
  site_gets_page({{.person = anna, .teachers = "[]"}, {.person = berta, .teachers = "[]"}});
  an_hour_passes();
  database_.query("update mdl_user_enrolments set status = 1 where userid = "
                  "(select id from mdl_user where username = '10000001')");
  site_gets_page(
      {withdrawn({.person = anna, .teachers = "[]"}), withdrawn({.person = berta, .teachers = "[]"})});
  database_.query("delete from mdl_user_enrolments where userid = "
                  "(select id from mdl_user where username = '10000002')");
  EXPECT_EQ(undone(),
            (std::vector<std::string>{
                "enrolment return " + of_anna + ": somebody has suspended the enrolment in Moodle",
                "enrolment return " + of_berta + ": somebody has deleted the enrolment in Moodle"}));
  EXPECT_EQ(value("select count(*) from mdl_user_enrolments where status = 0"), "0");
}

TEST_F(moodle_undo, leaves_a_new_course_shown_in_which_somebody_has_worked) {
  site_gets({.person = anna});
  an_hour_passes();
  site_gets_page({{.person = anna, .subject = "VAL"},
                  {.person = anna, .subject = "ENG"},
                  {.person = anna, .subject = "BIO"},
                  {.person = anna, .subject = "MUS"}});
  database_.query(
      "insert into mdl_user_lastaccess (userid, courseid, timeaccess) select 2, id, extract(epoch from "
      "now()) "
      "from mdl_course where idnumber like '%/MUS/%'; "
      "update mdl_course_sections set sequence = '7' where section = 1 and course = "
      "(select id from mdl_course where idnumber like '%/VAL/%'); "
      "insert into mdl_user_enrolments (enrolid, userid) select i.id, 2 from mdl_enrol i join mdl_course c "
      "on c.id = i.courseid where i.enrol = 'manual' and c.idnumber like '%/ENG/%'");
  EXPECT_THAT(undone(),
              AllOf(Contains("course hide 2026/46012345/1234567890/VAL/1ESOA: somebody has worked in it"),
                    Contains("course hide 2026/46012345/1234567890/ENG/1ESOA: somebody has worked in it"),
                    Contains("course hide 2026/46012345/1234567890/MUS/1ESOA: somebody has been in it"),
                    Contains("course hide 2026/46012345/1234567890/BIO/1ESOA")));
  EXPECT_EQ(visibility_of("VAL") + ", " + visibility_of("ENG") + ", " + visibility_of("MUS") + ", " +
                visibility_of("BIO"),
            "1 1, 1 1, 1 1, 0 0");
}

TEST_F(moodle_undo, leaves_what_a_newer_record_has_said_meanwhile) {
  site_gets({.person = anna});
  an_hour_passes();
  site_gets({.person = anna, .name = "Anna Maria"});
  database_.query("update matricula.moodle_journal set revision = revision - 1 where kind = 'student' and "
                  "at > now() - interval '30 minutes'");
  EXPECT_THAT(undone(), Contains("enrolment forget " + of_anna + ": a newer record has come"));
}

TEST_F(moodle_undo, shows_again_what_the_calendar_has_hidden_and_the_calendar_leaves_it) {
  site_gets({.person = anna,
             .year = "2020"});  // before there is a calendar, which would hide it from the beginning
  site_.calendar = {.hide = "07-31", .open = "09-01", .deletion = "", .blackout = {}};
  session_.reset();
  an_hour_passes();
  postgres_session::calendar_order order;
  order.today = "2021-07-31";
  const auto hide = [&] {
    const auto portion = opened(first_partition)->turn(order);
    return portion ? portion->entries.size() : 0;
  };
  EXPECT_EQ(hide(), 1U);
  EXPECT_EQ(visibility_of("MAT"), "0 0");
  EXPECT_EQ(undone(), (std::vector<std::string>{"visibility put back 2020/46012345/1234567890/MAT/1ESOA"}));
  EXPECT_EQ(visibility_of("MAT"), "1 1");
  EXPECT_EQ(hide(), 0U);
}

TEST_F(moodle_undo, shows_with_its_category_what_the_calendar_has_hidden) {
  site_gets({.person = anna, .year = "2020"});
  site_.calendar = {.hide = "07-31", .open = "09-01", .deletion = "", .blackout = {}};
  session_.reset();
  an_hour_passes();
  postgres_session::calendar_order order;
  order.today = "2021-07-31";
  ASSERT_TRUE(opened(first_partition)->turn(order));
  database_.query("update mdl_course_categories set visible = 0, visibleold = 0");
  EXPECT_EQ(undone(), (std::vector<std::string>{"visibility put back 2020/46012345/1234567890/MAT/1ESOA"}));
  EXPECT_EQ(visibility_of("MAT"), "0 1");
}

TEST_F(moodle_undo, lets_more_people_leave_than_a_source_could) {
  given_settings({{"withdraw_people_min", "0"}, {"withdraw_ratio_max", "0"}});
  site_gets_page(people_of("46000001", 1, 5));
  database_.query("analyze matricula.moodle_user");
  an_hour_passes();
  site_gets_page(people_of("46000001", 6, 15));
  undone();
  EXPECT_EQ(students_of("46000001"), "active 5, suspended 10");
  EXPECT_EQ(held_back(), "");
}

TEST_F(moodle_undo, forgets_withdrawals_that_are_held_back) {
  given_settings({{"withdraw_people_min", "0"}, {"withdraw_ratio_max", "0"}});
  site_gets_page(people_of("46000001", 1, 5));
  an_hour_passes();
  site_gets_page(people_of("46000001", 1, 5, "withdrawn"));
  EXPECT_EQ(held_back(), "46000001 held 5 5");
  undone();
  EXPECT_EQ(held_back(), "");
  EXPECT_EQ(students_of("46000001"), "active 5, suspended 0");
}

TEST_F(moodle_undo, has_nothing_to_do_when_it_is_said_again) {
  site_gets({.person = anna});
  an_hour_passes();
  site_gets_page({renamed_anna, {.person = berta}, {.person = berta, .subject = "VAL"}});
  database_.query("update mdl_user set firstname = 'Nina' where username = '10000001'");
  undone();
  const auto before = moodle();
  EXPECT_THAT(shown(), SizeIs(0));
  EXPECT_THAT(undone(), SizeIs(0));
  EXPECT_EQ(moodle(), before);
}

TEST_F(moodle_undo, stays_until_the_source_says_otherwise) {
  const given_record in_valencian{.person = anna, .subject = "VAL", .subject_name = "Valencià"};
  site_gets({.person = anna});
  an_hour_passes();
  site_gets(in_valencian);
  undone();
  // Another record of the person or the classroom brings nobody back.
  site_gets({.person = anna, .since = "2026-10-01"});
  EXPECT_EQ(site_gets(withdrawn({.person = berta, .subject = "VAL", .subject_name = "Valencià"})),
            "created 0 changed 0 withdrawn 1");
  EXPECT_THAT(people(), HasSubstr("10000001 Valencià · 1r ESO A: suspended student"));
  EXPECT_EQ(visibility_of("VAL"), "0 0");
  auto changed = in_valencian;
  changed.since = "2026-10-01";
  EXPECT_EQ(site_gets(changed), "created 0 changed 1 withdrawn 0");
  EXPECT_THAT(people(), HasSubstr("10000001 Valencià · 1r ESO A: active student"));
  EXPECT_EQ(visibility_of("VAL"), "1 1");
}

TEST_F(moodle_undo, is_undone_by_reading_the_records_again) {
  site_gets({.person = anna});
  an_hour_passes();
  site_gets(renamed_anna);
  const auto before = rows();
  undone();
  EXPECT_EQ(site_gets_again(renamed_anna), "created 0 changed 1 withdrawn 0");
  EXPECT_EQ(rows(), before);
  an_hour_passes();
  site_gets({.person = berta});
  undone();
  EXPECT_THAT(people(), HasSubstr("10000002 Matemàtiques I · 1r ESO Alfa: suspended"));
  EXPECT_EQ(site_gets_again({.person = berta}), "created 0 changed 1 withdrawn 0");
  EXPECT_THAT(people(), HasSubstr("10000002 Matemàtiques · 1r ESO A: active student"));
}

TEST_F(moodle_undo, is_as_the_source_says_when_it_has_been_corrected) {
  site_gets({.person = anna});
  const auto before = rows();
  an_hour_passes();
  site_gets(renamed_anna);
  undone();
  EXPECT_EQ(site_gets({.person = anna}), "created 0 changed 1 withdrawn 0");
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(value("select name from classrooms.person where code = '10000001'"), "Anna");
}

TEST_F(moodle_undo, is_done_in_portions_and_goes_on_where_it_was_stopped) {
  given_settings({{"withdraw_people_min", "0"}, {"withdraw_ratio_max", "0"}});
  site_gets_page(people_of("46000001", 1, 2));
  an_hour_passes();
  site_gets_page(people_of("46000001", 3, 602));  // 600 records and 600 accounts
  EXPECT_THAT(shown(), SizeIs(1200));
  const auto since = half_an_hour_ago();
  const auto first = opened(first_partition)->undo(since);
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_TRUE(first->again);
  EXPECT_THAT(first->changes, SizeIs(500));
  EXPECT_THAT(shown(), SizeIs(700));
  const auto rest = portions();
  ASSERT_THAT(rest, SizeIs(2));
  EXPECT_EQ(rest[0].size() + rest[1].size(), 700U);
  EXPECT_EQ(students_of("46000001"), "active 2, suspended 600");
}

TEST_F(moodle_undo, withdraws_an_account_once_that_two_people_share) {
  site_gets({.person = anna, .teachers = "[]"});
  an_hour_passes();
  site_gets_page({{.person = "012345678Z", .role = "teacher", .teachers = "[]"},
                  {.person = "12345678Z", .role = "teacher", .teachers = "[]"}});
  EXPECT_THAT(undone(), Not(SizeIs(0)));
  EXPECT_THAT(people(), HasSubstr("12345678z Matemàtiques · 1r ESO A: suspended editingteacher"));
}

TEST_F(moodle_undo, writes_nothing_down_for_a_page_that_changes_nothing) {
  const std::vector<given_record> page{{.person = anna}, {.person = berta}};
  site_gets_page(page);
  const auto entries = value("select count(*) || ' ' || max(id) from matricula.moodle_journal");
  EXPECT_EQ(site_reads_again(page), "created 0 changed 0 withdrawn 0, nothing written");
  EXPECT_EQ(value("select count(*) || ' ' || max(id) from matricula.moodle_journal"), entries);
}

TEST_F(moodle_undo, remembers_for_as_long_as_it_is_told) {
  given_settings({{"journal_days", "7"}});
  site_gets({.person = anna});
  site_gets({.person = anna, .name = "Anna Maria"});
  database_.query("update matricula.moodle_journal set at = at - interval '8 days'");
  site_gets({.person = berta});
  // The last that is too old says that nothing is missing since.
  EXPECT_EQ(
      value("select count(distinct at) from matricula.moodle_journal where at < now() - interval '7 days'"),
      "1");
  const auto from = [&](const std::string& ago) {
    return postgres_session{site_}.look_back(value("select now() - interval '" + ago + "'"));
  };
  const auto too_old = from("7 days 1 hour"), recent = from("6 days");
  ASSERT_TRUE(too_old && recent);
  EXPECT_THAT(too_old->changes, SizeIs(0));
  EXPECT_EQ(lines_of(*recent),
            (std::vector<std::string>{"account stay 10000002", "enrolment withdraw " + of_berta}));
  EXPECT_EQ(value("select '" + too_old->begins +
                  "'::timestamptz between now() - interval '7 days 1 minute' "
                  "and now() - interval '6 days 23 hours 59 minutes'"),
            "t");
}

TEST_F(moodle_undo, begins_to_remember_in_a_database_of_an_earlier_version) {
  site_gets({.person = anna});
  session_.reset();
  database_.query("drop table matricula.moodle_journal; alter table matricula.moodle_course "
                  "drop constraint moodle_course_season_check, add constraint moodle_course_season_check "
                  "check (season in ('early', 'open', 'over', 'deleting')); "
                  "update matricula.target set digest = 0");
  site_gets({.person = anna, .subject = "VAL"});
  an_hour_passes();
  site_gets({.person = anna, .subject = "ENG"});
  EXPECT_THAT(undone(), Contains("course hide 2026/46012345/1234567890/ENG/1ESOA"));
}

TEST_F(moodle_undo, says_which_right_is_missing_and_writes_nothing) {
  const auto role = database_.name() + "_role";
  database_.query("create role " + role + "; grant create on database " + database_.name() + " to " + role +
                  "; grant usage on schema public to " + role +
                  "; grant all on all tables in schema public to " + role +
                  "; grant all on all sequences in schema public to " + role +
                  "; revoke select on mdl_user_lastaccess from " + role);
  site_.database = secret{database_.url() + "?options=-crole%3D" + role};
  site_gets({.person = anna});
  an_hour_passes();
  site_gets_page({renamed_anna, {.person = berta}});
  const auto before = moodle() +
                      value("select string_agg(j::text, ' ' order by id) from matricula.moodle_journal j") +
                      value("select string_agg(e::text, ' ' order by person_id) from classrooms.enrolment e");
  const std::string mend = "grant select on mdl_user_lastaccess to " + role;
  const auto found = postgres_session{site_}.look_back(half_an_hour_ago());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, error_code::target_broken);
  EXPECT_THAT(found.error().text, HasSubstr(mend));
  const auto portion = session_->undo(half_an_hour_ago());
  ASSERT_FALSE(portion);
  EXPECT_THAT(portion.error().text, HasSubstr(mend));
  EXPECT_EQ(moodle() + value("select string_agg(j::text, ' ' order by id) from matricula.moodle_journal j") +
                value("select string_agg(e::text, ' ' order by person_id) from classrooms.enrolment e"),
            before);
  database_.query(mend);
  const auto again = session_->undo(half_an_hour_ago());
  EXPECT_TRUE(again) << again.error().text;
  EXPECT_EQ(value("select firstname from mdl_user where username = '10000001'"), "Anna");
  session_.reset();
  database_.query("drop owned by " + role);
  database_.query("drop role " + role);
}

/// The command, with a topology file that names this site.
class undo_command : public moodle_undo {
 protected:
  ~undo_command() override { std::filesystem::remove(file_); }

  int undoes(bool does, const std::string& since = "") {
    write_topology(file_);
    out_.str("");
    errors_.str("");
    undo_options options;
    options.site = "eso46";
    options.since = *time_from_text(since.empty() ? half_an_hour_ago() : since);
    options.does = does;
    return undo_changes(file_, options, environment(), out_, errors_);
  }

  std::ostringstream out_, errors_;
  std::filesystem::path file_ = std::filesystem::temp_directory_path() / (database_.name() + ".toml");
};

TEST_F(undo_command, shows_what_it_would_do_and_does_it_when_it_is_told_to) {
  EXPECT_EQ(undoes(false), exit_done);
  EXPECT_EQ(out_.str(), "site eso46: not started yet\n");
  site_gets({.person = anna});
  an_hour_passes();
  EXPECT_EQ(undoes(true), exit_done);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("site eso46, since 20"), HasSubstr(": nothing to put back\n")));
  site_gets(renamed_anna);
  database_.query("update mdl_groups set name = 'Els millors'");
  const auto refused = "  refused: group " + mathematics + ": 1ESOA: somebody has changed it in Moodle\n";
  EXPECT_EQ(undoes(false), exit_done);
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr("WOULD"), HasSubstr("  46012345  account    put back          1  10000001\n"),
                    HasSubstr(refused), HasSubstr(" --yes puts it back\n")));
  EXPECT_EQ(undoes(true), exit_failed);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("DONE"), HasSubstr("account    put back"), HasSubstr(refused),
                                Not(HasSubstr("--yes")), Not(HasSubstr("Anna")), Not(HasSubstr("Jaume"))));
  EXPECT_EQ(undoes(true), exit_done);
  EXPECT_EQ(errors_.str(), "");
}

TEST_F(undo_command, says_since_when_it_can) {
  site_gets({.person = anna});
  EXPECT_EQ(undoes(true, "2026-01-01T00:00"), exit_failed);
  EXPECT_THAT(errors_.str(), HasSubstr("site eso46 knows what it has changed since 20"));
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(people(), HasSubstr("10000001 Matemàtiques · 1r ESO A: active student"));
}

TEST_F(undo_command, says_of_a_target_that_it_puts_nothing_back) {
  site_.target = "classrooms";
  site_.target_directory = repository_targets() / "classrooms";
  site_.settings.clear();
  opened(first_partition);
  for (const bool does : {false, true}) {
    EXPECT_EQ(undoes(does), exit_failed);
    EXPECT_THAT(errors_.str(), HasSubstr("target classrooms, site eso46: it puts nothing back"));
  }
}

}  // namespace
}  // namespace matricula
