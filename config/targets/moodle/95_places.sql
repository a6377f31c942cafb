-- SPDX-License-Identifier: Apache-2.0
-- Whom the batch, or the calendar, says something about, in which classroom, and what holds of him there now. Nobody is
-- enrolled in a course, or under an instance, that somebody has deleted.
insert into moodle_place
select t.classroom_id, c.course_id, c.context_id, c.enrol_id, m.moodle_group_id, t.person_id,
       coalesce((select e.status = 'enrolled' from enrolment e
                 where e.classroom_id = t.classroom_id and e.person_id = t.person_id and e.role = 'student'), false),
       coalesce((select e.status = 'enrolled' from enrolment e
                 where e.classroom_id = t.classroom_id and e.person_id = t.person_id and e.role = 'teacher'), false)
         or coalesce((select k.status = 'enrolled' from teaching k
                      where k.classroom_id = t.classroom_id and k.person_id = t.person_id), false),
       'enrol_' || i.enrol, c.key not like '%/%/%/%/%'
from (
  select classroom_id, person_id from news
  union
  select classroom_id, person_id from moodle_released
  union
  select k.classroom_id, k.person_id
  from newest_classroom n
  join classroom r on r.key = n.classroom and r.revision = n.revision
  join teaching k on k.classroom_id = r.classroom_id
) as t
join matricula.moodle_classroom m on m.classroom_id = t.classroom_id
join matricula.moodle_course c on c.course_id = m.course_id
join mdl_enrol i on i.id = c.enrol_id
