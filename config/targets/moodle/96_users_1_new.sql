-- SPDX-License-Identifier: Apache-2.0
insert into new_user (person_id, username)
select t.person_id, matricula.moodle_username(p.code)
from (select distinct person_id from moodle_place where is_student or is_teacher) as t
join person p on p.person_id = t.person_id
where not exists (select from matricula.moodle_user m where m.person_id = t.person_id)
order by matricula.moodle_username(p.code)
