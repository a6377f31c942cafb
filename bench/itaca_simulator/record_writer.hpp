// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "life.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace matricula::simulator {

/// What is wrong with a record that should not be in a feed.
enum class flaw : std::uint8_t { latin1, no_centre, unknown_flavour, wrong_type, oversize };

/// Writes the records of one moment as JSON (docs/feed.md), some 700 bytes each. What the records of a
/// classroom have in common is written once and copied, so neighbours in slot order are cheap.
class record_writer {
 public:
  explicit record_writer(const moment& at)
      : at_(at) {}

  /// Appends the record of a place; `slot` must be the place's.
  void append(std::string& out, const place& p, std::uint64_t slot);

  /// Appends a bad record: the place's, but of a person who does not exist elsewhere. Requires a student's
  /// place and a bad person's NIA (90000000 or more).
  void append_flawed(std::string& out, const place& p, std::uint64_t slot, flaw what, std::uint32_t nia);

  /// Appends the natural key as text: year/centre/course/subject/group/person/role, with '~' in a part
  /// written "~0" and '/' written "~1".
  void append_key(std::string& out, const place& p);
  void append_key(std::string& out, const place& p, std::uint32_t nia);

 private:
  struct classroom {
    std::uint32_t group = none;
    std::uint8_t course = 0, subject = 0;
    std::string opening;  ///< centre, course, subject, group
    std::string ending;   ///< teachers, timetable
    std::string key_opening;
  };

  const classroom& classroom_of(const place& p);
  const std::string& person_of(const place& p);
  void write_classroom(const place& p);
  void append_teacher(std::string& out, std::uint32_t teacher) const;
  void append_pupil(std::string& out, std::uint32_t pupil, std::uint32_t nia) const;
  void append_lessons(std::string& out, const place& p) const;
  void append_beginning(std::string& out, const place& p, std::uint64_t slot) const;
  [[nodiscard]] std::uint32_t teacher_at(const place& p) const;

  moment at_;
  classroom classroom_;
  std::uint32_t seats_of_ = none;      ///< the group whose pupils are in seats_
  std::array<std::string, 32> seats_;  ///< "person" members written so far
  std::string staff_;                  ///< "person" member of a teacher
};

/// XXH3, 64 bits, and its sixteen hexadecimal digits: what `/truth?…&format=hash` gives of a record.
std::uint64_t hash_of(std::string_view bytes);
std::string hex_of(std::uint64_t hash);

}  // namespace matricula::simulator
