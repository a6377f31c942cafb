// SPDX-License-Identifier: Apache-2.0
#include "cli/site_comparison.hpp"
#include "given_record.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace matricula {
namespace {

/// One lane and its site.
class site_comparison_test : public ::testing::Test {
 protected:
  void topic_says(revision_t revision, const enrolment& record) {
    comparison.expect(0, key_of(record), revision, record);
  }

  site_comparison::row_result site_holds(revision_t revision, const enrolment& record) {
    return comparison.compare(key_of(record), revision, record);
  }

  /// The names of the fields that the site's row differs in.
  std::string difference_at_site(revision_t revision, const enrolment& record) {
    return names_of_fields(site_holds(revision, record).fields);
  }

  comparison_counts counted() {
    comparison.count_missing();
    return comparison.counts()[0];
  }

  site_comparison comparison{1};
};

TEST_F(site_comparison_test, what_both_hold_is_equal) {
  topic_says(7, given_record());
  EXPECT_EQ(site_holds(7, given_record()).verdict, row_verdict::equal);
  const auto counts = counted();
  EXPECT_EQ(counts.equal, 1U);
  EXPECT_EQ(counts.missing + counts.different + counts.extra + counts.quarantined + counts.newer, 0U);
}

TEST_F(site_comparison_test, a_key_without_a_row_is_missing) {
  topic_says(1, given_record("10000001"));
  topic_says(2, given_record("10000002"));
  site_holds(1, given_record("10000001"));
  EXPECT_EQ(counted().missing, 1U);
  EXPECT_FALSE(comparison.is_missing(key_of(given_record("10000001"))));
  EXPECT_TRUE(comparison.is_missing(key_of(given_record("10000002"))));
  EXPECT_FALSE(comparison.is_missing("no such key"));
}

TEST_F(site_comparison_test, a_row_without_a_key_is_extra) {
  topic_says(5, given_record("10000001"));
  EXPECT_EQ(site_holds(4, given_record("10000002")).verdict, row_verdict::extra);
  EXPECT_EQ(site_holds(6, given_record("10000003")).verdict, row_verdict::extra);
}

TEST_F(site_comparison_test, a_second_row_of_a_key_is_extra) {
  topic_says(5, given_record());
  EXPECT_EQ(site_holds(5, given_record()).verdict, row_verdict::equal);
  EXPECT_EQ(site_holds(5, given_record()).verdict, row_verdict::extra);
}

TEST_F(site_comparison_test, what_was_written_since_the_topic_was_read_is_not_judged) {
  topic_says(5, given_record("10000001"));
  auto later = given_record("10000001");
  later.status = "withdrawn";
  EXPECT_EQ(site_holds(6, later).verdict, row_verdict::newer);
  EXPECT_EQ(counted().newer, 1U);
}

TEST_F(site_comparison_test, every_field_counts) {
  struct change {
    std::string name;
    std::function<void(enrolment&)> make;
  };
  const change changes[] = {
      {"status", [](enrolment& row) { row.status = "withdrawn"; }},
      {"since", [](enrolment& row) { row.since = "2026-09-10"; }},
      {"person.name", [](enrolment& row) { row.person_name = "Altre"; }},
      {"person.surname1", [](enrolment& row) { row.person_surname1 = "Altre"; }},
      {"person.surname2", [](enrolment& row) { row.person_surname2.reset(); }},
      {"person.email", [](enrolment& row) { row.person_email = ""; }},
      {"person.born", [](enrolment& row) { row.person_born = "2013-04-06"; }},
      {"centre.name", [](enrolment& row) { row.centre_name = "Altre"; }},
      {"centre.flavour", [](enrolment& row) { row.flavour = "FP"; }},
      {"group.name", [](enrolment& row) { row.group_name = "Altre"; }},
      {"group.tutor", [](enrolment& row) { row.group_tutor.reset(); }},
      {"course.name", [](enrolment& row) { row.course_name = "Altre"; }},
      {"subject.name_val", [](enrolment& row) { row.subject_name_val = "Altre"; }},
      {"subject.name_cas", [](enrolment& row) { row.subject_name_cas = "Altre"; }},
      {"teachers", [](enrolment& row) { row.teachers[0].substitutes = "087654321X"; }},
      {"teachers", [](enrolment& row) { row.teachers.clear(); }},
      {"teachers[].name or email", [](enrolment& row) { row.teachers[0].email.reset(); }},
      {"timetable", [](enrolment& row) { row.timetable[0].room.reset(); }},
      {"timetable", [](enrolment& row) { row.timetable[1].day = 4; }},
      {"timetable", [](enrolment& row) { std::swap(row.timetable[0], row.timetable[1]); }},
  };
  for (const auto& each : changes) {
    comparison = site_comparison{1};
    topic_says(1, given_record());
    auto row = given_record();
    each.make(row);
    EXPECT_EQ(difference_at_site(1, row), each.name);
    EXPECT_EQ(counted().different, 1U);
  }
}

TEST_F(site_comparison_test, a_row_whose_columns_are_not_its_keys_differs) {
  topic_says(1, given_record());
  auto row = given_record();
  row.role = "teacher";
  EXPECT_EQ(names_of_fields(comparison.compare(key_of(given_record()), 1, row).fields), "key");
}

TEST_F(site_comparison_test, the_newest_message_of_a_key_counts_in_any_order) {
  auto withdrawn = given_record();
  withdrawn.status = "withdrawn";
  withdrawn.since = "2026-10-01";
  topic_says(9, withdrawn);
  topic_says(3, given_record());
  EXPECT_EQ(difference_at_site(9, withdrawn), "");
}

TEST_F(site_comparison_test, who_is_withdrawn_in_the_topic_and_not_at_the_site_differs) {
  auto withdrawn = given_record();
  withdrawn.status = "withdrawn";
  topic_says(3, given_record());
  topic_says(9, withdrawn);
  EXPECT_EQ(difference_at_site(3, given_record()), "status");
}

TEST_F(site_comparison_test, who_is_held_back_makes_no_difference_by_being_enrolled_still) {
  auto withdrawn = given_record();
  withdrawn.status = "withdrawn";
  topic_says(9, withdrawn);
  EXPECT_EQ(comparison.compare(key_of(withdrawn), 9, given_record(), true).verdict, row_verdict::held);
  const auto counts = counted();
  EXPECT_EQ(counts.held, 1U);
  EXPECT_EQ(counts.equal + counts.different + counts.missing, 0U);
}

TEST_F(site_comparison_test, who_is_held_back_and_differs_otherwise_differs) {
  auto withdrawn = given_record();
  withdrawn.status = "withdrawn";
  topic_says(9, withdrawn);
  auto row = given_record();
  row.since = "2026-01-01";
  const auto answer = comparison.compare(key_of(row), 9, row, true);
  EXPECT_EQ(answer.verdict, row_verdict::different);
  EXPECT_EQ(names_of_fields(answer.fields), "since");
}

TEST_F(site_comparison_test, who_has_left_although_he_was_held_back_is_equal) {
  auto withdrawn = given_record();
  withdrawn.status = "withdrawn";
  topic_says(9, withdrawn);
  EXPECT_EQ(comparison.compare(key_of(withdrawn), 9, withdrawn, true).verdict, row_verdict::equal);
}

TEST_F(site_comparison_test, nobody_is_held_back_whom_the_topic_enrols) {
  topic_says(9, given_record());
  auto withdrawn = given_record();
  withdrawn.status = "withdrawn";
  const auto answer = comparison.compare(key_of(withdrawn), 9, withdrawn, true);
  EXPECT_EQ(answer.verdict, row_verdict::different);
  EXPECT_EQ(names_of_fields(answer.fields), "status");
}

TEST_F(site_comparison_test, a_persons_newest_record_says_what_he_is_called_in_all) {
  auto first = given_record();
  auto second = given_record();
  second.subject_code = "VAL";
  second.person_email = "nou@example.test";
  topic_says(1, first);
  topic_says(2, second);
  EXPECT_EQ(site_holds(2, second).verdict, row_verdict::equal);
  EXPECT_EQ(difference_at_site(1, first), "person.email");
}

TEST_F(site_comparison_test, a_classrooms_newest_record_says_who_teaches_there) {
  const auto first = given_record("10000001");
  auto second = given_record("10000002");
  second.teachers = {{"087654321X", "Nova", "Docent", {}, {}, "012345678Z"}};
  second.timetable.clear();
  topic_says(2, second);
  topic_says(1, first);
  EXPECT_EQ(difference_at_site(1, first), "teachers, timetable");
  auto as_held = first;
  as_held.teachers = second.teachers;
  as_held.timetable.clear();
  comparison = site_comparison{1};
  topic_says(2, second);
  topic_says(1, first);
  EXPECT_EQ(difference_at_site(1, as_held), "");
}

TEST_F(site_comparison_test, a_list_of_teachers_has_no_order) {
  auto record = given_record();
  record.teachers.push_back({"087654321X", "Nova", "Docent", {}, {}, "012345678Z"});
  topic_says(1, record);
  std::swap(record.teachers[0], record.teachers[1]);
  EXPECT_EQ(difference_at_site(1, record), "");
}

TEST_F(site_comparison_test, a_teacher_is_called_what_the_newest_mention_says) {
  // His own record is newer than the list of the classroom that a student's record brings.
  auto own = given_record("012345678Z");
  own.role = "teacher";
  own.person_name = "Docent";
  own.person_surname1 = "Primer";
  own.person_email = "nou@example.test";
  own.teachers[0].email = "nou@example.test";
  own.subject_code = "VAL";
  topic_says(1, given_record());
  topic_says(2, own);
  EXPECT_EQ(difference_at_site(1, given_record()), "teachers[].name or email");
  comparison = site_comparison{1};
  topic_says(1, given_record());
  topic_says(2, own);
  auto as_held = given_record();
  as_held.teachers[0].email = "nou@example.test";
  EXPECT_EQ(difference_at_site(1, as_held), "");
}

TEST_F(site_comparison_test, a_list_that_gives_no_names_says_nothing_of_its_teachers) {
  auto nameless = given_record();
  nameless.subject_code = "VAL";
  nameless.teachers = {{"012345678Z", "", "", {}, {}, {}}};
  auto as_held = nameless;
  as_held.teachers = given_record().teachers;
  for (const bool is_newer : {true, false}) {
    comparison = site_comparison{1};
    topic_says(is_newer ? 1 : 2, given_record());
    topic_says(is_newer ? 2 : 1, nameless);
    EXPECT_EQ(difference_at_site(is_newer ? 1 : 2, given_record()), "");
    EXPECT_EQ(difference_at_site(is_newer ? 2 : 1, as_held), "");
  }
  comparison = site_comparison{1};
  topic_says(1, nameless);
  EXPECT_EQ(difference_at_site(1, nameless), "");
}

TEST_F(site_comparison_test, a_teachers_date_of_birth_is_not_compared) {
  auto own = given_record("012345678Z");
  own.role = "teacher";
  topic_says(1, own);
  auto row = own;
  row.person_born.reset();
  row.teachers.clear();
  row.teachers.push_back({"012345678Z", "Nom", "Cognom", "Segon", "nom@example.test", {}});
  EXPECT_EQ(difference_at_site(1, row), "");
}

TEST_F(site_comparison_test, quarantined_keys_are_neither_missing_nor_different) {
  const auto never = given_record("10000001");
  const auto once = given_record("10000002");
  comparison.set_aside(0, key_of(never), 8);
  topic_says(1, once);
  comparison.set_aside(0, key_of(once), 9);
  EXPECT_EQ(site_holds(1, once).verdict, row_verdict::quarantined);
  const auto counts = counted();
  EXPECT_EQ(counts.quarantined, 2U);
  EXPECT_EQ(counts.missing, 0U);
  EXPECT_FALSE(comparison.is_missing(key_of(never)));
}

TEST_F(site_comparison_test, a_record_mended_after_its_quarantine_is_compared) {
  auto mended = given_record();
  comparison.set_aside(0, key_of(mended), 1);
  topic_says(2, mended);
  EXPECT_EQ(site_holds(2, mended).verdict, row_verdict::equal);
}

TEST_F(site_comparison_test, lanes_are_counted_apart) {
  comparison = site_comparison{2};
  auto other = given_record("10000002");
  other.centre_code = "03012345";
  comparison.expect(0, key_of(given_record()), 1, given_record());
  comparison.expect(1, key_of(other), 2, other);
  site_holds(2, other);
  comparison.count_missing();
  EXPECT_EQ(comparison.counts()[0].missing, 1U);
  EXPECT_EQ(comparison.counts()[1].equal, 1U);
}

/// People in eight subjects each and classrooms of 25, as in a secondary school.
TEST_F(site_comparison_test, a_key_takes_at_most_200_bytes) {
  for (const std::size_t people : {1'000U, 3'700U, 9'000U, 14'000U, 15'000U}) {
    comparison = site_comparison{1};
    for (std::size_t person = 0; person < people; ++person) {
      const auto id = std::to_string(10'000'000 + person);
      const auto group = std::to_string(person / 25);
      for (const char* subject : {"MAT", "VAL", "CAS", "ANG", "GEO", "BIO", "MUS", "EF"}) {
        auto record = given_record(id);
        record.group_code = group;
        record.subject_code = subject;
        topic_says(person + 1, record);
      }
    }
    ASSERT_EQ(comparison.keys(), people * 8);
    EXPECT_LE(comparison.memory_bytes(), 200 * comparison.keys()) << people;
    RecordProperty("bytes_per_key_of_" + std::to_string(people * 8),
                   static_cast<int>(comparison.memory_bytes() / comparison.keys()));
  }
}

/// The worst there is: every key with a person, a group and a classroom of its own.
TEST_F(site_comparison_test, lonely_keys_are_bounded_too) {
  for (std::size_t person = 0; person < 30'000; ++person) {
    const auto id = std::to_string(10'000'000 + person);
    auto record = given_record(id);
    record.group_code = id;
    topic_says(person + 1, record);
  }
  EXPECT_LE(comparison.memory_bytes(), 400 * comparison.keys());
}

}  // namespace
}  // namespace matricula
