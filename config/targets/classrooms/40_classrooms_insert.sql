-- SPDX-License-Identifier: Apache-2.0
insert into classroom (key, group_id, course_code, course_name, subject_code, subject_name_val, subject_name_cas,
                       timetable, revision)
select n.classroom, g.group_id, n.course_code, n.course_name, n.subject_code, n.subject_name_val, n.subject_name_cas,
       n.timetable::jsonb, n.revision
from newest_classroom n
join centre c on c.code = n.centre_code
join school_group g on g.centre_id = c.centre_id and g.year = n.year and g.code = n.group_code
where not exists (select from classroom r where r.key = n.classroom)
order by n.classroom
