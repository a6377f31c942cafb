-- SPDX-License-Identifier: Apache-2.0
-- Moodle has no unique key on idnumbers or a course's short name: who makes them does so one after the other, centre by
-- centre where all of them say which centre they are of, else at the whole site, whose number is 0. Centres share
-- numbers, so that a batch of very many does not run out of locks.
select pg_advisory_xact_lock(hashtext('matricula.moodle_course'), l.number)
from (
  select distinct
    case when 'centre' = any (s.categories) and strpos(n.shortname, n.centre_code) > 0
           and strpos(n.idnumber, n.centre_code) > 0
         then 1 + (hashtext(n.centre_code) & 1023) else 0 end as number
  from named_classroom n
  cross join moodle_site s
  where (select m.course_id from matricula.moodle_classroom m where m.classroom_id = n.classroom_id) is null
     or (select m.course_id from matricula.moodle_course m where m.key = n.course_key) is null
  order by number
) as l
