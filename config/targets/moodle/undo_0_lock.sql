-- SPDX-License-Identifier: Apache-2.0
-- As 97_withdrawals_2_lock, and before it: a batch that has this lock may want the rows of the next files.
select pg_advisory_xact_lock(hashtext('matricula.moodle_withdrawal')) from moodle_undo where effect = 'withdraw' limit 1
