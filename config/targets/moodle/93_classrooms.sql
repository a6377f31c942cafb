-- SPDX-License-Identifier: Apache-2.0
insert into matricula.moodle_classroom (classroom_id, course_id, moodle_group_id)
select n.classroom_id, c.course_id, g.moodle_group_id
from named_classroom n
join matricula.moodle_course c on c.key = n.course_key
join matricula.moodle_group g on g.course_id = c.course_id and g.group_id = n.group_id
where not exists (select from matricula.moodle_classroom m where m.classroom_id = n.classroom_id)
