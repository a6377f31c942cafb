-- SPDX-License-Identifier: Apache-2.0
-- Who has come back, and what has happened too long ago to count.
with back as (
  delete from matricula.moodle_withdrawal w
  using moodle_member m
  where (m.is_student or m.is_teacher) and w.enrol_id = m.enrol_id and w.user_id = m.user_id
)
delete from matricula.moodle_withdrawal w
using moodle_site s
where w.at < now() - s.withdraw_window and w.state in ('done', 'approved')
  and not exists (
    select from moodle_member m
    where m.enrol_id = w.enrol_id and m.user_id = w.user_id and (m.is_student or m.is_teacher)
  )
