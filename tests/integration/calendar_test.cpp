// SPDX-License-Identifier: Apache-2.0
// The school year's turn at a Moodle site: a blackout's leavers, classrooms that are hidden, opened and deleted.
#include "cli/calendar.hpp"
#include "cli/command.hpp"
#include "tests/integration/moodle_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace matricula {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using decision = postgres_session::decision;

constexpr auto north = "46000001", south = "46000002";

/// Somebody has seen that they may be deleted, and approves.
const postgres_session::calendar_order two_of_2025{
    .today = "", .deletion_year = "2025", .deletion_classrooms = 2};

class moodle_calendar : public moodle_site {
 protected:
  moodle_calendar() {
    site_.calendar = {.hide = "07-31",
                      .open = "09-01",
                      .deletion = "01-20",
                      .blackout = {"12-22/01-07", "2027-03-15/2027-03-22"}};
  }

  /// What `matricula calendar` does on a day, portion by portion: "hidden 500", "2025 deletable 3", "held 2".
  std::vector<std::string> portions_of(const std::string& day,
                                       const postgres_session::calendar_order& order = {}) {
    it_is(day);
    const auto session = opened(first_partition);
    std::vector<std::string> all;
    for (bool again = true; again;) {
      const auto portion = session->turn(order);
      if (!portion) {
        all.push_back(portion.error().text);
        break;
      }
      for (const auto& each : portion->entries)
        all.push_back((each.year.empty() ? "" : each.year + " ") + each.what + " " +
                      std::to_string(each.number));
      if (portion->held > 0)
        all.push_back("held " + std::to_string(portion->held));
      again = portion->again;
    }
    return all;
  }

  /// "2025 MAT 11, 2026 MAT 00": what the classrooms' visible and visibleold are.
  std::string visibility() const {
    return value(
        "select string_agg(format('%s %s %s%s', split_part(m.key, '/', 1), split_part(m.key, '/', 4), "
        "c.visible, c.visibleold), ', ' order by m.key) "
        "from matricula.moodle_course m join mdl_course c on c.id = m.course_id");
  }

  /// As a teacher does it, or an administrator, in Moodle.
  void somebody_sets_visible(const std::string& key, int visible) const {
    const auto number = std::to_string(visible);
    database_.query("update mdl_course set visible = " + number + ", visibleold = " + number +
                    " where id = (select course_id from matricula.moodle_course where key like '" + key +
                    "%')");
  }

  std::string changes_noted() const {
    return value("select coalesce(string_agg(kind || ' ' || ref, ', '), '') from matricula.moodle_change");
  }

  /// What `matricula verify` reads of a subject: the group, the status in Moodle, why it may differ from the record.
  std::string compared(const std::string& subject) const {
    std::set<std::string> rows;
    const auto outcome = read_site_rows(site_, [&](const site_row& row) {
      if (row.record.subject_code == subject)
        rows.insert(std::string{row.record.group_code} + " " + std::string{row.record.status} + " " +
                    std::string{row.held});
    });
    EXPECT_TRUE(outcome) << outcome.error().text;
    std::string all;
    for (const auto& row : rows)
      all += (all.empty() ? "" : ", ") + row;
    return all;
  }

  void given_years(const std::string& day) {
    it_is(day);
    site_gets_page({{.person = anna, .year = "2025"}, {.person = anna, .subject = "VAL", .year = "2025"}});
    site_gets({.person = anna, .year = "2026"});
    database_.query("delete from matricula.moodle_change");
  }
};

TEST_F(moodle_calendar, keeps_who_is_to_leave_during_a_blackout_until_it_is_over) {
  it_is("2026-12-31");
  site_gets_page(people_of(north, 1, 10));
  EXPECT_EQ(site_gets_page(people_of(north, 1, 4, "withdrawn")), "created 0 changed 0 withdrawn 4");
  EXPECT_EQ(students_of(north), "active 10, suspended 0");
  EXPECT_EQ(held_back(), "46000001 blackout 4 4");
  EXPECT_THAT(portions_of("2027-01-07"), ElementsAre());
  EXPECT_EQ(students_of(north), "active 10, suspended 0");
  EXPECT_THAT(portions_of("2027-01-08"), ElementsAre("released 4"));
  EXPECT_EQ(students_of(north), "active 6, suspended 4");
  EXPECT_EQ(held_back(), "");
  EXPECT_EQ(value("select count(*) from mdl_cache_flags where flagtype = 'accesslib/dirtyusers'"), "4");
  EXPECT_THAT(portions_of("2027-01-08"), ElementsAre());
}

