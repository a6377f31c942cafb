-- SPDX-License-Identifier: Apache-2.0
-- Who is at work in a course and is to leave it, unless that has been decided, or is to be. On a day of the calendar's
-- blackout nobody leaves, nor as long as the setting is `keep`; matricula calendar has them judged when that is over. Who
-- moves is not judged: this batch takes him into another course of the centre, or he has the same subject in another classroom
-- there. It does not help that he has other courses left, for a mistake comes classroom by classroom. Whom somebody has made
-- active again, after he had left and been suspended, stays.
insert into moodle_leaver (enrol_id, user_id, person_id, course_id, centre_code, state)
select m.enrol_id, m.user_id, m.person_id, m.course_id, split_part(c.key, '/', 2),
       case
         when s.withdraw = 'keep' then 'kept'
         when (select matricula.moodle_is_blackout()) then 'blackout'
         when (m.person_id, split_part(c.key, '/', 2)) in (
           select g.person_id, split_part(k.key, '/', 2)
           from moodle_member g
           join matricula.moodle_course k on k.course_id = g.course_id
           where (g.is_student or g.is_teacher)
             and (select e.status from mdl_user_enrolments e where e.enrolid = g.enrol_id and e.userid = g.user_id)
                 is distinct from 0
         ) then 'moved'
         when (
           select true
           from (
             select e.classroom_id from enrolment e where e.person_id = m.person_id and e.status = 'enrolled'
             union all
             select t.classroom_id from teaching t where t.person_id = m.person_id and t.status = 'enrolled'
           ) as o
           join classroom r on r.classroom_id = o.classroom_id
           where (split_part(r.key, '/', 1), split_part(r.key, '/', 2), split_part(r.key, '/', 4))
                 = (split_part(c.key, '/', 1), split_part(c.key, '/', 2), split_part(c.key, '/', 4))
           limit 1
         ) then 'moved'
         else 'done'
       end
from moodle_member m
cross join moodle_site s
join matricula.moodle_course c on c.course_id = m.course_id
where not m.is_student and not m.is_teacher
  and (select e.status from mdl_user_enrolments e where e.enrolid = m.enrol_id and e.userid = m.user_id)
      between 0 and case s.withdraw when 'unenrol' then 1 else 0 end
  and not (s.withdraw = 'suspend'
           and (select count(*) from matricula.moodle_suspended x
                where x.enrol_id = m.enrol_id and x.user_id = m.user_id) > 0)
  and coalesce((select w.state from matricula.moodle_withdrawal w
                where w.enrol_id = m.enrol_id and w.user_id = m.user_id), 'done')
      in ('done', case when s.withdraw <> 'keep' then 'kept' end)
