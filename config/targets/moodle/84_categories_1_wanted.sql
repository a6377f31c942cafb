-- SPDX-License-Identifier: Apache-2.0
-- The categories above the classrooms that have no course yet.
insert into wanted_category (key, parent, depth, name, year, revision)
select distinct on (l.key) l.key, l.parent, l.depth, l.name, n.year, n.revision
from named_classroom n
cross join moodle_site s
cross join lateral matricula.moodle_levels(s.categories, n.year, n.centre_code, n.centre_name, n.course_code,
                                           n.course_name) as l
where not exists (select from matricula.moodle_course m where m.key = n.course_key)
  and not exists (
    select from matricula.moodle_category m
    join mdl_course_categories c on c.id = m.category_id
    where m.key = l.key
  )
order by l.key, matricula.moodle_naming_year(n.year) desc, n.revision desc
