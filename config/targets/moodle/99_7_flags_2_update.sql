-- SPDX-License-Identifier: Apache-2.0
-- The flags have no unique key.
update mdl_cache_flags c
set value = '1', timemodified = extract(epoch from now()),
    expiry = extract(epoch from now()) + (select matricula.moodle_session_seconds())
from moodle_flag f
where c.name = f.name and c.flagtype = 'accesslib/dirtyusers'
