-- SPDX-License-Identifier: Apache-2.0
-- Who has another account than before is to be in all his courses with it, and not only in those that the batch speaks of.
insert into moodle_place
select t.classroom_id, c.course_id, c.context_id, c.enrol_id, m.moodle_group_id, t.person_id, bool_or(t.is_student),
       bool_or(t.is_teacher), 'enrol_' || i.enrol, c.key not like '%/%/%/%/%'
from (
  select e.classroom_id, e.person_id, e.role = 'student' as is_student, e.role = 'teacher' as is_teacher
  from new_user n
  join enrolment e on e.person_id = n.person_id
  where n.is_back and e.status = 'enrolled'
  union all
  select k.classroom_id, k.person_id, false, true
  from new_user n
  join teaching k on k.person_id = n.person_id
  where n.is_back and k.status = 'enrolled'
) as t
join matricula.moodle_classroom m on m.classroom_id = t.classroom_id
join matricula.moodle_course c on c.course_id = m.course_id
join mdl_enrol i on i.id = c.enrol_id
where not exists (select from moodle_place p where p.classroom_id = t.classroom_id and p.person_id = t.person_id)
group by t.classroom_id, c.course_id, c.context_id, c.enrol_id, m.moodle_group_id, t.person_id, i.enrol, c.key
