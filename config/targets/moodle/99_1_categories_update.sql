-- SPDX-License-Identifier: Apache-2.0
-- A centre or a level that ITACA calls otherwise now. All years have it in common, and the newest says how it is called.
-- Here and in the next, what another session has written meanwhile, as an undo may, has the batch made anew: else what was last
-- written would be other than what Moodle holds.
with newest as (
  select distinct on (m.key) m.key, m.category_id, l.name, n.year, n.revision,
         m.name as written, m.year as written_year, m.revision as written_revision
  from (
    select year, centre_code, centre_name, course_code, course_name, max(revision) as revision
    from named_classroom
    where is_newest
    group by year, centre_code, centre_name, course_code, course_name
  ) as n
  cross join moodle_site s
  cross join lateral matricula.moodle_levels(s.categories, n.year, n.centre_code, n.centre_name, n.course_code,
                                             n.course_name) as l
  cross join lateral (select matricula.moodle_naming_year(n.year) as naming_year) as v
  join matricula.moodle_category m on m.key = l.key
  where (matricula.moodle_naming_year(m.year), m.revision) < (v.naming_year, n.revision)
  order by m.key, v.naming_year desc, n.revision desc
), remembered as (
  update matricula.moodle_category m
  set name = n.name, year = n.year, revision = n.revision
  from newest n
  where m.key = n.key and (n.written <> n.name or n.written_year < n.year)
    and ((m.name, m.year, m.revision) = (n.written, n.written_year, n.written_revision)
      or n.written <> n.name and matricula.moodle_try_again('another session has named a category meanwhile') is null)
), renamed as (
  select * from newest n where n.written <> n.name
), journaled as (
  insert into matricula.moodle_journal (kind, ref, was, wrote)
  select 'category', r.category_id,
         jsonb_build_object('name', r.written, 'year', r.written_year, 'revision', r.written_revision),
         jsonb_build_object('name', r.name, 'year', r.year, 'revision', r.revision)
  from renamed r
), changed as (
  insert into changed_categories select 'renamed' from renamed
)
update mdl_course_categories c
set name = r.name, timemodified = extract(epoch from now())
from renamed r
where c.id = r.category_id and c.name = r.written
