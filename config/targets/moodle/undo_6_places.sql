-- SPDX-License-Identifier: Apache-2.0
-- Records as they were, for the steps to go by; but their content counts as unknown, so that it may come again. A place
-- in a list of teachers, which is put back here, goes with them as a record that no enrolment has.
with taught as (
  update teaching k
  set status = case t.effect when 'return' then 'enrolled' when 'forget' then k.status else 'withdrawn' end,
      substitutes = case when t.back ? 'substitutes' then t.back ->> 'substitutes' else k.substitutes end
  from moodle_undo t
  where t.kind = 'teaching' and k.classroom_id = t.ref and k.person_id = t.person_id
)
insert into news (classroom_id, group_id, person_id, role, status, since, key_hash, content_hash, revision, held)
select e.classroom_id, r.group_id, e.person_id, e.role, coalesce(t.back ->> 'status', 'withdrawn'),
       coalesce((t.back ->> 'since')::date, e.since), e.key_hash, 0, coalesce((t.back ->> 'revision')::bigint, 0),
       e.status
from moodle_undo t
join enrolment e on e.classroom_id = t.ref and e.person_id = t.person_id and e.role = t.kind
join classroom r on r.classroom_id = e.classroom_id
where t.kind in ('student', 'teacher')
union all
select t.ref, r.group_id, t.person_id, t.kind, 'withdrawn', current_date, 0, 0, 0, 'withdrawn'
from moodle_undo t
join classroom r on r.classroom_id = t.ref
where t.kind = 'teaching'
order by 1, 3
