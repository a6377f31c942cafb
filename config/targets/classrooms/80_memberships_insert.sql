-- SPDX-License-Identifier: Apache-2.0
insert into membership (group_id, person_id, status)
select n.group_id, n.person_id, 'enrolled'
from (select distinct group_id, person_id from news where role = 'student' and status = 'enrolled') as n
where not exists (
  select from membership m
  where m.group_id = n.group_id and m.person_id = n.person_id
)
order by n.group_id, n.person_id
on conflict do nothing
