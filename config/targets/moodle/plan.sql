-- SPDX-License-Identifier: Apache-2.0
-- What the batch has just done: each record that was news, and what it has made in Moodle. A person is named by the
-- centre of one of his records.
select b.centre_code as centre, 'enrolment' as kind,
       case when n.status = 'withdrawn' and n.held = 'enrolled' then 'withdraw'
            when n.status = 'withdrawn' and n.held is null then 'note'  -- who was never here has left
            when n.held is null then 'create'
            else 'change' end as effect,
       b.key as id
from news n
join batch b on b.key_hash = n.key_hash
union all
select '', 'category', 'create', key from wanted_category
union all
select split_part(key, '/', 2), 'course', 'create', key from new_course
union all
select split_part(c.key, '/', 2), 'group', 'create', c.key || ': ' || g.idnumber
from new_group g
join matricula.moodle_course c on c.course_id = g.course_id
union all
select coalesce(p.centre, ''), 'account', case when m.adopted then 'adopt' else 'create' end, d.code
from new_user u
join matricula.moodle_user m on m.person_id = u.person_id
join person d on d.person_id = u.person_id
left join lateral (
  select min(split_part(r.key, '/', 2)) as centre
  from moodle_place q
  join classroom r on r.classroom_id = q.classroom_id
  where q.person_id = u.person_id
) as p on true