/// The same record in the course's other group.
given_record in_group_b(given_record record) {
  record.group = "1ESOB";
  record.group_name = "1r ESO B";
  return record;
}

TEST_F(moodle_calendar, leaves_a_pupil_in_his_group_of_a_merged_course_during_a_blackout) {
  given_settings({{"classrooms", "merged"}});
  const given_record in_a{.person = anna, .teachers = "[]"};
  auto in_b = in_group_b(in_a);
  it_is("2026-12-31");
  site_gets_page({in_a, in_b});
  site_gets(withdrawn(in_a));
  EXPECT_EQ(people(), "10000001 Matemàtiques: active student [1r ESO A+1r ESO B]");
  it_is("2027-01-08");
  in_b.since = "2027-01-08";
  site_gets(in_b);
  EXPECT_EQ(people(), "10000001 Matemàtiques: active student [1r ESO B]");
}

TEST_F(moodle_calendar, moves_a_pupil_of_a_merged_course_when_the_blackout_is_over) {
  for (const auto* how : {"suspend", "unenrol"}) {
    given_settings({{"classrooms", "merged"}, {"withdraw", how}});
    const given_record in_a{.person = anna, .subject = how, .subject_name = how, .teachers = "[]"};
    auto in_b = in_group_b(in_a);
    const auto course = std::string{"10000001 "} + how + ": active student ";
    it_is("2026-12-31");
    site_gets(in_a);
    site_gets_page({withdrawn(in_a), in_b});
    for (const auto* room : {"B1", "B2"}) {  // a further record changes nothing of it
      EXPECT_THAT(people(), HasSubstr(course + "[1r ESO A+1r ESO B]"));
      EXPECT_EQ(held_back(), "46012345 blackout 1 1");
      EXPECT_EQ(compared(how), "1ESOA enrolled blackout, 1ESOB enrolled ");
      in_b.room = room;
      site_gets(in_b);
    }
    EXPECT_EQ(somebody(decision::approve, ""), "");
    EXPECT_THAT(portions_of("2027-01-08"), ElementsAre("released 1"));
    EXPECT_THAT(people(), HasSubstr(course + "[1r ESO B]"));
    EXPECT_EQ(compared(how), "1ESOA withdrawn , 1ESOB enrolled ");
    EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal"), "0");
    EXPECT_THAT(portions_of("2027-01-08"), ElementsAre());
  }
}

TEST_F(moodle_calendar, lets_go_who_has_left_a_merged_course_after_he_changed_his_group) {
  given_settings({{"classrooms", "merged"}});
  const given_record in_a{.person = anna, .teachers = "[]"};
  auto in_b = in_group_b(in_a);
  it_is("2026-12-31");
  site_gets(in_a);
  site_gets_page({withdrawn(in_a), in_b});
  site_gets(withdrawn(in_b));
  EXPECT_EQ(people(), "10000001 Matemàtiques: active student [1r ESO A+1r ESO B]");
  EXPECT_EQ(held_back(), "46012345 blackout 1 1");
  EXPECT_EQ(compared("MAT"), "1ESOA enrolled blackout, 1ESOB enrolled blackout");
  EXPECT_THAT(portions_of("2027-01-08"), ElementsAre("released 1"));
  EXPECT_THAT(people(), HasSubstr("10000001 Matemàtiques: suspended student"));
  EXPECT_EQ(compared("MAT"), "1ESOA withdrawn , 1ESOB withdrawn ");
}

TEST_F(moodle_calendar, lets_newcomers_in_during_a_blackout_and_forgets_who_is_enrolled_again) {
  it_is("2027-03-15");
  site_gets_page(people_of(north, 1, 2));
  site_gets_page(people_of(north, 1, 2, "withdrawn"));
  EXPECT_EQ(site_gets_page(people_of(north, 2, 3)), "created 1 changed 1 withdrawn 0");
  EXPECT_EQ(held_back(), "46000001 blackout 1 1");
  EXPECT_THAT(portions_of("2027-03-23"), ElementsAre("released 1"));
  EXPECT_EQ(students_of(north), "active 2, suspended 1");
}

