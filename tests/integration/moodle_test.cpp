// SPDX-License-Identifier: Apache-2.0
// What Moodle's tables hold after each kind of record and its change: a real PostgreSQL with the tables of Moodle 4.3,
// the target `moodle`.
#include "actors/apply/postgres_bookkeeping.hpp"
#include "actors/apply/postgres_session.hpp"
#include "tests/integration/moodle/rows_of_moodle_4_3.hpp"
#include "tests/integration/moodle_fixture.hpp"
#include "tests/integration/postgres_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace matricula {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using decision = postgres_session::decision;

std::string teacher_of(const std::string& id, const std::string& substitutes = "") {
  return R"({"id":")" + id +
         R"(","name":"Joan","surname1":"Fuster","surname2":null,"email":null,"substitutes":)" +
         (substitutes.empty() ? "null" : "\"" + substitutes + "\"") + "}";
}

TEST_F(moodle_site, gets_all_that_a_new_page_needs) {
  EXPECT_EQ(site_gets_page({{.person = anna},
                            {.person = berta},
                            {.person = anna, .subject = "VAL", .subject_name = "Valencià"}}),
            "created 3 changed 0 withdrawn 0");
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: active student [1r ESO A], "
                      "10000001 Valencià · 1r ESO A: active student [1r ESO A], "
                      "10000002 Matemàtiques · 1r ESO A: active student [1r ESO A], "
                      "12345678z Matemàtiques · 1r ESO A: active editingteacher, "
                      "12345678z Valencià · 1r ESO A: active editingteacher");
  EXPECT_EQ(value("select string_agg(concat_ws('|', name, idnumber, depth, coursecount, path, sortorder), ', "
                  "' order by id) "
                  "from mdl_course_categories where id > 1"),
            "València|46|1|0|/2|20000, IES Jaume I|46/46012345|2|0|/2/3|30000, "
            "1r ESO|46/46012345/1234567890|3|2|/2/3/4|40000");
  EXPECT_EQ(value("select string_agg(concat_ws('|', c.shortname, c.idnumber, c.sortorder, x.depth, "
                  "c.visible), ', ' order by c.id) "
                  "from mdl_course c join mdl_context x on x.contextlevel = 50 and x.instanceid = c.id where "
                  "c.id > 1"),
            "2026 46012345 1234567890 MAT 1ESOA|2026/46012345/1234567890/MAT/1ESOA|40001|5|1, "
            "2026 46012345 1234567890 VAL 1ESOA|2026/46012345/1234567890/VAL/1ESOA|40002|5|1");
  EXPECT_EQ(
      value(
          "select count(*) from mdl_context c join mdl_context parent on c.path = parent.path || '/' || c.id "
          "and c.depth = parent.depth + 1 where c.id > 10"),
      "8");
  EXPECT_EQ(value("select count(*) from mdl_context where id > 10"), "8");
  EXPECT_EQ(
      value("select string_agg(section::text, ' ' order by id) from mdl_course_sections where course = 2"),
      "0 1 2 3 4");
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled, 10000002 1ESOA student enrolled, "
                        "10000001 1ESOA student enrolled");
  EXPECT_EQ(value("select value->>'link' from matricula.outbox where key like '%MAT%'"),
            "https://aules.example/eso46/course/view.php?id=" +
                value("select id from mdl_course where shortname like '%MAT%'"));
}

TEST_F(moodle_site, has_rows_as_moodles_own_functions_write_them) {
  site_gets({.person = anna});
  namespace moodles = moodle_4_3;
  EXPECT_EQ(differences("mdl_course_categories", "id = 2", moodles::category),
            "descriptionformat idnumber name");
  EXPECT_EQ(differences("mdl_course", "id = 2", moodles::course),
            "category fullname idnumber newsitems shortname showcompletionconditions sortorder startdate "
            "summaryformat");
  EXPECT_EQ(differences("mdl_context", "contextlevel = 40 and instanceid = 2", moodles::category_context),
            "");
  EXPECT_EQ(differences("mdl_context", "contextlevel = 50 and instanceid = 2", moodles::course_context),
            "depth path");
  EXPECT_EQ(differences("mdl_course_sections", "course = 2 and section = 0", moodles::section), "sequence");
  EXPECT_EQ(differences("mdl_course_format_options", "courseid = 2 and name = 'hiddensections'",
                        moodles::format_option),
            "");
  EXPECT_EQ(differences("mdl_course_format_options", "courseid = 2 and name = 'coursedisplay'",
                        moodles::coursedisplay_option),
            "");
  EXPECT_EQ(value("select string_agg(name || ' ' || value, ', ' order by id) from mdl_course_format_options"),
            "hiddensections 1, coursedisplay 0");
  EXPECT_EQ(differences("mdl_enrol", "enrol = 'database'", moodles::manual_enrol), "enrol");
  EXPECT_EQ(differences("mdl_enrol", "enrol = 'manual'", moodles::manual_enrol), "sortorder");
  EXPECT_EQ(differences("mdl_user", "username = '10000001'", moodles::user),
            "email firstname idnumber lang lastname password username");
  EXPECT_EQ(differences("mdl_context",
                        "contextlevel = 30 and instanceid > 2 and instanceid = "
                        "(select id from mdl_user where username = '10000001')",
                        moodles::user_context),
            "path");
  EXPECT_EQ(differences("mdl_user_enrolments",
                        "userid = (select id from mdl_user where username = '10000001')",
                        moodles::user_enrolment),
            "");
  EXPECT_EQ(differences("mdl_role_assignments",
                        "userid = (select id from mdl_user where username = '10000001')",
                        moodles::role_assignment),
            "component contextid itemid");
  EXPECT_EQ(differences("mdl_role_assignments",
                        "userid = (select id from mdl_user where username = '12345678z')",
                        moodles::role_assignment),
            "component contextid itemid roleid userid");
  EXPECT_EQ(differences("mdl_groups", "true", moodles::group), "descriptionformat idnumber name");
  EXPECT_EQ(differences("mdl_groups_members", "true", moodles::group_member), "component itemid");
  const std::string annas = "(select id from mdl_user where username = '10000001')";
  site_gets(withdrawn({.person = anna}));
  EXPECT_EQ(differences("mdl_cache_flags", "true", moodles::dirty_user_flag), "");
  EXPECT_EQ(differences("mdl_user_enrolments", "userid = " + annas, moodles::suspended_user_enrolment), "");
  site_gets({.person = anna, .name = "Anna Maria"});
  EXPECT_EQ(differences("mdl_user_enrolments", "userid = " + annas, moodles::user_enrolment), "");
  EXPECT_EQ(differences("mdl_user", "id = " + annas, moodles::user),
            "email firstname idnumber lang lastname password username");
}

TEST_F(moodle_site, is_left_alone_by_what_it_holds_already) {
  const std::vector<given_record> page{{.person = anna}, {.person = berta}};
  site_gets_page(page);
  const auto before = moodle();
  EXPECT_EQ(site_reads_again(page), "created 0 changed 0 withdrawn 0, nothing written");
  offset_ -= 2;
  EXPECT_EQ(site_gets_page({{.person = anna, .room = "B1"}, {.person = berta, .room = "B1"}}),
            "created 0 changed 2 withdrawn 0");
  EXPECT_EQ(moodle(), before);
}

TEST_F(moodle_site, writes_no_wal_for_what_it_holds_already) {
  pqxx::connection observer{database_.url()};
  pqxx::nontransaction look{observer};
  look.exec("create extension pg_walinspect");
  const auto log_position = [&] {
    return look.exec1("select pg_current_wal_insert_lsn()")[0].as<std::string>();
  };
  // The log is the whole server's, and other tests write to it.
  const auto is_written_here_since = [&](const std::string& position) {
    look.exec("select pg_logical_emit_message(true, '', '')");  // whose commit flushes what came before it
    return look
        .exec_params1(
            "select exists (select from pg_get_wal_records_info($1, pg_current_wal_flush_lsn()) where "
            "block_ref "
            "like '%/' || (select oid from pg_database where datname = current_database()) || '/%')",
            position)[0]
        .as<bool>();
  };
  given_batch given;
  for (int i = 0; i < 300; ++i)
    given.add({.person = std::to_string(10'000'000 + i)}, static_cast<revision_t>(i + 1));
  const auto session = opened(first_partition);
  const auto start = log_position();
  ASSERT_EQ(apply(*session, given), "created 300 changed 0 withdrawn 0");
  ASSERT_TRUE(is_written_here_since(start));

  bool was_without = false;
  // The server's own housekeeping writes here as well, but not all the time.
  for (int attempt = 0; attempt < 200 && !was_without; ++attempt) {
    const auto before = log_position();
    ASSERT_EQ(apply(*session, given), "created 0 changed 0 withdrawn 0, nothing written");
    was_without = !is_written_here_since(before);
  }
  EXPECT_TRUE(was_without);
}

TEST_F(moodle_site, moves_a_pupil_who_changes_his_group) {
  site_gets_page({{.person = anna}, {.person = berta}});
  EXPECT_EQ(site_gets_page(
                {withdrawn({.person = anna}), {.person = anna, .group = "1ESOB", .group_name = "1r ESO B"}}),
            "created 1 changed 0 withdrawn 1");
  EXPECT_THAT(people(), AllOf(HasSubstr("10000001 Matemàtiques · 1r ESO A: suspended"),
                              HasSubstr("10000001 Matemàtiques · 1r ESO B: active student [1r ESO B]"),
                              HasSubstr("10000002 Matemàtiques · 1r ESO A: active student [1r ESO A]")));
  EXPECT_EQ(verified(), "10000001 1ESOA student withdrawn, 10000002 1ESOA student enrolled, "
                        "10000001 1ESOB student enrolled");
}

TEST_F(moodle_site, suspends_who_is_withdrawn_and_takes_him_back_on_the_same_row) {
  site_gets({.person = anna, .teachers = "[]"});
  const auto row = value("select id from mdl_user_enrolments");
  EXPECT_EQ(site_gets(withdrawn({.person = anna, .teachers = "[]"})), "created 0 changed 0 withdrawn 1");
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: suspended student [1r ESO A]");
  EXPECT_EQ(value("select name || ' ' || (expiry - timemodified) from mdl_cache_flags "
                  "where flagtype = 'accesslib/dirtyusers'"),
            value("select id || ' 28800' from mdl_user where username = '10000001'"));
  EXPECT_EQ(verified(), "10000001 1ESOA student withdrawn");
  const auto before = moodle();
  site_gets(withdrawn({.person = anna, .teachers = "[]", .room = "B1"}));
  EXPECT_EQ(moodle(), before);
  site_gets({.person = anna, .teachers = "[]"});
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: active student [1r ESO A]");
  EXPECT_EQ(value("select id from mdl_user_enrolments"), row);
  EXPECT_EQ(value("select count(*) from mdl_cache_flags"), "1");
}

TEST_F(moodle_site, unenrols_who_is_withdrawn_if_it_is_told_so) {
  given_settings({{"withdraw", "unenrol"}});
  site_gets({.person = anna, .teachers = "[]"});
  site_gets(withdrawn({.person = anna, .teachers = "[]"}));
  EXPECT_EQ(people(), "");
  EXPECT_EQ(
      value("select (select count(*) from mdl_groups_members) + (select count(*) from mdl_role_assignments)"),
      "0");
  EXPECT_EQ(value("select count(*) from mdl_user where username = '10000001'"), "1");
  EXPECT_EQ(verified(), "10000001 1ESOA student withdrawn");
  site_gets({.person = anna, .teachers = "[]"});
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: active student [1r ESO A]");
}

TEST_F(moodle_site, keeps_who_is_withdrawn_if_it_is_told_so) {
  given_settings({{"withdraw", "keep"}});
  site_gets({.person = anna, .teachers = "[]"});
  const auto before = moodle();
  EXPECT_EQ(site_gets(withdrawn({.person = anna, .teachers = "[]"})), "created 0 changed 0 withdrawn 1");
  EXPECT_EQ(moodle(), before);
  EXPECT_EQ(verified(), "10000001 1ESOA student withdrawn");
}

TEST_F(moodle_site, leaves_an_enrolment_suspended_that_somebody_else_suspended) {
  site_gets({.person = anna, .teachers = "[]"});
  database_.query("update mdl_user_enrolments set status = 1");
  site_gets({.person = anna, .since = "2026-10-01", .teachers = "[]"});
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: suspended student [1r ESO A]");
  EXPECT_EQ(verified(), "10000001 1ESOA student withdrawn");
}

TEST_F(moodle_site, leaves_an_enrolment_active_that_somebody_has_made_active_again) {
  const given_record of_anna{.person = anna, .teachers = "[]"};
  const std::string active = "10000001 Matemàtiques · 1r ESO A: active student [1r ESO A]";
  site_gets(of_anna);
  site_gets(withdrawn(of_anna));
  database_.query("update mdl_user_enrolments set status = 0, timemodified = 7, modifierid = 7");
  auto other_room = withdrawn(of_anna);
  other_room.room = "B1";
  EXPECT_EQ(site_gets(other_room), "created 0 changed 1 withdrawn 0");
  EXPECT_EQ(people(), active);
  EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal"), "1");  // as he left
  site_gets(of_anna);
  EXPECT_EQ(value("select modifierid from mdl_user_enrolments"), "7");
  site_gets(withdrawn(of_anna));
  EXPECT_THAT(people(), HasSubstr("suspended"));
}

TEST_F(moodle_site, leaves_an_enrolment_suspended_that_somebody_has_suspended_after_it) {
  const given_record of_anna{.person = anna, .teachers = "[]"};
  site_gets(of_anna);
  site_gets(withdrawn(of_anna));
  database_.query("update mdl_user_enrolments set status = 0, timemodified = 7; "
                  "update mdl_user_enrolments set status = 1, timemodified = 8");
  site_gets(of_anna);
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: suspended student [1r ESO A]");
  EXPECT_EQ(value("select count(*) from matricula.moodle_suspended"), "0");
  // What an earlier version has suspended.
  database_.query("insert into matricula.moodle_suspended select enrolid, userid from mdl_user_enrolments");
  site_gets({.person = anna, .teachers = "[]", .room = "B1"});
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: active student [1r ESO A]");
}

TEST_F(moodle_site, has_nobody_enrolled_under_an_instance_that_somebody_has_switched_off) {
  site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL"}, {.person = berta}});
  database_.query("update mdl_enrol set status = 1 where enrol = 'database' and courseid = "
                  "(select id from mdl_course where idnumber like '%/VAL/%'); "
                  "update mdl_user set suspended = 1 where username = '10000002'");
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled, 10000002 1ESOA student enrolled, "
                        "10000001 1ESOA student withdrawn");
}

TEST_F(moodle_site, says_of_which_course_somebody_has_deleted_our_enrol_instance_or_switched_it_off) {
  site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL"}});
  EXPECT_THAT(diagnosis(), Not(HasSubstr("our enrol instance")));
  database_.query("delete from mdl_enrol where enrol = 'database' and courseid = 2; "
                  "update mdl_enrol set status = 1 where enrol = 'database' and courseid = 3");
  EXPECT_THAT(diagnosis(), HasSubstr("wrong 2 of our courses have our enrol instance no more, or switched "
                                     "off, so that nobody is enrolled by it: 2, 3 > Switch it on"));
  for (const auto* room : {"B1", "B2"})
    site_gets_page({{.person = anna, .room = room}, {.person = anna, .subject = "VAL", .room = room}});
  site_gets({.person = berta});
  EXPECT_EQ(value("select string_agg(kind || ' ' || ref, ', ') from matricula.moodle_notice"),
            "instance_deleted 2");
  EXPECT_EQ(value("select count(*) from mdl_enrol"), "3");
}

TEST_F(moodle_site, says_which_group_somebody_has_deleted_and_takes_on_another_of_its_idnumber) {
  given_settings({{"classrooms", "merged"}});
  const given_record of_anna{.person = anna, .teachers = "[]"}, of_berta{.person = berta, .teachers = "[]"};
  const given_record in_b{.person = "10000003", .group = "1ESOB", .group_name = "1r ESO B", .teachers = "[]"};
  site_gets_page({of_anna, of_berta, in_b});
  EXPECT_THAT(diagnosis(), Not(HasSubstr("of our groups")));
  const auto group = value("select id from mdl_groups where idnumber = '1ESOA'");
  database_.query("delete from mdl_groups_members where groupid = " + group +
                  "; delete from mdl_groups where id = " + group);
  EXPECT_THAT(diagnosis(), HasSubstr("wrong 1 of our groups are in Moodle no more, so that nobody comes into "
                                     "them: in course 2 > Make one in the course"));
  const auto notices = [&] {
    return value("select coalesce(string_agg(kind || ' ' || ref, ', '), '') from matricula.moodle_notice");
  };
  for (const auto* room : {"B1", "B2"})
    site_gets({.person = anna, .teachers = "[]", .room = room});
  EXPECT_EQ(notices(), "group_deleted " + group);
  EXPECT_EQ(people(), "10000001 Matemàtiques: active student, 10000002 Matemàtiques: active student, "
                      "10000003 Matemàtiques: active student [1r ESO B]");
  // Somebody makes one anew, and a group with that idnumber in another course is none of it.
  database_.query("delete from matricula.moodle_change; insert into mdl_groups (courseid, idnumber, name) "
                  "values (1, '1ESOA', 'Una altra'), (2, '1ESOA', 'Els del matí')");
  site_gets({.person = anna, .teachers = "[]", .room = "B3"});
  EXPECT_EQ(people(), "10000001 Matemàtiques: active student [Els del matí], "
                      "10000002 Matemàtiques: active student [Els del matí], "
                      "10000003 Matemàtiques: active student [1r ESO B]");
  EXPECT_EQ(notices(), "");
  EXPECT_EQ(value("select count(*) from matricula.moodle_change where kind = 'groups' and ref = 2"), "1");
  EXPECT_THAT(diagnosis(), Not(HasSubstr("of our groups")));
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled, 10000002 1ESOA student enrolled, "
                        "10000003 1ESOB student enrolled");
  const auto before = moodle();
  site_gets({.person = anna, .teachers = "[]", .room = "B4"});
  EXPECT_EQ(moodle(), before);
  // Its name is somebody's own, as long as it is not what was last written.
  site_gets({.person = anna, .group_name = "1A", .teachers = "[]", .room = "B4"});
  EXPECT_EQ(value("select name from mdl_groups where courseid = 2 and idnumber = '1ESOA'"), "Els del matí");
}

