-- SPDX-License-Identifier: Apache-2.0
insert into mdl_cache_flags (flagtype, name, timemodified, value, expiry)
select 'accesslib/dirtyusers', f.name, extract(epoch from now()), '1',
       extract(epoch from now()) + (select matricula.moodle_session_seconds())
from moodle_flag f
where not exists (
  select from mdl_cache_flags c
  where c.name = f.name and c.flagtype = 'accesslib/dirtyusers'
)
