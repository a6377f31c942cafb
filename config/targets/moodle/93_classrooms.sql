-- SPDX-License-Identifier: Apache-2.0
-- A classroom of a merged course that was deleted as somebody had approved has no group there, and is not missing for verify.
insert into matricula.moodle_classroom (classroom_id, course_id, moodle_group_id)
select n.classroom_id, c.course_id, coalesce(g.moodle_group_id, 0)
from named_classroom n
join matricula.moodle_course c on c.key = n.course_key
left join matricula.moodle_group g on g.course_id = c.course_id and g.group_id = n.group_id
where (g.moodle_group_id is not null or c.season = 'deleting')
  and not exists (select from matricula.moodle_classroom m where m.classroom_id = n.classroom_id)
