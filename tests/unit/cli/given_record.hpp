// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/enrolment.hpp"

#include <string>

namespace matricula {

/// A student in a classroom with one teacher and one lesson; tests change what they are about.
inline enrolment given_record(std::string_view person_id = "10000001") {
  enrolment record;
  record.year = "2026";
  record.status = "enrolled";
  record.since = "2026-09-09";
  record.role = "student";
  record.centre_code = "46012345";
  record.centre_name = "IES del Test";
  record.flavour = "ESO";
  record.course_code = "1";
  record.course_name = "1r ESO";
  record.subject_code = "MAT";
  record.subject_name_val = "Matemàtiques";
  record.subject_name_cas = "Matemáticas";
  record.group_code = "1A";
  record.group_name = "1r A";
  record.group_tutor = "012345678Z";
  record.person_id = person_id;
  record.person_name = "Nom";
  record.person_surname1 = "Cognom";
  record.person_surname2 = "Segon";
  record.person_email = "nom@example.test";
  record.person_born = "2013-04-05";
  record.teachers = {{"012345678Z", "Docent", "Primer", "Segon", "docent@example.test", {}}};
  record.timetable = {{1, "08:00", "08:55", "A12"}, {3, "09:00", "09:55", {}}};
  return record;
}

inline std::string key_of(const enrolment& record) {
  std::string key;
  append_key(record, key);
  return key;
}

}  // namespace matricula
