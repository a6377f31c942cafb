-- SPDX-License-Identifier: Apache-2.0
update moodle_member m
set is_held = true
where not m.is_student and not m.is_teacher
  and (select w.state from matricula.moodle_withdrawal w where w.enrol_id = m.enrol_id and w.user_id = m.user_id)
      in ('held', 'rejected', 'blackout')
