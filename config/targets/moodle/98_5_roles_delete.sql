-- SPDX-License-Identifier: Apache-2.0
-- A role that he no longer has here. Who has none is withdrawn as the topology says: suspended, he keeps his roles, as
-- with Moodle's own functions.
with taken as (
  delete from mdl_role_assignments a
  using moodle_member m
  cross join moodle_site s
  where a.userid = m.user_id and a.contextid = m.context_id
    and a.component = m.component and a.itemid = m.enrol_id
    and (m.is_student or m.is_teacher or s.withdraw = 'unenrol' and not m.is_held)
    and (a.roleid = s.student_role_id and not m.is_student or a.roleid = s.teacher_role_id and not m.is_teacher)
  returning a.userid, a.itemid
), noted as (
  insert into changed_people select distinct itemid from taken
)
insert into moodle_flag (name)
select distinct userid::text from taken
on conflict (name) do update set is_gain = false
