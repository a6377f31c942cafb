// SPDX-License-Identifier: Apache-2.0
#include "messages/enrolment.hpp"

#include "messages/enrolment_fields.hpp"

#include <cstring>

namespace matricula {
namespace {

namespace json = simdjson::ondemand;

/// Thrown nowhere: the first problem met while reading a record, kept until the record's fields have been
/// passed over.
class record_problems {
 public:
  void missing(std::string_view field) { note(error_code::field_missing, field, "missing"); }
  void type(std::string_view field, std::string_view expected) {
    note(error_code::field_type, field, expected);
  }
  void value(std::string_view field, std::string_view expected) {
    note(error_code::field_value, field, expected);
  }

  std::optional<rejection> take() { return std::move(first_); }
  bool any() const { return first_.has_value(); }

 private:
  void note(error_code code, std::string_view field, std::string_view what) {
    if (!first_)
      first_ = rejection{code, std::string{field} + ": " + std::string{what}};
  }

  std::optional<rejection> first_;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) {
  for (const char c : text)
    if (!is_digit(c))
      return false;
  return !text.empty();
}

int two_digits(std::string_view text) { return (text[0] - '0') * 10 + (text[1] - '0'); }

/// ISO 8601 calendar date, "2026-09-09", of a day that exists.
bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !all_digits(text.substr(0, 4)) ||
      !all_digits(text.substr(5, 2)) || !all_digits(text.substr(8, 2)))
    return false;
  const int year = two_digits(text) * 100 + two_digits(text.substr(2));
  const int month = two_digits(text.substr(5));
  const int day = two_digits(text.substr(8));
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1)
    return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool is_time(std::string_view text) {
  return text.size() == 5 && text[2] == ':' && all_digits(text.substr(0, 2)) &&
         all_digits(text.substr(3, 2)) && two_digits(text) < 24 && two_digits(text.substr(3)) < 60;
}

/// A member's name. It stands where it was written, but for one with escapes, which none of ours needs.
bool read_name(simdjson::simdjson_result<json::field>& member, std::string_view& out) {
  json::raw_json_string raw;
  if (member.key().get(raw) != simdjson::SUCCESS)
    return false;
  const char* end = raw.raw();
  while (*end != '"' && *end != '\\')
    ++end;
  if (*end == '\\')
    return member.unescaped_key().get(out) == simdjson::SUCCESS;
  out = {raw.raw(), static_cast<std::size_t>(end - raw.raw())};
  return true;
}

/// A text field: a JSON string. PostgreSQL's text holds no NUL, so none passes here either.
void read_text(simdjson::simdjson_result<json::value> value, std::string_view field, std::string_view& out,
               record_problems& problems) {
  if (out.data() != nullptr)
    problems.value(field, "stands twice");
  else if (value.get_string().get(out) != simdjson::SUCCESS)
    problems.type(field, "not a string");
  else if (std::memchr(out.data(), '\0', out.size()) != nullptr)
    problems.value(field, "holds U+0000");
}

void read_optional_text(simdjson::simdjson_result<json::value> value, std::string_view field,
                        std::optional<std::string_view>& out, record_problems& problems) {
  bool null = false;
  if (value.is_null().get(null) == simdjson::SUCCESS && null)
    return;
  auto text = out.value_or(std::string_view{});
  read_text(value, field, text, problems);
  out = text;
}

/// Calls `on_field(name, value)` for every field of a nested object; names are compared unescaped, as JSON
/// allows none of our names to need escapes.
template <class OnField>
void read_object(simdjson::simdjson_result<json::value> value, std::string_view field,
                 record_problems& problems, OnField on_field) {
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    problems.type(field, "not an object");
    return;
  }
  for (auto member : object) {
    std::string_view name;
    if (!read_name(member, name)) {
      problems.type(field, "broken JSON");
      return;
    }
    on_field(name, member.value());
    if (problems.any())
      return;
  }
}

template <class OnElement>
void read_array(simdjson::simdjson_result<json::value> value, std::string_view field, std::string_view& raw,
                record_problems& problems, OnElement on_element) {
  json::array array;
  if (raw.data() != nullptr) {
    problems.value(field, "stands twice");
    return;
  }
  if (value.get_array().get(array) != simdjson::SUCCESS) {
    problems.type(field, "not an array");
    return;
  }
  if (array.raw_json().get(raw) != simdjson::SUCCESS || array.reset().error() != simdjson::SUCCESS) {
    problems.type(field, "broken JSON");
    return;
  }
  for (auto element : array) {
    on_element(element);
    if (problems.any())
      return;
  }
}

