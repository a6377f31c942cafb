-- SPDX-License-Identifier: Apache-2.0
-- A record mentions its own person and the classroom's teachers; most records of a classroom list the same teachers. A list
-- that gives no more than somebody's id says nothing of him: it has him made, of no revision, and is older than all others.
insert into newest_person
select distinct on (code collate "C") code, revision, name, surname1, surname2, email, born
from (
  select person_id as code, revision, person_name as name, person_surname1 as surname1, person_surname2 as surname2,
         person_email as email, case role when 'student' then person_born end as born
  from batch
  union all
  select t.id, case when coalesce(t.name, '') = '' and coalesce(t.surname1, '') = '' then 0 else l.revision end,
         coalesce(t.name, ''), coalesce(t.surname1, ''), t.surname2, t.email, null
  from (select teachers, max(revision) as revision from batch group by teachers) as l,
       jsonb_to_recordset(l.teachers::jsonb) as t (id text, name text, surname1 text, surname2 text, email text)
) as mention
order by code collate "C", revision desc, born
