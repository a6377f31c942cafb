-- SPDX-License-Identifier: Apache-2.0
-- Before the rows that Moodle's pages want most, so that a batch that waits here keeps none of them; the flags themselves
-- are written after the last wait. A batch that gives roles only to people who are not there, as at a site that is being
-- filled, waits for no other.
select pg_advisory_xact_lock(hashtext('mdl_cache_flags'))
from moodle_flag f
where not f.is_gain
  or (select u.lastaccess from mdl_user u where u.id = f.name::bigint)
     > extract(epoch from now()) - (select matricula.moodle_session_seconds())
limit 1