void read_teacher(simdjson::simdjson_result<json::value> value, teacher& out, record_problems& problems) {
  read_object(value, "teachers[]", problems, [&](std::string_view name, auto field) {
    if (name == "id")
      read_text(field, "teachers[].id", out.id, problems);
    else if (name == "name")
      read_text(field, "teachers[].name", out.name, problems);
    else if (name == "surname1")
      read_text(field, "teachers[].surname1", out.surname1, problems);
    else if (name == "surname2")
      read_optional_text(field, "teachers[].surname2", out.surname2, problems);
    else if (name == "email")
      read_optional_text(field, "teachers[].email", out.email, problems);
    else if (name == "substitutes")
      read_optional_text(field, "teachers[].substitutes", out.substitutes, problems);
  });
  if (out.id.empty())
    problems.missing("teachers[].id");
}

void read_lesson(simdjson::simdjson_result<json::value> value, lesson& out, record_problems& problems) {
  read_object(value, "timetable[]", problems, [&](std::string_view name, auto field) {
    if (name == "day") {
      std::int64_t day = 0;
      if (field.get_int64().get(day) != simdjson::SUCCESS)
        problems.type("timetable[].day", "not a whole number");
      else if (day < 1 || day > 7)
        problems.value("timetable[].day", "not from 1 to 7");
      out.day = static_cast<int>(day);
    } else if (name == "from") {
      read_text(field, "timetable[].from", out.from, problems);
    } else if (name == "to") {
      read_text(field, "timetable[].to", out.to, problems);
    } else if (name == "room") {
      read_optional_text(field, "timetable[].room", out.room, problems);
    }
  });
  if (problems.any())
    return;
  if (out.day == 0)
    problems.missing("timetable[].day");
  if (!is_time(out.from) || !is_time(out.to))
    problems.value("timetable[].from/to", "not a time as HH:MM");
}

void require(std::string_view text, std::string_view field, record_problems& problems) {
  if (text.empty())
    problems.missing(field);
}

void require_short(std::string_view key_part, std::string_view field, record_problems& problems) {
  if (key_part.size() > key_part_bytes_max)
    problems.value(field, std::to_string(key_part.size()) + " bytes, more than " +
                              std::to_string(key_part_bytes_max));
}

void check(const enrolment& record, record_problems& problems) {
  require(record.year, "year", problems);
  require(record.status, "status", problems);
  require(record.since, "since", problems);
  require(record.role, "role", problems);
  require(record.centre_code, "centre.code", problems);
  require(record.centre_name, "centre.name", problems);
  require(record.flavour, "centre.flavour", problems);
  require(record.course_code, "course.code", problems);
  require(record.course_name, "course.name", problems);
  require(record.subject_code, "subject.code", problems);
  require(record.subject_name_val, "subject.name_val", problems);
  require(record.subject_name_cas, "subject.name_cas", problems);
  require(record.group_code, "group.code", problems);
  require(record.group_name, "group.name", problems);
  require(record.person_id, "person.id", problems);
  require(record.person_name, "person.name", problems);
  require(record.person_surname1, "person.surname1", problems);
  if (record.teachers_json.data() == nullptr)
    problems.missing("teachers");
  if (record.timetable_json.data() == nullptr)
    problems.missing("timetable");
  if (problems.any())
    return;
  if (record.year.size() != 4 || !all_digits(record.year))
    problems.value("year", "not four digits");
  if (record.status != "enrolled" && record.status != "withdrawn")
    problems.value("status", "neither enrolled nor withdrawn");
  if (record.role != "student" && record.role != "teacher")
    problems.value("role", "neither student nor teacher");
  if (record.centre_code.size() != 8 || !all_digits(record.centre_code))
    problems.value("centre.code", "not eight digits");
  if (!is_date(record.since))
    problems.value("since", "not a date as YYYY-MM-DD");
  if (record.person_born && !is_date(*record.person_born))
    problems.value("person.born", "not a date as YYYY-MM-DD");
  require_short(record.course_code, "course.code", problems);
  require_short(record.subject_code, "subject.code", problems);
  require_short(record.group_code, "group.code", problems);
  require_short(record.person_id, "person.id", problems);
}

void append_key_part(std::string_view part, std::string& out) {
  bool escapes = false;
  for (const char c : part)
    escapes |= c == '~' || c == '/';
  if (!escapes) {
    out += part;
    return;
  }
  for (const char c : part) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
}

void clear(enrolment& record) {
  // The vectors keep their memory from record to record.
  auto teachers = std::move(record.teachers);
  auto timetable = std::move(record.timetable);
  teachers.clear();
  timetable.clear();
  record = enrolment{};
  record.teachers = std::move(teachers);
  record.timetable = std::move(timetable);
}

}  // namespace

