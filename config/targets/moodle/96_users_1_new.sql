-- SPDX-License-Identifier: Apache-2.0
-- Who has no account yet, and whose account somebody has deleted in Moodle where there is another one of his username by
-- now: that is taken on, by all whose account it was (see 97_members). Where there is none, he is told of once, until
-- somebody has deleted the notice.
with placed as materialized (
  select t.person_id, m.user_id,
         m.user_id is not null and (select u.deleted from mdl_user u where u.id = m.user_id) is distinct from 0 as is_gone
  from (select distinct person_id from moodle_place where is_student or is_teacher) as t
  left join matricula.moodle_user m on m.person_id = t.person_id
), wanted as materialized (
  select w.person_id, matricula.moodle_username(p.code) as username, w.user_id, w.is_gone
  from (
    select person_id, user_id, is_gone from placed
    union
    select o.person_id, o.user_id, true from placed t join matricula.moodle_user o on o.user_id = t.user_id where t.is_gone
  ) as w
  join person p on p.person_id = w.person_id
), gone as materialized (
  select w.person_id, w.username, w.user_id,
         (select u.deleted from mdl_user u where u.mnethostid = s.host_id and u.username = w.username) = 0 as is_back
  from wanted w
  cross join moodle_site s
  where w.is_gone
), noticed as (
  insert into matricula.moodle_notice (kind, ref, text)
  select distinct 'account_deleted', g.user_id,
         'somebody has deleted this account in Moodle, whose person is to be in a course'
  from gone g
  where g.is_back is not true
    and not exists (select from matricula.moodle_notice n where n.kind = 'account_deleted' and n.ref = g.user_id)
)
insert into new_user (person_id, username, is_back)
select n.person_id, n.username, n.is_back
from (
  select w.person_id, w.username, false as is_back from wanted w where w.user_id is null
  union all
  select g.person_id, g.username, true from gone g where g.is_back
) as n
order by n.username
