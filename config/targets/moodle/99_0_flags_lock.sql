-- SPDX-License-Identifier: Apache-2.0
-- Before the rows that Moodle's pages want most, so that a batch that waits here keeps none of them; the flags themselves
-- are written after the last wait. A batch that gives roles only to people who are not there, as at a site that is being
-- filled, waits for no other.
select matricula.moodle_lock_flags()
