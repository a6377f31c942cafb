-- SPDX-License-Identifier: Apache-2.0
with noted as (
  insert into matricula.moodle_withdrawal (enrol_id, user_id, person_id, course_id, centre_code, at, state)
  select l.enrol_id, l.user_id, l.person_id, l.course_id, l.centre_code, (select clock_timestamp()), l.state
  from moodle_leaver l
  where l.state <> 'moved'
  order by l.enrol_id, l.user_id
  on conflict (enrol_id, user_id) do update set at = excluded.at, state = excluded.state
  returning course_id, state
)
insert into effect (classroom, effect, records)
select c.key, 'held', count(*)
from noted n
join matricula.moodle_course c on c.course_id = n.course_id
where n.state = 'held'
group by c.key
