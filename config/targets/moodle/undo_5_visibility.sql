-- SPDX-License-Identifier: Apache-2.0
-- The calendar does not hide or open again what it has done once. A new classroom may be both hidden and put back.
with wanted as (
  select t.ref, min((t.back ->> 'visible')::smallint) as visible, min((t.back ->> 'visibleold')::smallint) as visibleold,
         bool_or(t.effect = 'hide') as is_undone
  from moodle_undo t
  where t.kind = 'visibility'
  group by t.ref
), mapped as (
  update matricula.moodle_course m
  set season = 'undone'
  from wanted w
  where w.is_undone and m.course_id = w.ref
), changed as (
  insert into changed_categories select 'undone' from wanted
)
update mdl_course c
set visible = coalesce(w.visible, c.visible), visibleold = coalesce(w.visibleold, c.visibleold),
    timemodified = extract(epoch from now())
from wanted w
where c.id = w.ref
