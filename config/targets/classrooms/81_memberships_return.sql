-- SPDX-License-Identifier: Apache-2.0
update membership m
set status = 'enrolled'
from (select distinct group_id, person_id from news where role = 'student' and status = 'enrolled') as n
where m.group_id = n.group_id and m.person_id = n.person_id and m.status = 'withdrawn'
