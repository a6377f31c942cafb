-- SPDX-License-Identifier: Apache-2.0
-- Who is at work in a course and is to leave it, unless that has been decided, or is to be. On a day of the calendar's
-- blackout nobody leaves; matricula calendar has them judged when it is over.
insert into moodle_leaver (enrol_id, user_id, person_id, course_id, centre_code, state)
select m.enrol_id, m.user_id, m.person_id, m.course_id, split_part(c.key, '/', 2),
       case when (select matricula.moodle_is_blackout()) then 'blackout' else 'done' end
from moodle_member m
cross join moodle_site s
join matricula.moodle_course c on c.course_id = m.course_id
where not m.is_student and not m.is_teacher and s.withdraw <> 'keep'
  and (select e.status from mdl_user_enrolments e where e.enrolid = m.enrol_id and e.userid = m.user_id)
      between 0 and case s.withdraw when 'unenrol' then 1 else 0 end
  and coalesce((select w.state from matricula.moodle_withdrawal w
                where w.enrol_id = m.enrol_id and w.user_id = m.user_id), 'done') = 'done'
