-- SPDX-License-Identifier: Apache-2.0
-- Moodle gives no idnumber to two courses. One that somebody's course has already, or that the template repeats, is left
-- empty.
with taken as (
  update new_course n
  set idnumber = ''
  where n.idnumber <> ''
    and ((select count(*) from mdl_course c where c.idnumber between n.idnumber and n.idnumber) > 0
      or (select count(*) from new_course o where o.idnumber = n.idnumber and o.course_id < n.course_id) > 0)
  returning n.course_id
)
insert into matricula.moodle_notice (kind, ref, text)
select 'idnumber_taken', t.course_id, 'another course has the idnumber that this one was to have, which is left empty'
from taken t
