-- SPDX-License-Identifier: Apache-2.0
with made as (
  insert into mdl_groups (id, courseid, idnumber, name, descriptionformat, timecreated, timemodified)
  select n.moodle_group_id, n.course_id, n.idnumber, n.name, 1, extract(epoch from now()), extract(epoch from now())
  from new_group n
)
insert into matricula.moodle_group (course_id, group_id, moodle_group_id, name)
select course_id, group_id, moodle_group_id, name from new_group
