-- SPDX-License-Identifier: Apache-2.0
-- Who leaves by this has somebody's approval, however many they are. Two people may share an account.
insert into matricula.moodle_withdrawal (enrol_id, user_id, person_id, course_id, centre_code, at, state)
select distinct on (c.enrol_id, a.user_id) c.enrol_id, a.user_id, a.person_id, c.course_id, t.centre, now(), 'approved'
from moodle_undo t
join matricula.moodle_classroom m on m.classroom_id = t.ref
join matricula.moodle_course c on c.course_id = m.course_id
join matricula.moodle_user a on a.person_id = t.person_id
where t.effect = 'withdraw'
order by c.enrol_id, a.user_id, a.person_id
on conflict (enrol_id, user_id) do update set at = excluded.at, state = excluded.state
