-- SPDX-License-Identifier: Apache-2.0
-- Withdrawals that somebody has to decide on, or has refused, or that wait for matricula calendar: for the end of a blackout, or
-- since nobody left until the setting was changed. Whose course, or account, somebody has deleted in Moodle is not among them.
select centre_code as centre, state, count(distinct person_id) as people, count(*) as enrolments, min(at) as since,
       max(at) as until
from matricula.moodle_withdrawal w
where state in ('held', 'rejected', 'blackout', case when current_setting('matricula.withdraw') <> 'keep' then 'kept' end)
  and (select count(*) from mdl_course c where c.id = w.course_id) > 0
  and (select a.deleted from mdl_user a where a.id = w.user_id) = 0
group by centre_code, state
order by centre_code, state
