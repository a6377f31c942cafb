-- SPDX-License-Identifier: Apache-2.0
-- The calendar does not hide or open again what it has done once. A new classroom may be both hidden and put back: it is
-- hidden, whatever it was. What is in a category that somebody has hidden since shows with it.
with wanted as (
  select t.ref, min((t.back ->> 'visible')::smallint) as visible, min((t.back ->> 'visibleold')::smallint) as visibleold,
         min((t.wrote ->> 'visible')::smallint) as wrote_visible,
         min((t.wrote ->> 'visibleold')::smallint) as wrote_visibleold, bool_or(t.effect = 'hide') as is_undone
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
set visible = least(coalesce(w.visible, c.visible), (select k.visible from mdl_course_categories k where k.id = c.category)),
    visibleold = coalesce(w.visibleold, c.visibleold), timemodified = extract(epoch from now())
from wanted w
where c.id = w.ref
  and (w.is_undone or (w.visible is null or c.visible = w.wrote_visible)
                      and (w.visibleold is null or c.visibleold = w.wrote_visibleold))
