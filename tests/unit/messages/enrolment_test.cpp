// SPDX-License-Identifier: Apache-2.0
#include "messages/enrolment.hpp"

#include "tests/unit/messages/given_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using test::given_record;

struct enrolment_reader_test : testing::Test {
  enrolment_reader reader;
  enrolment record;

  error_code code_of(const std::string& json) {
    const auto problem = reader.read(json, record);
    return problem ? problem->code : error_code::none;
  }
  std::string text_of(const std::string& json) {
    const auto problem = reader.read(json, record);
    return problem ? problem->text : "";
  }
};

TEST_F(enrolment_reader_test, reads_every_field) {
  ASSERT_EQ(code_of(given_record{}.json()), error_code::none);
  EXPECT_EQ(record.year, "2026");
  EXPECT_EQ(record.status, "enrolled");
  EXPECT_EQ(record.since, "2026-09-09");
  EXPECT_EQ(record.role, "student");
  EXPECT_EQ(record.centre_code, "46012345");
  EXPECT_EQ(record.province(), "46");
  EXPECT_EQ(record.flavour, "ESO");
  EXPECT_EQ(record.course_code, "1234567890");
  EXPECT_EQ(record.subject_name_val, "Matemàtiques");
  EXPECT_EQ(record.group_tutor, "012345678Z");
  EXPECT_EQ(record.person_id, "10123456");
  EXPECT_EQ(record.person_surname2, std::nullopt);
  EXPECT_EQ(record.person_email, "u1@example.invalid");
  ASSERT_EQ(record.teachers.size(), 1U);
  EXPECT_EQ(record.teachers[0].id, "012345678Z");
  EXPECT_EQ(record.teachers[0].substitutes, std::nullopt);
  ASSERT_EQ(record.timetable.size(), 1U);
  EXPECT_EQ(record.timetable[0].day, 1);
  EXPECT_EQ(record.timetable[0].room, "A12");
  EXPECT_EQ(record.timetable_json, given_record{}.timetable);
}

TEST_F(enrolment_reader_test, keeps_nothing_of_the_record_before) {
  ASSERT_EQ(code_of(given_record{}.json()), error_code::none);
  given_record bare;
  bare.email = "null";
  bare.teachers = bare.timetable = "[]";
  ASSERT_EQ(code_of(bare.json()), error_code::none);
  EXPECT_EQ(record.person_email, std::nullopt);
  EXPECT_TRUE(record.teachers.empty());
  EXPECT_TRUE(record.timetable.empty());
}

TEST_F(enrolment_reader_test, unescapes_text) {
  given_record escaped;
  escaped.group = R"({"code":"1\u00e7\"","name":"l\u00b7l","tutor":null})";
  ASSERT_EQ(code_of(escaped.json()), error_code::none);
  EXPECT_EQ(record.group_code, "1ç\"");
  EXPECT_EQ(record.group_name, "l·l");
}

TEST_F(enrolment_reader_test, passes_over_unknown_fields_of_any_shape) {
  given_record more;
  more.more = R"(,"new":{"a":[1,{"b":null}],"c":"}"},"other":3.5)";
  EXPECT_EQ(code_of(more.json()), error_code::none);
}

TEST_F(enrolment_reader_test, names_the_field_that_is_missing) {
  given_record without;
  without.centre = R"({"name":"IES de Prova","flavour":"ESO"})";
  EXPECT_EQ(code_of(without.json()), error_code::field_missing);
  EXPECT_THAT(text_of(without.json()), testing::StartsWith("centre.code"));
  EXPECT_EQ(text_of("{}"), "year: missing");
}

TEST_F(enrolment_reader_test, names_the_field_of_another_type) {
  given_record wrong;
  wrong.year = "2026";
  EXPECT_EQ(code_of(wrong.json()), error_code::field_type);
  EXPECT_EQ(text_of(wrong.json()), "year: not a string");
  wrong = {};
  wrong.teachers = R"({"id":"x"})";
  EXPECT_EQ(text_of(wrong.json()), "teachers: not an array");
  wrong = {};
  wrong.timetable = R"([{"day":"1","from":"08:00","to":"08:55"}])";
  EXPECT_EQ(text_of(wrong.json()), "timetable[].day: not a whole number");
}

TEST_F(enrolment_reader_test, refuses_values_that_no_site_could_store) {
  const auto with = [](auto change) {
    given_record given;
    change(given);
    return given.json();
  };
  EXPECT_EQ(code_of(with([](auto& r) { r.since = R"("2026-02-29")"; })), error_code::field_value);
  EXPECT_EQ(code_of(with([](auto& r) { r.since = R"("2028-02-29")"; })), error_code::none);
  EXPECT_EQ(code_of(with([](auto& r) { r.since = R"("2026-13-01")"; })), error_code::field_value);
  EXPECT_EQ(code_of(with([](auto& r) { r.since = R"("0000-01-01")"; })), error_code::field_value);
  EXPECT_EQ(code_of(with([](auto& r) { r.status = R"("gone")"; })), error_code::field_value);
  EXPECT_EQ(code_of(with([](auto& r) { r.role = R"("tutor")"; })), error_code::field_value);
  EXPECT_EQ(code_of(with([](auto& r) { r.year = R"("26")"; })), error_code::field_value);
  EXPECT_EQ(code_of(with([](auto& r) { r.email = R"("a\u0000b")"; })), error_code::field_value);
  EXPECT_EQ(code_of(with([](auto& r) { r.timetable = R"([{"day":8,"from":"08:00","to":"08:55"}])"; })),
            error_code::field_value);
  EXPECT_EQ(code_of(with([](auto& r) { r.timetable = R"([{"day":1,"from":"24:00","to":"08:55"}])"; })),
            error_code::field_value);
  EXPECT_EQ(code_of(with([](auto& r) { r.centre = R"({"code":"4601234","name":"x","flavour":"ESO"})"; })),
            error_code::field_value);
}

TEST_F(enrolment_reader_test, refuses_what_is_no_record) {
  EXPECT_EQ(code_of("[]"), error_code::record_not_object);
  EXPECT_EQ(code_of(""), error_code::record_not_object);
  EXPECT_EQ(code_of("\"\xe7\""), error_code::record_not_utf8);
  EXPECT_NE(code_of(R"({"year":"2026","status")"), error_code::none);
}

TEST_F(enrolment_reader_test, a_reason_names_no_person) {
  given_record wrong;
  wrong.email = "17";
  EXPECT_EQ(text_of(wrong.json()), "person.email: not a string");
}

TEST(natural_key, joins_seven_parts_and_escapes_what_would_divide_them) {
  enrolment_reader reader;
  enrolment record;
  given_record given;
  given.group = R"({"code":"1/A~B","name":"x","tutor":null})";
  ASSERT_FALSE(reader.read(given.json(), record));
  std::string key = "before ";
  append_key(record, key);
  EXPECT_EQ(key, "before 2026/46012345/1234567890/MAT/1~1A~0B/10123456/student");
}

}  // namespace
}  // namespace matricula