TEST_F(moodle_calendar, counts_those_of_a_blackout_as_leaving_when_it_is_over) {
  given_settings({{"withdraw_people_min", "3"}, {"withdraw_ratio_max", "0"}});
  it_is("2026-12-31");
  for (const auto* centre : {north, south})
    site_gets_page(people_of(centre, 1, 10));
  site_gets_page(people_of(north, 1, 3, "withdrawn"));
  site_gets_page(people_of(south, 1, 1, "withdrawn"));
  it_is("2027-01-08");
  site_gets_page(people_of(north, 4, 5, "withdrawn"));  // the three who wait do not count yet
  EXPECT_EQ(students_of(north), "active 8, suspended 2");
  EXPECT_THAT(portions_of("2027-01-08"), ElementsAre("released 3", "held 3", "released 1"));
  EXPECT_EQ(students_of(north), "active 8, suspended 2");
  EXPECT_EQ(students_of(south), "active 9, suspended 1");
  EXPECT_EQ(held_back(), "46000001 held 3 3");
}

TEST_F(moodle_calendar, leaves_nobody_of_a_blackout_to_a_decision) {
  it_is("2026-12-31");
  site_gets_page(people_of(north, 1, 2));
  site_gets_page(people_of(north, 1, 2, "withdrawn"));
  for (const auto what : {decision::approve, decision::reject, decision::approve_rejected})
    somebody(what, "");
  EXPECT_EQ(held_back(), "46000001 blackout 2 2");
  EXPECT_EQ(students_of(north), "active 2, suspended 0");
}

TEST_F(moodle_calendar, forgets_those_of_a_blackout_for_whom_there_is_nothing_left_to_do) {
  it_is("2026-12-31");
  site_gets_page(people_of(north, 1, 2));
  site_gets_page(people_of(north, 1, 2, "withdrawn"));
  database_.query("update mdl_user_enrolments set status = 1");
  EXPECT_THAT(portions_of("2027-01-08"), ElementsAre("released 2"));
  EXPECT_EQ(value("select count(*) from matricula.moodle_withdrawal"), "0");
}

TEST_F(moodle_calendar, hides_the_classrooms_of_a_year_that_has_ended_and_opens_those_of_the_new_one) {
  given_years("2026-07-15");
  EXPECT_EQ(visibility(), "2025 MAT 11, 2025 VAL 11, 2026 MAT 00");
  EXPECT_THAT(portions_of("2026-07-30"), ElementsAre());
  EXPECT_EQ(changes_noted(), "");
  EXPECT_THAT(portions_of("2026-07-31"), ElementsAre("hidden 2"));
  EXPECT_EQ(visibility(), "2025 MAT 00, 2025 VAL 00, 2026 MAT 00");
  EXPECT_EQ(changes_noted(), "categories 0");
  EXPECT_THAT(portions_of("2026-08-31"), ElementsAre());
  EXPECT_THAT(portions_of("2026-09-01"), ElementsAre("opened 1"));
  EXPECT_EQ(visibility(), "2025 MAT 00, 2025 VAL 00, 2026 MAT 11");
  it_is("2026-09-02");
  site_gets({.person = anna, .subject = "VAL", .year = "2026"});
  EXPECT_EQ(visibility(), "2025 MAT 00, 2025 VAL 00, 2026 MAT 11, 2026 VAL 11");
}

TEST_F(moodle_calendar, makes_classrooms_of_a_year_that_has_ended_hidden) {
  it_is("2026-07-31");
  site_gets({.person = anna, .year = "2025"});
  EXPECT_EQ(visibility(), "2025 MAT 00");
  EXPECT_THAT(portions_of("2026-09-01"), ElementsAre());
  site_.calendar.hide = "";  // nobody hides anything
  session_.reset();
  site_gets({.person = anna, .subject = "VAL", .year = "2025"});
  EXPECT_EQ(visibility(), "2025 MAT 00, 2025 VAL 11");
}