TEST_F(moodle_site, gives_new_courses_the_sites_defaults) {
  const auto latest = [&] {
    return value(
        "select concat_ws(' ', c.enablecompletion, c.showactivitydates, c.showgrades, c.showreports, "
        "c.maxbytes, coalesce(c.showcompletionconditions::text, 'null'), (select string_agg(o.value, ' ' "
        "order by o.name desc) from mdl_course_format_options o where o.courseid = c.id), c.groupmode, "
        "c.groupmodeforce) from mdl_course c order by id desc limit 1");
  };
  site_gets({.person = anna});
  EXPECT_EQ(latest(), "0 0 1 0 0 null 1 0 0 0");
  database_.query(
      "insert into mdl_config (name, value) values ('enablecompletion', '1'); "
      "insert into mdl_config_plugins (plugin, name, value) values ('moodlecourse', 'enablecompletion', "
      "'1'), ('moodlecourse', 'showactivitydates', '1'), ('moodlecourse', 'showgrades', '0'), "
      "('moodlecourse', 'showreports', '1'), ('moodlecourse', 'maxbytes', '2147483648'), "
      "('moodlecourse', 'hiddensections', '0'), ('moodlecourse', 'coursedisplay', '1'), "
      "('moodlecourse', 'groupmode', '2'), ('moodlecourse', 'groupmodeforce', '1')");
  session_.reset();
  site_gets({.person = anna, .subject = "VAL"});
  EXPECT_EQ(latest(), "1 1 0 1 2147483648 1 0 1 2 1");
  database_.query(
      "update mdl_config set value = '0' where name = 'enablecompletion'; "
      "update mdl_config_plugins set value = 'many' where name in ('maxbytes', 'groupmodeforce')");
  session_.reset();
  site_gets({.person = anna, .subject = "ANG"});
  EXPECT_EQ(latest(), "0 1 0 1 0 null 0 1 2 0");
  given_settings({{"classrooms", "merged"}});
  site_gets({.person = anna, .subject = "FIS"});
  EXPECT_EQ(latest(), "0 1 0 1 0 null 0 1 1 1");  // whose groups are to be kept apart
}

TEST_F(moodle_site, gives_new_courses_manual_enrolment_as_the_site_has_it) {
  const auto latest = [&](const std::string& plugin) {
    return value(
        "select concat_ws(' ', status, roleid, enrolperiod, expirynotify, notifyall, expirythreshold) "
        "from mdl_enrol where enrol = '" +
        plugin + "' order by id desc limit 1");
  };
  site_gets({.person = anna});
  EXPECT_EQ(latest("manual"), "0 5 0 0 0 86400");
  EXPECT_EQ(latest("database"), "0 5 0 0 0 86400");
  database_.query(
      "insert into mdl_config_plugins (plugin, name, value) values ('enrol_manual', 'status', '1'), "
      "('enrol_manual', 'roleid', '4'), ('enrol_manual', 'enrolperiod', '604800'), "
      "('enrol_manual', 'expirynotify', '2'), ('enrol_manual', 'expirythreshold', '172800')");
  session_.reset();
  site_gets({.person = anna, .subject = "VAL"});
  EXPECT_EQ(latest("manual"), "1 4 604800 1 1 172800");
  EXPECT_EQ(latest("database"), "0 5 0 0 0 86400");
  database_.query("update mdl_config_plugins set value = '' where plugin = 'enrol_manual'; "
                  "update mdl_config_plugins set value = '1' where name = 'expirynotify'");
  session_.reset();
  site_gets({.person = anna, .subject = "ANG"});
  EXPECT_EQ(latest("manual"), "0 5 0 1 0 86400");
}

TEST_F(moodle_site, gives_new_accounts_the_sites_defaults_of_people) {
  const auto preferences_of = [&](const std::string& username) {
    return value("select concat_ws(' ', maildisplay, mailformat, maildigest, autosubscribe, trackforums, "
                 "calendartype, city, country) from mdl_user where username = '" +
                 username + "'");
  };
  site_gets({.person = anna, .teachers = "[]"});
  EXPECT_EQ(preferences_of(anna), "2 1 0 1 0 gregorian  ");
  database_.query("insert into mdl_config (name, value) values ('defaultpreference_maildisplay', '0'), "
                  "('defaultpreference_mailformat', '0'), ('defaultpreference_maildigest', '2'), "
                  "('defaultpreference_autosubscribe', '0'), ('defaultpreference_trackforums', '1'), "
                  "('calendartype', 'hijri'), ('defaultcity', 'Alcoi'), ('country', 'ES')");
  session_.reset();
  site_gets_page({{.person = anna, .name = "Anna Maria", .teachers = "[]"}, {.person = berta}});
  for (const auto* newcomer : {berta, "12345678z"})
    EXPECT_EQ(preferences_of(newcomer), "0 0 2 0 1 hijri Alcoi ES") << newcomer;
  EXPECT_EQ(preferences_of(anna), "2 1 0 1 0 gregorian  ");  // who is there keeps his own
  database_.query("update mdl_config set value = 'often' where name like 'defaultpreference_%' or "
                  "name = 'calendartype'; "
                  "update mdl_config set value = '' where name in ('defaultpreference_maildisplay', "
                  "'calendartype', 'defaultcity'); "
                  "update mdl_config set value = '0' where name = 'country'");
  session_.reset();
  site_gets({.person = "10000003"});
  EXPECT_EQ(preferences_of("10000003"), "2 1 0 1 0 gregorian  ");
  // Of a name longer than Moodle's column as much as that keeps.
  database_.query("update mdl_config set value = repeat('à', 121) where name = 'defaultcity'");
  session_.reset();
  site_gets({.person = "10000004"});
  EXPECT_EQ(value("select city = repeat('à', 120) from mdl_user where username = '10000004'"), "t");
}

TEST_F(moodle_site, leaves_no_orphans_where_somebody_has_deleted_a_course_or_a_group) {
  given_settings({{"classrooms", "merged"}});
  site_gets_page({{.person = anna, .subject = "MAT"}, {.person = anna, .subject = "VAL"}});
  const std::string maths = value("select id from mdl_course where idnumber like '%MAT%'");
  for (const auto* table :
       {"mdl_user_enrolments where enrolid in (select id from mdl_enrol where courseid = ",
        "mdl_role_assignments where contextid in (select id from mdl_context where contextlevel = 50 "
        "and instanceid = ",
        "mdl_groups_members where groupid in (select id from mdl_groups where courseid = "})
    database_.query(std::string{"delete from "} + table + maths + ")");
  database_.query(
      "delete from mdl_groups; delete from mdl_groups_members; delete from mdl_enrol where courseid = " +
      maths + "; delete from mdl_context where contextlevel = 50 and instanceid = " + maths +
      "; delete from mdl_course where id = " + maths);
  site_gets_page({{.person = berta, .subject = "MAT"},
                  {.person = berta, .group = "1ESOB", .subject = "MAT"},
                  {.person = berta, .subject = "VAL"}});
  EXPECT_THAT(people(), HasSubstr("10000002 Matemàtiques: active student"));
  EXPECT_EQ(value("select count(*) from mdl_user_enrolments e where not exists (select from mdl_enrol where "
                  "id = enrolid)"),
            "0");
  EXPECT_EQ(
      value("select count(*) from mdl_role_assignments where contextid not in (select id from mdl_context)"),
      "0");
  EXPECT_EQ(value("select (select count(*) from mdl_groups) + (select count(*) from mdl_groups_members)"),
            "0");
  EXPECT_EQ(verified(), "10000001 1ESOA student withdrawn, 10000002 1ESOA student withdrawn");
}

TEST_F(moodle_site, fills_a_course_that_was_restored_under_another_number) {
  const std::vector<given_record> page{{.person = anna},
                                       {.person = berta},
                                       withdrawn({.person = "10000003"}),
                                       {.person = anna, .subject = "VAL", .subject_name = "Valencià"}};
  site_gets_page(page);
  const auto refused = [&](const std::string& numbers) -> std::string {
    try {
      return value("select matricula.moodle_reconnect(" + numbers + ")");
    } catch (const pqxx::sql_error& error) {
      return error.what();
    }
  };
  EXPECT_THAT(refused("2, 1"), HasSubstr("Course 2 is still in Moodle"));
  // What Moodle deletes with a course, and what it has restored.
  database_.query(
      "delete from mdl_groups_members where groupid in (select id from mdl_groups where courseid = 2); "
      "delete from mdl_groups where courseid = 2; delete from mdl_user_enrolments where enrolid in "
      "(select id from mdl_enrol where courseid = 2); delete from mdl_enrol where courseid = 2; "
      "delete from mdl_role_assignments where contextid in (select id from mdl_context where "
      "contextlevel = 50 and instanceid = 2); delete from mdl_context where contextlevel = 50 and "
      "instanceid = 2; delete from mdl_course where id = 2; "
      "insert into mdl_course (id, category, fullname, shortname, idnumber) values (50, 1, "
      "'Matemàtiques · 1r ESO A', 'restored', 'another'); "
      "insert into mdl_context (contextlevel, instanceid, path, depth) values (50, 50, '/1/3/50', 3); "
      "insert into mdl_groups (courseid, idnumber, name) values (50, '1ESOA', 'Restored')");
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled");
  EXPECT_THAT(refused("7, 50"), HasSubstr("Course 7 is none that matricula has made"));
  EXPECT_THAT(refused("2, 51"), HasSubstr("Course 51 is not in Moodle"));
  EXPECT_THAT(refused("2, 3"), HasSubstr("Course 3 stands for another classroom already"));
  EXPECT_THAT(refused("2, 50"), HasSubstr("Course 50 has another idnumber (another) than course 2 had"));
  EXPECT_THAT(refused("2, 50, 'manual'"), HasSubstr("another idnumber"));
  database_.query("update mdl_course set idnumber = '' where id = 50");
  EXPECT_THAT(refused("2, 50, 'manual'"), HasSubstr("The plugin is to be the one that the setting enrol"));
  EXPECT_EQ(refused("2, 50"), "3");
  EXPECT_THAT(refused("2, 50"), HasSubstr("Course 2 is none that matricula has made"));
  EXPECT_EQ(value("select concat_ws(' ', roleid, status) from mdl_enrol where enrol = 'database' and "
                  "courseid = 50"),
            "5 0");
  EXPECT_EQ(value("select count(*) from mdl_groups where courseid = 50"), "1");
  // As matricula replay has it: the same records, with the same revisions.
  given_batch again{offset_};
  revision_t revision = 0;
  for (const auto& record : page)
    again.add(record, ++revision);
  offset_ = again.batch.next_offset;
  EXPECT_EQ(apply(*session_, again), "created 0 changed 3 withdrawn 0");
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: active student [Restored], "
                      "10000001 Valencià · 1r ESO A: active student [1r ESO A], "
                      "10000002 Matemàtiques · 1r ESO A: active student [Restored], "
                      "12345678z Matemàtiques · 1r ESO A: active editingteacher, "
                      "12345678z Valencià · 1r ESO A: active editingteacher");
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled, 10000002 1ESOA student enrolled, "
                        "10000003 1ESOA student withdrawn, 10000001 1ESOA student enrolled");
  site_gets(withdrawn({.person = berta}));
  EXPECT_THAT(people(), HasSubstr("10000002 Matemàtiques · 1r ESO A: suspended student [Restored]"));
}

TEST_F(moodle_site, enrols_again_whom_somebody_has_unenrolled_when_a_record_of_his_changes) {
  const given_record of_anna{.person = anna, .teachers = "[]"}, of_berta{.person = berta, .teachers = "[]"};
  site_gets_page({of_anna, of_berta});
  database_.query("delete from mdl_user_enrolments; delete from mdl_role_assignments; "
                  "delete from mdl_groups_members");
  site_gets({.person = "10000003", .teachers = "[]"});
  EXPECT_EQ(people(), "10000003 Matemàtiques · 1r ESO A: active student [1r ESO A]");
  auto since_then = of_anna;
  since_then.since = "2026-10-01";
  site_gets(since_then);
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: active student [1r ESO A], "
                      "10000003 Matemàtiques · 1r ESO A: active student [1r ESO A]");
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled, 10000002 1ESOA student withdrawn, "
                        "10000003 1ESOA student enrolled");
}

TEST_F(moodle_site, writes_nothing_for_an_account_that_somebody_has_deleted) {
  site_gets_page({{.person = anna}, {.person = berta}});
  // What Moodle's delete_user does, to a pupil and to the teacher.
  database_.query(
      "create table gone as select id from mdl_user where username in ('10000001', '12345678z'); "
      "update mdl_user set deleted = 1, username = id || '@invalid.invalid.1795290469', idnumber = '', "
      "email = md5(username) where id in (select id from gone); "
      "delete from mdl_user_enrolments where userid in (select id from gone); "
      "delete from mdl_role_assignments where userid in (select id from gone); "
      "delete from mdl_groups_members where userid in (select id from gone)");
  const std::string theirs =
      "select (select count(*) from mdl_user_enrolments where userid in (select id from gone)) + "
      "(select count(*) from mdl_role_assignments where userid in (select id from gone)) + "
      "(select count(*) from mdl_groups_members where userid in (select id from gone)) + "
      "(select count(*) from mdl_cache_flags where name in (select id::text from gone))";
  const auto accounts = value("select string_agg(u::text, ' ' order by id) from mdl_user u");
  for (const auto* how : {"suspend", "unenrol"}) {
    given_settings({{"withdraw", how}});
    site_gets_page({{.person = anna, .room = how}, {.person = anna, .subject = how}});
    EXPECT_EQ(value(theirs), "0");
    site_gets_page({withdrawn({.person = anna}), withdrawn({.person = anna, .subject = how})});
    site_gets({.person = anna, .room = "B1"});
    EXPECT_EQ(value(theirs), "0");
  }
  EXPECT_EQ(value("select string_agg(u::text, ' ' order by id) from mdl_user u"), accounts);
  EXPECT_EQ(people(), "10000002 Matemàtiques · 1r ESO A: active student [1r ESO A]");
  EXPECT_THAT(verified(), AllOf(HasSubstr("10000002 1ESOA student enrolled"),
                                Not(HasSubstr("10000001 1ESOA student enrolled"))));
}

TEST_F(moodle_site, takes_on_a_new_account_of_the_name_of_one_that_was_deleted) {
  constexpr auto notices = "select string_agg(n.kind || ' ' || g.username, ', ' order by g.username) "
                           "from matricula.moodle_notice n left join gone g on g.id = n.ref";
  site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL"}, {.person = berta}});
  const auto before = people();
  // What Moodle's delete_user does; of the teacher, the row itself is gone.
  database_.query(
      "create table gone as select id, username from mdl_user where username in ('10000001', '12345678z'); "
      "delete from mdl_user_enrolments where userid in (select id from gone); "
      "delete from mdl_role_assignments where userid in (select id from gone); "
      "delete from mdl_groups_members where userid in (select id from gone); "
      "update mdl_user set deleted = 1, username = id || '@invalid.invalid.1795290469', idnumber = '' "
      "where username = '10000001'; delete from mdl_user where username = '12345678z'");
  for (const auto* room : {"B1", "B2"}) {
    site_gets({.person = anna, .room = room});
    EXPECT_EQ(value(notices), "account_deleted 10000001, account_deleted 12345678z") << room;
  }
  database_.query("insert into mdl_user (username, mnethostid, confirmed, firstname, lastname) values "
                  "('10000001', 1, 1, 'A', 'B'), ('12345678z', 1, 1, 'C', 'D')");
  site_gets({.person = anna, .name = "Anna Maria", .teachers = "[]", .room = "B3"});
  site_gets({.person = anna, .name = "Anna Maria", .room = "B4"});
  EXPECT_EQ(people(), before);
  EXPECT_EQ(value("select firstname || ' ' || idnumber from mdl_user where username = '10000001'"),
            "Anna Maria 10000001");
  EXPECT_EQ(value("select count(*) from mdl_user_enrolments where userid in (select id from gone)"), "0");
  EXPECT_EQ(value("select count(*) from mdl_groups_members"), "3");
  const auto rows = moodle();
  site_gets({.person = anna, .name = "Anna Maria", .room = "B5"});
  EXPECT_EQ(moodle(), rows);
}

TEST_F(moodle_site, takes_on_a_new_account_for_both_people_who_shared_the_one_that_was_deleted) {
  const given_record with_zero{.person = "012345678Z", .role = "teacher", .teachers = "[]"};
  given_record without{.person = "12345678Z", .role = "teacher", .subject = "VAL", .teachers = "[]"};
  site_gets_page({with_zero, without});
  const auto before = people();
  database_.query("delete from mdl_user_enrolments; delete from mdl_role_assignments; "
                  "update mdl_user set deleted = 1, username = 'gone' where username = '12345678z'; "
                  "insert into mdl_user (username, mnethostid, confirmed) values ('12345678z', 1, 1)");
  auto again = with_zero;
  again.room = "B1";
  site_gets(again);
  EXPECT_EQ(people(), before);
  EXPECT_EQ(value("select count(*) || ' ' || count(distinct user_id) from matricula.moodle_user"), "2 1");
  EXPECT_EQ(value("select count(*) from matricula.moodle_notice"), "0");
}

TEST_F(moodle_site, makes_nobody_of_a_newcomer_who_has_left_already) {
  EXPECT_EQ(site_gets(withdrawn({.person = anna, .teachers = "[]"})), "created 0 changed 0 withdrawn 1");
  EXPECT_EQ(value("select count(*) from mdl_user where id > 2"), "0");
  EXPECT_EQ(verified(), "10000001 1ESOA student withdrawn");
}

TEST_F(moodle_site, follows_a_classrooms_teachers) {
  site_gets({.person = anna, .teachers = "[" + teacher_of("0A") + "]"});
  site_gets({.person = anna, .teachers = "[" + teacher_of("0A") + "," + teacher_of("0B", "0A") + "]"});
  EXPECT_THAT(people(), AllOf(HasSubstr("0a Matemàtiques · 1r ESO A: active editingteacher,"),
                              HasSubstr("0b Matemàtiques · 1r ESO A: active editingteacher,")));
  site_gets({.person = anna, .teachers = "[" + teacher_of("0B") + "]"});
  EXPECT_THAT(people(), AllOf(HasSubstr("0a Matemàtiques · 1r ESO A: suspended"),
                              HasSubstr("0b Matemàtiques · 1r ESO A: active editingteacher,")));
  EXPECT_EQ(value("select name from mdl_cache_flags"),
            value("select id from mdl_user where username = '0a'"));
}

TEST_F(moodle_site, takes_a_role_from_who_keeps_another) {
  const given_record teacher{.person = "0A", .role = "teacher", .teachers = "[]"};
  const given_record student{.person = "0A", .teachers = "[]"};
  site_gets_page({teacher, student});
  EXPECT_EQ(people(), "0a Matemàtiques · 1r ESO A: active editingteacher+student [1r ESO A]");
  site_gets(withdrawn(teacher));
  EXPECT_EQ(people(), "0a Matemàtiques · 1r ESO A: active student [1r ESO A]");
  EXPECT_EQ(value("select count(*) from mdl_cache_flags"), "1");
}

TEST_F(moodle_site, tells_moodle_of_a_new_role_of_who_may_be_at_work) {
  site_gets_page({{.person = anna, .teachers = "[]"}, {.person = berta, .teachers = "[]"}});
  EXPECT_EQ(value("select count(*) from mdl_cache_flags"), "0");
  database_.query("update mdl_user set lastaccess = extract(epoch from now()) where username = '10000001'");
  site_gets_page({{.person = anna, .subject = "VAL", .teachers = "[]"},
                  {.person = berta, .subject = "VAL", .teachers = "[]"}});
  EXPECT_EQ(value("select string_agg(name, ' ') from mdl_cache_flags"),
            value("select id from mdl_user where username = '10000001'"));
}

