-- SPDX-License-Identifier: Apache-2.0
with mapped as (
  insert into matricula.moodle_user as m (person_id, user_id, firstname, lastname, email, idnumber, adopted)
  select n.person_id, u.id, u.firstname, u.lastname, u.email, u.idnumber, u.id <> n.user_id
  from new_user n
  cross join moodle_site s
  join mdl_user u on u.mnethostid = s.host_id and u.username = n.username
  order by n.person_id
  on conflict (person_id) do update
  set user_id = excluded.user_id, firstname = excluded.firstname, lastname = excluded.lastname, email = excluded.email,
      idnumber = excluded.idnumber, adopted = excluded.adopted
  where m.user_id <> excluded.user_id and (select a.deleted from mdl_user a where a.id = m.user_id) is distinct from 0
)
insert into mdl_context (id, contextlevel, instanceid, path, depth)
select n.context_id, 30, n.user_id, s.system_path || '/' || n.context_id, 2
from new_user n
cross join moodle_site s
join mdl_user u on u.mnethostid = s.host_id and u.username = n.username and u.id = n.user_id
