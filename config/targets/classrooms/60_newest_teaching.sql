-- SPDX-License-Identifier: Apache-2.0
-- Where the classroom has the revision of this batch, its list of teachers is the batch's; elsewhere a newer one stands.
insert into newest_teaching
select distinct on (c.classroom_id, p.person_id) c.classroom_id, p.person_id, t.substitutes
from newest_classroom n
join classroom c on c.key = n.classroom and c.revision = n.revision
cross join jsonb_to_recordset(n.teachers::jsonb) as t (id text, substitutes text)
join person p on p.code = t.id
order by c.classroom_id, p.person_id, t.substitutes
