-- SPDX-License-Identifier: Apache-2.0
-- All at once: it is the target's own rows that change, and Moodle's stay.
with decided as (
  update matricula.moodle_withdrawal
  set state = 'rejected', at = now()
  where state = 'held' and at <= current_setting('matricula.until')::timestamptz
    and current_setting('matricula.centre') in ('', centre_code) and matricula.moodle_is_there(course_id, user_id)
  returning centre_code, person_id
)
select centre_code as centre, count(distinct person_id) as people, count(*) as enrolments, false as again
from decided
group by centre_code
order by centre_code
