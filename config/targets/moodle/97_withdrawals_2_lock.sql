-- SPDX-License-Identifier: Apache-2.0
-- Batches with leavers are judged one after the other, each when the one before has been committed: together they would
-- pass the site's limit. The times in matricula.moodle_withdrawal are therefore in the order of the commits, and whoever
-- has seen one has seen all before it. Rows that Moodle has are changed only afterwards, in 98 and 99, so that a batch that
-- waits keeps none of them from Moodle; and those that its pages want most, of categories, courses, groups and accounts,
-- after the others and all that is inserted.
select pg_advisory_xact_lock(hashtext('matricula.moodle_withdrawal')) from moodle_leaver where state = 'done' limit 1
