-- SPDX-License-Identifier: Apache-2.0
-- A group that somebody has deleted in Moodle, its course not: it is not made again, nobody can come into it, and somebody
-- is to hear of it.
insert into matricula.moodle_notice (kind, ref, text)
select 'group_deleted', m.moodle_group_id,
       'somebody has deleted this group of course ' || m.course_id
         || ', which is not made again; one with its idnumber is taken on'
from (select distinct classroom_id from news) as n
join matricula.moodle_classroom m on m.classroom_id = n.classroom_id
join mdl_course k on k.id = m.course_id
where (select count(*) from mdl_groups g where g.id = m.moodle_group_id) = 0
  and not exists (select from matricula.moodle_notice o where o.kind = 'group_deleted' and o.ref = m.moodle_group_id)
group by m.moodle_group_id, m.course_id
