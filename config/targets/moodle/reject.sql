-- SPDX-License-Identifier: Apache-2.0
update matricula.moodle_withdrawal
set state = 'rejected', at = now()
where state = 'held' and current_setting('matricula.centre') in ('', centre_code)
