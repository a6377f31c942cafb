-- SPDX-License-Identifier: Apache-2.0
-- Again, for whoever has come to Moodle since 99_0_flags_lock: a batch that waits here must look afterwards who is there.
select pg_advisory_xact_lock(hashtext('mdl_cache_flags'))
from moodle_flag f
where not f.is_gain
  or (select u.lastaccess from mdl_user u where u.id = f.name::bigint)
     > extract(epoch from now()) - (select matricula.moodle_session_seconds())
limit 1
