-- SPDX-License-Identifier: Apache-2.0
insert into teaching (classroom_id, person_id, substitutes, status)
select n.classroom_id, n.person_id, n.substitutes, 'enrolled'
from newest_teaching n
where not exists (
  select from teaching t
  where t.classroom_id = n.classroom_id and t.person_id = n.person_id
)
order by n.classroom_id, n.person_id
