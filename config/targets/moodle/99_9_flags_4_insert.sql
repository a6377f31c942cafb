-- SPDX-License-Identifier: Apache-2.0
with moment as materialized (
  select matricula.moodle_flag_time() as at
)
insert into mdl_cache_flags (flagtype, name, timemodified, value, expiry)
select 'accesslib/dirtyusers', f.name, m.at, '1', m.at + (select matricula.moodle_session_seconds())
from moodle_flag f
cross join moment m
where not exists (
  select from mdl_cache_flags c
  where c.name = f.name and c.flagtype = 'accesslib/dirtyusers'
)
