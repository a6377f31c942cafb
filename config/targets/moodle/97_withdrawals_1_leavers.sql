-- SPDX-License-Identifier: Apache-2.0
-- Who is at work in a course and is to leave it, unless that has been decided, or is to be. On a day of the calendar's
-- blackout nobody leaves, nor as long as the setting is `keep`; matricula calendar has them judged when that is over. Who
-- moves is not judged: this batch takes him into another course of the centre, or he has the same subject in another classroom
-- there. It does not help that he has other courses left, for a mistake comes classroom by classroom. Nor does it that he comes
-- into a course of that year which is no older than the window, where somebody has put something into the one that he leaves: a
-- source that writes the codes of groups or subjects anew takes everybody from there into empty ones. Whom somebody has made
-- active again, after he had left and been suspended, stays.
with coming as materialized (
  select g.person_id, split_part(k.key, '/', 2) as centre_code, split_part(k.key, '/', 1) as year,
         (select x.timecreated from mdl_course x where x.id = k.course_id)
           > extract(epoch from now() - s.withdraw_window) as is_new
  from moodle_member g
  cross join moodle_site s
  join matricula.moodle_course k on k.course_id = g.course_id
  where (g.is_student or g.is_teacher)
    and (select e.status from mdl_user_enrolments e where e.enrolid = g.enrol_id and e.userid = g.user_id)
        is distinct from 0
)
insert into moodle_leaver (enrol_id, user_id, person_id, course_id, centre_code, state)
select m.enrol_id, m.user_id, m.person_id, m.course_id, v.centre_code,
       case
         when s.withdraw = 'keep' then 'kept'
         when (select matricula.moodle_is_blackout()) then 'blackout'
         when (m.person_id, v.centre_code) in (select o.person_id, o.centre_code from coming o where not o.is_new) then 'moved'
         when (m.person_id, v.centre_code) in (select o.person_id, o.centre_code from coming o where o.is_new)
           and not ((m.person_id, v.centre_code, v.year)
                      in (select o.person_id, o.centre_code, o.year from coming o where o.is_new)
                    and (select count(*) from mdl_course_sections x where x.course = m.course_id and x.sequence <> '') > 0)
           then 'moved'
         when (
           select true
           from (
             select e.classroom_id from enrolment e where e.person_id = m.person_id and e.status = 'enrolled'
             union all
             select t.classroom_id from teaching t where t.person_id = m.person_id and t.status = 'enrolled'
           ) as o
           join classroom r on r.classroom_id = o.classroom_id
           where (split_part(r.key, '/', 1), split_part(r.key, '/', 2), split_part(r.key, '/', 4))
                 = (v.year, v.centre_code, split_part(c.key, '/', 4))
             and (coalesce((select x.timecreated
                            from matricula.moodle_classroom k
                            join mdl_course x on x.id = k.course_id
                            where k.classroom_id = o.classroom_id), 0)
                    <= extract(epoch from now() - s.withdraw_window)
                  or (select count(*) from mdl_course_sections x where x.course = m.course_id and x.sequence <> '') = 0)
           limit 1
         ) then 'moved'
         else 'done'
       end
from moodle_member m
cross join moodle_site s
join matricula.moodle_course c on c.course_id = m.course_id
cross join lateral (select split_part(c.key, '/', 1) as year, split_part(c.key, '/', 2) as centre_code) as v
where not m.is_student and not m.is_teacher
  and (select e.status from mdl_user_enrolments e where e.enrolid = m.enrol_id and e.userid = m.user_id)
      between 0 and case s.withdraw when 'unenrol' then 1 else 0 end
  and not (s.withdraw = 'suspend'
           and (select count(*) from matricula.moodle_suspended x
                where x.enrol_id = m.enrol_id and x.user_id = m.user_id) > 0)
  and coalesce((select w.state from matricula.moodle_withdrawal w
                where w.enrol_id = m.enrol_id and w.user_id = m.user_id), 'done')
      in ('done', case when s.withdraw <> 'keep' then 'kept' end)
