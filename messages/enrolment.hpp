// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// One person who teaches a classroom.
struct teacher {
  std::string_view id;  ///< NIF/NIE
  std::string_view name, surname1;
  std::optional<std::string_view> surname2, email;
  std::optional<std::string_view> substitutes;  ///< id of the absent teacher
};

/// One lesson of a classroom's week.
struct lesson {
  int day = 0;                ///< 1 Monday … 7 Sunday
  std::string_view from, to;  ///< "HH:MM"
  std::optional<std::string_view> room;
};

/// An enrolment record, read. Every view lives until the reader that filled it reads the next record.
/// Field for field the schema of config/schemas/enrolment.v1.json.
struct enrolment {
  std::string_view year;    ///< four digits: the year in which the school year begins
  std::string_view status;  ///< "enrolled" or "withdrawn"
  std::string_view since;   ///< ISO date
  std::string_view role;    ///< "student" or "teacher"
  std::string_view centre_code, centre_name, flavour;
  std::string_view course_code, course_name;
  std::string_view subject_code, subject_name_val, subject_name_cas;
  std::string_view group_code, group_name;
  std::optional<std::string_view> group_tutor;
  std::string_view person_id, person_name, person_surname1;
  std::optional<std::string_view> person_surname2, person_email, person_born;
  std::vector<teacher> teachers;
  std::vector<lesson> timetable;
  std::string_view teachers_json, timetable_json;  ///< the two arrays as the source wrote them

  /// The province: the first two digits of the centre's code.
  std::string_view province() const { return centre_code.substr(0, 2); }
};

/// A course's, subject's or group's code, or a person's id, is no longer: with the rest of the key they make a message's
/// key and an index's entry, neither of which can be of any length.
inline constexpr std::size_t key_part_bytes_max = 255;

/// Appends the natural key's text: year/centre/course/subject/group/person/role, with '~' as "~0" and '/' as
/// "~1" inside a part (the escapes of RFC 6901, section 3).
void append_key(const enrolment& record, std::string& out);

/// Why a record cannot be used: a poison code, and the field at fault ("person.id: not a string").
using rejection = failure;

/// Reads one record's JSON, such as the value of a Kafka message. Not thread-safe; reuse one for many
/// records.
class enrolment_reader {
 public:
  enrolment_reader();
  ~enrolment_reader();
  enrolment_reader(enrolment_reader&&) noexcept;
  enrolment_reader& operator=(enrolment_reader&&) noexcept;

  /// Fills `out` from `json` and returns nothing, or returns why the record cannot be used; `out` is then
  /// unspecified.
  std::optional<rejection> read(std::string_view json, enrolment& out);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace matricula
