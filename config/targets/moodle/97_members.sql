-- SPDX-License-Identifier: Apache-2.0
-- Per course and person, over all classrooms of the course.
insert into moodle_member
select t.course_id, t.context_id, t.enrol_id, t.person_id, u.user_id, bool_or(r.is_student), bool_or(r.is_teacher)
from (select distinct course_id, context_id, enrol_id, person_id from moodle_place) as t
join matricula.moodle_user u on u.person_id = t.person_id
join matricula.moodle_classroom m on m.course_id = t.course_id
cross join lateral (
  select
    coalesce((select e.status = 'enrolled' from enrolment e
              where e.classroom_id = m.classroom_id and e.person_id = t.person_id and e.role = 'student'), false)
      as is_student,
    coalesce((select e.status = 'enrolled' from enrolment e
              where e.classroom_id = m.classroom_id and e.person_id = t.person_id and e.role = 'teacher'), false)
      or coalesce((select k.status = 'enrolled' from teaching k
                   where k.classroom_id = m.classroom_id and k.person_id = t.person_id), false)
      as is_teacher
) as r
group by t.course_id, t.context_id, t.enrol_id, t.person_id, u.user_id
