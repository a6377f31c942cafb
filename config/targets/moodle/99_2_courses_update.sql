-- SPDX-License-Identifier: Apache-2.0
-- A name that ITACA has changed. One that somebody has changed in Moodle is his, and stays. An idnumber that another course
-- has is left empty, until it has it no longer.
with changing as (
  select m.course_id, m.fullname as written_fullname, m.idnumber as written_idnumber, n.fullname, n.idnumber,
         n.idnumber not in ('', m.idnumber)
           and ((select count(*) from mdl_course o
                where o.idnumber between n.idnumber and n.idnumber and o.id <> m.course_id) > 0
             or row_number() over (partition by n.idnumber order by m.course_id) > 1) as is_taken
  from (select distinct on (course_key collate "C") course_key, fullname, idnumber
        from named_classroom
        where is_newest
        order by course_key collate "C", revision desc) as n
  join matricula.moodle_course m on m.key = n.course_key
  where (m.fullname, m.idnumber) is distinct from (n.fullname, n.idnumber)
), renamed as (
  select c.course_id, c.written_fullname, c.written_idnumber, c.fullname, v.idnumber, c.is_taken
  from changing c
  cross join lateral (select case when c.is_taken then '' else c.idnumber end as idnumber) as v
  where (c.written_fullname, c.written_idnumber) is distinct from (c.fullname, v.idnumber)
  order by c.course_id  -- as Moodle changes those of a category
), noticed as (
  insert into matricula.moodle_notice (kind, ref, text)
  select 'idnumber_taken', r.course_id, 'another course has the idnumber that this one was to have, which is left empty'
  from renamed r
  where r.is_taken and r.written_idnumber <> ''
), remembered as (
  update matricula.moodle_course m
  set fullname = r.fullname, idnumber = r.idnumber
  from renamed r
  where m.course_id = r.course_id
    and ((m.fullname, m.idnumber) = (r.written_fullname, r.written_idnumber)
      or matricula.moodle_try_again('another session has named a course meanwhile') is null)
), journaled as (
  insert into matricula.moodle_journal (kind, ref, was, wrote)
  select 'course', r.course_id, jsonb_build_object('fullname', r.written_fullname, 'idnumber', r.written_idnumber),
         jsonb_build_object('fullname', r.fullname, 'idnumber', r.idnumber)
  from renamed r
), changed as (
  insert into matricula.moodle_change (kind, ref, at)
  select 'course', course_id, now() from renamed order by course_id
  on conflict (kind, ref) do update set at = excluded.at
)
update mdl_course c
set fullname = case when c.fullname = r.written_fullname then r.fullname else c.fullname end,
    idnumber = case when c.idnumber = r.written_idnumber then r.idnumber else c.idnumber end,
    timemodified = extract(epoch from now())
from renamed r
where c.id = r.course_id
  and (c.fullname = r.written_fullname and c.fullname <> r.fullname
       or c.idnumber = r.written_idnumber and c.idnumber <> r.idnumber)
