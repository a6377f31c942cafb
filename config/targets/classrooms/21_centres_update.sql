-- SPDX-License-Identifier: Apache-2.0
update centre c
set name = n.centre_name, flavour = n.flavour, revision = n.revision
from (
  select distinct on (centre_code) centre_code, centre_name, flavour, revision
  from newest_classroom
  order by centre_code, revision desc
) as n
where c.code = n.centre_code and c.revision < n.revision
