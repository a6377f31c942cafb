-- SPDX-License-Identifier: Apache-2.0
-- Nothing is locked in vain: what is unchanged has been left out of the batch.
with written as (
  insert into flat.record as r
  select key, year, status, since::text, role, centre_code, centre_name, flavour, course_code, course_name, subject_code,
         subject_name_val, subject_name_cas, group_code, group_name, group_tutor, person_id, person_name, person_surname1,
         person_surname2, person_email, person_born::text, revision, content_hash
  from batch
  on conflict (key) do update
  set year = excluded.year, status = excluded.status, since = excluded.since, role = excluded.role,
      centre_code = excluded.centre_code, centre_name = excluded.centre_name,
      centre_flavour = excluded.centre_flavour, course_code = excluded.course_code,
      course_name = excluded.course_name, subject_code = excluded.subject_code,
      subject_name_val = excluded.subject_name_val, subject_name_cas = excluded.subject_name_cas,
      group_code = excluded.group_code, group_name = excluded.group_name, group_tutor = excluded.group_tutor,
      person_id = excluded.person_id, person_name = excluded.person_name,
      person_surname1 = excluded.person_surname1, person_surname2 = excluded.person_surname2,
      person_email = excluded.person_email, person_born = excluded.person_born, revision = excluded.revision,
      content_hash = excluded.content_hash
  where r.revision < excluded.revision
  returning 1
)
insert into effect (classroom, effect, records)
select '', 'created', count(*) from written having count(*) > 0
