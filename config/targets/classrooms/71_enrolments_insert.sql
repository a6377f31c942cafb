-- SPDX-License-Identifier: Apache-2.0
with inserted as (
  insert into enrolment (classroom_id, person_id, role, status, since, key_hash, content_hash, revision)
  select classroom_id, person_id, role, status, since, key_hash, content_hash, revision
  from news
  where held is null
  returning classroom_id, status
)
insert into effect (classroom, effect, records)
select c.key, i.effect, i.records
from (
  select classroom_id, case status when 'enrolled' then 'created' else 'withdrawn' end as effect, count(*) as records
  from inserted
  group by classroom_id, status
) as i
join classroom c using (classroom_id)
