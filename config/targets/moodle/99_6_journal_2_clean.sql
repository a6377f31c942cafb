-- SPDX-License-Identifier: Apache-2.0
-- A few at a time, what happened too long ago to be put back; but for the last of it, which says since when nothing is
-- missing.
delete from matricula.moodle_journal
where ctid = any (array(
  select j.ctid
  from moodle_site s
  cross join lateral (
    select k.at from matricula.moodle_journal k where k.at < now() - s.journal_kept order by k.at desc limit 1
  ) as kept
  join matricula.moodle_journal j on j.at < kept.at
  order by j.at
  limit 2000
  for update of j skip locked))