TEST_F(moodle_calendar, has_a_school_year_begin_by_the_clocks_of_its_time_zone) {
  site_.calendar.timezone = "Atlantic/Canary";
  site_gets({.person = anna});
  EXPECT_EQ(
      value("select to_timestamp(startdate) at time zone 'Atlantic/Canary' from mdl_course where id > 1"),
      "2026-09-01 00:00:00");
}

TEST_F(moodle_calendar, changes_nothing_when_it_is_kept_again) {
  given_years("2026-07-15");
  portions_of("2026-09-01");
  database_.query("delete from matricula.moodle_change");
  const auto before = moodle();
  EXPECT_THAT(portions_of("2026-09-01"), ElementsAre());
  EXPECT_EQ(moodle(), before);
  EXPECT_EQ(changes_noted(), "");
}

TEST_F(moodle_calendar, makes_up_for_days_on_which_nobody_kept_it) {
  given_years("2026-07-15");
  EXPECT_THAT(portions_of("2027-08-20"), ElementsAre("hidden 2", "2025 deletable 2"));
  EXPECT_EQ(visibility(), "2025 MAT 00, 2025 VAL 00, 2026 MAT 00");  // that of 2026 was never opened
}

TEST_F(moodle_calendar, leaves_what_somebody_has_shown_or_hidden) {
  given_years("2026-07-15");
  somebody_sets_visible("2025/46012345/1234567890/VAL", 0);
  somebody_sets_visible("2026", 1);
  EXPECT_THAT(portions_of("2026-07-31"), ElementsAre("hidden 1"));
  somebody_sets_visible("2025/46012345/1234567890/MAT", 1);
  EXPECT_THAT(portions_of("2026-09-01"), ElementsAre("opened 0"));
  somebody_sets_visible("2026", 0);
  EXPECT_THAT(portions_of("2026-09-02"), ElementsAre());
  EXPECT_EQ(visibility(), "2025 MAT 11, 2025 VAL 00, 2026 MAT 00");
}

TEST_F(moodle_calendar, opens_nothing_at_a_site_whose_classrooms_somebody_is_to_show) {
  given_settings({{"visible", "no"}});
  given_years("2026-07-15");
  somebody_sets_visible("2025/46012345/1234567890/MAT", 1);
  EXPECT_THAT(portions_of("2026-09-01"), ElementsAre("hidden 1"));
  EXPECT_EQ(visibility(), "2025 MAT 00, 2025 VAL 00, 2026 MAT 00");
}

TEST_F(moodle_calendar, leaves_hidden_what_is_in_a_category_that_somebody_has_hidden) {
  given_years("2026-07-15");
  database_.query("update mdl_course_categories set visible = 0 where depth = 3");
  EXPECT_THAT(portions_of("2026-09-01"), ElementsAre("hidden 2", "opened 1"));
  EXPECT_EQ(visibility(), "2025 MAT 00, 2025 VAL 00, 2026 MAT 01");  // Moodle shows it with its category
}

TEST_F(moodle_calendar, goes_through_many_classrooms_in_portions) {
  given_years("2026-07-15");
  database_.query(
      "insert into mdl_course (id, category) select 1000 + n, 4 from generate_series(1, 1200) as n;"
      "insert into matricula.moodle_course (key, course_id, context_id, enrol_id, category_id, fullname, "
      "shortname, "
      "idnumber) select '2025/x/' || n, 1000 + n, n, n, 4, '', '', '' from generate_series(1, 1200) as n");
  EXPECT_THAT(portions_of("2026-08-01"), ElementsAre("hidden 500", "hidden 500", "hidden 202"));
  EXPECT_EQ(value("select count(*) from mdl_course where visible = 1 and id > 1"), "0");
}

/// A classroom of each of twenty subjects in each of ten years, all with one name.
std::vector<given_record> twenty_a_year(const std::string& name) {
  std::vector<given_record> records;
  for (int year = 2010; year < 2020; ++year)
    for (int subject = 1; subject <= 20; ++subject)
      records.push_back({.person = anna,
                         .subject = "S" + std::to_string(subject),
                         .subject_name = name,
                         .year = std::to_string(year),
                         .teachers = "[]"});
  return records;
}