void append_key(const enrolment& record, std::string& out) {
  const std::string_view parts[] = {record.year,         record.centre_code, record.course_code,
                                    record.subject_code, record.group_code,  record.person_id,
                                    record.role};
  bool first = true;
  for (const auto part : parts) {
    if (!first)
      out += '/';
    first = false;
    append_key_part(part, out);
  }
}

std::optional<rejection> read_enrolment(simdjson::ondemand::object& object, enrolment& out) {
  clear(out);
  record_problems problems;
  for (auto member : object) {
    std::string_view name;
    if (!read_name(member, name)) {
      problems.type("record", "broken JSON");
      break;
    }
    auto value = member.value();
    if (name == "year") {
      read_text(value, "year", out.year, problems);
    } else if (name == "status") {
      read_text(value, "status", out.status, problems);
    } else if (name == "since") {
      read_text(value, "since", out.since, problems);
    } else if (name == "role") {
      read_text(value, "role", out.role, problems);
    } else if (name == "centre") {
      read_object(value, "centre", problems, [&](std::string_view inner, auto field) {
        if (inner == "code")
          read_text(field, "centre.code", out.centre_code, problems);
        else if (inner == "name")
          read_text(field, "centre.name", out.centre_name, problems);
        else if (inner == "flavour")
          read_text(field, "centre.flavour", out.flavour, problems);
      });
    } else if (name == "course") {
      read_object(value, "course", problems, [&](std::string_view inner, auto field) {
        if (inner == "code")
          read_text(field, "course.code", out.course_code, problems);
        else if (inner == "name")
          read_text(field, "course.name", out.course_name, problems);
      });
    } else if (name == "subject") {
      read_object(value, "subject", problems, [&](std::string_view inner, auto field) {
        if (inner == "code")
          read_text(field, "subject.code", out.subject_code, problems);
        else if (inner == "name_val")
          read_text(field, "subject.name_val", out.subject_name_val, problems);
        else if (inner == "name_cas")
          read_text(field, "subject.name_cas", out.subject_name_cas, problems);
      });
    } else if (name == "group") {
      read_object(value, "group", problems, [&](std::string_view inner, auto field) {
        if (inner == "code")
          read_text(field, "group.code", out.group_code, problems);
        else if (inner == "name")
          read_text(field, "group.name", out.group_name, problems);
        else if (inner == "tutor")
          read_optional_text(field, "group.tutor", out.group_tutor, problems);
      });
    } else if (name == "person") {
      read_object(value, "person", problems, [&](std::string_view inner, auto field) {
        if (inner == "id")
          read_text(field, "person.id", out.person_id, problems);
        else if (inner == "name")
          read_text(field, "person.name", out.person_name, problems);
        else if (inner == "surname1")
          read_text(field, "person.surname1", out.person_surname1, problems);
        else if (inner == "surname2")
          read_optional_text(field, "person.surname2", out.person_surname2, problems);
        else if (inner == "email")
          read_optional_text(field, "person.email", out.person_email, problems);
        else if (inner == "born")
          read_optional_text(field, "person.born", out.person_born, problems);
      });
    } else if (name == "teachers") {
      read_array(value, "teachers", out.teachers_json, problems, [&](auto element) {
        out.teachers.emplace_back();
        read_teacher(element, out.teachers.back(), problems);
      });
    } else if (name == "timetable") {
      read_array(value, "timetable", out.timetable_json, problems, [&](auto element) {
        out.timetable.emplace_back();
        read_lesson(element, out.timetable.back(), problems);
      });
    }
    if (problems.any())
      break;
  }
  if (!problems.any())
    check(out, problems);
  return problems.take();
}

struct enrolment_reader::parts {
  simdjson::ondemand::parser parser;
  std::string padded;  // the record's bytes, with the padding that simdjson reads beyond the end
};

enrolment_reader::enrolment_reader()
    : parts_(std::make_unique<parts>()) {}
enrolment_reader::~enrolment_reader() = default;
enrolment_reader::enrolment_reader(enrolment_reader&&) noexcept = default;
enrolment_reader& enrolment_reader::operator=(enrolment_reader&&) noexcept = default;

std::optional<rejection> enrolment_reader::read(std::string_view json, enrolment& out) {
  auto& bytes = parts_->padded;
  bytes.assign(json);
  bytes.resize(json.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document;
  const simdjson::padded_string_view padded{bytes.data(), json.size(), bytes.size()};
  if (const auto error = parts_->parser.iterate(padded).get(document); error != simdjson::SUCCESS) {
    if (error == simdjson::UTF8_ERROR)
      return rejection{error_code::record_not_utf8, "record: not UTF-8"};
    return rejection{error_code::record_not_object, std::string{"record: "} + simdjson::error_message(error)};
  }
  simdjson::ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS)
    return rejection{error_code::record_not_object, "record: not a JSON object"};
  return read_enrolment(object, out);
}

}  // namespace matricula
