-- SPDX-License-Identifier: Apache-2.0
-- An idnumber that another course has by now is left empty, as in 99_2_courses_update.
with putting as (
  select t.ref, t.wrote, t.back ->> 'fullname' as fullname, t.back ->> 'idnumber' as idnumber,
         coalesce(t.back ->> 'idnumber', '') <> ''
           and ((select count(*) from mdl_course o
                 where o.idnumber between t.back ->> 'idnumber' and t.back ->> 'idnumber' and o.id <> t.ref) > 0
             or row_number() over (partition by t.back ->> 'idnumber' order by t.ref) > 1) as is_taken
  from moodle_undo t
  where t.kind = 'course'
), back as (
  select p.ref, p.wrote, p.fullname, case when p.is_taken then '' else p.idnumber end as idnumber, p.is_taken from putting p
), noticed as (
  insert into matricula.moodle_notice (kind, ref, text)
  select 'idnumber_taken', b.ref, 'another course has the idnumber that this one was to have, which is left empty'
  from back b
  where b.is_taken
), mapped as (
  update matricula.moodle_course m
  set fullname = matricula.moodle_undone(m.fullname, b.wrote ->> 'fullname', b.fullname),
      idnumber = matricula.moodle_undone(m.idnumber, b.wrote ->> 'idnumber', b.idnumber)
  from back b
  where m.course_id = b.ref
), changed as (
  insert into matricula.moodle_change (kind, ref, at)
  select 'course', b.ref, now() from back b order by b.ref
  on conflict (kind, ref) do update set at = excluded.at
)
update mdl_course c
set fullname = matricula.moodle_undone(c.fullname, b.wrote ->> 'fullname', b.fullname),
    idnumber = matricula.moodle_undone(c.idnumber, b.wrote ->> 'idnumber', b.idnumber),
    timemodified = extract(epoch from now())
from back b
where c.id = b.ref
