-- SPDX-License-Identifier: Apache-2.0
-- What the batch has just done: each record that was news, what it has made in Moodle, what is called otherwise there now,
-- and what has become of lists of teachers. A person is named by the centre of one of his records. The journal's rows of
-- this transaction are the batch's.
with called as materialized (
  select j.kind, j.ref, j.wrote, matricula.moodle_back(j.was, j.wrote) as back,
         case j.kind
           when 'category' then (select to_jsonb(c) from mdl_course_categories c where c.id = j.ref)
           when 'course' then (select to_jsonb(c) from mdl_course c where c.id = j.ref)
           when 'group' then (select to_jsonb(g) from mdl_groups g where g.id = j.ref)
           when 'account' then (select to_jsonb(u) from mdl_user u
                                where u.id = (select m.user_id from matricula.moodle_user m where m.person_id = j.ref))
         end as holds
  from matricula.moodle_journal j
  where j.at = now() and j.kind in ('category', 'course', 'group', 'account') and j.was is not null
), renamed as materialized (  -- not what somebody else has called otherwise, and which stays
  select c.kind, c.ref
  from called c
  where exists (select from jsonb_object_keys(c.back) as f (field) where c.holds -> f.field = c.wrote -> f.field)
), account as (
  select u.person_id, case when m.adopted then 'adopt' else 'create' end as effect
  from new_user u
  join matricula.moodle_user m on m.person_id = u.person_id
  union all
  select n.ref, 'change' from renamed n where n.kind = 'account' and n.ref not in (select u.person_id from new_user u)
)
select b.centre_code as centre, 'enrolment' as kind,
       case when n.status = 'withdrawn' and n.held = 'enrolled' then 'withdraw'
            when n.status = 'withdrawn' and n.held is null then 'note'  -- who was never here has left
            when n.held is null then 'create'
            else 'change' end as effect,
       b.key as id
from news n
join batch b on b.key_hash = n.key_hash
union all
select split_part(r.key, '/', 2), 'teaching',
       case when j.wrote ->> 'status' = 'withdrawn' then 'withdraw'
            when j.was ->> 'status' = 'enrolled' then 'change'
            else 'create' end,
       r.key || '/' || replace(replace(p.code, '~', '~0'), '/', '~1')
from matricula.moodle_journal j
join classroom r on r.classroom_id = j.ref
join person p on p.person_id = j.person_id
where j.at = now() and j.kind = 'teaching'
union all
select '', 'category', case when m.adopted then 'adopt' else 'create' end, w.key
from wanted_category w
join matricula.moodle_category m on m.key = w.key
union all
select '', 'category', 'change', m.key
from renamed n
join matricula.moodle_category m on m.category_id = n.ref
where n.kind = 'category'
union all
select split_part(key, '/', 2), 'course', 'create', key from new_course
union all
select split_part(m.key, '/', 2), 'course', 'change', m.key
from renamed n
join matricula.moodle_course m on m.course_id = n.ref
where n.kind = 'course'
union all
select split_part(c.key, '/', 2), 'group', 'create', c.key || ': ' || x.code
from new_group g
join matricula.moodle_course c on c.course_id = g.course_id
join school_group x on x.group_id = g.group_id
union all
select split_part(c.key, '/', 2), 'group', 'change', c.key || ': ' || x.code
from renamed n
join matricula.moodle_group g on g.moodle_group_id = n.ref
join matricula.moodle_course c on c.course_id = g.course_id
join school_group x on x.group_id = g.group_id
where n.kind = 'group'
union all
select coalesce(p.centre, ''), 'account', a.effect, d.code
from account a
join person d on d.person_id = a.person_id
left join lateral (
  select min(split_part(r.key, '/', 2)) as centre
  from moodle_place q
  join classroom r on r.classroom_id = q.classroom_id
  where q.person_id = a.person_id
) as p on true
