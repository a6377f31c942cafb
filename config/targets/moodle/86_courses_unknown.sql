-- SPDX-License-Identifier: Apache-2.0
-- A course that this target has made, and of which the schema matricula knows nothing any more, would be made once more. By
-- its idnumber and an enrol instance of ours it is known, and the site waits for somebody who decides what becomes of it.
select matricula.moodle_refuse(
  'course ' || k.course_ids[1] || ' has the idnumber of a classroom and an enrolment method of the plugin ' || k.enrol
    || ', as this target makes them, but matricula.moodle_course does not name it, and a second one would be made. Bring '
    || 'the schemas matricula and classrooms back from a copy, or delete such courses in Moodle, or, if it is not of this '
    || 'target, give it another idnumber')
from (
  select s.enrol,
         (select array_agg(c.id) from mdl_course c
          where c.idnumber between n.idnumber and n.idnumber
            and (select count(*) from matricula.moodle_course m where m.course_id = c.id) = 0
            and (select count(*) from mdl_enrol i where i.courseid = c.id and i.enrol = s.enrol) > 0) as course_ids
  from new_course n
  cross join moodle_site s
  where n.idnumber <> ''
) as k
where k.course_ids is not null
limit 1
