-- SPDX-License-Identifier: Apache-2.0
with mapped as (
  insert into matricula.moodle_user (person_id, user_id, firstname, lastname, email, idnumber, adopted)
  select n.person_id, u.id, u.firstname, u.lastname, u.email, u.idnumber, u.id <> n.user_id
  from new_user n
  cross join moodle_site s
  join mdl_user u on u.mnethostid = s.host_id and u.username = n.username
  order by n.person_id
  on conflict (person_id) do nothing
)
insert into mdl_context (id, contextlevel, instanceid, path, depth)
select n.context_id, 30, n.user_id, s.system_path || '/' || n.context_id, 2
from new_user n
cross join moodle_site s
join mdl_user u on u.mnethostid = s.host_id and u.username = n.username and u.id = n.user_id
