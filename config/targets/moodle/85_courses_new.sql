-- SPDX-License-Identifier: Apache-2.0
-- A course for each classroom that has none; where groups are merged, for all groups of a subject together.
insert into new_course (key, category_id, category_path, category_depth, year, fullname, shortname, idnumber, place)
select n.course_key, k.category_id, x.path, x.depth, n.year, n.fullname, n.shortname, n.idnumber,
       row_number() over (partition by k.category_id order by n.course_key)
from (
  select distinct on (n.course_key collate "C") n.*
  from named_classroom n
  where not exists (select from matricula.moodle_course m where m.key = n.course_key)
  order by n.course_key collate "C", n.revision desc
) as n
cross join moodle_site s
cross join lateral matricula.moodle_levels(s.categories, n.year, n.centre_code, n.centre_name, n.course_code,
                                           n.course_name) as l
join matricula.moodle_category k on k.key = l.key
left join lateral (
  select c.path, c.depth from mdl_context c where c.contextlevel = 40 and c.instanceid = k.category_id limit 1
) as x on true
where l.depth = cardinality(s.categories)
