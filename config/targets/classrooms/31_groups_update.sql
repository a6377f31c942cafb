-- SPDX-License-Identifier: Apache-2.0
update school_group g
set name = n.group_name, tutor = n.group_tutor, revision = n.revision
from (
  select distinct on (centre_code, year, group_code) centre_code, year, group_code, group_name, group_tutor, revision
  from newest_classroom
  order by centre_code, year, group_code, revision desc
) as n
join centre c on c.code = n.centre_code
where g.centre_id = c.centre_id and g.year = n.year and g.code = n.group_code and g.revision < n.revision
