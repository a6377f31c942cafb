-- SPDX-License-Identifier: Apache-2.0
-- Who belongs to no classroom of the course any more. Whoever is at work in Moodle at this moment loses his right at once
-- by a flag that Moodle looks at with each page (Moodle itself writes it so, for as long as a session lasts). Whom somebody
-- suspends at this moment is his: the row is looked at again when it is free. So is whom he has made active again.
with gone as (
  select m.enrol_id, m.user_id, s.withdraw, s.admin_id,
         (select e.status from mdl_user_enrolments e where e.enrolid = m.enrol_id and e.userid = m.user_id) as status,
         (select count(*) from matricula.moodle_suspended x
          where x.enrol_id = m.enrol_id and x.user_id = m.user_id) > 0 as was_suspended
  from moodle_member m
  cross join moodle_site s
  where not m.is_student and not m.is_teacher and not m.is_held and s.withdraw <> 'keep'
), suspended as (
  update mdl_user_enrolments e
  set status = 1, modifierid = g.admin_id, timemodified = extract(epoch from now())
  from gone g
  where g.withdraw = 'suspend' and g.status = 0 and not g.was_suspended and e.status = 0
    and e.enrolid = g.enrol_id and e.userid = g.user_id
  returning e.enrolid, e.userid, e.timemodified
), remembered as (
  insert into matricula.moodle_suspended (enrol_id, user_id, at)
  select enrolid, userid, timemodified from suspended
  on conflict (enrol_id, user_id) do update set at = excluded.at
), unenrolled as (
  delete from mdl_user_enrolments e
  using gone g
  where g.withdraw = 'unenrol' and e.enrolid = g.enrol_id and e.userid = g.user_id
  returning e.enrolid, e.userid
), forgotten as (
  delete from matricula.moodle_suspended x
  using unenrolled u
  where x.enrol_id = u.enrolid and x.user_id = u.userid
), noted as (
  insert into changed_people select enrolid from suspended union select enrolid from unenrolled
)
insert into moodle_flag (name)
select userid::text from suspended union select userid::text from unenrolled
on conflict (name) do update set is_gain = false
