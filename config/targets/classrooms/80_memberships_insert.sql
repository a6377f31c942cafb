-- SPDX-License-Identifier: Apache-2.0
insert into membership (group_id, person_id, status)
select distinct n.group_id, n.person_id, 'enrolled'
from news n
where n.role = 'student' and n.status = 'enrolled'
  and not exists (
    select from membership m
    where m.group_id = n.group_id and m.person_id = n.person_id
  )
order by n.group_id, n.person_id