TEST_F(moodle_site, keeps_its_flags_for_as_long_as_a_session_lasts_in_moodle) {
  constexpr auto flags =
      "select coalesce(string_agg(u.username || ' ' || (f.expiry - f.timemodified), ', ' order by "
      "u.username), '') from mdl_cache_flags f join mdl_user u on u.id::text = f.name";
  const given_record of_anna{.person = anna, .teachers = "[]"}, of_berta{.person = berta, .teachers = "[]"};
  site_gets_page({of_anna, of_berta});
  database_.query(
      "insert into mdl_config (name, value) values ('sessiontimeout', '172800'); "
      "update mdl_user set lastaccess = extract(epoch from now()) - 100000 where username = '10000001'");
  site_gets(withdrawn(of_berta));
  EXPECT_EQ(value(flags), "10000002 172800");
  auto valencian = of_anna;
  valencian.subject = "VAL";
  site_gets(valencian);  // whose session is still open
  EXPECT_EQ(value(flags), "10000001 172800, 10000002 172800");
  for (const auto* seconds : {"7200", "", "a"}) {
    database_.query(std::string{"update mdl_config set value = '"} + seconds +
                    "' where name = 'sessiontimeout'");
    site_gets(of_berta);
    site_gets(withdrawn(of_berta));
    EXPECT_EQ(value(flags), std::string{"10000001 172800, 10000002 "} + (*seconds == '7' ? "7200" : "28800"));
  }
}

TEST_F(moodle_site, makes_courses_that_nobody_sees_if_it_is_told_so) {
  given_settings({{"visible", "no"}});
  site_gets({.person = anna});
  EXPECT_EQ(value("select visible || ' ' || visibleold from mdl_course where id > 1"), "0 0");
}

TEST_F(moodle_site, has_its_courses_in_a_language_if_it_is_told_so) {
  site_gets({.person = anna});
  given_settings({{"course_lang", "es"}, {"lang", "ca"}, {"fullname", "{subject.name_cas}"}});
  site_gets({.person = berta, .subject = "VAL"});
  EXPECT_EQ(value("select string_agg(concat_ws('|', lang, fullname), ', ' order by id) from mdl_course "
                  "where id > 1"),
            "|Matemàtiques · 1r ESO A, es|x");
  EXPECT_EQ(value("select string_agg(lang, ' ' order by username) from mdl_user where username like '1000%'"),
            "ca_valencia ca");
}

TEST_F(moodle_site, knows_people_by_what_they_log_in_with) {
  site_gets_page(
      {{.person = anna}, {.person = "0X1234567L", .role = "teacher"}, {.person = "0A", .role = "teacher"}});
  EXPECT_EQ(value("select string_agg(username || ' ' || idnumber, ', ' order by username) from mdl_user "
                  "where id > 2"),
            "0a 0A, 10000001 10000001, 12345678z 012345678Z, x1234567l 0X1234567L");
}

TEST_F(moodle_site, keeps_an_account_at_work_while_one_of_two_people_who_share_it_is) {
  const given_record with_zero{.person = "012345678Z", .role = "teacher", .teachers = "[]"};
  const given_record without{.person = "12345678Z", .role = "teacher", .teachers = "[]"};
  EXPECT_EQ(site_gets_page({with_zero, without}), "created 2 changed 0 withdrawn 0");
  EXPECT_EQ(people(), "12345678z Matemàtiques · 1r ESO A: active editingteacher");
  site_gets(withdrawn(with_zero));
  EXPECT_EQ(people(), "12345678z Matemàtiques · 1r ESO A: active editingteacher");
  EXPECT_EQ(verified(), "012345678Z 1ESOA teacher withdrawn, 12345678Z 1ESOA teacher enrolled");
  site_gets(withdrawn(without));
  EXPECT_EQ(people(), "12345678z Matemàtiques · 1r ESO A: suspended editingteacher");
  site_gets(with_zero);
  EXPECT_EQ(people(), "12345678z Matemàtiques · 1r ESO A: active editingteacher");
}

TEST_F(moodle_site, keeps_a_shared_account_in_its_group_until_both_have_left) {
  given_settings({{"withdraw", "unenrol"}, {"classrooms", "merged"}});
  const given_record with_zero{.person = "012345678Z", .teachers = "[]"};
  const given_record without{.person = "12345678Z", .teachers = "[]"};
  site_gets(with_zero);
  EXPECT_EQ(site_gets(without), "created 1 changed 0 withdrawn 0");
  const auto before = people();
  EXPECT_EQ(before, "12345678z Matemàtiques: active student [1r ESO A]");
  site_gets(withdrawn(without));
  EXPECT_EQ(people(), before);
  EXPECT_EQ(verified(), "012345678Z 1ESOA student enrolled, 12345678Z 1ESOA student withdrawn");
  auto elsewhere = without;
  elsewhere.group = "1ESOB";
  elsewhere.group_name = "1r ESO B";
  site_gets(elsewhere);
  EXPECT_EQ(people(), "12345678z Matemàtiques: active student [1r ESO A+1r ESO B]");
  site_gets_page({withdrawn(with_zero), withdrawn(elsewhere)});
  EXPECT_EQ(people(), "");
  EXPECT_EQ(value("select count(*) from mdl_groups_members"), "0");
}

TEST_F(moodle_site, hears_of_new_names) {
  site_gets({.person = anna});
  site_gets({.person = anna,
             .name = "Anna Maria",
             .centre_name = "IES Jaume II",
             .subject_name = "Matemàtiques I",
             .group_name = "1r ESO Alfa"});
  EXPECT_EQ(value("select firstname from mdl_user where username = '10000001'"), "Anna Maria");
  EXPECT_EQ(value("select fullname from mdl_course where id > 1"), "Matemàtiques I · 1r ESO Alfa");
  EXPECT_EQ(value("select name from mdl_groups"), "1r ESO Alfa");
  EXPECT_EQ(value("select name from mdl_course_categories where idnumber = '46/46012345'"), "IES Jaume II");
  EXPECT_EQ(value("select string_agg(kind, ' ' order by kind) from matricula.moodle_change"),
            "categories course groups");
}

TEST_F(moodle_site, keeps_what_somebody_has_changed_by_hand) {
  site_gets({.person = anna});
  database_.query("update mdl_user set firstname = 'Nina' where username = '10000001'; "
                  "update mdl_course set fullname = 'Mates divertides', startdate = 7 where id > 1; "
                  "update mdl_groups set name = 'Els millors'; "
                  "update mdl_course_categories set name = 'L''institut' where idnumber = '46/46012345'; "
                  "update mdl_course_sections set name = 'Tema 1' where section = 1");
  site_gets({.person = anna,
             .name = "Anna Maria",
             .centre_name = "IES Jaume II",
             .subject_name = "Matemàtiques I",
             .group_name = "1r ESO Alfa"});
  EXPECT_EQ(value("select firstname from mdl_user where username = '10000001'"), "Nina");
  EXPECT_EQ(value("select fullname || ' ' || startdate from mdl_course where id > 1"), "Mates divertides 7");
  EXPECT_EQ(value("select name from mdl_groups"), "Els millors");
  EXPECT_EQ(value("select name from mdl_course_categories where idnumber = '46/46012345'"), "L'institut");
  EXPECT_EQ(value("select name from mdl_course_sections where section = 1"), "Tema 1");
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled");
}

TEST_F(moodle_site, takes_an_account_on_that_is_there_already) {
  database_.query("insert into mdl_user (username, mnethostid, auth, confirmed, password, city, firstname) "
                  "values ('10000001', 1, 'ldap', 1, 'hash', 'Dénia', 'A.')");
  site_gets({.person = anna});
  EXPECT_EQ(value("select concat_ws(' ', auth, password, city, firstname, lastname, idnumber) from mdl_user "
                  "where username = '10000001'"),
            "ldap hash Dénia Anna Ferrer 10000001");
  EXPECT_EQ(value("select count(*) from mdl_user where username = '10000001'"), "1");
  EXPECT_EQ(value("select string_agg(username, ' ') from matricula.moodle_user join mdl_user on id = user_id "
                  "where adopted"),
            "10000001");
}

TEST_F(moodle_site, keeps_names_and_an_address_of_which_itaca_says_nothing) {
  constexpr auto profiles = "select string_agg(concat_ws(' ', username, firstname, lastname, email), ', ' "
                            "order by username) from mdl_user where username in ('12345678z', '0b')";
  database_.query("insert into mdl_user (username, mnethostid, auth, confirmed, firstname, email) "
                  "values ('12345678z', 1, 'ldap', 1, 'J.', 'joan@centre.example')");
  const std::string joan = R"({"id":"012345678Z","name":"Joan","surname1":"Fuster")";
  site_gets({.person = anna, .teachers = "[" + joan + "}]"});
  EXPECT_EQ(value(profiles), "12345678z Joan Fuster joan@centre.example");
  site_gets({.person = anna, .teachers = R"([{"id":"012345678Z"},{"id":"0B"}])"});
  EXPECT_EQ(value(profiles), "0b 0b 0b 0b@invalid.invalid, 12345678z Joan Fuster joan@centre.example");
  site_gets_page(
      {{.person = anna, .teachers = "[" + joan + R"(,"email":"joan@edu.example"},)" + teacher_of("0B") + "]"},
       {.person = anna, .subject = "VAL", .teachers = R"([{"id":"012345678Z"},{"id":"0B"}])"}});
  constexpr auto known = "0b Joan Fuster 0b@invalid.invalid, 12345678z Joan Fuster joan@edu.example";
  EXPECT_EQ(value(profiles), known);
  site_gets_page({{.person = anna, .teachers = "[" + joan + R"(,"email":""}])", .room = "B1"},
                  {.person = anna, .subject = "VAL", .teachers = R"([{"id":"0B"}])"}});
  EXPECT_EQ(value(profiles), known);
  EXPECT_EQ(value("select string_agg(concat_ws(' ', code, name, surname1), ', ' order by code) from "
                  "classrooms.person where code <> '10000001'"),
            "012345678Z Joan Fuster, 0B Joan Fuster");
}

TEST_F(moodle_site, writes_names_without_tags_as_moodle_does) {
  const auto name_of = [&](const std::string& username) {
    return value("select firstname || ' ' || lastname from mdl_user where username = '" + username + "'");
  };
  // What PHP's strip_tags makes of each.
  const std::pair<const char*, const char*> names[] = {{"<b>Anna</b> Maria", "Anna Maria"},
                                                       {"Anna < 3", "Anna < 3"},
                                                       {"Anna > Maria", "Anna > Maria"},
                                                       {"Anna <3", "Anna "},
                                                       {"Anna<script", "Anna"},
                                                       {"Anna <", "Anna "},
                                                       {"D'Anna", "D'Anna"},
                                                       {"<a title='>' id=\"x>y\">Anna</a>", "Anna"},
                                                       {"<i title='>Anna", ""},
                                                       {"Anna<br/>Maria", "AnnaMaria"}};
  site_gets({.person = anna, .teachers = "[]"});
  for (const auto& [written, cleaned] : names)
    EXPECT_EQ(value("select '[' || matricula.moodle_without_tags($$" + std::string{written} + "$$) || ']'"),
              "[" + std::string{cleaned} + "]");
  site_gets({.person = anna, .name = "<b>Anna</b> Maria", .teachers = "[]"});
  EXPECT_EQ(name_of(anna), "Anna Maria Ferrer");
  site_gets({.person = berta, .name = "<script>", .teachers = "[]"});
  EXPECT_EQ(name_of(berta), "10000002 Ferrer");
}

TEST_F(moodle_site, cuts_names_and_numbers_to_what_moodle_keeps) {
  const std::string centre(300, 'c'), group(150, 'g');
  EXPECT_EQ(site_gets({.person = anna, .centre_name = centre, .group = group}),
            "created 1 changed 0 withdrawn 0");
  EXPECT_EQ(value("select name from mdl_course_categories where idnumber = '46/46012345'"),
            centre.substr(0, 255));
  EXPECT_EQ(value("select idnumber from mdl_groups"), group.substr(0, 100));
  const auto before = value("select string_agg(c::text, ' ') from mdl_course_categories c");
  site_gets({.person = anna, .centre_name = centre, .group = group, .room = "B1"});
  EXPECT_EQ(value("select string_agg(c::text, ' ') from mdl_course_categories c"), before);
  site_gets({.person = anna, .centre_name = centre.substr(1) + "dd", .group = group});
  EXPECT_EQ(value("select name from mdl_course_categories where idnumber = '46/46012345'"),
            centre.substr(0, 255));
}

TEST_F(moodle_site, takes_members_of_groups_in_one_order) {
  // What PostgreSQL takes, row by row.
  database_.query("create table taken (id bigint generated always as identity, what text, groupid bigint, "
                  "userid bigint); "
                  "create function note() returns trigger language plpgsql as $$ begin "
                  "insert into taken (what, groupid, userid) select tg_op, (coalesce(new, old)).groupid, "
                  "(coalesce(new, old)).userid; return coalesce(new, old); end $$; "
                  "create trigger noted before insert or delete on mdl_groups_members for each row "
                  "execute function note()");
  given_settings({{"withdraw", "unenrol"}});
  std::vector<given_record> page;
  for (const auto* subject : {"VAL", "MAT", "BIO", "MUS"})
    for (const auto* person : {"10000009", "10000001", "10000005"})
      page.push_back({.person = person, .subject = subject, .teachers = "[]"});
  site_gets_page(page);
  constexpr auto out_of_order =
      "select count(*) || ' of ' || (select count(*) from taken) from (select (groupid, userid) < "
      "lag((groupid, userid)) over (order by id) as is_so from taken) as t where is_so";
  EXPECT_EQ(value(out_of_order), "0 of 12");
  // As if they had come in the other order.
  database_.query("update mdl_groups_members set id = 1000 - id; truncate taken");
  for (auto& record : page)
    record.status = "withdrawn";
  site_gets_page(page);
  EXPECT_EQ(value("select count(*) from mdl_groups_members"), "0");
  EXPECT_EQ(
      value("select string_agg(t.groupid || ' ' || t.userid, ', ' order by t.id) from taken t"),
      value("select string_agg(t.groupid || ' ' || t.userid, ', ' order by t.groupid desc, t.userid desc) "
            "from taken t"));
}

TEST_F(moodle_site, ends_no_name_with_a_blank) {
  site_gets({.person = anna,
             .teachers =
                 R"([{"id":"012345678Z","name":"Joan","surname1":"Fuster","surname2":"","email":null,)"
                 R"("substitutes":null}])"});
  EXPECT_EQ(value("select lastname || '.' from mdl_user where username = '12345678z'"), "Fuster.");
}

TEST_F(moodle_site, gives_a_short_name_that_is_taken_a_suffix_and_says_so) {
  database_.query(
      "insert into mdl_course (category, shortname) values (1, '2026 46012345 1234567890 MAT 1ESOA')");
  site_gets({.person = anna});
  EXPECT_EQ(
      value("select c.shortname from matricula.moodle_course m join mdl_course c on c.id = m.course_id"),
      "2026 46012345 1234567890 MAT 1ESOA 3");
  EXPECT_EQ(value("select kind || ' ' || ref from matricula.moodle_notice"), "shortname_taken 3");
}

TEST_F(moodle_site, tells_courses_apart_whose_template_gives_them_one_short_name) {
  given_settings({{"shortname", "{course.name}"}});
  site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL"}});
  EXPECT_EQ(value("select string_agg(shortname, ', ' order by id) from mdl_course where id > 1"),
            "1r ESO, 1r ESO 3");
}

TEST_F(moodle_site, leaves_an_idnumber_empty_that_is_taken_and_says_so) {
  database_.query("insert into mdl_course (category, shortname, idnumber) "
                  "values (1, 'x', '2026/46012345/1234567890/MAT/1ESOA')");
  constexpr auto numbers =
      "select string_agg(c.idnumber || '|', ' ' order by c.id) from matricula.moodle_course m "
      "join mdl_course c on c.id = m.course_id";
  constexpr auto notices = "select coalesce(string_agg(kind || ' ' || ref, ', ' order by id), '') from "
                           "matricula.moodle_notice";
  site_gets({.person = anna});
  site_gets({.person = anna, .subject = "VAL"});
  EXPECT_EQ(value(numbers), "| 2026/46012345/1234567890/VAL/1ESOA|");
  EXPECT_EQ(value(notices), "idnumber_taken 3");
  site_gets({.person = anna, .room = "B1"});
  EXPECT_EQ(value(notices), "idnumber_taken 3");
  EXPECT_EQ(value("select count(*) from matricula.moodle_journal where kind = 'course' and was is not null"),
            "0");
  database_.query("update mdl_course set idnumber = '' where shortname = 'x'");
  site_gets({.person = anna, .room = "B2"});
  EXPECT_EQ(value(numbers), "2026/46012345/1234567890/MAT/1ESOA| 2026/46012345/1234567890/VAL/1ESOA|");
}

TEST_F(moodle_site, leaves_an_idnumber_empty_that_a_new_name_makes_another_courses) {
  given_settings({{"idnumber", "{subject.name_val}"}});
  constexpr auto numbers =
      "select string_agg(c.idnumber || '|', ' ' order by c.id) from matricula.moodle_course m "
      "join mdl_course c on c.id = m.course_id";
  site_gets_page({{.person = anna, .subject = "BIO", .subject_name = "Biologia"},
                  {.person = anna, .subject = "MAT", .subject_name = "Mates"},
                  {.person = anna, .subject = "MUS", .subject_name = "Mates"},
                  {.person = anna, .subject = "VAL", .subject_name = "Valencià"}});
  EXPECT_EQ(value(numbers), "Biologia| Mates| | Valencià|");
  EXPECT_EQ(value("select count(*) from matricula.moodle_notice where kind = 'idnumber_taken'"), "1");
  // Two get a name that a third has, and two one that nobody has.
  site_gets({.person = berta, .subject = "VAL", .subject_name = "Mates"});
  EXPECT_EQ(value(numbers), "Biologia| Mates| | |");
  site_gets_page({{.person = berta, .subject = "BIO", .subject_name = "Anglés"},
                  {.person = berta, .subject = "MUS", .subject_name = "Anglés"}});
  EXPECT_EQ(value(numbers), "Anglés| Mates| | |");
  EXPECT_EQ(value("select string_agg(kind || ' ' || ref, ', ' order by id) from matricula.moodle_notice"),
            "idnumber_taken 4, idnumber_taken 5");
  EXPECT_EQ(value("select string_agg(fullname, ', ' order by id) from mdl_course where id > 1"),
            "Anglés · 1r ESO A, Mates · 1r ESO A, Anglés · 1r ESO A, Mates · 1r ESO A");
}

TEST_F(moodle_site, makes_no_course_twice_when_it_has_lost_its_memory) {
  site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL"}});
  session_.reset();
  database_.query("drop schema classrooms, matricula cascade");
  const auto before = moodle();
  given_batch given;
  given.add({.person = anna, .subject = "VAL"}, 1);
  const auto outcome =
      opened(first_partition)->apply(given.batch, given.all(), {}, 0, given.batch.next_offset);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, error_code::target_broken);
  EXPECT_THAT(outcome.error().text,
              AllOf(HasSubstr("course 3 has the idnumber of a classroom"), HasSubstr("database"),
                    HasSubstr("back from a copy, or delete such courses in Moodle")));
  EXPECT_EQ(moodle(), before);
  // Somebody deletes the one, and gives the other a number of his own.
  database_.query("delete from mdl_course where id = 3; update mdl_course set idnumber = 'x' where id = 2");
  offset_ = 0;
  EXPECT_EQ(site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL"}}),
            "created 2 changed 0 withdrawn 0");
  EXPECT_EQ(value("select count(*) from mdl_course where id > 1"), "3");
}

