-- SPDX-License-Identifier: Apache-2.0
-- Every record that the site holds, in any order: what `matricula verify` compares with the topics.
-- Memberships are no part of it: they are derived from the enrolments that are.
select
  key, classroom, key_hash, content_hash, revision, year, status, since, role, centre_code, centre_name, flavour,
  course_code, course_name, subject_code, subject_name_val, subject_name_cas, group_code, group_name, group_tutor,
  person_id, person_name, person_surname1, person_surname2, person_email, person_born, teachers, timetable
from classrooms.record
