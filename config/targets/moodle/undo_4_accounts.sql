-- SPDX-License-Identifier: Apache-2.0
with mapped as (
  update matricula.moodle_user m
  set firstname = coalesce(t.back ->> 'firstname', m.firstname), lastname = coalesce(t.back ->> 'lastname', m.lastname),
      email = coalesce(t.back ->> 'email', m.email), idnumber = coalesce(t.back ->> 'idnumber', m.idnumber)
  from moodle_undo t
  where t.kind = 'account' and t.back is not null and m.person_id = t.ref
)
update mdl_user u
set firstname = case when u.firstname = t.wrote ->> 'firstname' then coalesce(t.back ->> 'firstname', u.firstname)
                     else u.firstname end,
    lastname = case when u.lastname = t.wrote ->> 'lastname' then coalesce(t.back ->> 'lastname', u.lastname)
                    else u.lastname end,
    email = case when u.email = t.wrote ->> 'email' then coalesce(t.back ->> 'email', u.email) else u.email end,
    idnumber = case when u.idnumber = t.wrote ->> 'idnumber' then coalesce(t.back ->> 'idnumber', u.idnumber)
                    else u.idnumber end,
    timemodified = extract(epoch from now())
from moodle_undo t
join matricula.moodle_user m on m.person_id = t.ref
where t.kind = 'account' and t.back is not null and u.id = m.user_id and u.deleted <> 1