TEST_F(moodle_site, merges_the_groups_of_a_level_and_keeps_them_apart) {
  given_settings({{"classrooms", "merged"}});
  const given_record in_a{.person = anna}, in_b{.person = berta, .group = "1ESOB", .group_name = "1r ESO B"};
  site_gets_page({in_a, in_b});
  EXPECT_EQ(
      value(
          "select string_agg(concat_ws(' ', fullname, '|', shortname, '|', groupmode, groupmodeforce), ', ') "
          "from mdl_course where id > 1"),
      "Matemàtiques | 2026 46012345 1234567890 MAT | 1 1");
  EXPECT_THAT(people(), AllOf(HasSubstr("10000001 Matemàtiques: active student [1r ESO A]"),
                              HasSubstr("10000002 Matemàtiques: active student [1r ESO B]")));
  // Anna goes over to the other group, in both, then leaves, and comes back to the first.
  auto anna_in_b = in_b;
  anna_in_b.person = anna;
  site_gets(anna_in_b);
  EXPECT_THAT(people(), HasSubstr("10000001 Matemàtiques: active student [1r ESO A+1r ESO B]"));
  site_gets(withdrawn(in_a));
  EXPECT_THAT(people(), HasSubstr("10000001 Matemàtiques: active student [1r ESO B]"));
  EXPECT_EQ(verified(), "10000001 1ESOA student withdrawn, 10000001 1ESOB student enrolled, "
                        "10000002 1ESOB student enrolled");
  site_gets(withdrawn(anna_in_b));
  EXPECT_THAT(people(), HasSubstr("10000001 Matemàtiques: suspended student [1r ESO B]"));
  site_gets(in_a);
  EXPECT_THAT(people(), HasSubstr("10000001 Matemàtiques: active student [1r ESO A]"));
}

TEST_F(moodle_site, gives_a_group_no_idnumber_that_somebodys_has_and_says_so) {
  given_settings({{"classrooms", "merged"}});
  site_gets({.person = anna});
  database_.query("insert into mdl_groups (courseid, idnumber, name) values "
                  "(2, '1ESOB', 'Els de la tarda'), (2, '', '1r ESO C'), (1, '1ESOD', '1r ESO D')");
  std::vector<given_record> page;
  for (const std::string letter : {"B", "C", "D"})
    page.push_back({.person = berta, .group = "1ESO" + letter, .group_name = "1r ESO " + letter});
  site_gets_page(page);
  EXPECT_EQ(
      value("select string_agg(g.idnumber || '|' || g.name, ', ' order by g.name) from mdl_groups g join "
            "matricula.moodle_group m on m.moodle_group_id = g.id"),
      "1ESOA|1r ESO A, |1r ESO B, 1ESOC|1r ESO C, 1ESOD|1r ESO D");
  EXPECT_EQ(
      value("select string_agg(n.kind || ' ' || g.name, ', ' order by n.kind) from matricula.moodle_notice n "
            "join mdl_groups g on g.id = n.ref join matricula.moodle_group m on m.moodle_group_id = g.id"),
      "group_idnumber_taken 1r ESO B, group_name_taken 1r ESO C");
  EXPECT_EQ(value("select count(*) from matricula.moodle_notice"), "2");
}

/// "fullname | idnumber", course by course.
constexpr auto courses_made =
    "select string_agg(fullname || ' | ' || idnumber, ', ' order by id) from mdl_course where id > 1";

TEST_F(moodle_site, keeps_a_groups_course_when_those_to_come_are_merged) {
  site_gets({.person = anna});
  given_settings({{"classrooms", "merged"}});
  const given_record in_a{.person = berta, .subject_name = "Mates"};
  site_gets_page(
      {in_a, {.person = berta, .group = "1ESOB", .subject_name = "Mates", .group_name = "1r ESO B"}});
  EXPECT_EQ(value(courses_made), "Mates · 1r ESO A | 2026/46012345/1234567890/MAT/1ESOA, "
                                 "Mates | 2026/46012345/1234567890/MAT");
  EXPECT_EQ(value("select string_agg(courseid || ' ' || name, ', ' order by id) from mdl_groups"),
            "2 1r ESO A, 3 1r ESO B");
  EXPECT_THAT(people(), AllOf(HasSubstr("10000002 Mates · 1r ESO A: active student [1r ESO A]"),
                              HasSubstr("10000002 Mates: active student [1r ESO B]")));
}

TEST_F(moodle_site, keeps_a_merged_course_when_each_group_to_come_has_its_own) {
  given_settings({{"classrooms", "merged"}});
  const given_record in_a{.person = anna}, in_b{.person = berta, .group = "1ESOB", .group_name = "1r ESO B"};
  site_gets_page({in_a, in_b});
  given_settings({});
  auto moved = in_b;
  moved.person = anna;
  moved.subject_name = "Mates";
  site_gets_page({withdrawn(in_a),
                  moved,
                  {.person = anna, .group = "1ESOC", .subject_name = "Mates", .group_name = "C"}});
  EXPECT_EQ(value(courses_made), "Mates | 2026/46012345/1234567890/MAT, "
                                 "Mates · C | 2026/46012345/1234567890/MAT/1ESOC");
  EXPECT_THAT(people(), AllOf(HasSubstr("10000001 Mates: active student [1r ESO B]"),
                              HasSubstr("10000001 Mates · C: active student [C]")));
}

TEST_F(moodle_site, calls_a_course_by_the_templates_that_it_was_made_with) {
  const auto names = [&] {
    return value(
        "select string_agg(fullname || ' ' || idnumber, ', ' order by id) from mdl_course where id > 1");
  };
  given_settings(
      {{"fullname", "{subject.name_val}"}, {"idnumber", "{subject.code}"}, {"classrooms", "merged"}});
  site_gets({.person = anna});
  given_settings(
      {{"fullname", "{year} {subject.name_val}"}, {"idnumber", "{year}"}, {"classrooms", "merged"}});
  site_gets({.person = anna, .room = "B1"});
  site_gets({.person = anna, .group = "1ESOB"});  // a further group of that course
  EXPECT_EQ(names(), "Matemàtiques MAT");
  site_gets({.person = anna, .subject_name = "Mates"});
  site_gets({.person = anna, .subject = "VAL", .subject_name = "Valencià"});
  EXPECT_EQ(names(), "Mates MAT, 2026 Valencià 2026");
  // One that an earlier version has made.
  database_.query("update matricula.moodle_course set fullname_template = null where course_id = 2");
  site_gets({.person = anna, .subject_name = "Mates", .room = "B1"});
  EXPECT_EQ(names(), "2026 Mates MAT, 2026 Valencià 2026");
}

TEST_F(moodle_site, leaves_nothing_of_a_group_in_the_names_of_merged_courses) {
  given_settings({{"classrooms", "merged"},
                  {"fullname", "{group.name} · {subject.name_val}"},
                  {"shortname", "{group.code}/{subject.name_val} - {group.name}"}});
  site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL", .subject_name = "-"}});
  EXPECT_EQ(
      value(
          "select string_agg(fullname || ', ' || shortname, '; ' order by id) from mdl_course where id > 1"),
      "Matemàtiques, Matemàtiques; 2026/46012345/1234567890/VAL, 2026/46012345/1234567890/VAL");
  given_settings({{"classrooms", "merged"}, {"shortname", "{group.code} {group.name}"}});
  EXPECT_THAT(refusal(), HasSubstr("The setting shortname names nothing but the group"));
  given_settings({{"shortname", "{group.code} {group.name}"}});
  EXPECT_EQ(refusal(), "none");
}

TEST_F(moodle_site, calls_classrooms_by_their_own_flavours_where_a_centre_has_several) {
  given_settings({{"fullname", "{centre.flavour} {subject.code}"}});
  const given_record in_eso{.person = anna}, in_fp{.person = berta, .subject = "VAL", .flavour = "FP"};
  for (const auto& page : {std::vector{in_eso, in_fp}, std::vector{in_fp, in_eso}}) {
    site_gets_page(page);
    EXPECT_EQ(value("select string_agg(fullname, ', ' order by id) from mdl_course where id > 1"),
              "ESO MAT, FP VAL");
  }
}

TEST_F(moodle_site, may_have_another_prefix) {
  database_.query("drop table mdl_config, mdl_user, mdl_course");
  database_.query(moodle_tables("m2_"));
  given_settings({{"prefix", "m2_"}});
  EXPECT_EQ(site_gets({.person = anna}), "created 1 changed 0 withdrawn 0");
  EXPECT_EQ(value("select count(*) from m2_user_enrolments"), "2");
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled");
}

/// The statements of docs/moodle.md that give rights, to this role in this database.
std::string documented_grants(const std::string& role, const std::string& database) {
  std::ifstream page{repository_targets().parent_path().parent_path() / "docs/moodle.md"};
  std::string sql;
  for (std::string line; std::getline(page, line);)
    if (const auto end = line.find(" to matricula;");
        line.starts_with("       grant ") && end != std::string::npos)
      sql += line.substr(0, end) + " to " + role + ";\n";
  const auto named = sql.find("database moodle");
  return named == std::string::npos ? "" : sql.replace(named, 15, "database " + database);
}

TEST_F(moodle_site, needs_no_more_rights_than_its_page_says) {
  const auto role = database_.name() + "_role";
  database_.query("create role " + role);
  database_.query("revoke create on schema public from public; revoke temporary on database " +
                  database_.name() + " from public");
  database_.query(documented_grants(role, database_.name()));
  site_.database = secret{database_.url() + "?options=-crole%3D" + role};
  site_gets_page({{.person = anna}, {.person = berta}});
  site_gets({.person = anna, .name = "Anna Maria", .subject_name = "Mates", .group_name = "1A"});
  EXPECT_EQ(site_gets(withdrawn({.person = anna})), "created 0 changed 0 withdrawn 1");
  EXPECT_EQ(site_gets({.person = anna}), "created 0 changed 1 withdrawn 0");
  given_settings({{"withdraw", "unenrol"}});
  EXPECT_EQ(site_gets(withdrawn({.person = anna})), "created 0 changed 0 withdrawn 1");
  EXPECT_EQ(verified(), "10000001 1ESOA student withdrawn, 10000002 1ESOA student enrolled");
  database_.query("update matricula.moodle_journal set at = at - interval '1 hour' where kind = 'begun'");
  const auto undone = session_->undo(value("select now() - interval '30 minutes'"));
  EXPECT_TRUE(undone) << undone.error().text;
  EXPECT_EQ(value("select visible from mdl_course where id > 1"), "0");
  session_.reset();
  database_.query("drop owned by " + role);
  database_.query("drop role " + role);
}

/// What the page says to erase the person of the id 10000001 with.
std::string documented_erasure() {
  std::ifstream page{repository_targets().parent_path().parent_path() / "docs/moodle.md"};
  std::string sql;
  bool is_within = false;
  for (std::string line; std::getline(page, line);) {
    is_within = is_within || line == "    begin;";
    if (is_within)
      sql += line + "\n";
    if (line == "    commit;")
      break;
  }
  return sql;
}

TEST_F(moodle_site, keeps_nothing_of_a_person_who_is_erased_as_its_page_says) {
  const auto tables_with = [&](const std::string& text) {
    std::string found;
    for (const auto row : database_.query("select schemaname || '.' || tablename from pg_tables "
                                          "where schemaname in ('classrooms', 'matricula') order by 1"))
      if (const std::string table = row[0].c_str();
          value("select count(*) from " + table + " t where t::text like '%" + text + "%'") != "0")
        found += (found.empty() ? "" : " ") + table;
    return found;
  };
  given_settings({{"withdraw_people_min", "0"}, {"withdraw_ratio_max", "0"}});
  site_gets_page({{.person = anna, .name = "Annabella"}, {.person = berta}});
  site_gets({.person = anna, .name = "Annabella", .subject = "VAL"});
  site_gets({.person = anna, .name = "Annabel"});
  site_gets(withdrawn({.person = anna, .name = "Annabel"}));
  EXPECT_THAT(tables_with("Annabel"),
              AllOf(HasSubstr("classrooms.person"), HasSubstr("matricula.moodle_user")));
  const auto number = value("select person_id from classrooms.person where code = '10000001'");
  EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal where person_id = " + number), "1");
  database_.query("update mdl_user set deleted = 1 where username = '10000001'");
  database_.query(documented_erasure());
  EXPECT_EQ(tables_with("Annabel"), "");
  EXPECT_EQ(tables_with("10000001@"), "");
  for (const auto* table :
       {"classrooms.person", "classrooms.enrolment", "classrooms.membership", "matricula.moodle_user",
        "matricula.moodle_withdrawal", "matricula.moodle_journal"})
    EXPECT_EQ(value(std::string{"select count(*) from "} + table + " where person_id = " + number), "0")
        << table;
  session_.reset();
  site_gets({.person = berta, .name = "Berta"});
  EXPECT_EQ(verified(), "10000002 1ESOA student enrolled");
}

TEST_F(moodle_site, tells_what_stands_in_the_way_of_a_first_start_and_leaves_no_trace) {
  database_.query("delete from mdl_role where shortname = 'student'");
  given_settings({{"auth", "cas"}});
  const auto before = moodle();
  EXPECT_THAT(diagnosis(),
              AllOf(HasSubstr("whose own tables the first start will make"),
                    HasSubstr("fine Moodle 4.3 (Build: 20231009)"),
                    HasSubstr("wrong the enrolment plugin \"database\" is off"),
                    HasSubstr("wrong the authentication plugin \"cas\" is off"),
                    HasSubstr("wrong there is no role with the short name student"),
                    HasSubstr("late Moodle's plugin local_matricula is not installed: groups, and courses "
                              "in a category's list that are new there or that the calendar has hidden "
                              "or opened, appear when Moodle's caches go; a new category in the lists of "
                              "others, and who joins or leaves a group, for activities restricted to it, "
                              "only when somebody clears them")));
  EXPECT_EQ(moodle(), before);
  EXPECT_EQ(value("select to_regnamespace('matricula') is null and to_regnamespace('classrooms') is null"),
            "t");
}

TEST_F(moodle_site, has_nothing_to_be_told_where_all_is_well) {
  database_.query("update mdl_config set value = 'manual,database' where name = 'enrol_plugins_enabled'; "
                  "update mdl_config set value = 'email,cas' where name = 'auth'; "
                  "insert into mdl_config_plugins (plugin, name, value) "
                  "values ('local_matricula', 'version', '2026112300')");
  given_settings({{"auth", "cas"}});
  site_gets({.person = anna});
  EXPECT_THAT(diagnosis(), AllOf(HasSubstr("statements of the target moodle > "),
                                 HasSubstr("fine Moodle's plugin local_matricula, version 2026112300 > "),
                                 Not(HasSubstr("late ")), Not(HasSubstr("wrong "))));
  given_settings({{"auth", "manual"}});
  EXPECT_THAT(diagnosis(), HasSubstr("late accounts that are made with the authentication \"manual\" have no "
                                     "password, so nobody can log in with them > Give each of them one"));
}

TEST_F(moodle_site, enrols_in_a_course_by_the_plugin_that_it_was_made_with) {
  constexpr auto components =
      "select string_agg(distinct component || ' ' || (itemid = e.id), ', ') from "
      "(select component, itemid from mdl_role_assignments union all select component, itemid from "
      "mdl_groups_members) as all_of_them, mdl_enrol e where e.enrol = 'database'";
  site_gets_page({{.person = anna}, {.person = berta}});
  given_settings({{"enrol", "flatfile"}, {"withdraw", "unenrol"}});
  const auto before = people();
  site_gets({.person = anna, .since = "2026-10-01"});
  EXPECT_EQ(people(), before);
  EXPECT_EQ(value("select count(*) from mdl_role_assignments"), "3");
  site_gets({.person = "10000003"});
  EXPECT_EQ(value(components), "enrol_database true");
  site_gets_page({withdrawn({.person = anna, .teachers = "[]"}),
                  withdrawn({.person = berta, .teachers = "[]"}),
                  withdrawn({.person = "10000003", .teachers = "[]"})});
  EXPECT_EQ(people(), "");
  EXPECT_EQ(
      value("select (select count(*) from mdl_groups_members) + (select count(*) from mdl_role_assignments)"),
      "0");
  site_gets({.person = anna, .subject = "VAL"});
  EXPECT_EQ(value("select string_agg(distinct component, ' ') from mdl_role_assignments"), "enrol_flatfile");
}

TEST_F(moodle_site, lets_go_whom_somebody_approves_of_by_the_plugin_of_the_course) {
  given_settings({{"withdraw", "unenrol"}, {"withdraw_people_min", "0"}, {"withdraw_ratio_max", "0"}});
  site_gets({.person = anna, .teachers = "[]"});
  site_gets(withdrawn({.person = anna, .teachers = "[]"}));
  EXPECT_EQ(held_back(), "46012345 held 1 1");
  site_.settings["enrol"] = "flatfile";
  somebody(decision::approve, "");
  EXPECT_EQ(people(), "");
}

TEST_F(moodle_site, names_courses_that_enrol_by_a_plugin_that_is_off) {
  site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL"}});
  given_settings({{"enrol", "flatfile"}});
  site_gets({.person = anna, .subject = "ENG"});
  database_.query("update mdl_config set value = 'manual,flatfile' where name = 'enrol_plugins_enabled'");
  EXPECT_THAT(diagnosis(),
              AllOf(HasSubstr("wrong the enrolment plugin \"database\" is off, so Moodle shows none "
                              "of our enrolments in 2 courses that were made with it: 2, 3 > Site"),
                    Not(HasSubstr("flatfile"))));
}

TEST_F(moodle_site, tells_of_a_plugin_that_takes_away_whom_its_own_database_does_not_name) {
  const auto sets = [&](const std::string& name, const std::string& value) {
    database_.query("delete from mdl_config_plugins where plugin = 'enrol_database' and name = '" + name +
                    "'; insert into mdl_config_plugins (plugin, name, value) values ('enrol_database', '" +
                    name + "', '" + value + "')");
  };
  constexpr auto told = "wrong the enrolment plugin \"database\" has an external database of its own";
  sets("dbtype", "postgres");
  sets("remoteenroltable", "");
  EXPECT_THAT(diagnosis(), Not(HasSubstr(told)));
  sets("remoteenroltable", "enrolments");
  EXPECT_THAT(diagnosis(), AllOf(HasSubstr(told), HasSubstr("from our courses > Site administration")));
  given_settings({{"enrol", "flatfile"}});
  EXPECT_THAT(diagnosis(), Not(HasSubstr(told)));
  given_settings({});
  site_gets({.person = anna});
  given_settings({{"enrol", "flatfile"}});
  EXPECT_THAT(diagnosis(), HasSubstr("from 1 of our courses"));
  sets("dbtype", "");
  EXPECT_THAT(diagnosis(), Not(HasSubstr(told)));
}

TEST_F(moodle_site, tells_of_a_plugin_that_does_not_run_and_of_notices) {
  database_.query("insert into mdl_config_plugins (plugin, name, value) "
                  "values ('local_matricula', 'version', '2026112300')");
  site_gets({.person = anna});
  database_.query("update matricula.moodle_change set at = now() - interval '3 hours'; "
                  "insert into matricula.moodle_notice (kind, ref, text) values ('shortname', 7, 'x')");
  EXPECT_THAT(diagnosis(),
              AllOf(HasSubstr("late Moodle's plugin local_matricula, version 2026112300, has left "
                              "changes alone for 03:00:00 > Does Moodle's cron run"),
                    HasSubstr("late 1 notices")));
}

