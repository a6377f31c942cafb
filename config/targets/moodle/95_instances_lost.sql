-- SPDX-License-Identifier: Apache-2.0
-- A course whose enrol instance somebody has deleted in Moodle, and with it all enrolments: they are not made again, and somebody
-- is to hear of it. `95_places` passes over it.
insert into matricula.moodle_notice (kind, ref, text)
select 'instance_deleted', c.course_id,
       'somebody has deleted the enrol instance of this course, and with it all of our enrolments, which are not made again'
from (select distinct classroom_id from news) as n
join matricula.moodle_classroom m on m.classroom_id = n.classroom_id
join matricula.moodle_course c on c.course_id = m.course_id
join mdl_course k on k.id = c.course_id
where not exists (select from mdl_enrol i where i.id = c.enrol_id)
  and not exists (select from matricula.moodle_notice o where o.kind = 'instance_deleted' and o.ref = c.course_id)
group by c.course_id
