-- SPDX-License-Identifier: Apache-2.0
-- Moodle keeps a course's groups in a cache: one added to a course that has been looked at shows when the cache goes.
with made as (
  insert into mdl_groups (id, courseid, idnumber, name, timecreated, timemodified)
  select n.moodle_group_id, n.course_id, n.idnumber, n.name, extract(epoch from now()), extract(epoch from now())
  from new_group n
), changed as (
  insert into matricula.moodle_change (kind, ref, at)
  select distinct 'groups', n.course_id, now()
  from new_group n
  where not exists (select from new_course c where c.course_id = n.course_id)
  order by n.course_id
  on conflict (kind, ref) do update set at = excluded.at
)
insert into matricula.moodle_group (course_id, group_id, moodle_group_id, name)
select course_id, group_id, moodle_group_id, name from new_group