TEST_F(moodle_site, names_a_course_format_that_is_not_installed) {
  site_gets({.person = anna});
  EXPECT_THAT(diagnosis(), Not(HasSubstr("course format")));
  given_settings({{"format", "tiles"}});
  EXPECT_THAT(diagnosis(),
              HasSubstr("late the course format \"tiles\" is not installed, so Moodle shows new courses "
                        "in its own default > Install the plugin format_tiles, or name another"));
  database_.query(
      "insert into mdl_config_plugins (plugin, name, value) values ('format_tiles', 'version', '1')");
  EXPECT_THAT(diagnosis(), Not(HasSubstr("course format")));
}

TEST_F(moodle_site, tells_which_rights_are_missing) {
  const auto role = database_.name() + "_role";
  database_.query("create role " + role);
  database_.query(documented_grants(role, database_.name()));
  database_.query("revoke insert, update on mdl_user from " + role +
                  "; revoke all on sequence mdl_enrol_id_seq from " + role);
  site_.database = secret{database_.url() + "?options=-crole%3D" + role};
  EXPECT_THAT(diagnosis(),
              HasSubstr("wrong the role " + role +
                        " may not do all that the target does > grant insert, update on mdl_user; "
                        "grant usage on sequence mdl_enrol_id_seq; each to " +
                        role));
  database_.query("drop owned by " + role);
  database_.query("drop role " + role);
}

TEST_F(moodle_site, tells_all_but_of_the_plugin_where_it_may_not_look_for_it) {
  const auto role = database_.name() + "_role";
  database_.query("create role " + role);
  database_.query(documented_grants(role, database_.name()));
  database_.query("revoke select on mdl_config_plugins from " + role);
  site_.database = secret{database_.url() + "?options=-crole%3D" + role};
  EXPECT_THAT(
      diagnosis(),
      AllOf(HasSubstr("fine Moodle 4.3 (Build: 20231009)"), HasSubstr("wrong the enrolment plugin"),
            HasSubstr("late the role " + role + " may not see whether Moodle's plugin local_matricula is " +
                      "installed > grant select on mdl_config_plugins to " + role),
            Not(HasSubstr("local_matricula is not installed")), Not(HasSubstr("may not do all"))));
  EXPECT_EQ(site_gets({.person = anna}), "created 1 changed 0 withdrawn 0");
  session_.reset();
  database_.query("drop owned by " + role);
  database_.query("drop role " + role);
}

TEST_F(moodle_site, notes_whose_groups_change_but_not_those_of_a_new_account) {
  constexpr auto members =
      "select coalesce(string_agg(u.username, ' ' order by u.username), '') "
      "from matricula.moodle_change c join mdl_user u on u.id = c.ref where c.kind = 'members'";
  site_gets({.person = anna});
  EXPECT_EQ(value(members), "");
  site_gets({.person = anna, .subject = "VAL"});
  EXPECT_EQ(value(members), anna);
  database_.query("delete from matricula.moodle_change");
  given_settings({{"withdraw", "unenrol"}});
  site_gets(withdrawn({.person = anna}));
  EXPECT_EQ(value(members), anna);
}

TEST_F(moodle_site, notes_in_which_courses_people_change) {
  const auto people_of_courses = [&] {
    const auto noted = value("select coalesce(string_agg(ref::text, ' ' order by ref), '') "
                             "from matricula.moodle_change where kind = 'people'");
    database_.query("delete from matricula.moodle_change");
    return noted;
  };
  const given_record of_berta{.person = berta, .teachers = "[]"};
  given_settings({{"classrooms", "merged"}});
  site_gets_page({{.person = anna, .teachers = "[]"}, {.person = anna, .subject = "VAL", .teachers = "[]"}});
  EXPECT_EQ(people_of_courses(), "");  // nobody has seen these
  site_gets_page({{.person = anna, .teachers = "[]", .room = "B1"}, of_berta});
  EXPECT_EQ(people_of_courses(), "2");
  site_gets_page({{.person = anna, .name = "Anna Maria", .teachers = "[]", .room = "B2"}});
  EXPECT_EQ(people_of_courses(), "");
  site_gets_page({withdrawn(of_berta), {.person = anna, .subject = "VAL"}});
  EXPECT_EQ(people_of_courses(), "2 3");  // suspended, and a teacher
  site_gets(of_berta);
  EXPECT_EQ(people_of_courses(), "2");  // back
  site_gets_page(
      {withdrawn(of_berta), {.person = berta, .group = "1ESOB", .group_name = "1r ESO B", .teachers = "[]"}});
  EXPECT_EQ(people_of_courses(), "2");  // into another group
}

constexpr auto north = "46000001", south = "46000002";

TEST_F(moodle_site, holds_back_more_withdrawals_of_a_centre_than_its_settings_allow) {
  given_settings({{"withdraw_people_min", "2"}, {"withdraw_ratio_max", "0.15"}});
  site_gets_page(people_of(north, 1, 10));
  site_gets_page(people_of(south, 1, 40));
  site_gets_page(people_of(north, 1, 2, "withdrawn"));
  EXPECT_EQ(students_of(north), "active 8, suspended 2");  // no more than withdraw_people_min
  EXPECT_EQ(held_back(), "");

  auto page = people_of(north, 3, 4, "withdrawn");
  for (const auto& other : people_of(south, 1, 1, "withdrawn"))
    page.push_back(other);
  for (const auto& newcomer : people_of(north, 11, 11))
    page.push_back(newcomer);
  EXPECT_EQ(site_gets_page(page), "created 1 changed 0 withdrawn 3, 2 held");
  EXPECT_EQ(students_of(north), "active 9, suspended 2");
  EXPECT_EQ(students_of(south), "active 39, suspended 1");
  EXPECT_EQ(held_back(), "46000001 held 2 2");
}

TEST_F(moodle_site, counts_a_person_once_however_many_courses_he_leaves) {
  given_settings({{"withdraw_people_min", "2"}, {"withdraw_ratio_max", "0"}});
  site_gets_page({{.person = anna}, {.person = anna, .subject = "VAL"}, {.person = berta}});
  site_gets_page({withdrawn({.person = anna}), withdrawn({.person = berta})});
  EXPECT_EQ(site_gets(withdrawn({.person = anna, .subject = "VAL"})), "created 0 changed 0 withdrawn 1");
  EXPECT_EQ(held_back(), "");
}

TEST_F(moodle_site, does_not_count_who_moves_within_his_centre) {
  given_settings({{"withdraw_people_min", "2"}, {"withdraw_ratio_max", "0"}});
  const auto in_group_b = [](int first, int last) {
    auto records = people_of(north, first, last);
    for (auto& record : records)
      record.group = "1ESOB";
    return records;
  };
  site_gets_page(people_of(north, 1, 20));
  auto page = people_of(north, 1, 5, "withdrawn");  // to another group, at once
  for (const auto& record : in_group_b(1, 5))
    page.push_back(record);
  EXPECT_EQ(site_gets_page(page), "created 5 changed 0 withdrawn 5");
  site_gets_page(in_group_b(6, 10));  // in two batches
  EXPECT_EQ(site_gets_page(people_of(north, 6, 10, "withdrawn")), "created 0 changed 0 withdrawn 5");
  page = people_of(north, 11, 15, "withdrawn");  // to another subject
  for (auto record : people_of(north, 11, 15)) {
    record.subject = "VAL";
    page.push_back(record);
  }
  EXPECT_EQ(site_gets_page(page), "created 5 changed 0 withdrawn 5");
  EXPECT_EQ(students_of(north), "active 20, suspended 15");
  EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal"), "0");
  EXPECT_EQ(site_gets_page(people_of(north, 16, 20, "withdrawn")), "created 0 changed 0 withdrawn 5, 5 held");
}

TEST_F(moodle_site, counts_who_moves_from_courses_with_content_into_new_ones) {
  given_settings({{"withdraw_people_min", "2"}, {"withdraw_ratio_max", "0"}});
  const auto recoded = [](int first, int last, const std::string& group, const std::string& subject = "MAT",
                          const std::string& status = "enrolled") {
    auto records = people_of(north, first, last, status);
    for (auto& record : records) {
      record.group = group;
      record.subject = subject;
    }
    return records;
  };
  const auto with = [](std::vector<given_record> page, const std::vector<given_record>& more) {
    page.insert(page.end(), more.begin(), more.end());
    return page;
  };
  site_gets_page(recoded(1, 40, "1ESOA"));
  site_gets_page(recoded(41, 45, "1ESOB"));
  // Nobody has put anything into it yet, so that nothing is left behind.
  EXPECT_EQ(site_gets_page(with(recoded(1, 5, "1ESOA", "MAT", "withdrawn"), recoded(1, 5, "1A"))),
            "created 5 changed 0 withdrawn 5");
  database_.query("update mdl_course_sections set sequence = '7' where course = 2 and section = 1");
  // Other codes of a group or a subject, in one batch.
  for (const auto& [first, group, subject] : {std::tuple{6, "1C", "MAT"}, std::tuple{11, "1ESOA", "VAL"}})
    EXPECT_EQ(site_gets_page(with(recoded(first, first + 4, "1ESOA", "MAT", "withdrawn"),
                                  recoded(first, first + 4, group, subject))),
              "created 5 changed 0 withdrawn 5, 5 held");
  // And in two, of which the first makes the course.
  site_gets_page(recoded(16, 20, "1D"));
  EXPECT_EQ(site_gets_page(recoded(16, 20, "1ESOA", "MAT", "withdrawn")),
            "created 0 changed 0 withdrawn 5, 5 held");
  EXPECT_EQ(held_back(), "46000001 held 15 15");
  // A real move, into a course that has been there for longer.
  database_.query("update mdl_course set timecreated = timecreated - 86401 where id = 3");
  EXPECT_EQ(site_gets_page(with(recoded(21, 25, "1ESOA", "MAT", "withdrawn"), recoded(21, 25, "1ESOB"))),
            "created 5 changed 0 withdrawn 5");
  // The year's turn: from last year's courses into new ones.
  auto next_year = recoded(26, 30, "2ESOA");
  for (auto& record : next_year)
    record.year = "2027";
  EXPECT_EQ(site_gets_page(with(recoded(26, 30, "1ESOA", "MAT", "withdrawn"), next_year)),
            "created 5 changed 0 withdrawn 5");
  // No more than may leave anyhow, at a centre of which nobody is held back.
  auto few = people_of(south, 1, 2);
  site_gets_page(few);
  database_.query("update mdl_course_sections set sequence = '8' where section = 1");
  for (auto& record : few)
    record.group = "1C";
  EXPECT_EQ(site_gets_page(with(people_of(south, 1, 2, "withdrawn"), few)),
            "created 2 changed 0 withdrawn 2");
}

TEST_F(moodle_site, counts_who_has_other_courses_left) {
  given_settings({{"withdraw_people_min", "2"}, {"withdraw_ratio_max", "0"}});
  site_gets_page(people_of(north, 1, 5));
  auto in_valencian = people_of(north, 1, 5);
  for (auto& record : in_valencian)
    record.subject = "VAL";
  site_gets_page(in_valencian);
  EXPECT_EQ(site_gets_page(people_of(north, 1, 5, "withdrawn")), "created 0 changed 0 withdrawn 5, 5 held");
}

TEST_F(moodle_site, counts_who_comes_to_another_centre) {
  given_settings({{"withdraw_people_min", "2"}, {"withdraw_ratio_max", "0"}});
  site_gets_page(people_of(north, 1, 5));
  auto page = people_of(north, 1, 5, "withdrawn");
  for (auto record : people_of(north, 1, 5)) {
    record.centre = south;
    page.push_back(record);
  }
  EXPECT_EQ(site_gets_page(page), "created 5 changed 0 withdrawn 5, 5 held");
}

TEST_F(moodle_site, holds_back_what_a_whole_site_loses_of_many_centres) {
  given_settings({{"withdraw_people_min", "3"}, {"withdraw_ratio_max", "0.05"}});
  for (int centre = 1; centre <= 4; ++centre)
    site_gets_page(people_of("4600000" + std::to_string(centre), 1, 10));
  for (int centre = 1; centre <= 3; ++centre)
    site_gets_page(people_of("4600000" + std::to_string(centre), 1, 1, "withdrawn"));
  EXPECT_EQ(held_back(), "");
  site_gets_page(people_of("46000004", 1, 1, "withdrawn"));
  EXPECT_EQ(held_back(), "46000004 held 1 1");
}

TEST_F(moodle_site, counts_the_people_whom_a_site_has_now) {
  given_settings({{"withdraw_people_min", "1"}, {"withdraw_ratio_max", "0.1"}});
  site_gets_page(people_of(north, 1, 10));
  site_gets_page(people_of(south, 1, 30));
  site_gets_page(people_of("46000003", 1, 2));
  site_gets_page(people_of("46000003", 1, 1, "withdrawn"));
  site_gets_page(people_of(south, 1, 3, "withdrawn"));  // 4 of 42, and nothing was ever analyzed
  EXPECT_EQ(held_back(), "");
  // All that was long ago, and ten more have left with it: the site has 28.
  database_.query("update classrooms.enrolment set status = 'withdrawn' where person_id in (select person_id "
                  "from classrooms.person where code between '00210021' and '00210030'); "
                  "delete from matricula.moodle_withdrawal; delete from matricula.moodle_people");
  EXPECT_EQ(site_gets_page(people_of(south, 4, 4, "withdrawn")), "created 0 changed 0 withdrawn 1");
  EXPECT_EQ(site_gets_page(people_of(north, 1, 1, "withdrawn")), "created 0 changed 0 withdrawn 1");
  EXPECT_EQ(site_gets_page(people_of("46000003", 2, 2, "withdrawn")),
            "created 0 changed 0 withdrawn 1, 1 held");
}

TEST_F(moodle_site, lets_others_go_with_a_page_that_a_centre_is_held_back_of) {
  given_settings({{"withdraw_people_min", "3"}, {"withdraw_ratio_max", "0.1"}});
  site_gets_page(people_of(north, 1, 20));
  site_gets_page(people_of(south, 1, 20));
  auto page = people_of(north, 1, 20, "withdrawn");
  for (const auto& other : people_of(south, 1, 1, "withdrawn"))
    page.push_back(other);
  EXPECT_EQ(site_gets_page(page), "created 0 changed 0 withdrawn 21, 20 held");
  EXPECT_EQ(students_of(south), "active 19, suspended 1");
}

TEST_F(moodle_site, judges_what_comes_at_once_as_one_after_the_other) {
  given_settings({{"withdraw_people_min", "3"}, {"withdraw_ratio_max", "0"}});
  const auto pupils_of = [](const std::string& centre, int last, const std::string& status) {
    auto pupils = people_of(centre, 1, last, status);
    for (auto& record : pupils)
      record.teachers = "[]";  // whose rows batches would wait for
    return pupils;
  };
  site_gets_page(pupils_of(north, 10, "enrolled"));
  site_gets_page(pupils_of(south, 10, "enrolled"));
  std::string effects[2];
  const auto leave = [&](const std::string& centre, int partition) {
    const auto session = opened({"ESO-46", partition});
    given_batch given{0, {"ESO-46", partition}};
    for (const auto& record : pupils_of(centre, 2, "withdrawn"))
      given.add(record, 1000 + given.batch.records.size());
    effects[partition - 1] = apply(*session, given);
  };
  // Each keeps what it has judged to itself until it commits, and that is hindered.
  pqxx::connection connection{database_.url()};
  pqxx::work other{connection};
  other.exec("select pg_advisory_xact_lock(hashtext('mdl_cache_flags'))");
  std::thread first{[&] { leave(north, 1); }};
  await_waiting(database_, 1);
  std::thread second{[&] { leave(south, 2); }};
  await_waiting(database_, 2);
  // Nobody waits whom it does not concern.
  EXPECT_EQ(site_gets_page(pupils_of("46000003", 1, "enrolled")), "created 1 changed 0 withdrawn 0");
  other.abort();
  first.join();
  second.join();
  EXPECT_EQ(effects[0], "created 0 changed 0 withdrawn 2");
  EXPECT_EQ(effects[1], "created 0 changed 0 withdrawn 2, 2 held");
}

TEST_F(moodle_site, keeps_no_row_from_moodle_while_it_waits_for_its_turn_an_enrolment_or_flags) {
  given_record of_anna{.person = anna};
  std::string courses = "1";
  pqxx::connection connection{database_.url()};
  for (const auto& [in_the_way, subject] :
       {std::pair{"select pg_advisory_xact_lock(hashtext('matricula.moodle_withdrawal'))", "VAL"},
        std::pair{"select from mdl_user_enrolments for update", "ENG"},
        std::pair{"select pg_advisory_xact_lock(hashtext('mdl_cache_flags'))", "BIO"},
        std::pair{"select from mdl_cache_flags for update", "GEO"}}) {
    auto of_berta = of_anna;
    of_berta.person = berta;
    site_gets_page({of_anna, of_berta});
    for (auto* name : {&of_anna.name, &of_anna.centre_name, &of_anna.subject_name, &of_anna.group_name})
      *name += "!";
    auto added = of_anna;
    added.subject = subject;
    pqxx::work other{connection};
    other.exec(in_the_way);
    std::string effects;
    std::thread waiting{[&] { effects = site_gets_page({withdrawn(of_berta), of_anna, added}); }};
    await_waiting(database_, 1);
    for (const auto* table : {"mdl_course_categories", "mdl_course", "mdl_groups", "mdl_user"})
      EXPECT_NO_THROW(database_.query(std::string{"select from "} + table + " for update nowait"))
          << table << ", " << in_the_way;
    other.abort();
    waiting.join();
    EXPECT_EQ(effects, "created 1 changed 1 withdrawn 1");
    courses[0] = static_cast<char>(courses[0] + 1);
    EXPECT_EQ(
        value("select count(*) || ' ' || min(k.coursecount) from mdl_course c join mdl_course_categories k "
              "on k.id = c.category where c.fullname = '" +
              of_anna.subject_name + " · " + of_anna.group_name + "'"),
        "2 " + courses);
  }
}

/// Somebody puts a pupil into a group, for whom the batch then waits, and makes courses meanwhile.
TEST_F(moodle_site, sees_what_somebody_has_named_or_joined_while_a_batch_was_under_way) {
  site_gets_page({{.person = anna}, {.person = berta, .group = "1ESOB"}});
  const auto group =
      value("select moodle_group_id from matricula.moodle_group order by moodle_group_id limit 1");
  const auto user = value("select id from mdl_user where username = '10000002'");
  pqxx::connection connection{database_.url()};
  pqxx::work by_hand{connection};
  by_hand.exec("insert into mdl_groups_members (groupid, userid) values (" + group + ", " + user + ")");
  std::string effects;
  std::thread waiting{[&] {
    effects = site_gets_page({{.person = berta},
                              {.person = berta, .subject = "VAL"},
                              {.person = berta, .subject = "ENG"},
                              {.person = berta, .subject = "BIO"}});
  }};
  await_waiting(database_, 1);
  database_.query("insert into mdl_course (category, shortname, idnumber) values "
                  "(1, '2026 46012345 1234567890 VAL 1ESOA', 'x'), "
                  "(1, 'y', '2026/46012345/1234567890/ENG/1ESOA')");
  by_hand.commit();
  waiting.join();
  EXPECT_EQ(effects, "created 4 changed 0 withdrawn 0");
  EXPECT_EQ(
      value("select string_agg(concat_ws('|', shortname, idnumber), ', ' order by id) from mdl_course "
            "where id in (select course_id from matricula.moodle_course) and idnumber not like '%MAT%'"),
      "2026 46012345 1234567890 BIO 1ESOA|2026/46012345/1234567890/BIO/1ESOA, "
      "2026 46012345 1234567890 ENG 1ESOA|, "
      "2026 46012345 1234567890 VAL 1ESOA 6|2026/46012345/1234567890/VAL/1ESOA");
  EXPECT_EQ(value("select string_agg(m.shortname || '|' || m.idnumber, ', ') from matricula.moodle_course m "
                  "join mdl_course c on c.id = m.course_id "
                  "where (c.shortname, c.idnumber) is distinct from (m.shortname, m.idnumber)"),
            "null");
  EXPECT_EQ(value("select string_agg(kind || ' ' || ref, ', ' order by kind) from matricula.moodle_notice"),
            "idnumber_taken 5, shortname_taken 6");
  EXPECT_EQ(value("select component || '|' from mdl_groups_members where groupid = " + group +
                  " and userid = " + user),
            "|");
}

