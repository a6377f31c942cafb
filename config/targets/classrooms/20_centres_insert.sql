-- SPDX-License-Identifier: Apache-2.0
-- Another partition may be bringing the same centre at this moment, since a centre of several flavours comes in several
-- topics: then this waits for it, and 21 compares revisions.
insert into centre (code, name, flavour, revision)
select distinct on (n.centre_code) n.centre_code, n.centre_name, n.flavour, n.revision
from newest_classroom n
where not exists (select from centre c where c.code = n.centre_code)
order by n.centre_code, n.revision desc
on conflict (code) do nothing