TEST_F(moodle_calendar, is_kept_while_the_site_gets_batches_of_the_same_classrooms) {
  const auto calendar_of_the_site =
      std::exchange(site_.calendar, {});  // which would hide them from the beginning
  site_gets_page(twenty_a_year("0"));
  site_.calendar = calendar_of_the_site;
  session_ = opened(first_partition);
  std::atomic<bool> is_over{false};
  int batches = 0;
  std::thread site{[&] {
    while (!is_over || batches < 3) {
      given_batch given{offset_};
      for (const auto& record : twenty_a_year(std::to_string(batches + 1)))
        given.add(record, ++revision_);
      auto effects = apply(*session_, given);
      for (int tries = 0; effects.find("SQLSTATE") != std::string::npos && tries < 20; ++tries)
        effects = apply(*session_, given);
      EXPECT_EQ(effects, "created 0 changed 200 withdrawn 0");
      offset_ = given.batch.next_offset;
      ++batches;
    }
  }};
  const auto calendar = opened(first_partition);
  std::vector<std::string> turned;
  for (int year = 2010; year < 2020; ++year) {
    postgres_session::calendar_order order;
    order.today = std::to_string(year + 1) + "-07-31";
    auto portion = calendar->turn(order);
    for (int tries = 0; !portion && portion.error().code == error_code::database_conflict && tries < 20;
         ++tries)
      portion = calendar->turn(order);
    turned.push_back(portion
                         ? portion->entries.at(0).what + " " + std::to_string(portion->entries.at(0).number)
                         : portion.error().text);
  }
  is_over = true;
  site.join();
  EXPECT_THAT(turned, testing::SizeIs(10));
  EXPECT_THAT(turned, testing::Each("hidden 20"));
  EXPECT_EQ(value("select count(*) from mdl_course where id > 1 and (visible, visibleold) = (0, 0)"), "200");
  EXPECT_EQ(value("select string_agg(distinct fullname, ', ') from mdl_course where id > 1"),
            std::to_string(batches) + " · 1r ESO A");
}

TEST_F(moodle_calendar, lets_go_who_has_left_while_the_site_kept_everybody) {
  it_is("2026-10-01");
  given_settings({{"withdraw", "keep"}});
  site_gets_page(people_of(north, 1, 10));
  site_gets_page(people_of(south, 1, 100));
  site_gets_page(people_of(north, 1, 4, "withdrawn"));
  site_gets_page(people_of(south, 1, 60, "withdrawn"));
  site_gets_page(people_of(north, 4, 4));  // who comes back
  EXPECT_THAT(portions_of("2026-10-02"), ElementsAre());
  EXPECT_EQ(students_of(north), "active 10, suspended 0");
  EXPECT_EQ(held_back(), "");
  given_settings({{"withdraw", "suspend"}});
  EXPECT_EQ(held_back(), "46000001 kept 3 3, 46000002 kept 60 60");
  EXPECT_THAT(portions_of("2026-10-03"), ElementsAre("unkept 3", "unkept 60", "held 60"));
  EXPECT_EQ(students_of(north), "active 7, suspended 3");
  EXPECT_EQ(students_of(south), "active 100, suspended 0");
  EXPECT_EQ(held_back(), "46000002 held 60 60");
  EXPECT_THAT(portions_of("2026-10-03"), ElementsAre());
}

TEST_F(moodle_calendar, has_classrooms_deleted_only_when_somebody_has_approved) {
  given_years("2026-07-15");
  portions_of("2026-09-01");
  EXPECT_THAT(portions_of("2027-01-19", two_of_2025), ElementsAre());
  EXPECT_THAT(portions_of("2027-01-20"), ElementsAre("2025 deletable 2"));
  EXPECT_EQ(value("select count(*) from matricula.moodle_deletion"), "0");
  EXPECT_THAT(portions_of("2027-01-20", two_of_2025), ElementsAre("2025 approved 2", "deleting 2"));
  EXPECT_THAT(portions_of("2027-01-20", two_of_2025), ElementsAre("deleting 2"));
  EXPECT_EQ(
      value(
          "select string_agg(split_part(m.key, '/', 4), ' ' order by m.key) from matricula.moodle_deletion d "
          "join matricula.moodle_course m on m.course_id = d.course_id"),
      "MAT VAL");
  EXPECT_EQ(value("select count(*) from mdl_course where id > 1"), "3");  // Moodle itself deletes them
}

