-- SPDX-License-Identifier: Apache-2.0
-- A centre, or a whole site, does not lose its people in a day: when more are to go than the settings allow, those who are
-- to go now stay until somebody has looked at it. Counted are people who lose any course, each once;
-- for the site, those who have left, so that a centre that is held back holds back no other. On a day of the calendar's
-- blackout nobody leaves; matricula calendar has them judged when it is over.
with leaving as materialized (
  select l.centre_code, l.person_id from moodle_leaver l where l.state is null
), of_centre as (
  select c.centre_code, count(*) as people
  from (
    select centre_code, person_id from leaving
    union
    select w.centre_code, w.person_id
    from (select distinct centre_code from leaving) as l
    cross join moodle_site s
    join matricula.moodle_withdrawal w on w.centre_code = l.centre_code
    where w.at >= now() - s.withdraw_window and w.state in ('done', 'held', 'rejected')
  ) as c
  group by c.centre_code
), of_site as (
  select count(*) as people,
         greatest((select reltuples from pg_class where oid = 'matricula.moodle_user'::regclass), 0) as of_all
  from (
    select person_id from leaving
    union
    select w.person_id
    from moodle_site s
    join matricula.moodle_withdrawal w on w.at >= now() - s.withdraw_window
    where w.state = 'done' and exists (select from leaving)
  ) as a
), judged as (
  select c.centre_code,
         a.people > s.withdraw_people_min and a.people > s.withdraw_ratio_max * a.of_all
         or c.people > s.withdraw_people_min
            and c.people > s.withdraw_ratio_max * (
              c.people + (select count(distinct e.person_id)
                          from centre x
                          join school_group g on g.centre_id = x.centre_id
                          join classroom r on r.group_id = g.group_id
                          join enrolment e on e.classroom_id = r.classroom_id
                          where x.code = c.centre_code and e.status = 'enrolled')) as is_held
  from of_centre c
  cross join of_site a
  cross join moodle_site s
), noted as (
  insert into matricula.moodle_withdrawal (enrol_id, user_id, person_id, course_id, centre_code, at, state)
  select l.enrol_id, l.user_id, l.person_id, l.course_id, l.centre_code, now(),
         case when (select matricula.moodle_is_blackout()) then 'blackout' when j.is_held then 'held' else 'done' end
  from moodle_leaver l
  join judged j on j.centre_code = l.centre_code
  where l.state is null
  order by l.enrol_id, l.user_id
  on conflict (enrol_id, user_id) do update set at = excluded.at, state = excluded.state
  returning course_id, state
)
insert into effect (classroom, effect, records)
select c.key, 'held', count(*)
from noted n
join matricula.moodle_course c on c.course_id = n.course_id
where n.state = 'held'
group by c.key
