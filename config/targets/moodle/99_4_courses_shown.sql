-- SPDX-License-Identifier: Apache-2.0
-- A classroom that an undo has hidden, and into which a record brings a pupil after all, is as a new one: in a hidden
-- category it shows when that does.
with named as materialized (
  select distinct m.course_id, m.season, n.year
  from named_classroom n
  join matricula.moodle_course m on m.key = n.course_key
), back as (
  select n.course_id, v.season, (s.is_visible and v.season = 'open')::integer as visible
  from named n
  cross join moodle_site s
  cross join lateral (
    select case when s.is_visible then matricula.moodle_season(n.year::integer) else 'open' end as season
  ) as v
  where n.season = 'undone'
    and (select count(*) from moodle_place p where p.course_id = n.course_id and p.is_student) > 0
), remembered as (
  update matricula.moodle_course m
  set season = b.season
  from back b
  where m.course_id = b.course_id
), changed as (
  insert into changed_categories select 'shown' from back
)
update mdl_course c
set visible = least(b.visible, (select k.visible from mdl_course_categories k where k.id = c.category)),
    visibleold = b.visible, timemodified = extract(epoch from now())
from back b
where c.id = b.course_id and c.visible = 0 and c.visibleold = 0
