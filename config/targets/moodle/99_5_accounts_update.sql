-- SPDX-License-Identifier: Apache-2.0
-- Names and addresses that ITACA has changed, and those of an account that was taken on just now. A field that differs
-- from what was last written is somebody's own, and stays; so does one of which ITACA says nothing.
with newer as (
  select m.user_id, m.person_id, m.firstname as written_firstname, m.lastname as written_lastname,
         m.email as written_email, m.idnumber as written_idnumber, v.firstname, v.lastname, v.email, w.idnumber
  from newest_person n
  join person p on p.code = n.code
  join matricula.moodle_user m on m.person_id = p.person_id
  join wanted_profile w on w.person_id = p.person_id
  cross join lateral (
    select coalesce(nullif(w.firstname, ''), m.firstname) as firstname,
           coalesce(nullif(w.lastname, ''), m.lastname) as lastname,
           case when coalesce(p.email, '') = '' then coalesce(nullif(m.email, ''), w.email) else w.email end as email
  ) as v
  where (m.firstname, m.lastname, m.email, m.idnumber) is distinct from (v.firstname, v.lastname, v.email, w.idnumber)
  order by m.user_id
), remembered as (
  update matricula.moodle_user m
  set firstname = n.firstname, lastname = n.lastname, email = n.email, idnumber = n.idnumber
  from newer n
  where m.person_id = n.person_id
    and ((m.firstname, m.lastname, m.email, m.idnumber)
           = (n.written_firstname, n.written_lastname, n.written_email, n.written_idnumber)
      or matricula.moodle_try_again('another session has named an account meanwhile') is null)
), journaled as (
  insert into matricula.moodle_journal (kind, ref, was, wrote)
  select 'account', n.person_id,
         jsonb_build_object('firstname', n.written_firstname, 'lastname', n.written_lastname, 'email', n.written_email,
                            'idnumber', n.written_idnumber),
         jsonb_build_object('firstname', n.firstname, 'lastname', n.lastname, 'email', n.email, 'idnumber', n.idnumber)
  from newer n
)
update mdl_user u
set firstname = case when u.firstname = n.written_firstname then n.firstname else u.firstname end,
    lastname = case when u.lastname = n.written_lastname then n.lastname else u.lastname end,
    email = case when u.email = n.written_email then n.email else u.email end,
    idnumber = case when u.idnumber = n.written_idnumber then n.idnumber else u.idnumber end,
    timemodified = extract(epoch from now())
from newer n
where u.id = n.user_id and u.deleted <> 1  -- so written, no plan begins with the index of all that are 0
  and (u.firstname = n.written_firstname and u.firstname <> n.firstname
       or u.lastname = n.written_lastname and u.lastname <> n.lastname
       or u.email = n.written_email and u.email <> n.email
       or u.idnumber = n.written_idnumber and u.idnumber <> n.idnumber)
