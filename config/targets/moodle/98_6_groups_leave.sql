-- SPDX-License-Identifier: Apache-2.0
-- Who has moved to another group of the course, or is no longer enrolled. Who is suspended keeps his place, until he
-- comes back to another group; and on a day of the calendar's blackout nobody loses one, but by an undo: he waits as those
-- who are to leave the course, see 97_withdrawals_1_leavers. Rows are taken in the order of their numbers, so that no two
-- batches wait for each other.
with mover as materialized (
  select m.*,
         m.is_student and (select matricula.moodle_is_blackout()) and (select count(*) from moodle_undo) = 0 as is_waiting
  from moodle_member m
  cross join moodle_site s
  where m.is_student and m.is_merged or not m.is_student and s.withdraw = 'unenrol' and not m.is_held
), place as materialized (
  select g.id, m.enrol_id, m.user_id, m.person_id, m.course_id, m.is_waiting
  from mover m
  join matricula.moodle_group t on t.course_id = m.course_id
  join mdl_groups_members g on g.userid = m.user_id and g.groupid = t.moodle_group_id
  where g.component = m.component and g.itemid = m.enrol_id
    and not exists (
      select
      from matricula.moodle_classroom c
      cross join matricula.moodle_user o
      join enrolment e on e.classroom_id = c.classroom_id and e.person_id = o.person_id
      where c.course_id = m.course_id and c.moodle_group_id = t.moodle_group_id and o.user_id = m.user_id
        and e.role = 'student' and e.status = 'enrolled'
    )
), noted as (
  insert into matricula.moodle_withdrawal (enrol_id, user_id, person_id, course_id, centre_code, at, state)
  select w.enrol_id, w.user_id, w.person_id, w.course_id, split_part(c.key, '/', 2), (select clock_timestamp()), 'blackout'
  from (select distinct enrol_id, user_id, person_id, course_id from place where is_waiting) as w
  join matricula.moodle_course c on c.course_id = w.course_id
  order by w.enrol_id, w.user_id
  on conflict (enrol_id, user_id) do update set at = excluded.at, state = excluded.state
), leaving as materialized (
  select g.id
  from place p
  join mdl_groups_members g on g.id = p.id
  where not p.is_waiting
  order by g.id
  for update of g
), gone as (
  delete from mdl_groups_members g
  using leaving l
  where g.id = l.id
  returning g.userid, g.itemid
), changed as (
  insert into changed_people select distinct itemid from gone
)
insert into matricula.moodle_change (kind, ref, at)
select 'members', g.userid, now()
from (select distinct userid from gone) as g
order by g.userid
on conflict (kind, ref) do update set at = excluded.at
