-- SPDX-License-Identifier: Apache-2.0
-- Who may be at work in Moodle gets his right with the next page, by a flag (see 98_7_withdraw), but for accounts of this
-- batch, which nobody can have. Who is at work then is looked at last, in 99_9_flags_1_absent.
with given as (
  insert into mdl_role_assignments (roleid, contextid, userid, timemodified, modifierid, component, itemid)
  select r.role_id, m.context_id, m.user_id, extract(epoch from now()), s.admin_id, m.component, m.enrol_id
  from moodle_member m
  cross join moodle_site s
  cross join lateral (
    select s.student_role_id as role_id where m.is_student
    union all
    select s.teacher_role_id where m.is_teacher
  ) as r
  where not exists (
    select from mdl_role_assignments a
    where a.userid = m.user_id and a.contextid = m.context_id and a.roleid = r.role_id
      and a.component = m.component and a.itemid = m.enrol_id
  )
  order by m.context_id, m.user_id
  returning userid, itemid
), noted as (
  insert into changed_people select distinct itemid from given
)
insert into moodle_flag (name, is_gain)
select g.userid::text, true
from (select distinct userid from given) as g
where not exists (select from new_user n where n.user_id = g.userid)
