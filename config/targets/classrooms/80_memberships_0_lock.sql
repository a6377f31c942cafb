-- SPDX-License-Identifier: Apache-2.0
-- Whether a person stays in a group hangs on all enrolments there, of which another session may be changing others: it goes
-- first, or waits, and whoever comes second sees what the first has done. A change of anything else leaves it alone.
select count(*)
from (
  select m.person_id
  from (select distinct group_id, person_id from news where role = 'student' and status is distinct from held) as n
  join membership m on m.group_id = n.group_id and m.person_id = n.person_id
  order by m.group_id, m.person_id
  for no key update of m
) as locked
