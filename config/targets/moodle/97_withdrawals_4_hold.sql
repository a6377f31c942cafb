-- SPDX-License-Identifier: Apache-2.0
update moodle_member m
set is_held = true
from moodle_leaver l
join matricula.moodle_withdrawal w on w.enrol_id = l.enrol_id and w.user_id = l.user_id
where m.enrol_id = l.enrol_id and m.user_id = l.user_id and w.state in ('held', 'rejected')