TEST_F(moodle_calendar, has_the_doctor_tell_of_classrooms_that_nobody_deletes) {
  given_years("2026-07-15");
  portions_of("2027-01-20", two_of_2025);
  EXPECT_THAT(diagnosis(), Not(HasSubstr("wait to be deleted")));
  database_.query(
      "update matricula.moodle_deletion set asked_at = now() - interval '8 days' where course_id = 2");
  EXPECT_THAT(diagnosis(), HasSubstr("late 2 classrooms wait to be deleted, the first since "));
}

TEST_F(moodle_calendar, does_not_tell_of_a_classroom_as_missing_that_was_to_be_deleted) {
  given_years("2026-07-15");
  const auto all =
      "10000001 1ESOA student enrolled, 10000001 1ESOA student enrolled, 10000001 1ESOA student enrolled";
  portions_of("2027-01-20", two_of_2025);
  EXPECT_EQ(verified(), all);
  database_.query("delete from mdl_course where id in (select course_id from matricula.moodle_deletion);"
                  "delete from matricula.moodle_deletion");
  EXPECT_EQ(verified(), all);
  EXPECT_THAT(portions_of("2027-01-21"), ElementsAre());
  site_gets({.person = berta, .year = "2025"});
  EXPECT_EQ(visibility(), "2026 MAT 11");  // and is not made anew
}

TEST_F(moodle_calendar, approves_of_no_deletion_that_somebody_has_not_seen) {
  given_years("2026-07-15");
  portions_of("2026-09-01");
  it_is("2027-01-20");
  site_gets({.person = anna, .subject = "ENG", .year = "2025"});  // after he has looked
  site_gets({.person = anna, .year = "2024"});
  EXPECT_THAT(portions_of("2027-01-20", two_of_2025), ElementsAre("2024 deletable 1", "2025 deletable 3"));
  auto all_three = two_of_2025;
  all_three.deletion_classrooms = 3;
  EXPECT_THAT(portions_of("2027-01-20", all_three),
              ElementsAre("2025 approved 3", "2024 deletable 1", "deleting 3"));
}

TEST_F(moodle_calendar, knows_a_classroom_as_before_whose_deletion_was_not_to_be) {
  given_years("2026-07-15");
  portions_of("2027-01-20", two_of_2025);
  database_.query("delete from matricula.moodle_deletion where course_id = 2");
  EXPECT_THAT(portions_of("2027-01-21"), ElementsAre("2025 deletable 1", "deleting 1"));
  EXPECT_EQ(value("select season from matricula.moodle_course where course_id = 2"), "over");
  database_.query("delete from mdl_course where id = 2");  // as anybody may by hand
  EXPECT_EQ(verified(), "10000001 1ESOA student enrolled, 10000001 1ESOA student enrolled");
}

TEST_F(moodle_calendar, makes_nothing_for_a_further_group_of_a_merged_course_that_is_deleted) {
  given_settings({{"classrooms", "merged"}});
  given_years("2026-07-15");
  portions_of("2027-01-20", two_of_2025);
  database_.query(
      "delete from mdl_enrol where courseid in (select course_id from matricula.moodle_deletion); "
      "delete from mdl_course where id in (select course_id from matricula.moodle_deletion); "
      "delete from matricula.moodle_deletion; delete from mdl_course_categories where id > 1");
  const auto courses = value("select count(*) from mdl_course");
  site_gets({.person = berta, .group = "1ESOB", .year = "2025"});
  EXPECT_EQ(value("select count(*) from mdl_course_categories where id > 1"), "0");
  EXPECT_EQ(value("select count(*) from mdl_course"), courses);
  EXPECT_THAT(verified(), HasSubstr("10000002 1ESOB student enrolled"));
}

