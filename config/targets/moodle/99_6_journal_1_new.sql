-- SPDX-License-Identifier: Apache-2.0
-- What matricula undo hides or leaves.
insert into matricula.moodle_journal (kind, ref)
select 'course', n.course_id from new_course n
union all
select 'account', m.person_id
from new_user n
join matricula.moodle_user m on m.person_id = n.person_id
where m.user_id = n.user_id
