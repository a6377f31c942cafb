// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/copy_encoder.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace matricula {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::SizeIs;

enrolment some_record() {
  enrolment record;
  record.year = "2026";
  record.status = "enrolled";
  record.since = "2026-09-09";
  record.role = "student";
  record.centre_code = "46012345";
  record.person_id = "10123456";
  record.person_name = "Anna";
  record.person_surname2 = "Ferrer";
  record.teachers_json = "[]";
  record.timetable_json = "[]";
  return record;
}

std::string encoded(const enrolment& record, staged_record row) {
  copy_encoder encoder;
  encoder.append({row.ordinal, row.key, row.classroom, row.key_hash, row.content_hash, row.revision, record});
  return std::string{encoder.rows()};
}

std::vector<std::string> columns_of(const std::string& row) {
  std::vector<std::string> columns{""};
  for (const char c : row)
    if (c == '\t' || c == '\n')
      columns.emplace_back();
    else
      columns.back() += c;
  columns.pop_back();
  return columns;
}

std::string name_column(std::string_view name) {
  auto record = some_record();
  record.person_name = name;
  return columns_of(encoded(record, {.record = record})).at(22);
}

TEST(copy_encoder, writes_as_many_columns_as_it_lists) {
  const auto record = some_record();
  const auto listed = std::count(copy_encoder::columns.begin(), copy_encoder::columns.end(), ',') + 1;
  EXPECT_THAT(columns_of(encoded(record, {.record = record})), SizeIs(static_cast<std::size_t>(listed)));
}

TEST(copy_encoder, writes_columns_in_their_order) {
  const auto record = some_record();
  const auto row = encoded(record, {.ordinal = 7,
                                    .key = "k",
                                    .classroom = "c",
                                    .key_hash = 1,
                                    .content_hash = 2,
                                    .revision = 3,
                                    .record = record});
  EXPECT_THAT(columns_of(row), ElementsAre("7", "k", "c", "1", "2", "3", "2026", "enrolled", "2026-09-09",
                                           "student", "46012345", "", "", "", "", "", "", "", "", "", "\\N",
                                           "10123456", "Anna", "", "Ferrer", "\\N", "\\N", "[]", "[]"));
  EXPECT_THAT(row, EndsWith("\n"));
}

TEST(copy_encoder, leaves_out_the_lists_that_are_not_staged) {
  auto record = some_record();
  record.teachers_json = R"([{"id":"1"}])";
  record.timetable_json = R"([{"day":1}])";
  copy_encoder encoder{{.teachers = false, .timetable = true}};
  encoder.append({.record = record});
  EXPECT_THAT(encoder.rows(), EndsWith("\t[]\t[{\"day\":1}]\n"));
}

TEST(copy_encoder, writes_hashes_as_signed_numbers) {
  const auto record = some_record();
  const auto row =
      encoded(record, {.key_hash = 0xFFFFFFFFFFFFFFFF, .content_hash = 1ULL << 63, .record = record});
  EXPECT_EQ(columns_of(row).at(3), "-1");
  EXPECT_EQ(columns_of(row).at(4), "-9223372036854775808");
}

TEST(copy_encoder, escapes_what_copy_would_read_otherwise) {
  EXPECT_EQ(name_column("a\\b"), "a\\\\b");
  EXPECT_EQ(name_column("a\tb"), "a\\tb");
  EXPECT_EQ(name_column("a\nb"), "a\\nb");
  EXPECT_EQ(name_column("a\rb"), "a\\rb");
  EXPECT_EQ(name_column("\\N"), "\\\\N");
  EXPECT_EQ(name_column("\\."), "\\\\.");
  EXPECT_EQ(name_column("\t"), "\\t");
}

TEST(copy_encoder, leaves_every_other_byte_alone) {
  std::string plain;
  for (int c = 1; c < 256; ++c)
    if (const auto byte = static_cast<char>(c); byte != '\\' && byte != '\t' && byte != '\n' && byte != '\r')
      plain += byte;
  EXPECT_EQ(name_column(plain), plain);
}

TEST(copy_encoder, tells_an_empty_text_from_none) {
  auto record = some_record();
  record.person_surname2 = "";
  record.person_email = std::nullopt;
  const auto columns = columns_of(encoded(record, {.record = record}));
  EXPECT_EQ(columns.at(24), "");
  EXPECT_EQ(columns.at(25), "\\N");
}

TEST(copy_encoder, clear_begins_anew) {
  const auto record = some_record();
  copy_encoder encoder;
  encoder.append({.record = record});
  const std::string once{encoder.rows()};
  encoder.append({.record = record});
  EXPECT_EQ(encoder.rows(), once + once);
  encoder.clear();
  EXPECT_EQ(encoder.rows(), "");
  encoder.append({.record = record});
  EXPECT_EQ(encoder.rows(), once);
}

}  // namespace
}  // namespace matricula
