-- SPDX-License-Identifier: Apache-2.0
-- Another partition may be bringing the same group at this moment, as a centre of several flavours may have it in several
-- topics: then this waits for it, and 31 compares revisions.
insert into school_group (centre_id, year, code, name, tutor, revision)
select distinct on (c.centre_id, n.year, n.group_code)
  c.centre_id, n.year, n.group_code, n.group_name, n.group_tutor, n.revision
from newest_classroom n
join centre c on c.code = n.centre_code
where not exists (
  select from school_group g
  where g.centre_id = c.centre_id and g.year = n.year and g.code = n.group_code
)
order by c.centre_id, n.year, n.group_code, n.revision desc
on conflict (centre_id, year, code) do nothing
