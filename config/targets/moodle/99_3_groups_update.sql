-- SPDX-License-Identifier: Apache-2.0
-- A group that ITACA calls otherwise now. Moodle keeps a course's groups in a cache: a new name, and a group added to a
-- course that has been looked at, shows when the cache goes.
with renamed as (
  select m.moodle_group_id, m.course_id, m.name as written, n.name
  from (select distinct group_id, group_name as name from named_classroom) as n
  join matricula.moodle_group m on m.group_id = n.group_id
  where m.name <> n.name
), remembered as (
  update matricula.moodle_group m
  set name = r.name
  from renamed r
  where m.moodle_group_id = r.moodle_group_id
    and (m.name = r.written or matricula.moodle_try_again('another session has named a group meanwhile') is null)
), journaled as (
  insert into matricula.moodle_journal (kind, ref, was, wrote)
  select 'group', r.moodle_group_id, jsonb_build_object('name', r.written), jsonb_build_object('name', r.name)
  from renamed r
), changed as (
  insert into matricula.moodle_change (kind, ref, at)
  select 'groups', g.course_id, now()
  from (
    select course_id from renamed
    union
    select n.course_id from new_group n where not exists (select from new_course c where c.course_id = n.course_id)
  ) as g
  order by g.course_id
  on conflict (kind, ref) do update set at = excluded.at
)
update mdl_groups g
set name = r.name, timemodified = extract(epoch from now())
from renamed r
where g.id = r.moodle_group_id and g.name = r.written
