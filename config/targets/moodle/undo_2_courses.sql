-- SPDX-License-Identifier: Apache-2.0
with mapped as (
  update matricula.moodle_course m
  set fullname = coalesce(t.back ->> 'fullname', m.fullname), idnumber = coalesce(t.back ->> 'idnumber', m.idnumber)
  from moodle_undo t
  where t.kind = 'course' and m.course_id = t.ref
), changed as (
  insert into matricula.moodle_change (kind, ref, at)
  select 'course', t.ref, now() from moodle_undo t where t.kind = 'course' order by t.ref
  on conflict (kind, ref) do update set at = excluded.at
)
update mdl_course c
set fullname = coalesce(t.back ->> 'fullname', c.fullname), idnumber = coalesce(t.back ->> 'idnumber', c.idnumber),
    timemodified = extract(epoch from now())
from moodle_undo t
where t.kind = 'course' and c.id = t.ref
