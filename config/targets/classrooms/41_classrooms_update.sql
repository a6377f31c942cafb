-- SPDX-License-Identifier: Apache-2.0
update classroom c
set course_name = n.course_name, subject_name_val = n.subject_name_val, subject_name_cas = n.subject_name_cas,
    timetable = n.timetable::jsonb, revision = n.revision
from newest_classroom n
where c.key = n.classroom and c.revision < n.revision
