-- SPDX-License-Identifier: Apache-2.0
insert into new_group (course_id, group_id, name, idnumber)
select distinct on (c.course_id, n.group_id) c.course_id, n.group_id, n.group_name, left(n.group_code, 100)
from named_classroom n
join matricula.moodle_course c on c.key = n.course_key
join mdl_course k on k.id = c.course_id
where not exists (
  select from matricula.moodle_group g
  where g.course_id = c.course_id and g.group_id = n.group_id
)
order by c.course_id, n.group_id, n.revision desc
