-- SPDX-License-Identifier: Apache-2.0
with older as (
  select p.person_id, n.*
  from newest_person n
  join person p on p.code = n.code
  where p.revision < n.revision
  order by n.code
  for no key update of p
)
update person p
set name = n.name, surname1 = n.surname1, surname2 = n.surname2, email = n.email, born = n.born,
    revision = n.revision
from older n
where p.person_id = n.person_id
