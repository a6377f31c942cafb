// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/enrolment.hpp"
#include "messages/page.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace matricula {

/// A row of the staging table `batch`.
struct staged_record {
  std::int32_t ordinal = 0;
  std::string_view key = {};        ///< the record's natural key
  std::string_view classroom = {};  ///< its first five parts
  std::uint64_t key_hash = 0, content_hash = 0;
  revision_t revision = 0;
  const enrolment& record;
};

/// Which of a record's lists are staged. They are nearly half of its bytes, and a target may have no use for them.
struct staged_lists {
  bool teachers = true, timetable = true;
};

/// Turns records into rows of COPY's text format (PostgreSQL 15 manual, COPY, "Text Format"): columns parted
/// by tabs, rows ended by newlines, NULL as \N; backslash, newline, carriage return and tab inside a text are
/// escaped. 64-bit hashes and revisions become bigint, two's complement.
class copy_encoder {
 public:
  /// The staging table's columns, in the order of append.
  static constexpr std::string_view columns =
      "ordinal, key, classroom, key_hash, content_hash, revision, year, status, since, role, "
      "centre_code, centre_name, flavour, course_code, course_name, "
      "subject_code, subject_name_val, subject_name_cas, group_code, group_name, group_tutor, "
      "person_id, person_name, person_surname1, person_surname2, person_email, person_born, teachers, "
      "timetable";

  /// A list that is not staged stands there as one without elements, [].
  explicit copy_encoder(staged_lists lists = {})
      : lists_(lists) {}

  void append(const staged_record& row);

  /// The rows since the last clear, ready for COPY … FROM STDIN.
  std::string_view rows() const { return rows_; }

  /// Forgets the rows, keeps their memory.
  void clear() { rows_.clear(); }

 private:
  staged_lists lists_;
  std::string rows_;
};

}  // namespace matricula
