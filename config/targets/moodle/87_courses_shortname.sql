-- SPDX-License-Identifier: Apache-2.0
-- A short name that somebody's course has already gets the new course's number; so do those that the template repeats.
with taken as (
  update new_course n
  set shortname = n.shortname || ' ' || n.course_id
  where (select count(*) from mdl_course c where c.shortname = n.shortname) > 0
     or (select min(o.course_id) from new_course o where o.shortname = n.shortname) < n.course_id
  returning n.course_id
)
insert into matricula.moodle_notice (kind, ref, text)
select 'shortname_taken', t.course_id, 'another course has the short name that this one was to have'
from taken t
