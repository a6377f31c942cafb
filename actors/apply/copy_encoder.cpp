// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/copy_encoder.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <optional>

namespace matricula {
namespace {

/// For each byte the letter that stands for it after a backslash, or 0 where the byte stands for itself.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  escapes['\\'] = '\\';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  return escapes;
}

constexpr auto escapes = make_escapes();

void append_text(std::string_view text, std::string& out) {
  std::size_t plain = 0;  // where the run of bytes that need no escape begins
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char escape = escapes[static_cast<unsigned char>(text[i])];
    if (escape == 0)
      continue;
    out.append(text, plain, i - plain);
    out += '\\';
    out += escape;
    plain = i + 1;
  }
  out.append(text, plain);
}

void append_number(std::int64_t number, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(std::begin(digits), end);
}

std::string_view list_of(std::string_view json, bool is_staged) {
  return is_staged && !json.empty() ? json : "[]";
}

class row_writer {
 public:
  explicit row_writer(std::string& out)
      : out_(out) {}

  row_writer& number(std::int64_t value) {
    begin_column();
    append_number(value, out_);
    return *this;
  }
  row_writer& number(std::uint64_t value) { return number(static_cast<std::int64_t>(value)); }
  row_writer& text(std::string_view value) {
    begin_column();
    append_text(value, out_);
    return *this;
  }
  row_writer& text(const std::optional<std::string_view>& value) {
    if (value)
      return text(*value);
    begin_column();
    out_ += "\\N";
    return *this;
  }
  void end() { out_ += '\n'; }

 private:
  void begin_column() {
    if (!first_)
      out_ += '\t';
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace

void copy_encoder::append(const staged_record& row) {
  const auto& record = row.record;
  row_writer write{rows_};
  write.number(std::int64_t{row.ordinal}).text(row.key).text(row.classroom);
  write.number(row.key_hash).number(row.content_hash).number(row.revision);
  write.text(record.year).text(record.status).text(record.since).text(record.role);
  write.text(record.centre_code).text(record.centre_name).text(record.flavour);
  write.text(record.course_code).text(record.course_name);
  write.text(record.subject_code).text(record.subject_name_val).text(record.subject_name_cas);
  write.text(record.group_code).text(record.group_name).text(record.group_tutor);
  write.text(record.person_id).text(record.person_name).text(record.person_surname1);
  write.text(record.person_surname2).text(record.person_email).text(record.person_born);
  write.text(list_of(record.teachers_json, lists_.teachers));
  write.text(list_of(record.timetable_json, lists_.timetable));
  write.end();
}

}  // namespace matricula
