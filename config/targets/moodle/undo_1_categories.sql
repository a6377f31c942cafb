-- SPDX-License-Identifier: Apache-2.0
-- Here and in the next, a field that somebody has changed since moodle_undo looked at it is his, and stays; so does what a
-- batch has written meanwhile, in both tables.
with mapped as (
  update matricula.moodle_category m
  set name = t.back ->> 'name', year = coalesce(t.back ->> 'year', m.year),
      revision = coalesce((t.back ->> 'revision')::bigint, m.revision)
  from moodle_undo t
  where t.kind = 'category' and m.category_id = t.ref and m.name = t.wrote ->> 'name'
), changed as (
  insert into changed_categories select 'undone' from moodle_undo t where t.kind = 'category'
)
update mdl_course_categories c
set name = t.back ->> 'name', timemodified = extract(epoch from now())
from moodle_undo t
where t.kind = 'category' and c.id = t.ref and c.name = t.wrote ->> 'name'