/// Somebody who works on the categories that a batch makes courses and categories in, between that and its commit.
class moodle_site_beside_an_administrator : public moodle_site {
 protected:
  moodle_site_beside_an_administrator() {
    site_gets_page({{.person = anna, .teachers = "[]"}, {.person = berta, .teachers = "[]"}});
    batch_.batch.next_offset = offset_;
    batch_
        .add(withdrawn({.person = berta, .teachers = "[]"}), 101)  // for whose flag it waits
        .add({.person = anna, .subject = "VAL", .teachers = "[]"}, 102)
        .add({.person = anna, .centre = "46000002", .subject = "VAL", .teachers = "[]"}, 103);
  }

  /// What comes of the batch, within which `sql` is done by hand.
  std::string batch_while(const std::string& sql) {
    pqxx::connection connection{database_.url()};
    pqxx::work other{connection};
    other.exec("select pg_advisory_xact_lock(hashtext('mdl_cache_flags'))");
    std::string effects;
    std::thread waiting{[&] { effects = apply(*session_, batch_); }};
    await_waiting(database_, 1);
    database_.query(sql);
    other.abort();
    waiting.join();
    return effects;
  }

  /// "46012345/MAT 1 of 1", course by course: whether it is shown, in a category that is.
  std::string shown() const {
    return value("select string_agg(split_part(m.key, '/', 2) || '/' || split_part(m.key, '/', 4) || ' ' || "
                 "c.visible || ' of ' || k.visible, ', ' order by m.key) from matricula.moodle_course m join "
                 "mdl_course c on c.id = m.course_id join mdl_course_categories k on k.id = c.category");
  }

  /// Contexts that do not stand below those of the courses' and categories' categories.
  std::string lost_contexts() const {
    return value("select count(*) from mdl_context x left join mdl_course c on c.id = x.instanceid "
                 "left join mdl_course_categories k on k.id = x.instanceid "
                 "left join mdl_context p on p.contextlevel = 40 and p.instanceid = "
                 "case x.contextlevel when 50 then c.category else k.parent end "
                 "where x.contextlevel in (40, 50) and x.instanceid > 1 "
                 "and x.path <> coalesce(p.path, '/1') || '/' || x.id");
  }

  static constexpr auto done_ = "created 2 changed 0 withdrawn 1";
  given_batch batch_;
};

/// As Moodle hides and shows the province, with all that is in it.
constexpr auto hide_the_province =
    "update mdl_course_categories set visible = 0, visibleold = 0 where id = 2; "
    "update mdl_course_categories set visibleold = visible, visible = 0 where path like '/2/%'; "
    "update mdl_course c set visibleold = c.visible, visible = 0 from mdl_course_categories k "
    "where k.id = c.category and k.path like '/2/%'";
constexpr auto show_the_province =
    "update mdl_course_categories set visible = 1, visibleold = 1 where id = 2; "
    "update mdl_course_categories set visible = visibleold where path like '/2/%'; "
    "update mdl_course c set visible = c.visibleold from mdl_course_categories k "
    "where k.id = c.category and k.path like '/2/%'";

TEST_F(moodle_site_beside_an_administrator, hides_what_a_batch_makes_in_a_category_that_is_hidden_meanwhile) {
  EXPECT_EQ(batch_while(hide_the_province), done_);
  EXPECT_EQ(shown(), "46000002/VAL 0 of 0, 46012345/MAT 0 of 0, 46012345/VAL 0 of 0");
  EXPECT_EQ(value("select sum(visible) from mdl_course_categories where id > 1"), "0");
  database_.query(show_the_province);
  EXPECT_EQ(shown(), "46000002/VAL 1 of 1, 46012345/MAT 1 of 1, 46012345/VAL 1 of 1");
}

TEST_F(moodle_site_beside_an_administrator, shows_what_a_batch_makes_in_a_category_that_is_shown_meanwhile) {
  database_.query(hide_the_province);
  EXPECT_EQ(batch_while(show_the_province), done_);
  EXPECT_EQ(shown(), "46000002/VAL 1 of 1, 46012345/MAT 1 of 1, 46012345/VAL 1 of 1");
}

TEST_F(moodle_site_beside_an_administrator, makes_all_anew_where_a_category_is_moved_meanwhile) {
  // That of the level to the top; then that of the province, in which a centre is new, into Moodle's first one.
  const std::string level_to_the_top =
      "update mdl_course_categories set parent = 0, depth = 1, path = '/4' where id = 4; update mdl_context "
      "set path = regexp_replace(path, '^(/[0-9]+){3}', '/1'), depth = depth - 2 where path like '%/' || "
      "(select id from mdl_context where contextlevel = 40 and instanceid = 4) || '%'";
  EXPECT_THAT(batch_while(level_to_the_top), HasSubstr("SQLSTATE 40001"));
  const std::string province_down =
      "update mdl_course_categories set parent = 1 where id = 2; "
      "update mdl_course_categories set depth = depth + 1, path = '/1' || path where id in (2, 3); "
      "update mdl_context x set depth = depth + 1, path = "
      "(select c.path from mdl_context c where c.contextlevel = 40 and c.instanceid = 1) || substr(path, 3) "
      "where path like (select p.path || '%' from mdl_context p where p.contextlevel = 40 and p.instanceid = "
      "2)";
  EXPECT_THAT(batch_while(province_down), HasSubstr("SQLSTATE 40001"));
  EXPECT_EQ(batch_while("select"), done_);
  EXPECT_EQ(lost_contexts(), "0");
  EXPECT_EQ(value("select count(*) from mdl_course_categories"), "6");
}

TEST_F(moodle_site_beside_an_administrator, makes_a_category_anew_that_is_deleted_meanwhile) {
  EXPECT_THAT(
      batch_while("update mdl_course set category = 1 where category = 4; update mdl_context x set path "
                  "= c.path || '/' || x.id, depth = c.depth + 1 from mdl_context c where "
                  "x.contextlevel = 50 and x.instanceid = 2 and c.contextlevel = 40 and c.instanceid = "
                  "1; delete from mdl_context where contextlevel = 40 and instanceid = 4; "
                  "delete from mdl_course_categories where id = 4"),
      HasSubstr("SQLSTATE 40001"));
  EXPECT_EQ(batch_while("select"), done_);
  EXPECT_EQ(lost_contexts(), "0");
  EXPECT_EQ(shown(), "46000002/VAL 1 of 1, 46012345/MAT 1 of 1, 46012345/VAL 1 of 1");
}

TEST_F(moodle_site, looks_for_names_that_are_taken_after_it_has_waited_for_all_others) {
  site_gets({.person = anna});
  pqxx::connection connection{database_.url()};
  pqxx::work other{connection};
  other.exec("select from matricula.moodle_change where kind = 'categories' for update");
  std::thread waiting{[&] { site_gets({.person = anna, .subject = "VAL"}); }};
  await_waiting(database_, 1);
  database_.query(
      "insert into mdl_course (category, shortname) values (1, '2026 46012345 1234567890 VAL 1ESOA')");
  other.abort();
  waiting.join();
  EXPECT_EQ(value("select c.shortname from matricula.moodle_course m join mdl_course c on c.id = m.course_id "
                  "where m.key like '%VAL%'"),
            "2026 46012345 1234567890 VAL 1ESOA 3");
}

TEST_F(moodle_site, notes_new_courses_for_the_caches_while_another_batch_that_has_is_not_over) {
  site_gets({.person = anna});
  const auto noted = [&] {
    return value("select string_agg(ref::text, ' ' order by ref) from matricula.moodle_change "
                 "where kind = 'categories'");
  };
  EXPECT_EQ(noted(), "0");
  pqxx::connection connection{database_.url()};
  pqxx::work other{connection};
  other.exec("select matricula.moodle_note_categories()");
  EXPECT_EQ(site_gets({.person = anna, .subject = "VAL"}), "created 1 changed 0 withdrawn 0");
  other.commit();
  EXPECT_EQ(noted(), "0 1");
  database_.query("delete from matricula.moodle_change");
  site_gets({.person = anna, .subject = "ENG"});
  EXPECT_EQ(noted(), "0");
}

/// Who logs in while it waits still knows what was before.
TEST_F(moodle_site, has_flags_no_older_than_its_commit) {
  for (const auto* batch : {"of a new flag", "of one that is there"}) {
    site_gets({.person = anna, .teachers = "[]"});
    pqxx::connection connection{database_.url()};
    pqxx::work other{connection};
    other.exec("select from matricula.moodle_change where kind = 'categories' for update");
    std::thread waiting{[&] {
      site_gets_page({withdrawn({.person = anna, .teachers = "[]"}), {.person = berta, .subject = batch}});
    }};
    await_waiting(database_, 1);
    std::this_thread::sleep_for(3s);
    const auto free_at = other.exec1("select extract(epoch from clock_timestamp())")[0].as<std::string>();
    other.abort();
    waiting.join();
    EXPECT_EQ(value("select min(timemodified) >= floor(" + free_at + ") and max(timemodified) <= " + free_at +
                    " + 20 from mdl_cache_flags"),
              "t")
        << batch;
  }
}

TEST_F(moodle_site, tells_moodle_of_a_new_role_of_who_logs_in_while_a_batch_waits) {
  site_gets_page({{.person = anna, .teachers = "[]"}, {.person = berta, .teachers = "[]"}});
  pqxx::connection connection{database_.url()};
  pqxx::work other{connection};
  other.exec("select from matricula.moodle_change where kind = 'categories' for update");
  std::thread waiting{[&] {
    site_gets_page({{.person = anna, .subject = "VAL", .teachers = "[]"},
                    {.person = berta, .subject = "VAL", .teachers = "[]"},
                    {.person = "10000003", .subject = "VAL", .teachers = "[]"}});
  }};
  await_waiting(database_, 1);
  database_.query("update mdl_user set lastaccess = extract(epoch from now()) where username = '10000001'");
  other.abort();
  waiting.join();
  EXPECT_EQ(
      value(
          "select string_agg(u.username, ' ') from mdl_cache_flags f join mdl_user u on u.id::text = f.name"),
      "10000001");
}

TEST_F(moodle_site, leaves_an_enrolment_suspended_that_somebody_suspends_while_a_batch_withdraws_it) {
  const given_record of_anna{.person = anna, .teachers = "[]"};
  site_gets(of_anna);
  pqxx::connection connection{database_.url()};
  pqxx::work by_hand{connection};
  by_hand.exec("update mdl_user_enrolments set status = 1");
  std::string effects;
  std::thread waiting{[&] { effects = site_gets(withdrawn(of_anna)); }};
  await_waiting(database_, 1);
  by_hand.commit();
  waiting.join();
  EXPECT_EQ(effects, "created 0 changed 0 withdrawn 1");
  EXPECT_EQ(value("select count(*) from matricula.moodle_suspended"), "0");
  site_gets(of_anna);
  EXPECT_EQ(people(), "10000001 Matemàtiques · 1r ESO A: suspended student [1r ESO A]");
}

TEST_F(moodle_site, puts_its_categories_after_all_others_however_many_courses_they_take) {
  // As Moodle sorts them where $CFG->maxcoursesincategory is 20000.
  database_.query("insert into mdl_course_categories (name, parent, depth, path) "
                  "select 'c' || n, 0, 1, '/' || n from generate_series(2, 6) as n; "
                  "update mdl_course_categories set sortorder = 20000 * id");
  site_gets({.person = anna});
  EXPECT_EQ(
      value("select string_agg(sortorder::text, ' ' order by id) from mdl_course_categories where id > 6"),
      "140000 160000 180000");
  EXPECT_EQ(value("select sortorder from mdl_course where id > 1"), "180001");
}

TEST_F(moodle_site, counts_a_categorys_courses_anew_with_the_next) {
  site_gets({.person = anna});
  // What Moodle writes when it has counted before a batch's courses were there.
  database_.query("update mdl_course_categories set coursecount = 0");
  site_gets({.person = anna, .subject = "VAL"});
  EXPECT_EQ(value("select coursecount from mdl_course_categories where idnumber like '%/1234567890'"), "2");
}

TEST_F(moodle_site, counts_no_further_than_the_limit_when_very_many_leave) {
  given_settings({{"withdraw_people_min", "2"}, {"withdraw_ratio_max", "0.001"}});
  site_gets_page(people_of(north, 1, 10));
  site_gets_page(people_of(south, 1, 10));
  // Of a course and an account that are there.
  database_.query("insert into matricula.moodle_withdrawal select 900000 + n, 2, 900000 + n, 2, "
                  "'46000001', now(), 'held' from generate_series(1, 20000) as n; "
                  "insert into matricula.moodle_withdrawal select 900000 + n, 2, 900000 + n, 2, "
                  "'03000001', now(), 'done' from generate_series(20001, 40000) as n; "
                  "analyze matricula.moodle_withdrawal");
  const auto page_of = [](int number) {
    auto page = people_of(north, number, number, "withdrawn");
    page.push_back(people_of(south, number, number, "withdrawn").front());
    return page;
  };
  EXPECT_EQ(site_gets_page(page_of(1)), "created 0 changed 0 withdrawn 2, 2 held");  // counts the people
  session_.reset();
  const auto rows_read = [&] {
    return std::stol(
        value("select coalesce(sum(seq_tup_read + idx_tup_fetch), 0) + (select sum(idx_tup_read) from "
              "pg_stat_user_indexes where relname = 'moodle_withdrawal') from pg_stat_user_tables "
              "where relname = 'moodle_withdrawal'"));
  };
  const auto settled = [&] {  // the session's counters come with its end
    auto before = rows_read();
    for (int tries = 0; tries < 100; ++tries) {
      std::this_thread::sleep_for(100ms);
      const auto now = rows_read();
      if (std::exchange(before, now) == now && tries > 3)
        break;
    }
    return before;
  };
  const auto before = settled();
  EXPECT_EQ(site_gets_page(page_of(2)), "created 0 changed 0 withdrawn 2, 2 held");
  session_.reset();
  EXPECT_LT(settled() - before, 500);
}

TEST_F(moodle_site, forgets_withdrawals_of_before_the_window) {
  given_settings({{"withdraw_people_min", "2"}, {"withdraw_ratio_max", "0"}});
  site_gets_page(people_of(north, 1, 10));
  site_gets_page(people_of(north, 1, 2, "withdrawn"));
  database_.query("update matricula.moodle_withdrawal set at = at - interval '25 hours'");
  site_gets_page(people_of(north, 3, 4, "withdrawn"));
  EXPECT_EQ(students_of(north), "active 6, suspended 4");
  EXPECT_EQ(held_back(), "");
}

TEST_F(moodle_site, forgets_who_is_held_back_in_a_course_or_with_an_account_that_is_gone) {
  given_settings({{"withdraw_people_min", "4"}, {"withdraw_ratio_max", "0"}});
  auto in_valencian = people_of(north, 6, 10);
  for (auto& record : in_valencian)
    record.subject = "VAL";
  site_gets_page(people_of(north, 1, 20));
  site_gets_page(in_valencian);
  for (auto& record : in_valencian)
    record.status = "withdrawn";
  auto page = people_of(north, 1, 5, "withdrawn");
  page.insert(page.end(), in_valencian.begin(), in_valencian.end());
  EXPECT_EQ(site_gets_page(page), "created 0 changed 0 withdrawn 10, 10 held");
  EXPECT_EQ(held_back(), "46000001 held 10 10");
  // What Moodle leaves of a course that was deleted, and of an account.
  database_.query("delete from mdl_enrol where courseid = 3; delete from mdl_course where id = 3; "
                  "update mdl_user set deleted = 1, username = id || '.1795290469' where username in "
                  "('00110001', '00110002', '00110003')");
  EXPECT_EQ(held_back(), "46000001 held 2 2");
  EXPECT_THAT(verified(), Not(HasSubstr("00110006 1ESOA student enrolled, 00110006")));
  EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal"), "10");
  EXPECT_EQ(somebody(decision::approve, north, "2000-01-01"), "");
  // They count no more: with those two, two others may leave; and the rows are forgotten.
  EXPECT_EQ(site_gets_page(people_of(north, 11, 12, "withdrawn")), "created 0 changed 0 withdrawn 2");
  EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal where state = 'held'"), "2");
  EXPECT_EQ(held_back(), "46000001 held 2 2");
  EXPECT_EQ(somebody(decision::reject, north), "2 2");
  EXPECT_EQ(held_back(), "46000001 rejected 2 2");
  database_.query("update mdl_user set deleted = 1 where username in ('00110004', '00110005')");
  EXPECT_EQ(somebody(decision::approve_rejected, north), "");
  site_gets_page(people_of(north, 13, 13, "withdrawn"));
  EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal where state <> 'done'"), "0");
}

TEST_F(moodle_site, looks_for_withdrawals_to_forget_a_few_at_a_time) {
  given_settings({{"withdraw_people_min", "2"}});
  site_gets_page(people_of(north, 1, 2));
  database_.query("insert into matricula.moodle_withdrawal select 900000 + n, 2, 900000 + n, 2, '03000001', "
                  "now(), 'held' from generate_series(1, 250) as n; "
                  "update matricula.moodle_withdrawal set course_id = 900000 where enrol_id > 900150");
  int room = 0;
  for (const auto* left : {"250", "200", "150", "150"}) {  // the fourth begins anew
    site_gets({.person = anna, .room = "B" + std::to_string(++room)});
    EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal"), left);
  }
}

TEST_F(moodle_site, does_with_those_held_back_what_somebody_decides) {
  given_settings({{"withdraw_people_min", "1"}, {"withdraw_ratio_max", "0"}});
  for (const auto* centre : {north, south}) {
    site_gets_page(people_of(centre, 1, 10));
    site_gets_page(people_of(centre, 1, 4, "withdrawn"));
  }
  EXPECT_EQ(held_back(), "46000001 held 4 4, 46000002 held 4 4");
  site_gets_page(people_of(north, 4, 4));  // is back, so there is nothing to decide
  EXPECT_EQ(held_back(), "46000001 held 3 3, 46000002 held 4 4");

  somebody(decision::approve, north);
  EXPECT_EQ(students_of(north), "active 7, suspended 3");
  EXPECT_EQ(held_back(), "46000002 held 4 4");
  somebody(decision::reject, "");
  EXPECT_EQ(held_back(), "46000002 rejected 4 4");
  auto again = people_of(south, 1, 1, "withdrawn");
  again[0].since = "2026-10-10";
  site_gets_page(again);
  somebody(decision::approve, "");  // of what is held, which they are not
  EXPECT_EQ(students_of(south), "active 10, suspended 0");
  somebody(decision::approve_rejected, "");
  EXPECT_EQ(students_of(south), "active 6, suspended 4");
  EXPECT_EQ(held_back(), "");
  site_gets_page(people_of(south, 1, 4));
  EXPECT_EQ(students_of(south), "active 10, suspended 0");
}

