-- SPDX-License-Identifier: Apache-2.0
with updated as (
  update flat.record r
  set year = b.year, status = b.status, since = b.since::text, role = b.role, centre_code = b.centre_code,
      centre_name = b.centre_name, centre_flavour = b.flavour, course_code = b.course_code,
      course_name = b.course_name, subject_code = b.subject_code, subject_name_val = b.subject_name_val,
      subject_name_cas = b.subject_name_cas, group_code = b.group_code, group_name = b.group_name,
      group_tutor = b.group_tutor, person_id = b.person_id, person_name = b.person_name,
      person_surname1 = b.person_surname1, person_surname2 = b.person_surname2, person_email = b.person_email,
      person_born = b.person_born::text, revision = b.revision, content_hash = b.content_hash
  from batch b
  where r.key = b.key and r.revision < b.revision
  returning b.classroom
)
insert into effect (classroom, effect, records)
select classroom, 'changed', count(*) from updated group by classroom
