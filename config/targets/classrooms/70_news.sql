-- SPDX-License-Identifier: Apache-2.0
insert into news
select c.classroom_id, c.group_id, p.person_id, b.role, b.status, b.since,
       b.key_hash, b.content_hash, b.revision, e.status
from batch b
join classroom c on c.key = b.classroom
join person p on p.code = b.person_id
left join enrolment e on e.classroom_id = c.classroom_id and e.person_id = p.person_id and e.role = b.role
where e.revision is null or e.revision < b.revision
order by c.classroom_id, p.person_id
