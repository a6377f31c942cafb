-- SPDX-License-Identifier: Apache-2.0
-- The flags that are there and will be written for certain, as Moodle may be doing, too: waited for before the rows that its
-- pages want most, and not in 99_9_flags_3_update.
select c.id
from moodle_flag f
join mdl_cache_flags c on c.name = f.name and c.flagtype = 'accesslib/dirtyusers'
where not f.is_gain
   or (select u.lastaccess from mdl_user u where u.id = f.name::bigint)
      > extract(epoch from now()) - (select matricula.moodle_session_seconds())
order by c.id
for no key update of c
