-- SPDX-License-Identifier: Apache-2.0
-- Whoever has merely gained a role, and has not been in Moodle for as long as a session lasts, needs no flag: he will log in
-- with it. Looked at as late as may be, since people log in while a batch waits.
delete from moodle_flag f
where f.is_gain
  and coalesce((select u.lastaccess from mdl_user u where u.id = f.name::bigint), 0)
      <= extract(epoch from now()) - (select matricula.moodle_session_seconds())
