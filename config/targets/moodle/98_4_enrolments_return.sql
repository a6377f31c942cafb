-- SPDX-License-Identifier: Apache-2.0
-- Whom this target suspended, and nobody whom somebody else did, be it after him.
with returned as (
  delete from matricula.moodle_suspended x
  using moodle_member m
  where x.enrol_id = m.enrol_id and x.user_id = m.user_id and (m.is_student or m.is_teacher)
  returning x.enrol_id, x.user_id, x.at
), active as (
  update mdl_user_enrolments e
  set status = 0, modifierid = s.admin_id, timemodified = extract(epoch from now())
  from returned r
  cross join moodle_site s
  where e.enrolid = r.enrol_id and e.userid = r.user_id and e.status = 1
    and e.timemodified = coalesce(r.at, e.timemodified)
  returning e.userid, e.enrolid
), noted as (
  insert into changed_people select distinct enrolid from active
)
insert into moodle_flag (name)
select distinct userid::text from active
on conflict (name) do update set is_gain = false
