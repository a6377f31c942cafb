-- SPDX-License-Identifier: Apache-2.0
with inserted as (
  insert into flat.record
  select key, year, status, since::text, role, centre_code, centre_name, flavour, course_code, course_name, subject_code,
         subject_name_val, subject_name_cas, group_code, group_name, group_tutor, person_id, person_name, person_surname1,
         person_surname2, person_email, person_born::text, revision, content_hash
  from batch b
  where not exists (select from flat.record r where r.key = b.key)
  returning 1
)
insert into effect (classroom, effect, records)
select '', 'created', count(*) from inserted having count(*) > 0
