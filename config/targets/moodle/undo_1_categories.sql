-- SPDX-License-Identifier: Apache-2.0
with mapped as (
  update matricula.moodle_category m
  set name = t.back ->> 'name'
  from moodle_undo t
  where t.kind = 'category' and m.category_id = t.ref
), changed as (
  insert into changed_categories select 'undone' from moodle_undo t where t.kind = 'category'
)
update mdl_course_categories c
set name = t.back ->> 'name', timemodified = extract(epoch from now())
from moodle_undo t
where t.kind = 'category' and c.id = t.ref
