-- SPDX-License-Identifier: Apache-2.0
-- What the next steps make of the classrooms' lists of teachers, for matricula undo.
insert into matricula.moodle_journal (kind, ref, person_id, was, wrote)
select 'teaching', n.classroom_id, n.person_id,
       case when t.status is not null then jsonb_build_object('status', t.status, 'substitutes', t.substitutes) end,
       jsonb_build_object('status', 'enrolled', 'substitutes', n.substitutes)
from newest_teaching n
left join teaching t on t.classroom_id = n.classroom_id and t.person_id = n.person_id
where t.status is distinct from 'enrolled' or t.substitutes is distinct from n.substitutes
union all
select 'teaching', t.classroom_id, t.person_id,
       jsonb_build_object('status', t.status, 'substitutes', t.substitutes),
       jsonb_build_object('status', 'withdrawn', 'substitutes', t.substitutes)
from newest_classroom n
join classroom c on c.key = n.classroom and c.revision = n.revision
join teaching t on t.classroom_id = c.classroom_id
where t.status = 'enrolled'
  and not exists (
    select from newest_teaching k
    where k.classroom_id = t.classroom_id and k.person_id = t.person_id
  )
