-- SPDX-License-Identifier: Apache-2.0
-- The last that waits for other batches, but for those of 99_9_flags_0_lock, since all sessions write this one row, and each
-- keeps the others from it until it commits.
insert into matricula.moodle_change (kind, ref, at)
select 'categories', 0, now() from changed_categories limit 1
on conflict (kind, ref) do update set at = excluded.at