TEST_F(moodle_site, does_not_do_what_somebody_has_not_seen) {
  given_settings({{"withdraw_people_min", "0"}, {"withdraw_ratio_max", "0"}});
  site_gets_page(people_of(north, 1, 10));
  site_gets_page(people_of(north, 1, 2, "withdrawn"));
  const auto seen = status_of(site_);
  ASSERT_TRUE(seen) << seen.error().text;
  site_gets_page(people_of(north, 3, 5, "withdrawn"));
  site_gets_page(people_of(north, 2, 2));
  site_gets_page(people_of(north, 2, 2, "withdrawn"));  // is held back anew, which nobody has seen
  EXPECT_EQ(somebody(decision::approve, north, seen->withdrawals.at(0).until), "1 1");
  EXPECT_EQ(students_of(north), "active 9, suspended 1");
  EXPECT_EQ(held_back(), "46000001 held 4 4");
  EXPECT_EQ(somebody(decision::reject, "", seen->withdrawals.at(0).until), "");
  EXPECT_EQ(somebody(decision::reject, ""), "4 4");
  EXPECT_EQ(held_back(), "46000001 rejected 4 4");
}

TEST_F(moodle_site, does_what_somebody_decides_in_portions_of_500_people) {
  given_settings({{"withdraw_people_min", "0"}, {"withdraw_ratio_max", "0"}});
  for (const auto* subject : {"MAT", "VAL"})
    for (const auto* status : {"enrolled", "withdrawn"}) {
      auto page = people_of(north, 1, 1200, status);
      for (auto& record : page)
        record.subject = subject;
      site_gets_page(page);
    }
  EXPECT_EQ(held_back(), "46000001 held 1200 2400");
  EXPECT_EQ(somebody(decision::approve, ""), "500 1000, 500 1000, 200 400");
  EXPECT_EQ(students_of(north), "active 0, suspended 2400");
}

TEST_F(moodle_site, who_is_held_back_keeps_his_role_and_his_group) {
  given_settings({{"withdraw", "unenrol"}, {"withdraw_people_min", "0"}, {"withdraw_ratio_max", "0"}});
  site_gets({.person = anna, .teachers = "[]"});
  const auto before = people();
  EXPECT_EQ(site_gets(withdrawn({.person = anna, .teachers = "[]"})),
            "created 0 changed 0 withdrawn 1, 1 held");
  EXPECT_EQ(people(), before);
  somebody(decision::approve, "");
  EXPECT_EQ(people(), "");
}

TEST_F(moodle_site, a_target_that_holds_nothing_back_has_nothing_to_decide) {
  site_.target_directory = repository_targets() / "classrooms";
  site_.settings.clear();
  const auto decided = opened(first_partition)->decide({decision::approve, "", "infinity"});
  ASSERT_FALSE(decided);
  EXPECT_THAT(decided.error().text, HasSubstr("holds no withdrawals back"));
}

TEST_F(moodle_site, is_refused_without_moodles_tables) {
  database_.query("drop table mdl_config");
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("target_broken"), HasSubstr("There is no table mdl_config"),
                    HasSubstr("its tables begin with another prefix, which settings of the site can say")));
}

TEST_F(moodle_site, is_refused_where_moodles_tables_are_in_another_schema) {
  database_.query("create schema moodle; alter table mdl_config set schema moodle");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("target_broken"),
                               HasSubstr("or they are in another schema than public, which this target")));
}

TEST_F(moodle_site, is_refused_with_a_version_that_nobody_knows) {
  for (const auto* version : {"2022112700.00", "2025041800.00", "2025100600.00", "2030010100"}) {
    database_.query(std::string{"update mdl_config set value = '"} + version + "' where name = 'version'");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("target_broken"),
                                 HasSubstr(std::string{"Version "} + version + " of Moodle is not known"),
                                 HasSubstr("Stop this site")));
  }
}

TEST_F(moodle_site, writes_and_quarantines_nothing_without_what_moodle_itself_must_have) {
  for (const auto& [lost, found_again, why] :
       {std::tuple{"update mdl_role set shortname = 'alumnat' where shortname = 'student'",
                   "update mdl_role set shortname = 'student' where shortname = 'alumnat'",
                   "there is no role with the short name student"},
        std::tuple{"update mdl_role set shortname = 'prof' where shortname = 'editingteacher'",
                   "update mdl_role set shortname = 'editingteacher' where shortname = 'prof'",
                   "there is no role with the short name editingteacher"},
        std::tuple{"update mdl_config set value = '' where name = 'siteadmins'",
                   "update mdl_config set value = '2' where name = 'siteadmins'",
                   "siteadmins in mdl_config names no administrator"},
        std::tuple{"update mdl_config set name = 'x' where name = 'mnet_localhost_id'",
                   "update mdl_config set name = 'mnet_localhost_id' where name = 'x'",
                   "mnet_localhost_id is not in mdl_config"},
        std::tuple{"update mdl_context set contextlevel = 11 where contextlevel = 10",
                   "update mdl_context set contextlevel = 10 where contextlevel = 11",
                   "mdl_context has no row for the system"}}) {
    database_.query(lost);
    given_batch given;
    given.add({.person = anna}, 1);
    const auto session = opened(first_partition);
    const auto outcome = session->apply(given.batch, given.all(), {}, 0, given.batch.next_offset);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, error_code::target_broken);
    EXPECT_THAT(outcome.error().text, HasSubstr(why));
    EXPECT_THAT(diagnosis(), HasSubstr(std::string{"wrong "} + why));
    database_.query(found_again);
  }
  EXPECT_EQ(value("select count(*) from matricula.outbox"), "0");
  EXPECT_EQ(value("select count(*) from mdl_user where id > 2"), "0");
  EXPECT_EQ(site_gets({.person = anna}), "created 1 changed 0 withdrawn 0");
}

TEST_F(moodle_site, writes_nothing_while_moodle_is_upgraded_and_looks_anew_afterwards) {
  site_gets({.person = anna});
  const auto refused = [&] {
    const auto before = moodle();
    const auto why = site_gets({.person = "10000009"});
    --offset_;
    EXPECT_EQ(moodle(), before);
    return why;
  };
  database_.query("insert into mdl_config (name, value) select 'upgraderunning', extract(epoch from "
                  "now())::bigint + 300");
  EXPECT_THAT(refused(), HasSubstr("Moodle is being upgraded"));
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("target_broken"), HasSubstr("session.sql: SQLSTATE MD001"),
                    HasSubstr("Moodle is being upgraded")));  // whoever connects, before he makes anything
  EXPECT_THAT(diagnosis(), HasSubstr("Moodle is being upgraded"));
  // One that lasts longer than it was expected to, one that was broken off, and one that has ended.
  const auto was_to_end = [&](const std::string& seconds_ago) {
    database_.query("update mdl_config set value = extract(epoch from now())::bigint - " + seconds_ago +
                    " where name = 'upgraderunning'");
  };
  was_to_end("3500");
  EXPECT_THAT(refused(), HasSubstr("Moodle is being upgraded"));
  was_to_end("3601");
  EXPECT_EQ(site_gets({.person = berta}), "created 1 changed 0 withdrawn 0");
  database_.query("delete from mdl_config where name = 'upgraderunning'");
  EXPECT_EQ(site_gets({.person = berta, .subject = "VAL"}), "created 1 changed 0 withdrawn 0");

  database_.query("update mdl_config set value = '2025041404.06' where name = 'version'");
  EXPECT_THAT(refused(), HasSubstr("Moodle has another version than when the site connected"));
  session_.reset();
  EXPECT_EQ(site_gets({.person = "10000003"}), "created 1 changed 0 withdrawn 0");
  database_.query("update mdl_config set value = '2030010100' where name = 'version'");
  EXPECT_THAT(refused(), HasSubstr("another version"));
  EXPECT_THAT(refusal(), HasSubstr("Version 2030010100 of Moodle is not known"));
  EXPECT_EQ(value("select count(*) from matricula.outbox where kind = 'quarantine'"), "0");
}

TEST_F(moodle_site, lets_an_upgrade_of_moodle_alter_every_column_while_its_sessions_are_open) {
  site_gets({.person = anna});
  const auto beside = opened({"ESO-46", 1});
  EXPECT_NO_THROW(database_.query(R"sql(
set lock_timeout = '2s';
do $$
declare c record;
begin
  for c in
    select r.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type
    from pg_class r
    join pg_attribute a on a.attrelid = r.oid
    where r.relkind = 'r' and r.relname like 'mdl\_%' and a.attnum > 0 and not a.attisdropped
  loop
    execute format('alter table %I alter column %I type %s', c.relname, c.attname, c.type);
  end loop;
end
$$)sql"));
  EXPECT_EQ(site_gets({.person = berta}), "created 1 changed 0 withdrawn 0");
}

/// The differences of the tables from those of 4.3, as Moodle's own upgrade steps make them.
TEST_F(moodle_site, takes_the_tables_of_every_version_from_4_1_to_5_0) {
  const auto becomes = [&](const char* version, const std::string& differences) {
    database_.query(differences + "; update mdl_config set value = '" + version + "' where name = 'version'");
    session_.reset();
  };
  becomes("2022112800.01", "alter table mdl_course drop column pdfexportfont; "
                           "alter table mdl_groups drop column visibility, drop column participation");
  EXPECT_EQ(site_gets({.person = anna}), "created 1 changed 0 withdrawn 0");
  becomes("2023042403.00", "alter table mdl_course add column pdfexportfont varchar(50); "
                           "alter table mdl_groups add column visibility smallint not null default 0, "
                           "add column participation smallint not null default 1");
  EXPECT_EQ(site_gets({.person = anna, .group = "1ESOB", .subject = "VAL"}),
            "created 1 changed 0 withdrawn 0");
  becomes("2024100706.00",
          "alter table mdl_course_sections add column component varchar(100), add column itemid bigint; "
          "create index on mdl_course_sections (component, itemid)");
  EXPECT_EQ(site_gets({.person = anna, .group = "1ESOC", .subject = "ANG"}),
            "created 1 changed 0 withdrawn 0");
  becomes("2025041404.06", "alter table mdl_course alter column fullname type varchar(1333), "
                           "alter column showactivitydates set default 1");
  EXPECT_EQ(site_gets({.person = anna, .group = "1ESOD", .subject = "CAS"}),
            "created 1 changed 0 withdrawn 0");
  EXPECT_EQ(value("select count(*) from mdl_user_enrolments e join mdl_user u on u.id = e.userid "
                  "where u.username = '10000001' and e.status = 0"),
            "4");
}

TEST_F(moodle_site, is_refused_with_settings_that_make_no_sense) {
  for (const auto& [name, wrong, why] :
       {std::tuple{"categories", "province/school", "each one of year, province"},
        std::tuple{"sections", "many", "a number below 100"},
        std::tuple{"enrol", "manual", "other than manual"},
        std::tuple{"enrol", "category", "leaves our enrolments alone"},
        std::tuple{"enrol", "cohort", "leaves our enrolments alone"},
        std::tuple{"enrol", "meta", "leaves our enrolments alone"},
        std::tuple{"enrol", "guest", "leaves our enrolments alone"},
        std::tuple{"enrol", "self", "leaves our enrolments alone"},
        std::tuple{"enrol", "database_of_the_ministry", "plugins as Moodle has them"},
        std::tuple{"auth", "CAS", "plugins as Moodle has them"},
        std::tuple{"fullname", "{subject.nam_val} · {group.name}",
                   "setting fullname has {subject.nam_val}, which is none of {year}, {centre.code}, "},
        std::tuple{"shortname", "{year} {group.code", "setting shortname has {group.code, which is none of "},
        std::tuple{"idnumber", "{Group.code}", "setting idnumber has {Group.code}, which is none of "},
        std::tuple{"email", "{nia}@invalid.invalid", "setting email has {nia}, which is none of {id}"},
        std::tuple{"format", "Weekly format", "a course format as Moodle has it"},
        std::tuple{"lang", "valencià", "codes of languages"},
        std::tuple{"course_lang", "Spanish", "codes of languages"},
        std::tuple{"withdraw_ratio_max", "5", "from 0 to 1"},
        std::tuple{"withdraw_people_min", "few", "a number of people"},
        std::tuple{"withdraw_window", "soon", "a number of hours or days"},
        std::tuple{"journal_days", "0", "a number of days"}}) {
    given_settings({{name, wrong}});
    EXPECT_THAT(refusal(), HasSubstr(why));
  }
}

TEST_F(moodle_site, has_a_category_made_by_hand_if_its_idnumber_says_so) {
  database_.query(
      "with c as (insert into mdl_course_categories (name, idnumber, parent, depth, path, sortorder) "
      "values ('Província', '46', 0, 1, '/2', 20000) returning id) "
      "insert into mdl_context (contextlevel, instanceid, path, depth) select 40, id, '/1/11', 2 from c");
  site_gets({.person = anna});
  EXPECT_EQ(
      value(
          "select string_agg(name || ' ' || path, ', ' order by id) from mdl_course_categories where id > 1"),
      "Província /2, IES Jaume I /2/3, 1r ESO /2/3/4");
}

TEST_F(moodle_site, gives_a_category_no_idnumber_that_one_elsewhere_has_and_says_so) {
  database_.query("insert into mdl_course_categories (name, idnumber, parent, depth, path, sortorder) "
                  "values ('Els nostres', '46/46012345', 1, 2, '/1/2', 20000)");
  site_gets({.person = anna});
  EXPECT_EQ(value("select string_agg(name || ' ' || coalesce(idnumber, 'none'), ', ' order by id) "
                  "from mdl_course_categories where id > 1"),
            "Els nostres 46/46012345, València 46, IES Jaume I none, 1r ESO 46/46012345/1234567890");
  EXPECT_EQ(value("select n.kind || ' ' || c.name from matricula.moodle_notice n "
                  "join mdl_course_categories c on c.id = n.ref"),
            "category_idnumber_taken IES Jaume I");
  site_gets({.person = anna, .subject = "VAL"});
  EXPECT_EQ(value("select count(*) from mdl_course_categories"), "5");
  EXPECT_EQ(value("select count(*) from matricula.moodle_notice"), "1");
}

TEST_F(moodle_site, waits_where_a_category_has_no_context_or_one_without_a_path) {
  const auto refused = [&](const given_record& record) {
    const auto why = site_gets(record);
    --offset_;
    session_.reset();
    return why;
  };
  // One that was made by hand.
  database_.query("insert into mdl_course_categories (name, idnumber, parent, depth, path) values ('P', "
                  "'46', 0, 1, '/2'); "
                  "insert into mdl_context (contextlevel, instanceid, path, depth) values (40, 2, null, 0)");
  constexpr auto why = "category 2 has no context in Moodle, or one without a path";
  EXPECT_THAT(refused({.person = anna}), HasSubstr(why));
  database_.query("delete from mdl_context where contextlevel = 40 and instanceid = 2");
  EXPECT_THAT(refused({.person = anna}), AllOf(HasSubstr(why), HasSubstr("context_cleanup_task")));
  constexpr auto made_by_moodle =
      "insert into mdl_context (contextlevel, instanceid, path, depth) values (40, ";
  database_.query(std::string{made_by_moodle} + "2, '/1/100', 2)");
  EXPECT_EQ(site_gets({.person = anna}), "created 1 changed 0 withdrawn 0");
  // Those that were made here: that of the level, and that of the centre, below which another level is to come.
  database_.query("delete from mdl_context where contextlevel = 40 and instanceid in (3, 4)");
  EXPECT_THAT(refused({.person = anna, .subject = "VAL"}), HasSubstr("category 4 has no context"));
  database_.query(std::string{made_by_moodle} + "4, '/1/100/101/104', 4)");
  EXPECT_EQ(site_gets({.person = anna, .subject = "VAL"}), "created 1 changed 0 withdrawn 0");
  EXPECT_EQ(value("select x.path like '/1/100/101/104/%' from mdl_course c join mdl_context x on "
                  "x.contextlevel = 50 and x.instanceid = c.id where c.idnumber like '%VAL%'"),
            "t");
  database_.query("delete from matricula.moodle_category where category_id = 4; "
                  "update mdl_course_categories set idnumber = '' where id = 4");
  EXPECT_THAT(refused({.person = anna, .subject = "ENG"}), HasSubstr("category 3 has no context"));
  EXPECT_EQ(value("select count(*) from matricula.outbox where kind = 'quarantine'"), "0");
  EXPECT_EQ(value("select count(*) from mdl_course_categories where id > 4"), "0");
}

TEST_F(moodle_site, finds_a_category_where_somebody_has_moved_it_and_makes_one_that_was_deleted) {
  site_gets({.person = anna});
  // What Moodle does when the level's category goes to the top; then, when it is deleted with its courses.
  database_.query(
      "update mdl_course_categories set parent = 0, depth = 1, path = '/4' where id = 4; "
      "update mdl_context set path = '/1/13', depth = 2 where contextlevel = 40 and instanceid = 4; "
      "update mdl_context set path = '/1/13/' || id, depth = 3 where contextlevel = 50 and instanceid = 2");
  site_gets({.person = anna, .subject = "VAL"});
  EXPECT_EQ(value("select regexp_replace(path, '[0-9]+$', '') || ' ' || depth from mdl_context "
                  "where contextlevel = 50 and instanceid = 3"),
            "/1/13/ 3");
  database_.query(
      "delete from mdl_course_categories where id = 4; delete from mdl_course where category = 4; "
      "delete from mdl_context where path like '/1/13%'");
  site_gets({.person = anna, .subject = "ENG"});
  EXPECT_EQ(value("select c.path || ' ' || c.depth || ' ' || x.depth from mdl_course k "
                  "join mdl_course_categories c on c.id = k.category "
                  "join mdl_context x on x.contextlevel = 50 and x.instanceid = k.id where k.id > 1"),
            "/2/3/5 3 5");
}

TEST_F(moodle_site, calls_a_category_as_the_newest_year_does) {
  const auto level = [&] {
    return value("select name from mdl_course_categories where idnumber = '46/46012345/1234567890'");
  };
  it_is("2026-10-01");
  site_gets({.person = anna, .year = "2025"});
  site_gets({.person = anna, .year = "2026"});
  site_gets({.person = berta, .year = "2025", .course_name = "1º ESO"});
  EXPECT_EQ(level(), "1r ESO");
  site_gets({.person = berta, .year = "2026", .course_name = "1r d'ESO"});
  EXPECT_EQ(level(), "1r d'ESO");
  site_gets_page({{.person = anna, .year = "2026", .room = "B1", .course_name = "Primer d'ESO"},
                  {.person = anna, .year = "2025", .room = "B1"}});
  EXPECT_EQ(level(), "Primer d'ESO");
}

TEST_F(moodle_site, calls_a_centre_as_the_newest_year_does) {
  const auto centre = [&] {
    return value("select name from mdl_course_categories where idnumber = '46/46012345'");
  };
  it_is("2026-10-01");
  site_gets({.person = anna, .year = "2026"});
  site_gets({.person = anna, .centre_name = "IB Jaume I", .year = "2025"});
  EXPECT_EQ(centre(), "IES Jaume I");
  site_gets_page({{.person = anna, .year = "2026", .room = "B1"},
                  {.person = anna, .centre_name = "IB Jaume I", .year = "2025", .room = "B1"}});
  EXPECT_EQ(centre(), "IES Jaume I");
  site_gets({.person = anna, .centre_name = "IES Jaume II", .year = "2026"});
  EXPECT_EQ(centre(), "IES Jaume II");
}

TEST_F(moodle_site, lets_no_record_of_a_year_to_come_name_a_category_for_good) {
  const auto centre = [&] {
    return value("select name from mdl_course_categories where idnumber = '46/46012345'");
  };
  const auto this_year = value("select to_char(now() - interval '8 months', 'YYYY')");
  site_gets({.person = anna, .centre_name = "IES Mal Escrit", .year = "2099"});
  EXPECT_EQ(centre(), "IES Mal Escrit");
  site_gets({.person = anna, .year = this_year});
  EXPECT_EQ(centre(), "IES Jaume I");
  EXPECT_EQ(value("set matricula.today = '2027-02-01'; select matricula.moodle_naming_year('2099')"), "2026");
  EXPECT_EQ(value("set matricula.today = '2027-09-01'; select matricula.moodle_naming_year('2099')"), "2027");
  EXPECT_EQ(value("set matricula.today = '2027-09-01'; select matricula.moodle_naming_year('2026')"), "2026");
}

TEST_F(moodle_site, keeps_what_the_new_year_has_named_in_august_from_late_records_of_the_last) {
  const auto centres = [&] {
    return value(
        "select string_agg(name, ', ' order by idnumber) from mdl_course_categories where depth = 2");
  };
  it_is("2027-08-20");
  site_gets({.person = anna, .centre_name = "IES Jaume II", .year = "2027"});
  site_gets({.person = anna, .year = "2026"});
  EXPECT_EQ(centres(), "IES Jaume I");  // the newest of either year
  site_gets({.person = anna, .centre_name = "IES Jaume II", .year = "2027", .room = "B1"});
  site_gets({.person = anna, .centre_name = "IES Jaume II", .year = "2026"});
  site_gets({.person = anna, .centre = "46012346", .centre_name = "IES Nou", .year = "2027"});
  EXPECT_EQ(centres(), "IES Jaume II, IES Nou");
  it_is("2027-09-01");
  site_gets({.person = berta, .year = "2026"});
  site_gets({.person = berta, .centre = "46012346", .centre_name = "IES Vell", .year = "2026"});
  EXPECT_EQ(centres(), "IES Jaume II, IES Nou");
  site_gets({.person = berta, .centre_name = "IES Jaume III", .year = "2027"});
  EXPECT_EQ(centres(), "IES Jaume III, IES Nou");
}

TEST_F(moodle_site, hides_what_it_makes_below_a_hidden_category_until_that_is_shown) {
  database_.query(
      "with c as (insert into mdl_course_categories (name, idnumber, parent, depth, path, sortorder, "
      "visible, "
      "visibleold) values ('Província', '46', 0, 1, '/2', 20000, 0, 0) returning id) "
      "insert into mdl_context (contextlevel, instanceid, path, depth) select 40, id, '/1/11', 2 from c");
  const auto shown = [&](const char* table) {
    return value(std::string{"select string_agg(visible || '' || visibleold, ' ' order by id) from "} +
                 table + " where id > 1");
  };
  site_gets({.person = anna});
  EXPECT_EQ(shown("mdl_course_categories"), "00 01 01");
  EXPECT_EQ(shown("mdl_course"), "01");
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled");
  site_gets({.person = anna, .subject = "VAL"});  // into a category that is there, and hidden
  EXPECT_EQ(shown("mdl_course"), "01 01");
  // What Moodle does when somebody shows the province.
  database_.query("update mdl_course_categories set visible = 1, visibleold = 1 where idnumber = '46'; "
                  "update mdl_course_categories set visible = visibleold; "
                  "update mdl_course set visible = visibleold");
  site_gets({.person = anna, .subject = "ENG"});
  EXPECT_EQ(shown("mdl_course"), "11 11 11");
  // A course whose making was undone, and into which a pupil comes.
  database_.query("update mdl_course_categories set visible = 0; update mdl_course set visible = 0, "
                  "visibleold = 0 where id > 1; update matricula.moodle_course set season = 'undone'");
  site_gets({.person = berta, .subject = "VAL"});
  EXPECT_EQ(shown("mdl_course"), "00 01 00");
  given_settings({{"visible", "no"}});
  site_gets({.person = anna, .subject = "MUS"});
  EXPECT_EQ(shown("mdl_course"), "00 01 00 00");
}

TEST_F(moodle_site, takes_batches_at_once_that_share_a_province_and_teachers) {
  constexpr int centres = 6, batches = 4;
  const std::string teachers = "[" + teacher_of("0A") + "," + teacher_of("0B") + "," + teacher_of("0C") + "]";
  const auto part = [&](int partition) {
    auto session = opened({"ESO-46", partition});
    std::int64_t offset = 0;
    for (int number = 0; number < batches; ++number) {
      given_batch given{offset, {"ESO-46", partition}};
      for (int i = 0; i < 40; ++i)
        given.add({.person = std::to_string(20'000'000 + number * 40 + i),  // the same people in all
                   .centre = "4601234" + std::to_string(partition),
                   .group = "G" + std::to_string(number),
                   .teachers = teachers},
                  static_cast<revision_t>(number * 40 + i + 1));
      offset = given.batch.next_offset;
      EXPECT_EQ(apply_until_free(*session, given), "");
    }
  };
  std::vector<std::thread> threads;
  for (int partition = 0; partition < centres; ++partition)
    threads.emplace_back(part, partition);
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(value("select count(*) from mdl_course_categories where idnumber = '46'"), "1");
  EXPECT_EQ(value("select count(*) from mdl_course_categories"), std::to_string(2 + 2 * centres));
  EXPECT_EQ(value("select count(*) || ' ' || count(distinct username) from mdl_user where id > 2"),
            "163 163");
  EXPECT_EQ(value("select count(*) from mdl_course"), std::to_string(1 + centres * batches));
  EXPECT_EQ(value("select count(*) from mdl_user_enrolments where status = 0"),
            std::to_string(centres * batches * 43));
  EXPECT_EQ(
      value(
          "select count(*) || ' ' || count(distinct (userid, contextid, roleid)) from mdl_role_assignments"),
      "1032 1032");
  EXPECT_EQ(value("select sum(coursecount) from mdl_course_categories"), std::to_string(centres * batches));
  EXPECT_EQ(value("select count(*) from mdl_user u where id > 2 and not exists "
                  "(select from mdl_context where contextlevel = 30 and instanceid = u.id)"),
            "0");
}

/// Somebody else's people and courses, as many as make a scan show.
constexpr auto many_rows_by_hand = R"sql(
insert into mdl_user (username, mnethostid) select 'u' || n, 1 from generate_series(1, 20000) as n;
insert into mdl_context (contextlevel, instanceid, path, depth)
select 30, id, '/1/' || id, 2 from mdl_user where username like 'u%';
insert into mdl_course_categories (name, parent, depth, path) select 'c' || n, 1, 2, '/1/' || n
from generate_series(2, 5001) as n;
insert into mdl_course (category, shortname) select 1, 'c' || n from generate_series(1, 5000) as n;
insert into mdl_enrol (enrol, courseid) select 'manual', id from mdl_course;
insert into mdl_course_sections (course, section) select id, 0 from mdl_course;
insert into mdl_user_enrolments (enrolid, userid) select 1 + n % 5000, 3 + n / 3 from generate_series(1, 50000) as n;
insert into mdl_role_assignments (roleid, contextid, userid)
select 5, 1 + n % 5000, 3 + n / 3 from generate_series(1, 50000) as n;
insert into mdl_groups (courseid, name) select id, 'g' from mdl_course;
insert into mdl_groups_members (groupid, userid) select 1 + n % 5000, 3 + n / 3 from generate_series(1, 50000) as n;
insert into mdl_user_lastaccess (userid, courseid) select 2 + n, 2 from generate_series(1, 20000) as n;
insert into mdl_cache_flags (flagtype, name, value, expiry)
select 'accesslib/dirtyusers', n::text, '1', 0 from generate_series(1, 5000) as n;
analyze)sql";

