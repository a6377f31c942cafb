-- SPDX-License-Identifier: Apache-2.0
-- Up to 500 people of a centre or of all, and what of theirs is held back, or was rejected: the steps that follow do it.
with chosen as materialized (
  select distinct w.person_id
  from matricula.moodle_withdrawal w
  where w.state = current_setting('matricula.state') and w.at <= current_setting('matricula.until')::timestamptz
    and current_setting('matricula.centre') in ('', w.centre_code) and matricula.moodle_is_there(w.course_id, w.user_id)
  order by w.person_id
  limit 500
), decided as (
  update matricula.moodle_withdrawal w
  set state = 'approved', at = now()
  from chosen c
  where w.state = current_setting('matricula.state') and w.person_id = c.person_id
    and w.at <= current_setting('matricula.until')::timestamptz
    and current_setting('matricula.centre') in ('', w.centre_code) and matricula.moodle_is_there(w.course_id, w.user_id)
  returning w.enrol_id, w.user_id, w.person_id, w.course_id, w.centre_code
), leaving as (
  insert into moodle_member (course_id, context_id, enrol_id, person_id, user_id, is_student, is_teacher,
                             component)
  select d.course_id, c.context_id, d.enrol_id, d.person_id, d.user_id, false, false,
         coalesce((select 'enrol_' || i.enrol from mdl_enrol i where i.id = d.enrol_id), '')
  from decided d
  join matricula.moodle_course c on c.course_id = d.course_id
)
select centre_code as centre, count(distinct person_id) as people, count(*) as enrolments,
       (select count(*) from chosen) = 500 as again
from decided
group by centre_code
order by centre_code
