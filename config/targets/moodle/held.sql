-- SPDX-License-Identifier: Apache-2.0
-- Withdrawals that somebody has to decide on, or has refused, or that wait for matricula calendar: for the end of a blackout, or
-- since nobody left until the setting was changed.
select centre_code as centre, state, count(distinct person_id) as people, count(*) as enrolments, min(at) as since,
       max(at) as until
from matricula.moodle_withdrawal
where state in ('held', 'rejected', 'blackout', case when current_setting('matricula.withdraw') <> 'keep' then 'kept' end)
group by centre_code, state
order by centre_code, state
