-- SPDX-License-Identifier: Apache-2.0
update membership m
set status = 'withdrawn'
from (select distinct group_id, person_id from news where role = 'student' and status = 'withdrawn') as n
where m.group_id = n.group_id and m.person_id = n.person_id and m.status = 'enrolled'
  and not exists (
    select from enrolment e
    join classroom c using (classroom_id)
    where e.person_id = m.person_id and c.group_id = m.group_id and e.role = 'student' and e.status = 'enrolled'
  )