/// What the target remembers of them.
constexpr auto many_rows_remembered = R"sql(
insert into matricula.moodle_category select 'k' || n, 900000 + n, 0, '', false from generate_series(1, 5000) as n;
insert into matricula.moodle_course select 'k' || n, 900000 + n, 0, 0, 0, '', '', '' from generate_series(1, 5000) as n;
insert into matricula.moodle_classroom select 900000 + n, 900000 + n, 900000 + n from generate_series(1, 5000) as n;
insert into matricula.moodle_group select 900000 + n, 900000 + n, 900000 + n, '' from generate_series(1, 5000) as n;
insert into matricula.moodle_user select 900000 + n, n, '', '', '', '', false from generate_series(1, 20000) as n;
insert into matricula.moodle_suspended select n, n from generate_series(1, 20000) as n;
insert into matricula.moodle_withdrawal
select 900000 + n, n, 900000 + n, 900000 + n, '03000001', now() - interval '1 year', 'held'
from generate_series(1, 20000) as n;
insert into matricula.moodle_change select 'groups', 900000 + n, now() from generate_series(1, 5000) as n;
insert into matricula.moodle_journal (at, kind, ref)
select now() - interval '1 year' + interval '1 second' * n, 'course', 900000 + n from generate_series(1, 20000) as n;
set search_path = classrooms;
insert into centre overriding system value
select 900000 + n, 'c' || n, '', '', 0 from generate_series(1, 500) as n;
insert into school_group overriding system value
select 900000 + n, 900001 + n % 500, '2026', 'g' || n, '', null, 0 from generate_series(1, 5000) as n;
insert into classroom overriding system value
select 900000 + n, 'k' || n, 900000 + n, '', '', '', '', '', '[]', 0 from generate_series(1, 5000) as n;
insert into person overriding system value
select 900000 + n, 'p' || n, '', '', null, null, null, 0 from generate_series(1, 20000) as n;
insert into enrolment
select 900001 + n % 5000, 900001 + n / 3, 'student', 'enrolled', '2026-09-09', -n, 0, 0
from generate_series(1, 50000) as n;
insert into teaching select 900000 + n, 900000 + n, null, 'enrolled' from generate_series(1, 5000) as n;
insert into membership select 900001 + n % 5000, 900000 + n, 'enrolled' from generate_series(1, 20000) as n;
analyze)sql";

std::vector<given_record> big_page(const std::string& status, const std::string& name) {
  std::vector<given_record> records;
  for (int i = 0; i < 2000; ++i)
    records.push_back({.person = std::to_string(10'000'000 + i / 10),
                       .name = name,
                       .status = status,
                       .group = "G" + std::to_string(i / 250),
                       .subject = "S" + std::to_string(i % 10),
                       .subject_name = name});
  return records;
}

TEST_F(moodle_site, is_never_read_as_a_whole) {
  given_settings({{"withdraw_people_min", "1000000"}});
  database_.query(many_rows_by_hand);
  database_.query("select pg_stat_reset()");
  EXPECT_EQ(site_gets_page(big_page("enrolled", "Anna")), "created 2000 changed 0 withdrawn 0");
  EXPECT_EQ(site_gets_page(big_page("enrolled", "Anna Maria")), "created 0 changed 2000 withdrawn 0");
  const auto leavers = big_page("withdrawn", "Anna Maria");
  for (const int half : {0, 1000})
    EXPECT_EQ(site_gets_page(std::vector(leavers.begin() + half, leavers.begin() + half + 1000)),
              "created 0 changed 0 withdrawn 1000");
  EXPECT_EQ(site_gets_page(big_page("enrolled", "Anna")), "created 0 changed 2000 withdrawn 0");
  session_.reset();
  database_.query("set enable_seqscan = off; update matricula.moodle_journal set at = at - interval '1 hour' "
                  "where at = (select min(at) from matricula.moodle_journal)");
  const auto half_an_hour_ago = value("select now() - interval '30 minutes'");
  const auto found = postgres_session{site_}.look_back(half_an_hour_ago);
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_GT(found->changes.size(), 2000U);
  auto undoing = opened(first_partition);
  for (bool again = true; again;) {
    const auto portion = undoing->undo(half_an_hour_ago);
    ASSERT_TRUE(portion) << portion.error().text;
    again = portion->again;
  }
  undoing.reset();
  EXPECT_EQ(value("set enable_seqscan = off; select count(*) from matricula.moodle_journal"), "1");
  for (int wait = 0; wait < 100; ++wait) {  // the session's counters come with its end
    if (value("select n_tup_ins > 0 from pg_stat_user_tables where relname = 'mdl_course'") == "t")
      break;
    std::this_thread::sleep_for(50ms);
  }
  // Where to read on, a row for each partition, is the program's own, and read by look_back. The one batch that makes
  // categories looks for their idnumbers.
  EXPECT_EQ(value("select coalesce(string_agg(concat_ws(' ', relname, seq_scan, seq_tup_read), ', '), '') "
                  "from pg_stat_user_tables where seq_tup_read > 0 "
                  "and relname not in ('mdl_config', 'mdl_role', 'positions') "
                  "and (relname <> 'mdl_course_categories' or seq_scan > 1)"),
            "");
}

/// Moodle's tables, what the target remembers of them and what ITACA wants; not the temporary ones.
bool names_a_lasting_table(const std::string& line) {
  for (const auto* name :
       {"mdl_", "moodle_category", "moodle_course", "moodle_classroom", "moodle_group", "moodle_user",
        "moodle_suspended", "moodle_change", "moodle_withdrawal", "moodle_journal", "centre ",
        "school_group ", "classroom ", "person ", "enrolment ", "teaching ", "membership "})
    if (line.find(std::string{" on "} + name) != std::string::npos)
      return true;
  return false;
}

/// The lines of a plan by which such a table is read as a whole, or by keys that other rows do not give, unless a
/// function's parameters give them.
std::string scans_in(const std::string& plan, bool is_within_function = false) {
  static const std::regex text{"'[^']*'"};
  std::istringstream lines{plan};
  std::string found, scan;  // a scan whose condition has not been seen yet
  for (std::string line; std::getline(lines, line);) {
    line += '\n';
    const bool is_scan = line.find("Scan ") != std::string::npos &&
                         line.find("Tid Scan ") == std::string::npos && names_a_lasting_table(line);
    if (const auto condition = line.find("Index Cond: "); condition != std::string::npos) {
      const auto keys = std::regex_replace(line.substr(condition), text, "");
      if (!scan.empty() && !is_within_function && keys.find('.') == std::string::npos)
        found += scan + line;
      scan.clear();
    } else if (is_scan || line.find("->") != std::string::npos) {
      found += std::exchange(scan, is_scan ? line : "");
    }
  }
  return found + scan;
}

/// Of what is read as a whole: a statement's beginning, and why it may (docs/moodle.md).
constexpr std::pair<std::string_view, std::string_view> read_as_a_whole[] = {
    {"select u.person_id\n      from matricula.moodle_user u\n",
     "moodle_people_of counts a site's people, where more leave than always may, once in ten minutes"},
    {"select c.idnumber from mdl_course_categories c where c.idnumber = any",
     "moodle_make_categories looks for idnumbers, which have no index, once in a batch that makes "
     "categories"}};

/// The plans of all statements of a connection in the order in which they end, those within functions, too.
class plan_log : public pqxx::errorhandler {
 public:
  explicit plan_log(pqxx::connection& connection)
      : pqxx::errorhandler{connection} {
    pqxx::nontransaction{connection}.exec(
        "load 'auto_explain'; set auto_explain.log_min_duration = 0; "
        "set auto_explain.log_nested_statements = on; set client_min_messages = log");
  }
  bool operator()(const char message[]) noexcept override {
    plans_.emplace_back(message);
    return false;
  }
  std::vector<std::string> take() { return std::exchange(plans_, {}); }

 private:
  std::vector<std::string> plans_;
};

TEST_F(moodle_site, is_looked_up_by_index_in_every_step_and_within_functions) {
  database_.query(many_rows_by_hand);
  site_gets_page(big_page("enrolled", "Anna"));
  session_.reset();
  database_.query(many_rows_remembered);
  const std::string by_a_number = "Index Scan using a on mdl_user\n  Index Cond: (mnethostid = 1)\n";
  EXPECT_EQ(scans_in(by_a_number), by_a_number);
  EXPECT_EQ(scans_in(by_a_number, true), "");
  EXPECT_NE(scans_in("Seq Scan on mdl_user  (cost=0.00..1.00 rows=1 width=0)", true), "");
  std::size_t excused = 0, within_functions = 0;
  // Every person counts, and nobody is held back; then the limit is passed at once.
  for (const auto* ratio : {"1", "0"}) {
    given_settings({{"withdraw_people_min", "10"}, {"withdraw_ratio_max", ratio}});
    const auto loaded = target::load(site_.target_directory, site_.settings);
    ASSERT_TRUE(loaded) << loaded.error().text;
    pqxx::connection connection{database_.url()};
    set_site_settings(connection, site_);
    pqxx::nontransaction{connection}.exec(std::string{staging_tables_sql()});
    pqxx::nontransaction{connection}.exec(loaded->session.sql);
    plan_log log{connection};
    for (const auto* changed : {"'enrolled', 'Maria', group_code", "'withdrawn', 'Anna', group_code",
                                "'enrolled', 'Anna', 'New' || group_code"}) {
      pqxx::work work{connection};
      const std::string columns{copy_encoder::columns};
      work.exec("insert into batch (" + columns + ") select " + columns +
                " from (select row_number() over () as ordinal, b.* from (" + loaded->verify.sql +
                ") as b) as numbered");
      work.exec(std::string{"update batch set (status, person_name, group_code) = row("} + changed +
                "), revision = revision + 100000");
      work.exec("update batch set classroom = concat_ws('/', year, centre_code, course_code, subject_code, "
                "group_code)");
      work.exec("discard plans");
      log.take();
      for (const auto& step : loaded->steps) {
        work.exec(step.sql);
        const auto plans = log.take();
        ASSERT_FALSE(plans.empty()) << step.name;
        EXPECT_EQ(scans_in(plans.back()), "") << step.name << ", " << changed;
        for (std::size_t nested = 0; nested + 1 < plans.size(); ++nested) {
          if (plans[nested].find("FOR KEY SHARE OF x") != std::string::npos)
            continue;  // a foreign key, which PostgreSQL looks up by its index
          const auto is_excused = [&](const auto& one) {
            return plans[nested].find(one.first) != std::string::npos;
          };
          if (std::any_of(std::begin(read_as_a_whole), std::end(read_as_a_whole), is_excused))
            ++excused;
          else
            EXPECT_EQ(scans_in(plans[nested], true), "") << step.name << ", " << changed;
          ++within_functions;
        }
      }
      work.abort();
    }
  }
  EXPECT_GE(excused, 1U);
  EXPECT_GE(within_functions, 20U);
}

}  // namespace
}  // namespace matricula
