-- SPDX-License-Identifier: Apache-2.0
select
  key, key as classroom, 0::bigint as key_hash, content_hash, revision, year, status, since::date as since, role,
  centre_code, centre_name, centre_flavour as flavour, course_code, course_name, subject_code, subject_name_val,
  subject_name_cas, group_code, group_name, group_tutor, person_id, person_name, person_surname1, person_surname2,
  person_email, person_born::date as person_born, '[]' as teachers, '[]' as timetable
from flat.record
