-- SPDX-License-Identifier: Apache-2.0
-- Per course and account. Where groups are merged, a course has other classrooms than those that the batch speaks of; and two
-- people of ITACA may have one account, whose codes differ by a zero alone. An account that somebody has deleted in Moodle is
-- nobody's any more, and no step writes anything for it; one of that name that there is by now has been taken on in 96.
insert into moodle_member (course_id, context_id, enrol_id, person_id, user_id, is_student, is_teacher, component,
                           is_merged)
select t.course_id, t.context_id, t.enrol_id, min(t.person_id), t.user_id, bool_or(t.is_student), bool_or(t.is_teacher),
       t.component, t.is_merged
from (
  select p.course_id, p.context_id, p.enrol_id, p.person_id, u.user_id, p.is_student, p.is_teacher, p.component,
         p.is_merged
  from moodle_place p
  join matricula.moodle_user u on u.person_id = p.person_id
  union all
  select
    p.course_id, p.context_id, p.enrol_id, p.person_id, u.user_id,
    coalesce((select e.status = 'enrolled' from enrolment e
              where e.classroom_id = m.classroom_id and e.person_id = o.person_id and e.role = 'student'), false),
    coalesce((select e.status = 'enrolled' from enrolment e
              where e.classroom_id = m.classroom_id and e.person_id = o.person_id and e.role = 'teacher'), false)
      or coalesce((select k.status = 'enrolled' from teaching k
                   where k.classroom_id = m.classroom_id and k.person_id = o.person_id), false),
    p.component, p.is_merged
  from moodle_place p
  join matricula.moodle_user u on u.person_id = p.person_id
  join matricula.moodle_user o on o.user_id = u.user_id
  join matricula.moodle_classroom m on m.course_id = p.course_id
  where m.classroom_id <> p.classroom_id or o.person_id <> p.person_id
) as t
group by t.course_id, t.context_id, t.enrol_id, t.user_id, t.component, t.is_merged
having (select a.deleted from mdl_user a where a.id = t.user_id) <> 1
