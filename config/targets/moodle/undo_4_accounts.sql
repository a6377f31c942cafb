-- SPDX-License-Identifier: Apache-2.0
with mapped as (
  update matricula.moodle_user m
  set firstname = coalesce(t.back ->> 'firstname', m.firstname), lastname = coalesce(t.back ->> 'lastname', m.lastname),
      email = coalesce(t.back ->> 'email', m.email), idnumber = coalesce(t.back ->> 'idnumber', m.idnumber)
  from moodle_undo t
  where t.kind = 'account' and t.back is not null and m.person_id = t.ref
)
update mdl_user u
set firstname = coalesce(t.back ->> 'firstname', u.firstname), lastname = coalesce(t.back ->> 'lastname', u.lastname),
    email = coalesce(t.back ->> 'email', u.email), idnumber = coalesce(t.back ->> 'idnumber', u.idnumber),
    timemodified = extract(epoch from now())
from moodle_undo t
join matricula.moodle_user m on m.person_id = t.ref
where t.kind = 'account' and t.back is not null and u.id = m.user_id
