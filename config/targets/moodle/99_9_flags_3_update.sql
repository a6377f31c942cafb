-- SPDX-License-Identifier: Apache-2.0
-- The flags have no unique key. Moodle heeds one only if it is newer than what a session knows of its rights, give or take
-- two seconds, and until the commit a session reads them as they were: so a flag carries no time of before the commit.
-- Not now(), which is the time when the batch began, and as late as may be: see matricula.moodle_flag_time.
with moment as materialized (
  select matricula.moodle_flag_time() as at
)
update mdl_cache_flags c
set value = '1', timemodified = m.at, expiry = m.at + (select matricula.moodle_session_seconds())
from moodle_flag f
cross join moment m
where c.name = f.name and c.flagtype = 'accesslib/dirtyusers'
