-- SPDX-License-Identifier: Apache-2.0
-- What is held back, or was rejected, of a centre or of all: the steps that follow do it.
with decided as (
  update matricula.moodle_withdrawal
  set state = 'approved', at = now()
  where state = current_setting('matricula.state') and current_setting('matricula.centre') in ('', centre_code)
  returning enrol_id, user_id, person_id, course_id
)
insert into moodle_member (course_id, context_id, enrol_id, person_id, user_id, is_student, is_teacher)
select d.course_id, c.context_id, d.enrol_id, d.person_id, d.user_id, false, false
from decided d
join matricula.moodle_course c on c.course_id = d.course_id
