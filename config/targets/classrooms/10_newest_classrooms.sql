-- SPDX-License-Identifier: Apache-2.0
insert into newest_classroom
select distinct on (classroom collate "C")
  classroom, revision, year, centre_code, centre_name, flavour, course_code, course_name,
  subject_code, subject_name_val, subject_name_cas, group_code, group_name, group_tutor, teachers, timetable
from batch
order by classroom collate "C", revision desc
