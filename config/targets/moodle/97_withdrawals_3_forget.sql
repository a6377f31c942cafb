-- SPDX-License-Identifier: Apache-2.0
-- Who has come back, and, a few at a time, what has happened too long ago to count.
with back as (
  delete from matricula.moodle_withdrawal w
  using moodle_member m
  where (m.is_student or m.is_teacher) and w.enrol_id = m.enrol_id and w.user_id = m.user_id
)
delete from matricula.moodle_withdrawal
where ctid = any (array(
  select past.ctid
  from moodle_site s
  cross join lateral (
    select w.ctid
    from matricula.moodle_withdrawal w
    where w.state in ('done', 'approved') and w.at < now() - s.withdraw_window
    order by w.at
    limit 1000
    for update of w skip locked
  ) as past))