TEST_F(moodle_calendar, takes_only_those_for_deletion_that_it_made) {
  given_years("2026-07-15");
  database_.query("insert into mdl_course (id, category, shortname) values (1000, 4, '2025 by hand')");
  portions_of("2027-01-20", two_of_2025);
  EXPECT_EQ(value("select count(*) from matricula.moodle_deletion where course_id = 1000"), "0");
  EXPECT_EQ(value("select visible from mdl_course where id = 1000"), "1");
}

TEST_F(moodle_calendar, knows_the_days_of_a_year_s_turn) {
  opened(first_partition);
  const auto is_blackout = [&](const std::string& day) {
    return value("select matricula.moodle_is_blackout('" + day +
                 "', '12-22/01-07,05-01/05-01,2027-03-15/2027-03-22')");
  };
  for (const auto* day : {"2026-12-22", "2026-12-31", "2027-01-01", "2027-01-07", "2029-12-25", "2027-03-15",
                          "2027-03-22", "2028-05-01"})
    EXPECT_EQ(is_blackout(day), "t") << day;
  for (const auto* day : {"2026-12-21", "2027-01-08", "2027-03-14", "2027-03-23", "2028-03-20", "2028-05-02"})
    EXPECT_EQ(is_blackout(day), "f") << day;
  EXPECT_EQ(value("select matricula.moodle_is_blackout('2026-12-25', '')"), "f");
  EXPECT_EQ(value("select matricula.moodle_is_blackout('2026-12-25', null)"), "f");

  for (const auto& [day, due] : {std::pair{"01-20", "2027-01-20"}, std::pair{"08-31", "2027-08-31"},
                                 std::pair{"09-01", "2026-09-01"}, std::pair{"", "null"}})
    EXPECT_EQ(value(std::string{"set matricula.calendar_delete = '"} + day +
                    "'; select matricula.moodle_deletion_day(2025)"),
              due);
}

TEST_F(moodle_calendar, knows_what_day_it_is_where_the_schools_are) {
  opened(first_partition);
  EXPECT_EQ(value("set matricula.calendar_timezone = 'Pacific/Kiritimati'; select matricula.moodle_today() - "
                  "(now() at time zone 'Pacific/Kiritimati')::date"),
            "0");
  EXPECT_EQ(value("select matricula.moodle_today() - (now() at time zone 'Europe/Madrid')::date"), "0");
  site_.calendar.timezone = "Europe/Madird";
  EXPECT_THAT(refusal(), AllOf(HasSubstr("target_broken"), HasSubstr("session.sql"),
                               HasSubstr("The time zone of the calendar")));
}

TEST_F(moodle_calendar, is_never_where_the_topology_has_none) {
  site_.calendar = {};
  given_years("2026-12-25");
  EXPECT_EQ(visibility(), "2025 MAT 11, 2025 VAL 11, 2026 MAT 11");
  site_gets(withdrawn({.person = anna, .year = "2026"}));
  EXPECT_EQ(held_back(), "");
  EXPECT_THAT(portions_of("2030-12-25", two_of_2025), ElementsAre());
}

TEST_F(moodle_calendar, is_kept_in_a_database_of_an_earlier_version) {
  given_years("2026-07-15");
  session_.reset();
  database_.query(
      "alter table matricula.moodle_course drop column season; drop table matricula.moodle_deletion;"
      "alter table matricula.moodle_withdrawal drop constraint moodle_withdrawal_state_check, add constraint "
      "moodle_withdrawal_state_check check (state in ('done', 'held', 'approved', 'rejected'));"
      "update matricula.target set digest = 0");
  EXPECT_THAT(portions_of("2026-07-31"), ElementsAre("hidden 2"));
  it_is("2026-12-25");
  site_gets(withdrawn({.person = anna, .year = "2026"}));
  EXPECT_EQ(held_back(), "46012345 blackout 1 1");
}

TEST_F(moodle_calendar, has_nothing_due_at_a_target_that_knows_no_calendar) {
  site_.target_directory = repository_targets() / "classrooms";
  site_.settings.clear();
  EXPECT_THAT(portions_of("2027-01-20", two_of_2025), ElementsAre());
}

/// The command, with a topology file that names this site.
class calendar_command : public moodle_calendar {
 protected:
  ~calendar_command() override { std::filesystem::remove(file_); }

