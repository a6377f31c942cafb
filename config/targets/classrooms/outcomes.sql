-- SPDX-License-Identifier: Apache-2.0
-- What became of each classroom that the batch touched: ids only, no names. A classroom that exists only in records
-- that were refused has no link.
insert into matricula.outbox (kind, key, value)
select
  'outcome',
  t.classroom,
  jsonb_build_object(
    'site', current_setting('matricula.site'),
    'link', current_setting('matricula.base_url') || '/course/view.php?id=' || l.course_id,
    'members', jsonb_build_object('students', m.students, 'teachers', m.teachers),
    'created', t.created,
    'changed', t.changed,
    'withdrawn', t.withdrawn,
    'refused', t.refused,
    'at', now())
from (
  select
    classroom,
    coalesce(sum(records) filter (where effect = 'created'), 0) as created,
    coalesce(sum(records) filter (where effect = 'changed'), 0) as changed,
    coalesce(sum(records) filter (where effect = 'withdrawn'), 0) as withdrawn,
    coalesce(sum(records) filter (where effect = 'refused'), 0) as refused
  from effect
  where effect <> 'held'
  group by classroom
) as t
left join classroom c on c.key = t.classroom
left join linked_classroom l on l.classroom_id = c.classroom_id
cross join lateral (
  select
    (select count(*)
     from enrolment e
     where e.classroom_id = c.classroom_id and e.role = 'student' and e.status = 'enrolled') as students,
    (select count(*)
     from (select person_id
           from enrolment e
           where e.classroom_id = c.classroom_id and e.role = 'teacher' and e.status = 'enrolled'
           union
           select person_id
           from teaching t
           where t.classroom_id = c.classroom_id and t.status = 'enrolled') as either) as teachers
) as m
order by t.classroom
