// SPDX-License-Identifier: Apache-2.0
// Every kind of record and of change at a Moodle site, twice: what says the same again of people, classrooms and groups
// writes no row of Moodle's.
#include "tests/integration/moodle_fixture.hpp"

#include <gmock/gmock.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace matricula {
namespace {

using settings = std::map<std::string, std::string>;
using page = std::vector<given_record>;

struct said_twice {
  std::string name;
  settings written;
  page first, changed;
};

void PrintTo(const said_twice& one, std::ostream* out) { *out << one.name; }

const given_record of_anna{.person = anna}, of_berta{.person = berta},
    of_a_teacher{.person = "0A", .role = "teacher"};
const given_record anna_in_b{.person = anna, .group = "1ESOB", .group_name = "1r ESO B"};
const given_record berta_in_b{.person = berta, .group = "1ESOB", .group_name = "1r ESO B"};

constexpr auto with_a_substitute =
    R"([{"id":"012345678Z","name":"Joan","surname1":"Fuster","surname2":null,"email":null,"substitutes":null},)"
    R"({"id":"0B","name":"Rosa","surname1":"Fuster","surname2":null,"email":null,"substitutes":"012345678Z"}])";

const std::vector<said_twice> all{
    {"a_pupil", {}, {}, {of_anna}},
    {"a_teacher_by_record", {}, {of_anna}, {of_a_teacher}},
    {"a_teacher_by_list", {}, {{.person = anna, .teachers = "[]"}}, {of_anna}},
    {"a_substitute", {}, {of_anna}, {{.person = anna, .teachers = with_a_substitute}}},
    {"nobody_of_the_list", {}, {of_anna}, {{.person = anna, .teachers = "[]"}}},
    {"suspended", {}, {of_anna, of_berta}, {withdrawn(of_anna)}},
    {"unenrolled", {{"withdraw", "unenrol"}}, {of_anna, of_berta}, {withdrawn(of_anna)}},
    {"kept", {{"withdraw", "keep"}}, {of_anna, of_berta}, {withdrawn(of_anna)}},
    {"never_here", {}, {of_berta}, {withdrawn(of_anna)}},
    {"a_teacher_who_leaves", {{"withdraw", "unenrol"}}, {of_anna, of_a_teacher}, {withdrawn(of_a_teacher)}},
    {"moved", {}, {of_anna, of_berta}, {withdrawn(of_anna), anna_in_b}},
    {"moved_and_unenrolled", {{"withdraw", "unenrol"}}, {of_anna, of_berta}, {withdrawn(of_anna), anna_in_b}},
    {"moved_in_a_merged_course",
     {{"classrooms", "merged"}},
     {of_anna, berta_in_b},
     {withdrawn(of_anna), anna_in_b}},
    {"in_two_groups", {}, {of_anna}, {anna_in_b}},
    {"in_two_groups_of_a_merged_course", {{"classrooms", "merged"}}, {of_anna}, {anna_in_b}},
    {"a_person_renamed", {}, {of_anna}, {{.person = anna, .name = "Anna Maria"}}},
    {"a_course_renamed", {}, {of_anna}, {{.person = anna, .subject_name = "Mates"}}},
    {"a_group_renamed", {}, {of_anna}, {{.person = anna, .group_name = "1A"}}},
    {"a_group_of_a_merged_course_renamed",
     {{"classrooms", "merged"}},
     {of_anna},
     {{.person = anna, .group_name = "1A"}}},
    {"a_centre_renamed", {}, {of_anna}, {{.person = anna, .centre_name = "IES Jaume II"}}},
};

class moodle_twice : public moodle_site, public testing::WithParamInterface<said_twice> {
 protected:
  moodle_twice() { given_settings(GetParam().written); }

  /// The same, but for what no row of Moodle's says.
  static page in_another_room(page records) {
    for (auto& record : records)
      record.room = "B1";
    return records;
  }
};

TEST_P(moodle_twice, is_as_it_was) {
  const auto& [name, written, first, changed] = GetParam();
  if (!first.empty())
    site_gets_page(first);
  const auto before = moodle();
  EXPECT_THAT(site_gets_page(changed), testing::HasSubstr("created "));
  const auto after = moodle();
  EXPECT_EQ(after == before, name == "kept" || name == "never_here");
  EXPECT_THAT(site_gets_page(in_another_room(changed)), testing::HasSubstr("changed "));
  EXPECT_EQ(moodle(), after);
}

/// Who has left comes back, and is then spoken of again.
TEST_P(moodle_twice, is_as_it_was_after_a_return) {
  const auto& [name, written, first, changed] = GetParam();
  if (first.empty() || name == "never_here")
    GTEST_SKIP() << "nobody was there before";
  site_gets_page(first);
  site_gets_page(changed);
  auto back = first;
  for (auto& record : back)
    record.since = "2026-10-01";
  site_gets_page(back);
  const auto after = moodle();
  site_gets_page(in_another_room(back));
  EXPECT_EQ(moodle(), after);
}

INSTANTIATE_TEST_SUITE_P(every_kind, moodle_twice, testing::ValuesIn(all),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace matricula
