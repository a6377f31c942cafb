-- SPDX-License-Identifier: Apache-2.0
with mapped as (
  update matricula.moodle_user m
  set firstname = matricula.moodle_undone(m.firstname, t.wrote ->> 'firstname', t.back ->> 'firstname'),
      lastname = matricula.moodle_undone(m.lastname, t.wrote ->> 'lastname', t.back ->> 'lastname'),
      email = matricula.moodle_undone(m.email, t.wrote ->> 'email', t.back ->> 'email'),
      idnumber = matricula.moodle_undone(m.idnumber, t.wrote ->> 'idnumber', t.back ->> 'idnumber')
  from moodle_undo t
  where t.kind = 'account' and t.back is not null and m.person_id = t.ref
)
update mdl_user u
set firstname = matricula.moodle_undone(u.firstname, t.wrote ->> 'firstname', t.back ->> 'firstname'),
    lastname = matricula.moodle_undone(u.lastname, t.wrote ->> 'lastname', t.back ->> 'lastname'),
    email = matricula.moodle_undone(u.email, t.wrote ->> 'email', t.back ->> 'email'),
    idnumber = matricula.moodle_undone(u.idnumber, t.wrote ->> 'idnumber', t.back ->> 'idnumber'),
    timemodified = extract(epoch from now())
from moodle_undo t
join matricula.moodle_user m on m.person_id = t.ref
where t.kind = 'account' and t.back is not null and u.id = m.user_id and u.deleted <> 1
