-- SPDX-License-Identifier: Apache-2.0
update teaching t
set substitutes = n.substitutes, status = 'enrolled'
from newest_teaching n
where t.classroom_id = n.classroom_id and t.person_id = n.person_id
  and (t.status <> 'enrolled' or t.substitutes is distinct from n.substitutes)
