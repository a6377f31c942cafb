-- SPDX-License-Identifier: Apache-2.0
-- As the steps 87, once more: somebody at work in Moodle does not see a batch's courses before it commits, and may have given
-- their names to his own meanwhile. After all that waits for others.
with checked as (
  select n.course_id,
         (select count(*) from mdl_course c
          where c.shortname = n.shortname and c.id <> n.course_id) > 0 as has_shortname,
         n.idnumber <> '' and (select count(*) from mdl_course c
                               where c.idnumber between n.idnumber and n.idnumber and c.id <> n.course_id) > 0
           as has_idnumber
  from new_course n
), taken as (
  select * from checked where has_shortname or has_idnumber
), noticed as (
  insert into matricula.moodle_notice (kind, ref, text)
  select 'shortname_taken', t.course_id, 'another course has the short name that this one was to have'
  from taken t
  where t.has_shortname
  union all
  select 'idnumber_taken', t.course_id, 'another course has the idnumber that this one was to have, which is left empty'
  from taken t
  where t.has_idnumber
), remembered as (
  update matricula.moodle_course m
  set shortname = m.shortname || case when t.has_shortname then ' ' || t.course_id else '' end,
      idnumber = case when t.has_idnumber then '' else m.idnumber end
  from taken t
  where m.course_id = t.course_id
)
update mdl_course c
set shortname = c.shortname || case when t.has_shortname then ' ' || t.course_id else '' end,
    idnumber = case when t.has_idnumber then '' else c.idnumber end
from taken t
where c.id = t.course_id
