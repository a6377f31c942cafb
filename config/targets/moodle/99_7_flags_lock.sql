-- SPDX-License-Identifier: Apache-2.0
-- Before the rows that Moodle's pages want most, so that a batch that waits here keeps none of them; the flags themselves
-- are written after the last wait.
select pg_advisory_xact_lock(hashtext('mdl_cache_flags')) from moodle_flag limit 1
