-- SPDX-License-Identifier: Apache-2.0
insert into mdl_user_enrolments (enrolid, userid, timeend, modifierid, timecreated, timemodified)
select m.enrol_id, m.user_id, 0, s.admin_id, extract(epoch from now()), extract(epoch from now())
from moodle_member m
cross join moodle_site s
where (m.is_student or m.is_teacher)
  and not exists (select from mdl_user_enrolments e where e.enrolid = m.enrol_id and e.userid = m.user_id)
order by m.enrol_id, m.user_id
