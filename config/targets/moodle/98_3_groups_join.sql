-- SPDX-License-Identifier: Apache-2.0
-- Who is put there by hand at the same moment keeps that row. Moodle keeps a person's groups in a cache, but not those of an
-- account that this batch has made.
with joined as (
  insert into mdl_groups_members (groupid, userid, timeadded, component, itemid)
  select distinct p.moodle_group_id, u.user_id, extract(epoch from now()), p.component, p.enrol_id
  from moodle_place p
  join matricula.moodle_user u on u.person_id = p.person_id
  join moodle_member m on m.enrol_id = p.enrol_id and m.user_id = u.user_id
  join mdl_groups t on t.id = p.moodle_group_id
  where p.is_student
    and not exists (select from mdl_groups_members g where g.userid = u.user_id and g.groupid = p.moodle_group_id)
  order by 1, 2
  on conflict (userid, groupid) do nothing
  returning userid, itemid
), noted as (
  insert into changed_people select distinct itemid from joined
)
insert into matricula.moodle_change (kind, ref, at)
select 'members', j.userid, now()
from (select distinct userid from joined) as j
where not exists (select from new_user n where n.user_id = j.userid)
order by j.userid
on conflict (kind, ref) do update set at = excluded.at
