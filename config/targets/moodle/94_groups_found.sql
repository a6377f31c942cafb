-- SPDX-License-Identifier: Apache-2.0
-- A group that somebody has deleted in Moodle, and for which there is another one with its idnumber in that course by
-- now: that is taken on, and all pupils of its classrooms come into it. How it is called is somebody's affair, unless it
-- is called as the one before.
with lost as materialized (
  select g.course_id, g.group_id, g.moodle_group_id, n.idnumber
  from (select distinct course_key, group_id, left(group_code, 100) as idnumber from named_classroom) as n
  join matricula.moodle_course c on c.key = n.course_key
  join matricula.moodle_group g on g.course_id = c.course_id and g.group_id = n.group_id
  where n.idnumber <> '' and (select count(*) from mdl_groups o where o.id = g.moodle_group_id) = 0
), found as materialized (
  select l.course_id, l.group_id, l.moodle_group_id, v.new_id
  from lost l
  cross join lateral (
    select (select (array_agg(o.id order by o.id))[1] from mdl_groups o
            where o.courseid = l.course_id and o.idnumber = l.idnumber
              and (select count(*) from matricula.moodle_group x where x.moodle_group_id = o.id) = 0) as new_id
  ) as v
  where v.new_id is not null
), mapped as (
  update matricula.moodle_group g
  set moodle_group_id = f.new_id
  from found f
  where g.course_id = f.course_id and g.group_id = f.group_id and g.moodle_group_id = f.moodle_group_id
), placed as (
  update matricula.moodle_classroom m
  set moodle_group_id = f.new_id
  from found f
  where m.course_id = f.course_id and m.moodle_group_id = f.moodle_group_id
  returning m.classroom_id
), told as (
  delete from matricula.moodle_notice n
  using found f
  where n.kind = 'group_deleted' and n.ref = f.moodle_group_id
), joining as (
  insert into moodle_released (classroom_id, person_id)
  select e.classroom_id, e.person_id
  from placed p
  join enrolment e on e.classroom_id = p.classroom_id
  where e.role = 'student' and e.status = 'enrolled'
)
insert into matricula.moodle_change (kind, ref, at)
select 'groups', f.course_id, now() from (select distinct course_id from found) as f order by f.course_id
on conflict (kind, ref) do update set at = excluded.at
