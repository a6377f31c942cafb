-- SPDX-License-Identifier: Apache-2.0
-- Moodle gives no idnumber to two groups of a course, but two may have one name. What somebody has made there by hand is his.
with taken as (
  select n.moodle_group_id, n.course_id,
         n.idnumber <> '' and (select count(*) from mdl_groups g
                               where g.courseid = n.course_id and g.idnumber = n.idnumber) > 0 as has_idnumber,
         (select count(*) from mdl_groups g where g.courseid = n.course_id and g.name = n.name) > 0 as has_name
  from new_group n
), emptied as (
  update new_group n
  set idnumber = ''
  from taken t
  where t.has_idnumber and n.moodle_group_id = t.moodle_group_id
)
insert into matricula.moodle_notice (kind, ref, text)
select 'group_idnumber_taken', t.moodle_group_id,
       'another group of course ' || t.course_id || ' has the idnumber that this one was to have, which is left empty'
from taken t
where t.has_idnumber
union all
select 'group_name_taken', t.moodle_group_id, 'another group of course ' || t.course_id || ' has the same name'
from taken t
where t.has_name
