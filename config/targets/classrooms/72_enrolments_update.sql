-- SPDX-License-Identifier: Apache-2.0
-- Another session may have brought a newer revision since news were found, where a record has changed its lane. Only an
-- undo goes back.
with updated as (
  update enrolment e
  set status = n.status, since = n.since, content_hash = n.content_hash, revision = n.revision
  from news n
  where n.held is not null
    and e.classroom_id = n.classroom_id and e.person_id = n.person_id and e.role = n.role
    and (e.revision < n.revision or current_setting('matricula.undo', true) = 'do')
  returning e.classroom_id, case when n.status = 'withdrawn' and n.held = 'enrolled' then 'withdrawn'
                                 else 'changed' end as effect
)
insert into effect (classroom, effect, records)
select c.key, u.effect, u.records
from (select classroom_id, effect, count(*) as records from updated group by classroom_id, effect) as u
join classroom c using (classroom_id)
