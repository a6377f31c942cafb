-- SPDX-License-Identifier: Apache-2.0
update teaching t
set status = 'withdrawn'
from newest_classroom n
join classroom c on c.key = n.classroom and c.revision = n.revision
where t.classroom_id = c.classroom_id and t.status = 'enrolled'
  and not exists (
    select from newest_teaching k
    where k.classroom_id = t.classroom_id and k.person_id = t.person_id
  )
