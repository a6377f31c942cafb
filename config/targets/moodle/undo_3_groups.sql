-- SPDX-License-Identifier: Apache-2.0
with mapped as (
  update matricula.moodle_group m
  set name = t.back ->> 'name'
  from moodle_undo t
  where t.kind = 'group' and m.moodle_group_id = t.ref and m.name = t.wrote ->> 'name'
  returning m.course_id
), changed as (
  insert into matricula.moodle_change (kind, ref, at)
  select distinct 'groups', course_id, now() from mapped order by course_id
  on conflict (kind, ref) do update set at = excluded.at
)
update mdl_groups g
set name = t.back ->> 'name', timemodified = extract(epoch from now())
from moodle_undo t
where t.kind = 'group' and g.id = t.ref and g.name = t.wrote ->> 'name'