  int keeps(const std::string& day, postgres_session::calendar_order order = {},
            const std::string& site = "") {
    write_topology(file_, has_calendar_
                              ? "[calendar]\nhide = \"07-31\"\nopen = \"09-01\"\ndelete = \"01-20\"\n"
                                "blackout = [\"12-22/01-07\"]\n"
                              : "");
    out_.str("");
    errors_.str("");
    order.today = day;
    return keep_calendar(file_, site, order, environment(), out_, errors_);
  }

  bool has_calendar_ = true;
  std::ostringstream out_, errors_;
  std::filesystem::path file_ = std::filesystem::temp_directory_path() / (database_.name() + ".toml");
};

TEST_F(calendar_command, tells_what_it_has_done_and_what_may_be_done) {
  EXPECT_EQ(keeps(""), exit_done);
  EXPECT_EQ(out_.str(), "site eso46: not started yet\n");
  given_years("2026-07-15");
  EXPECT_EQ(keeps("2026-07-15"), exit_done);
  EXPECT_EQ(out_.str(), "site eso46: nothing is due\n");
  EXPECT_EQ(keeps("2026-09-01"), exit_done);
  EXPECT_EQ(out_.str(), "site eso46:\n  classrooms hidden: 2\n  classrooms opened: 1\n");
  EXPECT_EQ(keeps("2027-01-20"), exit_done);
  EXPECT_EQ(out_.str(),
            "site eso46:\n  classrooms that may be deleted, of the year 2025: 2\n    matricula calendar " +
                file_.string() +
                " --site eso46 --approve-deletion 2025 --classrooms 2 has Moodle delete them\n");
  EXPECT_EQ(keeps("2027-01-20", two_of_2025, "eso46"), exit_done);
  EXPECT_EQ(out_.str(), "site eso46:\n  classrooms approved for deletion, of the year 2025: 2\n"
                        "  classrooms that wait for Moodle to delete them: 2\n");
  EXPECT_EQ(errors_.str(), "");
}

TEST_F(calendar_command, says_that_other_classrooms_may_be_deleted_than_were_approved) {
  given_years("2026-07-15");
  auto order = two_of_2025;
  order.deletion_classrooms = 1;
  EXPECT_EQ(keeps("2027-01-20", order, "eso46"), exit_failed);
  EXPECT_THAT(out_.str(), HasSubstr("classrooms that may be deleted, of the year 2025: 2\n"));
  EXPECT_EQ(errors_.str(),
            "site eso46: of the year 2025 not 1 classrooms may be deleted now, and none was approved\n");
  EXPECT_EQ(value("select count(*) from matricula.moodle_deletion"), "0");
}

TEST_F(calendar_command, tells_whom_it_has_let_go_and_whom_it_holds_back) {
  given_settings({{"withdraw_people_min", "50"}});
  it_is("2026-12-25");
  site_gets_page(people_of(north, 1, 60));
  site_gets_page(people_of(north, 1, 55, "withdrawn"));
  EXPECT_EQ(keeps("2027-01-08"), exit_done);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("  withdrawals that had waited for the end of a blackout: 55\n"),
                                HasSubstr("  of these, held back as too many: 55; matricula status ")));
}

TEST_F(calendar_command, says_what_is_in_its_way) {
  EXPECT_EQ(keeps("", {}, "nowhere"), exit_wrong_usage);
  EXPECT_THAT(errors_.str(), HasSubstr("has no site \"nowhere\""));
  given_years("2026-07-15");
  has_calendar_ = false;
  EXPECT_EQ(keeps("2026-09-01"), exit_done);
  EXPECT_THAT(errors_.str(), HasSubstr("has no [calendar]"));
  EXPECT_EQ(out_.str(), "site eso46: nothing is due\n");
  database_.query("drop function matricula.moodle_calendar; drop function matricula.moodle_turn");
  EXPECT_EQ(keeps("2026-09-01"), exit_failed);
  EXPECT_THAT(errors_.str(), AllOf(HasSubstr("calendar.sql: SQLSTATE 42883"), Not(HasSubstr("Anna"))));
}

}  // namespace
}  // namespace matricula
