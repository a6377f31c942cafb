-- SPDX-License-Identifier: Apache-2.0
-- In which courses somebody has come, gone or changed his role or his group. Those that the batch has made, nobody has looked at.
insert into matricula.moodle_change (kind, ref, at)
select 'people', p.course_id, now()
from (
  select (select m.course_id from moodle_member m where m.enrol_id = c.enrol_id limit 1) as course_id
  from (select distinct enrol_id from changed_people) as c
) as p
where not exists (select from new_course n where n.course_id = p.course_id)
order by p.course_id
on conflict (kind, ref) do update set at = excluded.at
