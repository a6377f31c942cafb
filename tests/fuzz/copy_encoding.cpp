// SPDX-License-Identifier: Apache-2.0
// Any text in a record: it goes through COPY's text format and comes back the same, or the record is refused by
// name where PostgreSQL would refuse the text.
#include "actors/apply/copy_encoder.hpp"

#include "actors/apply/postgres_text.hpp"
#include "messages/enrolment.hpp"
#include "messages/hashing.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <vector>

namespace matricula::fuzzing {
namespace {

using column = std::optional<std::string>;

int digit_of(char c, int base) {
  const int value = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : base;
  return value < base ? value : -1;
}

/// Reads up to `digits_max` digits at `at`, which moves behind them.
char character_of(std::string_view row, std::size_t& at, int base, int digits_max) {
  int value = 0;
  for (int i = 0; i < digits_max && at < row.size() && digit_of(row[at], base) >= 0; ++i)
    value = value * base + digit_of(row[at++], base);
  return static_cast<char>(value);
}

/// A column as PostgreSQL takes it out of a row (PostgreSQL 15 manual, COPY, "Text Format").
column unescaped(std::string_view written) {
  if (written == "\\N")
    return std::nullopt;
  std::string text;
  for (std::size_t at = 0; at < written.size();) {
    const char c = written[at++];
    if (c != '\\') {
      text += c;
      continue;
    }
    require(at < written.size(), "a backslash has something behind it");
    constexpr std::string_view letters = "bfnrtv", meanings = "\b\f\n\r\t\v";
    const char escaped = written[at];
    if (digit_of(escaped, 8) >= 0) {
      text += character_of(written, at, 8, 3);
    } else if (escaped == 'x' && at + 1 < written.size() && digit_of(written[at + 1], 16) >= 0) {
      text += character_of(written, ++at, 16, 2);
    } else {
      const auto letter = letters.find(escaped);
      text += letter == letters.npos ? escaped : meanings[letter];
      ++at;
    }
  }
  return text;
}

/// The columns of the only row in `rows`.
std::vector<column> columns_of(std::string_view rows) {
  require(!rows.empty() && rows.back() == '\n', "a row ends with its line");
  rows.remove_suffix(1);
  require(rows.find_first_of("\n\r") == rows.npos, "a row is one line");
  require(rows != "\\.", "a row is not the end of the data");
  std::vector<column> columns;
  for (;;) {
    const auto end = rows.find('\t');
    columns.push_back(unescaped(rows.substr(0, end)));
    if (end == rows.npos)
      return columns;
    rows.remove_prefix(end + 1);
  }
}

/// The columns of copy_encoder::columns, as they went in.
std::vector<column> columns_of(const staged_record& row) {
  const auto number = [](std::uint64_t value) { return std::to_string(static_cast<std::int64_t>(value)); };
  const auto text = [](std::string_view value) { return column{value}; };
  const auto optional = [](const std::optional<std::string_view>& value) {
    return value ? column{*value} : std::nullopt;
  };
  const auto list = [](std::string_view value) { return column{value.empty() ? "[]" : value}; };
  const auto& r = row.record;
  return {std::to_string(row.ordinal),
          text(row.key),
          text(row.classroom),
          number(row.key_hash),
          number(row.content_hash),
          number(row.revision),
          text(r.year),
          text(r.status),
          text(r.since),
          text(r.role),
          text(r.centre_code),
          text(r.centre_name),
          text(r.flavour),
          text(r.course_code),
          text(r.course_name),
          text(r.subject_code),
          text(r.subject_name_val),
          text(r.subject_name_cas),
          text(r.group_code),
          text(r.group_name),
          optional(r.group_tutor),
          text(r.person_id),
          text(r.person_name),
          text(r.person_surname1),
          optional(r.person_surname2),
          optional(r.person_email),
          optional(r.person_born),
          list(r.teachers_json),
          list(r.timetable_json)};
}

void require_round_trip(const enrolment& record) {
  std::string key;
  append_key(record, key);
  const auto hash = key_hash_of(key);
  const staged_record row{.ordinal = static_cast<std::int32_t>(hash),
                          .key = key,
                          .classroom = std::string_view{key}.substr(0, key.size() / 2),
                          .key_hash = hash,
                          .content_hash = ~hash,
                          .revision = hash >> 1U,
                          .record = record};
  copy_encoder encoder;
  encoder.append(row);
  const auto read = columns_of(encoder.rows());
  require(read == columns_of(row), "what COPY reads is what was written");
}

/// A record that has the text, whole or in part, in columns that follow one another.
void check_columns(std::string_view text) {
  enrolment record;
  record.group_name = text;
  if (text.size() % 2 == 0)
    record.group_tutor = text;
  record.person_id = text.substr(0, text.size() / 2);
  record.person_name = text;
  record.person_surname1 = text.substr(text.size() / 2);
  if (text.size() % 3 == 0)
    record.person_surname2 = text;
  record.teachers_json = text;
  require_round_trip(record);
}

std::string quoted(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (byte < 0x20)
      ((out += "\\u00") += hex[byte >> 4U]) += hex[byte & 15U];
    else
      out += c;
  }
  return out;
}

/// A record whose person's name is `inner` between quotes.
std::string record_json(std::string_view inner) {
  return R"({"year":"2026","status":"enrolled","since":"2026-09-09","role":"student",)"
         R"("centre":{"code":"46012345","name":"C","flavour":"ESO"},"course":{"code":"1","name":"1r"},)"
         R"("subject":{"code":"MAT","name_val":"M","name_cas":"M"},"group":{"code":"A","name":"1r A"},)"
         R"("person":{"id":"10123456","surname1":"S","name":")" +
         std::string{inner} + R"("},"teachers":[],"timetable":[]})";
}

void require_storable(const enrolment& record) {
  staged_record row{.record = record};
  for (const auto& column : columns_of(row))
    require(!column || is_storable(*column), "PostgreSQL takes every text of a record that was read");
}

/// The text as a source with good manners writes it.
void check_escaped(std::string_view text) {
  enrolment_reader reader;
  enrolment record;
  const auto json = record_json(quoted(text));
  const auto rejection = reader.read(json, record);
  if (rejection) {
    require(text.empty() || !is_storable(text), "a record is refused only if PostgreSQL would refuse it");
    require(rejection->code == error_code::field_missing || rejection->code == error_code::field_value ||
                rejection->code == error_code::record_not_utf8,
            "a record is refused by name");
    return;
  }
  require(record.person_name == text, "the text that is read is the source's");
  require_storable(record);
  require_round_trip(record);
}

/// The text as part of the JSON itself, with escapes that a source has chosen.
void check_raw(std::string_view inner) {
  enrolment_reader reader;
  enrolment record;
  const auto json = record_json(inner);
  if (reader.read(json, record))
    return;
  require_storable(record);
  require_round_trip(record);
}

}  // namespace
}  // namespace matricula::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = matricula::fuzzing::text_of(data, size);
  matricula::fuzzing::check_columns(text);
  matricula::fuzzing::check_escaped(text);
  matricula::fuzzing::check_raw(text);
  return 0;
}
